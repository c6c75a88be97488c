"""The strongest boxes of a picture: of those that overlap in one class, the best."""

from dataclasses import replace

import cv2
import numpy as np

from pipeline.evaluate.detector.interface import LEAST_SCORE, MOST, Detections
from pipeline.images.size import Size

OVERLAP = 0.65
"""Intersection over union from which two boxes of one class are one object: what YOLOX evaluates with (ultralytics:
0.7)."""
_CANDIDATES = 3000
"""At most so many boxes are compared: a network that scores every cell must not take minutes."""


def strongest(found: Detections, names: int, size: Size) -> Detections:
    """Return the boxes of a picture that count.

    Args:
        found: All that the network puts out, in pixels of its input.
        names: How many classes there are; a box of another is dropped.
        size: (W, H) of the input; boxes are cut off at its edges.

    Returns:
        At most ``MOST``, of at least ``LEAST_SCORE``, by falling scores.
    """
    found = _valid(found, names, size)
    found = found.only(np.argsort(-found.scores, kind="stable")[:_CANDIDATES])
    if not len(found):  # the library makes no array of none
        return found
    boxes = found.boxes.copy()
    boxes[:, 2:] -= boxes[:, :2]
    classes = found.classes.astype(np.int32)
    kept = cv2.dnn.NMSBoxesBatched(boxes, found.scores, classes, LEAST_SCORE, OVERLAP)  # type: ignore[arg-type]
    return found.only(np.asarray(kept, dtype=np.int64)[:MOST])


def _valid(found: Detections, names: int, size: Size) -> Detections:
    """Those with a score, a class and a box, cut off.

    One box of astronomic size among the rest would move the classes together: the library keeps them apart by adding
    multiples of the largest coordinate.
    """
    found = found.only((found.scores >= LEAST_SCORE) & (found.scores <= 1) & (found.classes < names))
    found = found.only(np.all(np.isfinite(found.boxes), axis=1))
    found = replace(found, boxes=np.clip(found.boxes, 0, (*size, *size)).astype(np.float32))
    return found.only(np.all(found.boxes[:, 2:] > found.boxes[:, :2], axis=1))
