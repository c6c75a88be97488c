"""What a detector finds before and after becomes figures."""

import numpy as np
import pytest

from pipeline.engine.tasks import Action, Task
from pipeline.evaluate.detector.agreement import DetectorAgreement
from pipeline.evaluate.detector.classes import match_classes
from pipeline.evaluate.detector.interface import Detections
from pipeline.evaluate.figures import Figure
from pipeline.evaluate.measures.detector import DetectorKept, unmatched_note
from pipeline.evaluate.reading import Measured
from pipeline.gate.measures import PictureMeasures
from pipeline.labels.interface import LabelledObject
from pipeline.metrics.hue import HueSums

NAMES = ("car", "bus")
CAR, BUS = (4.0, 4.0, 24.0, 24.0), (40.0, 8.0, 60.0, 30.0)


class Brightness:
    """Finds the car in every picture, and the bus where the picture is bright."""

    names = NAMES

    def detect(self, pixels: np.ndarray) -> Detections:
        boxes = [CAR, BUS] if pixels.mean() > 100 else [CAR]
        places = np.arange(len(boxes))
        return Detections(np.array(boxes, np.float32), np.full(len(boxes), 0.9, np.float32), places)


def picture(*, after: int, pixels: bool = True) -> Measured:
    pair = np.full((48, 64, 3), 200, np.uint8), np.full((48, 64, 3), after, np.uint8)
    return Measured(
        task=Task("a.png", "a.png", Action.TRANSLATE, None),
        objects=[LabelledObject("car", CAR), LabelledObject("bus", BUS), LabelledObject("train", BUS)],
        size=(64, 48),
        gate=PictureMeasures(),
        hue=HueSums(),
        features=None,
        inputs=None,
        pixels=pair if pixels else None,
    )


def figures(*, labelled: bool, dark: int, bright: int) -> dict[tuple[str, str], Figure]:
    match = match_classes(["car", "bus", "train"], NAMES) if labelled else None
    kept = DetectorKept(Brightness(), DetectorAgreement(NAMES, match))  # type: ignore[arg-type]
    for after in [50] * dark + [200] * bright:
        kept.add(picture(after=after))
    kept.add(picture(after=50, pixels=False))  # not among those that networks see
    return {(figure.name, figure.category): figure for figure in kept.figures()}


def test_boxes_that_are_found_again_are_counted() -> None:
    found = figures(labelled=False, dark=4, bright=4)
    recall = found["recall, after against before", ""]
    assert recall.value == pytest.approx(12 / 16)
    assert recall.judgement == "some are lost, of 16 that it saw before"
    assert recall.pictures == 8
    assert found["recall, after against before", "bus"].value == 0.5
    assert found["recall, after against before", "car"].value == 1
    assert ("recall, after against labels", "") not in found


def test_both_are_held_against_the_labels_that_the_detector_knows() -> None:
    found = figures(labelled=True, dark=8, bright=0)
    assert found["recall, before against labels", ""].value == 1
    assert found["AP50, before against labels", ""].value == pytest.approx(1)
    after = found["recall, after against labels", ""]
    assert after.value == 0.5
    assert after.judgement == "finds less of what is labelled than before"
    assert found["AP50, after against labels", "bus"].value == 0


def test_no_change_is_no_loss() -> None:
    found = figures(labelled=True, dark=0, bright=5)
    assert found["recall, after against before", ""].judgement.startswith("most are found again")
    assert found["recall, after against labels", ""].judgement.startswith("not clearly less")


def test_where_nothing_is_found_nothing_is_said() -> None:
    found = figures(labelled=False, dark=0, bright=0)
    assert found["recall, after against before", ""].value is None
    assert found["recall, after against before", ""].judgement == "there is nothing to be found"


def test_classes_that_the_detector_does_not_know_are_named() -> None:
    assert unmatched_note(("rider", "train")) == ["The detector does not know rider, train: left out."]
    assert unmatched_note(()) == []
