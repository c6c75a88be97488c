"""What ``evaluate`` can be told: contradictions are refused in a line."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.evaluate import EvaluateOptions
from tpsence.errors import InputError

OUT = Path("rainy")


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"labels": Path("coco.json")}, "`labels` goes with `before`"),
        ({"before": Path("b"), "format": "coco"}, "`format` goes with `labels`"),
        ({"map": ("car=vehicle",)}, "`map` goes with `detector`"),
        ({"model": "none", "weights": Path("w.pth")}, "`weights` goes with a `model`"),
        ({"sample": -1}, "`sample`: out of range"),
        ({"max_pixels": 0}, "`max_pixels`: out of range"),
        ({"features": "resnet"}, "`features` 'resnet': not known"),
        ({"workers": -1}, "`workers`: out of range"),
        ({"strength": 1}, "`strength`: no such setting"),
    ],
)
def test_contradictions_are_refused(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as raised:
        EvaluateOptions(out=OUT, **values)
    assert raised.value.message.startswith(message)


def test_real_rain_must_be_given() -> None:
    with pytest.raises(InputError, match="not given: `real`"):
        EvaluateOptions(out=OUT).real_folder()
    assert EvaluateOptions(out=OUT, real=Path("rain")).real_folder() == Path("rain")
