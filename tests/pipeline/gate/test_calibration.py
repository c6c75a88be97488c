"""Boxes erased or swapped on purpose are found; darkness and streaks are not taken for a loss.

The changes are those of the benchmark. ``docs/gate.md`` has the figures of all real pictures; here are some of them.
"""

from collections.abc import Iterable
from pathlib import Path

import numpy as np
import pytest

from benchmarks.gate import Judged, auc, boxes_of, judge_all, lost_kinds, threshold
from benchmarks.gate_corruptions import KEPT, LOST
from pipeline.gate.verdict import LOST_BELOW
from tests.conftest import ROOT

STREET = ROOT / "examples" / "street"
DARKER = ["light x 0.6", "light x 0.35", "gamma 2", "contrast halved, brighter", "half grey fog"]
STREAKS = ["light streaks", "heavy streaks"]
IN_DARK_RAIN = ["heavy streaks, light x 0.6", "heavy streaks, light x 0.35"]


@pytest.fixture(scope="module")
def street() -> Judged:
    """Drawn streets; half of their boxes are under 16 pixels."""
    return judge_all(sorted(boxes_of(STREET / "coco_test.json").items())[::2], seed=0)


@pytest.fixture(scope="module")
def photographs(shared_data: Path) -> Judged:
    """Ten real pictures of the half that the threshold was not sought on."""
    pictures = sorted(boxes_of(shared_data / "bdd100k_detection" / "coco_train.json").items())
    drawn = np.random.default_rng(0).permutation(len(pictures)).tolist()
    return judge_all((pictures[index] for index in drawn[100:110]), seed=1)


@pytest.fixture(params=["street", "photographs"])
def judged(request: pytest.FixtureRequest) -> Judged:
    """Drawn streets, and real pictures where they are at hand."""
    boxes: Judged = request.getfixturevalue(request.param)
    return boxes


def test_most_boxes_are_judged(judged: Judged) -> None:
    assert len(judged.sides) >= 50
    assert judged.not_judged["too even"] <= 0.05 * len(judged.sides)


def test_erased_and_swapped_objects_are_told_from_those_in_rain(judged: Judged) -> None:
    kept = judged.of(KEPT)
    assert auc(judged.of(lost_kinds()), kept) >= 0.98
    for kind in lost_kinds():
        assert auc(judged.of([kind]), kept) >= 0.95, kind


def test_most_of_them_are_flagged(judged: Judged) -> None:
    assert share_flagged(judged, lost_kinds()) >= 0.85
    for kind in LOST:
        assert share_flagged(judged, [kind]) >= 0.5, kind


def test_darkness_is_not_taken_for_a_loss(judged: Judged) -> None:
    for kind in DARKER:
        assert share_flagged(judged, [kind]) == 0, kind


def test_streaks_are_not_taken_for_a_loss(judged: Judged) -> None:
    for kind in STREAKS:
        assert share_flagged(judged, [kind]) <= 0.02, kind
    for kind in IN_DARK_RAIN:  # heavy streaks over a third of the light do hide small objects
        assert share_flagged(judged, [kind]) <= 0.05, kind


def test_of_all_that_keeps_the_object_hardly_anything_is_flagged(judged: Judged) -> None:
    assert share_flagged(judged, KEPT) <= 0.01


def test_the_curve_and_the_threshold_of_the_benchmark() -> None:
    assert auc(np.array([0.0, 0.1]), np.array([0.2, 0.3, 1.0])) == 1
    assert auc(np.array([0.5, 0.5]), np.array([0.5])) == 0.5
    assert auc(np.array([0.1, 0.9]), np.array([0.5, 0.6])) == 0.5
    even = Judged(scores={kind: [0.42, 0.9] for kind in KEPT}, sides=[10, 40])
    assert threshold(even) == 0.4
    assert even.of(["identity"], (0, 16)).tolist() == [0.42]


def share_flagged(judged: Judged, kinds: Iterable[str]) -> float:
    """Return the share of boxes flagged after changes of some kinds."""
    return float((judged.of(kinds) < LOST_BELOW).mean())
