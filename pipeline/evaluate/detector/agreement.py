"""What a detector finds after a change of the pictures, against what it finds before and against the labels.

Three comparisons: **after against before** asks whether the detector still sees what it saw; the truth are its
confident boxes before, right or wrong. **Before against labels** and **after against labels** ask how good it is; the
first is the mark that the second is to be held against, for no figure of a changed picture says anything alone.

Where there are labels, all three are about the classes that the data set and the detector share, under the detector's
names: of several classes of the data set that are one to the detector (persons and riders), it finds the sum. An object
of a class that the detector does not know is left out, and a box found there in another class counts as wrong, before
and after. Labels without regions to be ignored (COCO's crowds) are what the formats here have: what they leave
unlabelled counts as wrong too.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.detector.classes import ClassMatch
from pipeline.evaluate.detector.interface import Detections
from pipeline.images.size import Size
from pipeline.labels.interface import LabelledObject
from pipeline.metrics.detection import CONFIDENT, DetectionAgreement, DetectionPairs


@dataclass(frozen=True, slots=True)
class DetectorFigures:
    """The three comparisons of a set of pictures."""

    after_before: DetectionAgreement
    """Boxes after the change against confident boxes before it."""
    before_labels: DetectionAgreement | None
    """Boxes before against the labels, or None without labels."""
    after_labels: DetectionAgreement | None
    """Boxes after against the labels, or None without labels."""


class DetectorAgreement:
    """Collects pictures, and compares what was found in them.

    Args:
        names: The detector's classes.
        match: Which classes of the labels are which of them, or None without labels.

    Raises:
        InputError: faster-coco-eval is not installed.
    """

    def __init__(self, names: Sequence[str], match: ClassMatch | None) -> None:
        self._names = names
        self._match = match
        self._shared = None if match is None else np.isin(np.arange(len(names)), list(match.places.values()))
        self._after_before, self._before_labels, self._after_labels = (DetectionPairs() for _ in range(3))

    def add(self, before: Detections, after: Detections, objects: Sequence[LabelledObject], size: Size) -> None:
        """Add a picture.

        Args:
            before: What is found in it before the change, in pixels of the picture.
            after: What is found after it, in the same pixels.
            objects: Its labels; none counts without labels.
            size: (W, H) of the picture.
        """
        before, after = self._of_shared(before), self._of_shared(after)
        seen = before.only(before.scores >= CONFIDENT)
        _add(self._after_before, after, seen.boxes, seen.classes)
        if self._match is not None:
            boxes, classes = _truth(objects, self._match, size)
            _add(self._before_labels, before, boxes, classes)
            _add(self._after_labels, after, boxes, classes)

    def result(self) -> DetectorFigures:
        """Compare what was added."""
        if self._match is None:
            return DetectorFigures(self._after_before.result(self._names), None, None)
        pairs = (self._after_before, self._before_labels, self._after_labels)
        return DetectorFigures(*(each.result(self._names) for each in pairs))

    def _of_shared(self, found: Detections) -> Detections:
        """Those of the classes that are compared."""
        return found if self._shared is None else found.only(self._shared[found.classes])


def _add(pairs: DetectionPairs, found: Detections, truth: NDArray[np.float32], classes: NDArray[np.int64]) -> None:
    """Add a picture to a comparison."""
    pairs.add(boxes=found.boxes, scores=found.scores, classes=found.classes, truth=truth, truth_classes=classes)


def _truth(
    objects: Sequence[LabelledObject], match: ClassMatch, size: Size
) -> tuple[NDArray[np.float32], NDArray[np.int64]]:
    """The labelled boxes (N, 4) that cover something, and their classes (N,), of those that the detector knows."""
    boxes, classes = [], []
    for each in objects:
        place, box = match.places.get(each.category), each.in_pixels(size)
        if place is not None and box is not None and box[0] < box[2] and box[1] < box[3]:
            boxes.append(box)
            classes.append(place)
    return np.array(boxes, dtype=np.float32).reshape(-1, 4), np.array(classes, dtype=np.int64)
