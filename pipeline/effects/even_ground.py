"""The sun taken off the ground: no hard shadows on it.

The light that falls on the ground is told from the ground itself: it has edges, but it is wide, and never brighter than
the ground in full sun; paint is narrow, or brighter. It is pulled to its regional mean, each of the three colours by
itself, because a shadow has the blue of the sky in it.
"""

import cv2
import numpy as np

from pipeline.effects.linear_light import Linear, Plane, luminance
from pipeline.effects.smoothing import averaged, box, gaussian, guided, odd, resized

_EPS = 4e-3
"""Added to light before its logarithm is taken: below is noise."""
_WIDE = 200.0
"""Pixels at a width of 640 over which the light on the ground is made even."""
_PULL = 0.85
"""Share of the difference from the regional mean that is taken away."""
_COLOUR_PULL = 0.75
_MOST = 1.3
"""Most that the logarithm of the light changes."""
_STRIPES = (9, 27)
"""Pixels at a width of 640: paint is narrower, far away and near."""
_MARGIN = 24
"""Rows at a width of 640 above the ground that its light is found with; in the upper half there is seldom any."""
WORKING_WIDTH = 640
"""Width at which the light on the ground is found."""


def even_ground(light: Linear, ground: Plane, cars: Plane) -> Linear:
    """Return the gains (H, W, 3) that take the sun off the ground; 1 elsewhere.

    Args:
        light: (H, W, 3), linear light.
        ground: (H, W), 0 to 1.
        cars: (H, W), 0 to 1: what stands on the ground keeps half of the shadow under it, which is no sun's.
    """
    height, width = ground.shape
    if not ground.any():
        return np.ones_like(light)
    small = (WORKING_WIDTH, max(1, round(height * WORKING_WIDTH / width))) if width > WORKING_WIDTH else (width, height)
    scale = small[0] / 640
    weight = resized(ground, small)
    rows = np.flatnonzero(weight.max(axis=1) > 0)
    first = max(0, int(rows[0]) - round(_MARGIN * scale)) if len(rows) else 0
    less, weight = resized(light, small)[first:], weight[first:]
    heights = np.linspace(0, 1, small[1], dtype=np.float32)[first:, None]
    fallen = _fallen(np.log(luminance(less) + _EPS), weight, heights, scale)
    mean = averaged(fallen, weight, _WIDE * scale)
    change = np.clip(_PULL * (mean - fallen), -_MOST, _MOST)
    below = cv2.dilate(resized(cars, small)[first:], np.ones((odd(8 * scale), 3), dtype=np.uint8))
    change *= 1 - 0.5 * gaussian(np.asarray(below, dtype=np.float32), 4 * scale)
    tints = _tint_changes(less, fallen, weight, scale)
    above = first, 0, 0, 0
    planes = [cv2.copyMakeBorder(change + tint, *above, cv2.BORDER_CONSTANT, value=0) for tint in tints]
    planes = [resized(np.asarray(plane, dtype=np.float32), (width, height)) for plane in planes]
    return np.asarray(np.exp(cv2.merge(planes) * ground[..., None]), dtype=np.float32)


def _fallen(bright: Plane, weight: Plane, heights: Plane, scale: float) -> Plane:
    """Return the logarithm of the light that falls on the ground, up to a constant.

    Args:
        bright: (h, w), logarithm of the luminance.
        weight: (h, w), ground.
        heights: (h, 1), where the rows are: 0 at the top of the picture, 1 at its foot.
        scale: Pixels for each at a width of 640.
    """
    calm = np.asarray(cv2.bilateralFilter(bright, odd(5 * scale), 0.35, 2 * scale), dtype=np.float32)
    near = np.clip((heights - 0.5) / 0.2, 0, 1)
    far_side, near_side = (odd(side * scale) for side in _STRIPES)
    # Outside of the ground the mean stands in, or dark cars would spread into it.
    filled = np.where(weight > 0.5, calm, averaged(calm, weight, 8 * scale)).astype(np.float32)
    without_paint = (1 - near) * _opened(filled, far_side) + near * _opened(filled, near_side)
    # Sun between the shadows of leaves is as narrow as paint; half of what the opening takes of it comes back, up to
    # the light of the wide sunny ground around.
    sunny = cv2.dilate(without_paint, box(odd(40 * scale)))
    sunny = gaussian(np.asarray(sunny, dtype=np.float32), 12 * scale)
    ceiling = np.minimum(filled, np.maximum(sunny, without_paint))
    mixed = (0.65 * without_paint + 0.35 * ceiling).astype(np.float32)
    return guided(np.asarray((calm + 5) / 5, dtype=np.float32), mixed, 5 * scale, 1e-3, every=1)


def _opened(values: Plane, side: int) -> Plane:
    """Return values without what is bright and narrower than ``side``."""
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (side, side))
    return np.asarray(cv2.morphologyEx(values, cv2.MORPH_OPEN, kernel), dtype=np.float32)


def _tint_changes(light: Linear, fallen: Plane, weight: Plane, scale: float) -> list[Plane]:
    """Return for red, green and blue how the logarithm has to change for the ground to have one tint.

    The median over more than the width of paint knows no paint, whatever its colour.
    """
    grey = luminance(light) + _EPS
    guide = np.asarray((fallen + 5) / 5, dtype=np.float32)
    changes = []
    for channel in cv2.split(light):
        tint = np.clip(np.log((channel + _EPS) / grey), -1, 1)
        levels = np.rint((tint + 1) * 127.5).astype(np.uint8)
        calm = np.asarray(cv2.medianBlur(levels, odd(25 * scale)), dtype=np.float32) / 127.5 - 1
        along = guided(guide, calm, 8 * scale, 1e-3, every=1)
        changes.append(np.clip(_COLOUR_PULL * (averaged(along, weight, _WIDE * scale) - along), -0.3, 0.3))
    return changes
