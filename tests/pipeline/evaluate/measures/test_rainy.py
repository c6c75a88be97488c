"""The rainy share: what the probe says of clear, rainy, untouched and translated pictures."""

import numpy as np
import pytest

from pipeline.evaluate.figures import Figure
from pipeline.evaluate.measures.rainy import Sets, rainy_figures
from pipeline.metrics.distance import Features

CLEAR, RAINY = 0.0, 0.7


def cloud(count: int, shift: float, seed: int) -> Features:
    rows: Features = np.random.default_rng(seed).normal(shift, 1, (count, 20)).astype(np.float32)
    return rows


def figures(after: Features, *, before: Features, clear: Features | None = None) -> dict[str, Figure]:
    sets = Sets(
        clear=before if clear is None else clear,
        rainy=cloud(80, RAINY, 1),
        before=before,
        after=after,
        before_is_clear=clear is None,
    )
    return {figure.name: figure for figure in rainy_figures(sets, seed=0)}


def test_what_has_become_rain_is_called_rain() -> None:
    before = cloud(80, CLEAR, 0)
    found = figures(before + np.float32(RAINY), before=before)
    assert found["probe, area under the curve"].judgement == "tells clear from rainy"
    share = found["translated called rainy"]
    assert share.value is not None
    assert share.value > 0.8
    assert share.judgement.startswith("not clearly less often than real rain")


def test_what_has_not_changed_is_not_called_rain() -> None:
    before = cloud(80, CLEAR, 0)
    found = figures(before, before=before)
    assert found["translated called rainy"].value == found["real clear called rainy"].value
    assert found["translated called rainy"].judgement == "not clearly more often than untouched pictures"


def test_half_way_is_between() -> None:
    before = cloud(400, CLEAR, 0)
    found = figures(before + np.float32(RAINY * 0.45), before=before)
    assert found["translated called rainy"].judgement == "more often than untouched pictures, less often than real rain"


def test_other_clear_pictures_than_the_originals_are_told_apart_from_these() -> None:
    before = cloud(50, CLEAR, 0)
    found = figures(before + np.float32(RAINY), before=before, clear=cloud(60, CLEAR, 7))
    assert found["real clear called rainy"].pictures == 60
    assert found["untouched called rainy"].pictures == 50
    assert found["translated called rainy"].pictures == 50


@pytest.mark.parametrize("seed", [0, 1])
def test_a_probe_that_cannot_tell_says_so(seed: int) -> None:
    before = cloud(60, RAINY, seed)
    found = figures(before, before=before)
    assert found["probe, area under the curve"].judgement.startswith("cannot tell, below 0.8")
    assert found["translated called rainy"].judgement == "the probe cannot tell"
