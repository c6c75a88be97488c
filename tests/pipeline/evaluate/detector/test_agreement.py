"""The three comparisons of a detector's boxes: after with before, and both with the labels."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.evaluate.detector.agreement import DetectorAgreement
from pipeline.evaluate.detector.classes import ClassMatch
from pipeline.evaluate.detector.interface import Detections
from pipeline.labels.interface import LabelledObject
from pipeline.metrics.detection import CONFIDENT, ClassAgreement

NAMES = ("person", "car", "boat")
SIZE = (200, 100)
A, B, C, D = (0, 0, 20, 20), (30, 0, 50, 20), (60, 0, 80, 20), (90, 0, 110, 20)
FAINT = CONFIDENT - 0.01
MATCH = ClassMatch({"car": 1, "person": 0, "rider": 0}, ("sign",))

Row = tuple[tuple[float, ...], float, int]


def found(*rows: Row) -> Detections:
    """Boxes with scores and classes."""
    boxes, scores, classes = zip(*rows, strict=True) if rows else ((), (), ())
    return Detections(
        np.array(boxes, dtype=np.float32).reshape(-1, 4),
        np.array(scores, dtype=np.float32),
        np.array(classes, dtype=np.int64),
    )


def labelled(*rows: tuple[str, tuple[float, float, float, float]]) -> Sequence[LabelledObject]:
    return [LabelledObject(category, box) for category, box in rows]


def test_each_comparison_has_its_own_truth() -> None:
    collected = DetectorAgreement(NAMES, MATCH)
    before = found((A, 0.9, 1), (B, 0.8, 1), (C, 0.7, 0), (D, FAINT, 1))
    after = found((A, 0.9, 1), (B, FAINT, 1), (D, 0.6, 1))
    collected.add(before, after, labelled(("car", A), ("car", B), ("car", D), ("rider", C)), SIZE)
    figures = collected.result()
    assert figures.before_labels is not None
    assert figures.after_labels is not None
    # Before, the confident boxes are cars at A and B, and a person at C. After, a car at A and one at D.
    missed, seen = (
        ClassAgreement(ap50=0, recall=0, truth=1, found=0),
        ClassAgreement(ap50=1, recall=1, truth=1, found=1),
    )
    of_three = ClassAgreement(ap50=1, recall=2 / 3, truth=3, found=2)
    assert figures.before_labels.classes == {"person": seen, "car": of_three}
    assert figures.after_labels.classes == {"person": missed, "car": of_three}
    assert figures.after_before.classes["person"] == missed
    car = figures.after_before.classes["car"]
    assert car.ap50 == pytest.approx((51 + 50 * 2 / 3) / 101)  # right, wrong, right
    assert (car.recall, car.truth, car.found) == (0.5, 2, 2)
    assert figures.after_labels.recall is not None
    assert figures.after_labels.recall.value == 0.5


def test_unchanged_pictures_agree_with_themselves() -> None:
    collected = DetectorAgreement(NAMES, None)
    rng = np.random.default_rng(0)
    for _ in range(20):
        corners = rng.random((15, 2)) * 300
        boxes = np.concatenate([corners, corners + 10 + rng.random((15, 2)) * 50], axis=1)
        same = Detections(boxes.astype(np.float32), rng.random(15).astype(np.float32), rng.integers(0, 3, 15))
        collected.add(same, same, [], (400, 400))
    figures = collected.result().after_before
    assert figures.ap50 == 1
    assert str(figures.recall) == "1.00 (1.00 to 1.00)"
    assert set(figures.classes) == set(NAMES)


def test_without_labels_there_is_one_comparison_of_all_classes() -> None:
    collected = DetectorAgreement(NAMES, None)
    collected.add(found((A, 0.9, 2)), found((A, 0.9, 2)), labelled(("car", B)), SIZE)
    figures = collected.result()
    assert (figures.before_labels, figures.after_labels) == (None, None)
    assert list(figures.after_before.classes) == ["boat"]


def test_classes_that_are_not_shared_are_left_out_of_all() -> None:
    collected = DetectorAgreement(NAMES, MATCH)
    collected.add(found((A, 0.9, 2), (B, 0.9, 1)), found((A, 0.9, 2)), labelled(("sign", A), ("car", B)), SIZE)
    figures = collected.result()
    for each in (figures.after_before, figures.before_labels, figures.after_labels):
        assert each is not None
        assert list(each.classes) == ["car"]
        assert each.truth == 1


def test_boxes_in_shares_are_scaled_and_those_that_cover_nothing_left_out() -> None:
    objects = [
        LabelledObject("car", (0.0, 0.0, 0.1, 0.2), relative=True),
        LabelledObject("car", None),
        LabelledObject("car", (30, 0, 30, 20)),
        LabelledObject("car", (50, 20, 30, 0)),
    ]
    collected = DetectorAgreement(NAMES, MATCH)
    collected.add(found((A, 0.9, 1)), found(), objects, SIZE)
    labels = collected.result().before_labels
    assert labels is not None
    assert labels.classes == {"car": ClassAgreement(ap50=1, recall=1, truth=1, found=1)}


def test_nothing_in_any_picture_is_no_figure_and_no_error() -> None:
    collected = DetectorAgreement(NAMES, MATCH)
    collected.add(found(), found(), [], SIZE)
    figures = collected.result()
    assert (figures.after_before.ap50, figures.after_before.recall, figures.after_before.pictures) == (None, None, 1)
