"""A box at the width of a small generator: what such a one wipes out is gone here.

``augment`` puts the fine lines of the original back on top of what a generator makes (``--detail residual``); they must
not count as the object.
"""

from typing import TypeVar

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.gate.planes import Area, Plane, Twice, plane, scaled_to

Level = TypeVar("Level", np.uint8, np.float32)

WIDTH = 320
"""Width of the picture: less than generators run at."""
_MARGIN = 2
"""Pixels around a box that are looked at as well at that width, as of a small one hardly a pixel is left."""
_LONGEST = 64
"""Longer side of a box at that width, in pixels; larger ones are scaled down further."""


def margin(width: int) -> int:
    """Return the pixels around a box that are looked at in a picture of a width."""
    return max(1, round(_MARGIN * width / WIDTH))


def coarse(both: Twice, inside: Area, width: int) -> tuple[Twice, Plane]:
    """Scale a box down to the size that it has for a small generator.

    Args:
        both: (H, W, 2), the original and the translated picture, with a margin around the box.
        inside: The box in them.
        width: Of the whole picture, in pixels; more than ``WIDTH``, else nothing is gained.

    Returns:
        Both (h, w, 2), and what is of the box in each pixel (h, w, 1), 0..1.
    """
    longest = max(inside[2] - inside[0], inside[3] - inside[1])
    factor = max(1.0, width / WIDTH, longest / _LONGEST)
    around = grown(inside, round(_MARGIN * factor), both.shape)
    size = tuple(max(3, round((around[axis + 2] - around[axis]) / factor)) for axis in (0, 1))
    mask = np.zeros(both.shape[:2], np.float32)
    mask[inside[1] : inside[3], inside[0] : inside[2]] = 1
    small = scaled_to(np.dstack((cut(both, around), cut(mask, around))), (size[0], size[1]))
    smooth = plane(cv2.GaussianBlur(small[..., :2].copy(), (5, 1), 0.7, borderType=cv2.BORDER_REPLICATE))
    return smooth, small[..., 2:]


def grown(area: Area, margin: int, shape: tuple[int, ...]) -> Area:
    """Return an area with a margin, inside a picture of a shape (H, W) or (H, W, 3)."""
    x0, y0, x1, y1 = area
    height, width = shape[:2]
    return max(0, x0 - margin), max(0, y0 - margin), min(width, x1 + margin), min(height, y1 + margin)


def cut(picture: NDArray[Level], area: Area) -> NDArray[Level]:
    """Return the part of a picture in an area, as a view."""
    return picture[area[1] : area[3], area[0] : area[2]]
