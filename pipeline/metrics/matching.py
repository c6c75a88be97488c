"""Which found boxes are which true ones, by ``faster-coco-eval``.

A found box is right where it overlaps a true one of its class by an intersection over union of at least 0.5; the one
with the highest score chooses first, and every true box is found once at most. The library is the maintained twin of
``pycocotools``, with its loops in C++ and no dependency but numpy.
"""

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tpsence.errors import InputError

Boxes = NDArray[np.float32]
"""(N, 4), corners x0, y0, x1, y1 in pixels."""
Classes = NDArray[np.int64]
"""(N,), ids from 0 on."""
Scores = NDArray[np.float32]
"""(N,)."""

OVERLAP = 0.5
"""Intersection over union from which a found box is a true one: the 50 of AP50."""


class PictureBoxes(NamedTuple):
    """Found and true boxes of one picture."""

    boxes: Boxes
    scores: Scores
    classes: Classes
    truth: Boxes
    truth_classes: Classes


def require_library() -> None:
    """Refuse to begin what could not be ended.

    Raises:
        InputError: faster-coco-eval is not installed.
    """
    try:
        import faster_coco_eval  # noqa: F401
    except ImportError as error:
        raise InputError("faster-coco-eval is not installed", "pip install 'tpsence[evaluate]'") from error


def matches_of(pictures: Sequence[PictureBoxes]) -> NDArray[np.int64]:
    """Return which true box each found one is.

    Args:
        pictures: Some hundreds; the library holds a dictionary for each of their boxes.

    Returns:
        (N,) for all found boxes of the pictures, the place among all true boxes, or -1.
    """
    found, true = [], []
    for image, picture in enumerate(pictures, 1):
        found += _annotations(image, picture.boxes, picture.classes, picture.scores)
        true += _annotations(image, picture.truth, picture.truth_classes, np.ones(len(picture.truth), np.float32))
    matches = np.full(len(found), -1, dtype=np.int64)
    if not found or not true:
        return matches
    shared = {
        "images": [{"id": image} for image in range(1, len(pictures) + 1)],
        "categories": [{"id": number} for number in {each["category_id"] for each in found + true}],
    }
    for annotations in found, true:
        for number, each in enumerate(annotations, 1):  # to the library, 0 is none
            each["id"] = number
    from faster_coco_eval import COCO, COCOeval_faster

    evaluation = COCOeval_faster(COCO({**shared, "annotations": true}), COCO({**shared, "annotations": found}), "bbox")
    settings = evaluation.params
    settings.iouThrs = np.array([OVERLAP])
    settings.areaRng, settings.areaRngLbl = [[0, np.inf]], ["all"]
    settings.maxDets = [max(len(picture.boxes) for picture in pictures)]
    evaluation.evaluate()
    evaluation.accumulate()
    for pair in evaluation.eval["matched"]:
        one, other = map(int, pair.split("_"))
        matches[one - 1] = other - 1
    return matches


def _annotations(image: int, boxes: Boxes, classes: Classes, scores: Scores) -> list[dict[str, Any]]:
    """The boxes of a picture as the library takes them: x, y, width, height."""
    sides = np.asarray(boxes, dtype=np.float64).reshape(-1, 4).copy()
    sides[:, 2:] -= sides[:, :2]
    return [
        {"image_id": image, "category_id": number, "bbox": box, "area": box[2] * box[3], "score": score, "iscrowd": 0}
        for box, number, score in zip(sides.tolist(), classes.tolist(), scores.tolist(), strict=True)
    ]
