"""The pictures of a report: scaled down, before and after, as WebP."""

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.tasks import Task
from pipeline.labels.interface import Box, LabelledObject
from pipeline.pages.pictures import clipped, fitting, scaled, webp
from pipeline.pages.words import short
from pipeline.report.choose import boxes_to_draw
from pipeline.report.content import ShownBox, ShownCrop, ShownPicture
from pipeline.report.gather.boxes import Judged

Pair = tuple[NDArray[np.uint8], NDArray[np.uint8]]
"""A picture before and after: two arrays (H, W, 3), uint8 RGB, of one size."""

LONGEST_SIDE = 640
"""Longest side of a picture in the gallery, in pixels: of a tall one too, so that none takes more than its share."""
CROP_SIDE = 160
"""Longest side of a box shown alone, in pixels."""
_MARGIN = 0.25
"""What is shown around a box, as a share of its longer side."""


def shown_picture(
    task: Task,
    pair: Pair,
    objects: Sequence[LabelledObject],
    judged: Mapping[int, Judged],
    categories: Sequence[int],
) -> ShownPicture:
    """Make one picture of the gallery.

    Args:
        task: The picture.
        pair: It before and after.
        objects: Its annotations.
        judged: Those of them that could be judged, by their place.
        categories: Index of the class of each annotation.
    """
    before, after = pair
    size = before.shape[1], before.shape[0]
    boxes = [clipped(one.in_pixels(size), size) for one in objects]
    lost = {place for place, one in judged.items() if one.lost}
    drawn = [
        ShownBox(
            box=box,
            category=categories[place],
            kept=judged[place].kept if place in judged else None,
            flagged=place in lost,
            place=place,
        )
        for place in boxes_to_draw(objects, lost.__contains__, lambda place: _area(boxes[place]))
        if (box := boxes[place]) is not None
    ]
    small = fitting(size, LONGEST_SIDE)
    return ShownPicture(
        name=short(task.name),
        file=task.output,
        size=size,
        before=webp(scaled(before, small)),
        after=webp(scaled(after, small)),
        boxes=drawn,
    )


def shown_crop(task: Task, pair: Pair, one: LabelledObject, judged: Judged, category: int) -> ShownCrop | None:
    """Make one box that is shown alone, or None where it is outside the picture.

    Args:
        task: The picture.
        pair: It before and after.
        one: The annotation.
        judged: What was found of it.
        category: Index of its class.
    """
    size = pair[0].shape[1], pair[0].shape[0]
    inside = clipped(one.in_pixels(size), size)
    if inside is None:
        return None
    margin = _MARGIN * max(inside[2] - inside[0], inside[3] - inside[1])
    x0, y0 = (max(0, int(side - margin)) for side in inside[:2])
    x1, y1 = (min(most, int(side + margin) + 1) for side, most in zip(inside[2:], size, strict=True))
    small = fitting((x1 - x0, y1 - y0), CROP_SIDE, enlarge=True)
    before, after = (webp(scaled(pixels[y0:y1, x0:x1], small)) for pixels in pair)
    return ShownCrop(
        name=short(task.name),
        file=task.output,
        place=judged.place,
        category=category,
        box=inside,
        kept=judged.kept,
        lost=judged.lost,
        size=small,
        before=before,
        after=after,
    )


def _area(box: Box | None) -> float:
    """Area of a box, in square pixels."""
    return 0.0 if box is None else (box[2] - box[0]) * (box[3] - box[1])
