"""What training can be told, and what it makes of it for the preset."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.engine.resources import Precision, Resources
from pipeline.train.enums import Direction
from pipeline.train.options import TrainOptions
from tpsence.errors import InputError

PLACES: dict[str, Any] = {"preset": "tiny", "data": Path("data"), "out": Path("out")}


def test_what_is_left_open_changes_nothing() -> None:
    assert TrainOptions(**PLACES).changes() == []


def test_options_change_the_preset_and_count_before_its_settings() -> None:
    options = TrainOptions(
        **PLACES,
        settings=("optim.lr=1e-4", "run.seed=3"),
        direction=Direction.B_TO_A,
        seed=0,
        precision=Precision.FP32,
        compile=True,
    )
    assert options.changes() == [
        *("optim.lr=1e-4", "run.seed=3"),
        *("run.direction=BtoA", "run.seed=0", "run.precision=fp32", "run.compile=True"),
    ]


def test_training_has_a_device_and_workers() -> None:
    assert TrainOptions(**PLACES, device="cpu", workers=1).resources() == Resources(device="cpu", workers=1)


@pytest.mark.parametrize(("given", "seconds"), [("9m", 540.0), (90, 90.0), (None, None)])
def test_a_time_is_a_text_or_seconds(given: object, seconds: float | None) -> None:
    assert TrainOptions(**PLACES, max_time=given).max_time == seconds  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({}, "not given: `preset`, `data`, `out`"),
        ({**PLACES, "workers": 999}, "`workers`: out of range"),
        ({**PLACES, "max_time": "soon"}, "`max_time` 'soon': not a time above zero"),
        ({**PLACES, "max_time": 0}, "`max_time` 0: not a time above zero"),
        ({**PLACES, "seed": "x"}, "`seed` 'x': should be a valid integer"),
        ({**PLACES, "settings": "optim.lr=1"}, "`settings` 'optim.lr=1': should be a valid tuple"),
    ],
)
def test_what_cannot_be_used_is_one_line(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        TrainOptions(**values)
    assert caught.value.message.startswith(message)
    assert caught.value.hint
