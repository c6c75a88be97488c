"""The pictures of a report: scaled down, before and after, as WebP."""

import io
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.gate.verdict import LOST_BELOW
from pipeline.images.geometry import Size
from pipeline.labels.interface import Box, LabelledObject
from pipeline.report.choose import boxes_to_draw
from pipeline.report.content import ShownBox, ShownCrop, ShownPicture

Shares = Sequence[float | None]
"""The smallest share that is left of each object, or None where it cannot be judged; in the labels' order."""
LONGEST_SIDE = 640
"""Longest side of a picture in the gallery, in pixels: of a tall one too, so that none takes more than its share."""
CROP_SIDE = 160
"""Longest side of a box shown alone, in pixels."""
_MARGIN = 0.25
"""What is shown around a box, as a share of its longer side."""
_QUALITY = 72


def shown_picture(
    name: str,
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    objects: Sequence[LabelledObject],
    shares: Shares,
    categories: Sequence[int],
) -> ShownPicture:
    """Make one picture of the gallery.

    Args:
        name: Of the picture.
        before: (H, W, 3), uint8 RGB.
        after: Of the same shape.
        objects: Its annotations.
        shares: What is left of their structure; empty where it was not measured.
        categories: Index of the class of each annotation.
    """
    size = before.shape[1], before.shape[0]
    boxes = [_clipped(one.in_pixels(size), size) for one in objects]
    known: Shares = shares or [None] * len(objects)
    places = boxes_to_draw(objects, lambda place: has_vanished(known[place]), lambda place: _area(boxes[place]))
    drawn = [
        ShownBox(box=box, category=categories[place], kept=known[place], flagged=has_vanished(known[place]))
        for place in places
        if (box := boxes[place]) is not None
    ]
    small = _fitting(size, LONGEST_SIDE)
    return ShownPicture(name=name, size=size, before=_webp(before, small), after=_webp(after, small), boxes=drawn)


def shown_crop(
    name: str, before: NDArray[np.uint8], after: NDArray[np.uint8], box: Box, category: int, kept: float
) -> ShownCrop | None:
    """Make one box that is shown alone, or None where it is outside the picture.

    Args:
        name: Of the picture.
        before: (H, W, 3), uint8 RGB.
        after: Of the same shape.
        box: In pixels.
        category: Index of its class.
        kept: Share of its structure that is left.
    """
    size = before.shape[1], before.shape[0]
    inside = _clipped(box, size)
    if inside is None:
        return None
    margin = _MARGIN * max(inside[2] - inside[0], inside[3] - inside[1])
    x0, y0 = (max(0, int(side - margin)) for side in inside[:2])
    x1, y1 = (min(most, int(side + margin) + 1) for side, most in zip(inside[2:], size, strict=True))
    small = _fitting((x1 - x0, y1 - y0), CROP_SIDE, enlarge=True)
    crops = [_webp(pixels[y0:y1, x0:x1], small) for pixels in (before, after)]
    return ShownCrop(
        name=name,
        category=category,
        box=inside,
        kept=kept,
        flagged=has_vanished(kept),
        size=small,
        before=crops[0],
        after=crops[1],
    )


def has_vanished(share: float | None) -> bool:
    """Tell whether an object may have vanished, by the smallest share that is left of it."""
    return share is not None and share < LOST_BELOW


def _clipped(box: Box | None, size: Size) -> Box | None:
    """Return the part of a box that is inside the picture, or None where there is none."""
    if box is None:
        return None
    x0, y0 = (max(0.0, side) for side in box[:2])
    x1, y1 = (min(float(most), side) for side, most in zip(box[2:], size, strict=True))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def _area(box: Box | None) -> float:
    """Area of a box, in square pixels."""
    return 0.0 if box is None else (box[2] - box[0]) * (box[3] - box[1])


def _fitting(size: Size, longest: int, *, enlarge: bool = False) -> Size:
    """Return (W, H) of the same shape whose longer side is at most, or with ``enlarge`` exactly, so many pixels."""
    factor = longest / max(size)
    if factor >= 1 and not enlarge:
        return size
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def _webp(pixels: NDArray[np.uint8], size: Size) -> bytes:
    """Scale and encode a picture."""
    buffer = io.BytesIO()
    scaled = Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)
    scaled.save(buffer, "WEBP", quality=_QUALITY, method=4)
    return buffer.getvalue()
