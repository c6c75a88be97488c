"""Boxes erased or swapped on purpose are found; darkness and streaks are not taken for a loss.

The changes are those of the benchmark. ``docs/gate.md`` has the figures of all real pictures; here are some of them.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gate import lost_kinds, threshold
from benchmarks.gate_corruptions import CAMERA, COLOUR_LOST, KEPT, LIGHT, LOST, MIST, PARTLY_LOST, PICTURE_LOST
from benchmarks.gate_judging import IN_RAIN, Judged, auc, judge_all, objects_of
from pipeline.gate.verdict import LOST_BELOW
from tests.conftest import ROOT

STREET = ROOT / "examples" / "street"
STREAKS = ["light streaks", "heavy streaks"]
IN_DARK_RAIN = ["heavy streaks, light x 0.6", "heavy streaks, light x 0.35"]


@pytest.fixture(scope="module")
def street() -> Judged:
    """Drawn streets; half of their boxes are under 16 pixels."""
    return judge_all(sorted(objects_of(STREET / "coco_test.json").items())[::3], seed=0)


@pytest.fixture(scope="module")
def photographs(shared_data: Path) -> Judged:
    """Eight real pictures of the half that the threshold was not sought on."""
    pictures = sorted(objects_of(shared_data / "bdd100k_detection" / "coco_train.json").items())
    drawn = np.random.default_rng(0).permutation(len(pictures)).tolist()
    chosen = [pictures[index] for index in drawn[100:108]]
    return judge_all([(path, objects[::2]) for path, objects in chosen], seed=1)


@pytest.fixture(params=["street", "photographs"])
def judged(request: pytest.FixtureRequest) -> Judged:
    """Drawn streets, and real pictures where they are at hand."""
    boxes: Judged = request.getfixturevalue(request.param)
    return boxes


def test_most_boxes_are_judged(judged: Judged) -> None:
    assert len(judged.sides) >= 30
    assert judged.not_judged["too even"] <= 0.05 * len(judged.sides)


def test_every_kind_of_loss_is_told_from_rain(judged: Judged) -> None:
    kept = judged.of(KEPT)
    assert auc(judged.of(lost_kinds()), kept) >= 0.98
    for kind in [*lost_kinds(), *PICTURE_LOST, *(kind + weather for kind in PARTLY_LOST for weather in ("", IN_RAIN))]:
        assert auc(judged.of([kind]), kept) >= 0.93, kind


def test_most_of_them_are_flagged(judged: Judged) -> None:
    assert share_flagged(judged, lost_kinds()) >= 0.85
    for kind in [*LOST, *PICTURE_LOST]:
        assert share_flagged(judged, [kind]) >= 0.8, kind


def test_darkness_and_mist_are_not_taken_for_a_loss(judged: Judged) -> None:
    for kind in [*LIGHT, *MIST]:
        assert share_flagged(judged, [kind]) <= 0.01, kind


def test_streaks_are_not_taken_for_a_loss(judged: Judged) -> None:
    for kind in STREAKS:
        assert share_flagged(judged, [kind]) <= 0.02, kind
    for kind in IN_DARK_RAIN:  # heavy streaks over a third of the light do hide small objects
        assert share_flagged(judged, [kind]) <= 0.05, kind


def test_of_all_that_keeps_the_object_hardly_anything_is_flagged(judged: Judged) -> None:
    assert share_flagged(judged, KEPT) <= 0.015


def test_lost_colours_of_lights_and_signs_are_told_from_rain(photographs: Judged) -> None:
    assert sum(photographs.coloured) >= 10
    kept = photographs.of(KEPT, colour=True)
    for kind in COLOUR_LOST:
        lost = photographs.of([kind], colour=True)
        assert auc(lost, kept) >= 0.95, kind
        assert (lost < LOST_BELOW).mean() >= 0.9, kind
    assert (kept < LOST_BELOW).mean() <= 0.03


def test_the_curve_and_the_threshold_of_the_benchmark() -> None:
    assert auc(np.array([0.0, 0.1]), np.array([0.2, 0.3, 1.0])) == 1
    assert auc(np.array([0.5, 0.5]), np.array([0.5])) == 0.5
    assert auc(np.array([0.1, 0.9]), np.array([0.5, 0.6])) == 0.5
    nan = float("nan")
    even = Judged(
        scores={kind: [(0.42, 1, nan), (0.9, 0.95, nan)] for kind in KEPT}, sides=[10, 40], coloured=[False, False]
    )
    assert threshold(even) == 0.4
    assert even.of(["identity"], (0, 16)).tolist() == [0.42]
    assert set(CAMERA) < set(KEPT)


def share_flagged(judged: Judged, kinds: Iterable[str]) -> float:
    """Return the share of boxes flagged after changes of some kinds, by structure and contrast."""
    return float((judged.of(kinds) < LOST_BELOW).mean())
