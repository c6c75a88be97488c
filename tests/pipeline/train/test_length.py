"""How long a training is, in words."""

import pytest

from pipeline.train.config import OptimConfig
from pipeline.train.length import decay_notes, length_text

NOTE = "`set` optim.decay_epochs=0 leaves the decay out, which makes it 3 epochs"


@pytest.mark.parametrize(
    ("epochs", "decay", "said"),
    [
        (3, 30, "3 epochs + 30 of decay = 33 epochs of 1 step"),
        (1, 0, "1 epoch of 1 step"),
        (0, 1, "0 epochs + 1 of decay = 1 epoch of 1 step"),
        (1000, 1000, "1,000 epochs + 1,000 of decay = 2,000 epochs of 1 step"),
    ],
)
def test_the_sum_is_written_out_where_there_is_a_decay(epochs: int, decay: int, said: str) -> None:
    assert length_text(OptimConfig(epochs=epochs, decay_epochs=decay), 1) == said


@pytest.mark.parametrize(
    ("decay", "named", "notes"),
    [
        (30, ["optim.lr", "optim.epochs"], (NOTE,)),
        (30, ["optim.epochs", "optim.decay_epochs"], ()),
        (30, ["optim.lr"], ()),
        (0, ["optim.epochs"], ()),
    ],
)
def test_who_names_the_epochs_alone_is_told_of_the_decay(decay: int, named: list[str], notes: tuple[str, ...]) -> None:
    assert decay_notes(OptimConfig(epochs=3, decay_epochs=decay), named) == notes


def test_of_a_run_that_is_all_decay_nothing_is_left_away() -> None:
    assert decay_notes(OptimConfig(epochs=0, decay_epochs=2), ["optim.epochs"]) == ()
