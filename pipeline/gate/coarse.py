"""A box at the width of a small generator: what such a one wipes out is gone here.

``augment`` puts the fine lines of the original back on top of what a generator makes (``--detail residual``); they must
not count as the object.
"""

from dataclasses import dataclass
from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.gate.planes import Area, Plane, plane, scaled_to

Level = TypeVar("Level", np.uint8, np.float32)

WIDTH = 320
"""Width of the picture: less than generators run at."""
_MARGIN = 2
"""Pixels around a box that are looked at as well at that width, as of a small one hardly a pixel is left."""
_LONGEST = 64
"""Longer side of a box at that width, in pixels; larger ones are scaled down further."""


@dataclass(frozen=True, slots=True)
class Coarse:
    """A box with a margin, in two pictures, at a small size; all (h, w)."""

    before: Plane
    after: Plane
    mask: Plane
    """What is of the box in each pixel, 0..1."""


def margin(width: int) -> int:
    """Return the pixels around a box that are looked at in a picture of a width."""
    return max(1, round(_MARGIN * width / WIDTH))


def coarse(before: Plane, after: Plane, inside: Area, width: int) -> Coarse:
    """Scale a box down to the size that it has for a small generator.

    Args:
        before: (h, w), of the original, with a margin around the box.
        after: Of the same shape, of the translated picture.
        inside: The box in them.
        width: Of the whole picture, in pixels; more than ``WIDTH``, else nothing is gained.
    """
    longest = max(inside[2] - inside[0], inside[3] - inside[1])
    factor = max(1.0, width / WIDTH, longest / _LONGEST)
    around = grown(inside, round(_MARGIN * factor), before.shape)
    size = tuple(max(3, round((around[axis + 2] - around[axis]) / factor)) for axis in (0, 1))
    mask = np.zeros(before.shape, np.float32)
    mask[inside[1] : inside[3], inside[0] : inside[2]] = 1
    small = [scaled_to(cut(one, around), (size[0], size[1])) for one in (before, after, mask)]
    smooth = [plane(cv2.GaussianBlur(one, (5, 1), 0.7, borderType=cv2.BORDER_REPLICATE)) for one in small[:2]]
    return Coarse(smooth[0], smooth[1], small[2])


def grown(area: Area, margin: int, shape: tuple[int, ...]) -> Area:
    """Return an area with a margin, inside a picture of a shape (H, W) or (H, W, 3)."""
    x0, y0, x1, y1 = area
    height, width = shape[:2]
    return max(0, x0 - margin), max(0, y0 - margin), min(width, x1 + margin), min(height, y1 + margin)


def cut(picture: NDArray[Level], area: Area) -> NDArray[Level]:
    """Return the part of a picture in an area, as a view."""
    return picture[area[1] : area[3], area[0] : area[2]]
