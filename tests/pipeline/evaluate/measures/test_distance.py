"""The judgements of distances are true of the numbers beside them."""

import numpy as np
import pytest

from pipeline.evaluate.figures import Figure
from pipeline.evaluate.measures import distance
from pipeline.evaluate.measures.distance import distance_figures
from pipeline.metrics.distance import Features


def cloud(count: int, shift: float, seed: int) -> Features:
    rows: Features = np.random.default_rng(seed).normal(shift, 1, (count, 8)).astype(np.float32)
    return rows


def figures(before: Features, after: Features, real: Features) -> dict[str, Figure]:
    return {figure.name: figure for figure in distance_figures(before, after, real, means=4, seed=0)}


def test_a_change_towards_rain_is_called_so() -> None:
    before = cloud(60, 0, 0)
    found = figures(before, before + np.float32(1.5), cloud(50, 2, 1))
    assert found["KID, translated"].judgement == "nearer to real rain than untouched pictures"
    assert found["KID, untouched"].judgement == "farther from real rain than real rain is from itself"
    assert found["KID, translated over untouched"].judgement.startswith("below 1")
    assert found["KID, translated"].pictures == 50


def test_a_change_away_from_rain_is_called_so() -> None:
    before = cloud(60, 0, 0)
    found = figures(before, before - np.float32(1.5), cloud(50, 2, 1))
    assert found["KID, translated"].judgement == "farther from real rain than untouched pictures"
    assert found["KID, translated over untouched"].judgement.startswith("above 1")


def test_what_cannot_be_told_is_not_told() -> None:
    before = cloud(30, 1, 0)
    found = figures(
        before, before + np.random.default_rng(3).normal(0, 0.01, before.shape).astype(np.float32), cloud(30, 1, 1)
    )
    assert found["KID, translated"].judgement.startswith("neither nearer")
    assert found["KID, untouched"].judgement.startswith("hardly farther")
    assert "KID, translated over untouched" not in found


def test_why_there_is_no_frechet_distance_is_said() -> None:
    found = figures(cloud(30, 1, 0), cloud(30, 1, 2), cloud(20, 1, 1))["FID, translated"]
    assert found.value is None
    assert found.judgement == "not measured: 2,048 pictures are needed on both sides, there are 30 and 20"


@pytest.mark.parametrize(
    ("shift", "judgement"), [(1.0, "nearer"), (-1.0, "farther"), (0.0, "neither nearer to nor farther")]
)
def test_a_frechet_distance_is_judged(monkeypatch: pytest.MonkeyPatch, shift: float, judgement: str) -> None:
    monkeypatch.setattr(distance, "ENOUGH_FOR_FID", 40)
    monkeypatch.setattr("pipeline.metrics.distance.ENOUGH_FOR_FID", 40)
    before = cloud(400, 0, 0)
    found = figures(before, before + np.float32(shift), cloud(300, 2, 1))
    assert found["FID, translated"].judgement.startswith(judgement)
    assert found["FID, untouched"].value is not None
