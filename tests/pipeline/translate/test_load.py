"""From the name of weights to a translator."""

from pathlib import Path

import numpy as np
import pytest

from pipeline.translate.load import load
from tests.pipeline.augment.wet_set import street, street_map
from tpsence.errors import InputError, WeightsError

PICTURE = street(street_map((96, 64)), seed=1)


def test_the_packaged_weights_have_their_width_and_their_water() -> None:
    rain = load("rain", "cpu")
    assert any("BDD100K" in line for line in rain.terms)
    made = rain(PICTURE)
    assert made.shape == PICTURE.shape
    assert not np.array_equal(made, rain(PICTURE, water="none"))
    assert np.array_equal(made, rain(PICTURE, water="moderate"))


def test_weights_are_named_by_text_or_by_path(tiny_weights: Path) -> None:
    for given in (tiny_weights, str(tiny_weights), tiny_weights.parent):
        assert load(given, "cpu").device.type == "cpu"


def test_the_width_is_what_the_generator_runs_at(tiny_weights: Path) -> None:
    wide, narrow = load(tiny_weights, "cpu", width=0), load(tiny_weights, "cpu", width=24)
    assert not np.array_equal(wide(PICTURE), narrow(PICTURE))


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"device": "cuda:7"}, "cuda:7: not on this machine"),
        ({"device": "gpu"}, "gpu: not a device"),
        ({"precision": "int8"}, "`precision` 'int8'"),
        ({"width": 3}, "`width`: out of range"),
        ({"detail": "sharp"}, "`detail` 'sharp'"),
    ],
)
def test_bad_settings_get_a_line(
    settings: dict[str, object], message: str, tiny_weights: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("torch.cuda.is_available", lambda: False)
    with pytest.raises(InputError) as caught:
        load(tiny_weights, **settings)  # type: ignore[arg-type]
    assert message in caught.value.message
    assert caught.value.hint


def test_weights_that_are_not_there_are_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    with pytest.raises(WeightsError, match=r"missing\.pth"):
        load("missing.pth", "cpu")
    with pytest.raises(WeightsError, match="rain"):
        load(Path("rain"), "cpu")  # a path object is a path, never the packaged weights
