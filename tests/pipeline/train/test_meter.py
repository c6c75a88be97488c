"""The losses that are read now and then: their means, and which step is the first that is no number."""

import math

import pytest
import torch

from pipeline.errors import RunError
from pipeline.train.meter import Meter
from pipeline.train.processes import Processes
from tpsence.model import LOSS_NAMES


def filled(rows: list[list[float]]) -> Meter:
    meter = Meter(Processes())
    for row in rows:
        meter.add(torch.tensor(row))
    return meter


def row(value: float, **changed: float) -> list[float]:
    return [changed.get(name, value) for name in LOSS_NAMES]


def test_the_means_have_their_names() -> None:
    numbers = [float(index) for index in range(len(LOSS_NAMES))]
    meter = filled([numbers, [2 * value for value in numbers], [6 * value for value in numbers]])
    assert meter.read(3) == {name: 3.0 * index for index, name in enumerate(LOSS_NAMES)}


def test_each_reading_begins_anew() -> None:
    meter = filled([row(1.0), row(3.0)])
    assert meter.read(2)["generator"] == 2.0
    meter.add(torch.tensor(row(8.0)))
    assert meter.read(3) == dict.fromkeys(LOSS_NAMES, 8.0)


def test_the_losses_are_read_only_when_asked() -> None:
    losses = torch.tensor(row(1.0))
    meter = Meter(Processes())
    meter.add(losses)
    losses.fill_(5.0)
    assert meter.read(1)["fake"] == 5.0


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("name", LOSS_NAMES)
@pytest.mark.parametrize("bad", [0, 1, 2, 3])
def test_the_step_that_is_no_number_is_named(bad: int, name: str, value: float) -> None:
    rows = [row(1.0) for _ in range(4)]
    rows[bad] = row(1.0, **{name: value})
    with pytest.raises(RunError) as caught:
        filled(rows).read(110)
    assert caught.value.message == f"step {107 + bad}: the {name} loss is not finite"
    assert caught.value.hint is not None
    assert "optim.lr" in caught.value.hint


def test_of_several_the_first_step_and_its_first_loss_are_named() -> None:
    rows = [row(1.0), row(1.0, real=math.inf, tps=math.nan), row(math.nan)]
    with pytest.raises(RunError, match=r"(?m)^step 2: the tps loss is not finite$"):
        filled(rows).read(3)


def test_numbers_so_large_that_their_sum_is_not_finite_in_float32_are_fine() -> None:
    assert filled([row(3e38), row(3e38)]).read(2)["generator"] == pytest.approx(3e38, rel=1e-6)
