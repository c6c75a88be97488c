"""How far away things are in a picture, on a flat ground before a camera that looks along it."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.linear_light import Plane
from pipeline.effects.scene import SceneObject
from pipeline.images.size import Size

Mask = NDArray[np.bool_]
"""(h, w)."""
FOCAL = 0.8
"""Focal length in longer sides of the picture: 64 degrees from left to right, as of most cameras in cars."""
CAMERA_HEIGHT = 1.4
"""In metres above the ground."""
FARTHEST, UNKNOWN = 80.0, 12.0
"""Distances in metres: what is farther counts as this far; where no ground tells."""
_FARTHEST_OF_THINGS = 40.0
"""Metres: the foot of what stands is not told well enough to make it farther."""


def focal_length(size: Size) -> float:
    """Return the focal length in pixels of a picture of a (W, H)."""
    return FOCAL * max(size)


def ground_distance(rows: Plane, horizon: float, focal: float) -> Plane:
    """Return how far the ground is that rows of a picture show.

    Args:
        rows: Row numbers, of any shape.
        horizon: The row of the horizon.
        focal: Focal length in pixels.

    Returns:
        Metres, at most ``FARTHEST``; ``FARTHEST`` above the horizon.
    """
    below = np.maximum(rows - horizon, focal * CAMERA_HEIGHT / FARTHEST)
    return np.asarray(focal * CAMERA_HEIGHT / below, dtype=np.float32)


def distances(ground: Mask, objects: Mask, sky: Mask, horizon: float, unit: float) -> Plane:
    """Return distances (h, w) in metres; what stands is as far as the ground below it, averaged over its surroundings.

    Without the average, columns with other ground below them would show as stripes.

    Args:
        ground: (h, w), where ground is seen.
        objects: (h, w), labelled objects; ``put_at_foot`` places these.
        sky: (h, w).
        horizon: The row of the horizon.
        unit: What lengths in pixels at a width of 640 are multiplied by.
    """
    height, width = ground.shape
    if not ground.any():
        return np.full((height, width), UNKNOWN, dtype=np.float32)
    rows = np.arange(height, dtype=np.float32)[:, None]
    foot = np.where(ground, rows, np.float32(height))
    foot = np.minimum.accumulate(foot[::-1], axis=0)[::-1]
    distance = ground_distance(np.asarray(foot, dtype=np.float32), horizon, focal_length((width, height)))
    stands = (~ground & ~sky & ~objects & (foot < height)).astype(np.float32)
    around = _average(np.minimum(distance, _FARTHEST_OF_THINGS), stands, (60 * unit, 16 * unit))
    distance = np.where(ground, distance, around).astype(np.float32)
    return np.asarray(cv2.blur(distance, (odd_length(8 * unit), odd_length(8 * unit))), dtype=np.float32)


def _average(values: Plane, weight: Plane, sigma: tuple[float, float]) -> Plane:
    """Return weighted averages over the surroundings (h, w), found at a quarter of the size; ``UNKNOWN`` without any.

    Args:
        values: (h, w).
        weight: (h, w), 0 to 1.
        sigma: Deviations of the surroundings across and along, in pixels.
    """
    height, width = values.shape
    small = max(1, width // 4), max(1, height // 4)
    wide, high = (max(0.3, deviation / 4) for deviation in sigma)
    total, share = (
        cv2.GaussianBlur(cv2.resize(plane, small, interpolation=cv2.INTER_AREA), (0, 0), sigmaX=wide, sigmaY=high)
        for plane in (values * weight, weight)
    )
    found = np.where(share > 1e-3, total / np.maximum(share, 1e-3), np.float32(UNKNOWN))
    return np.asarray(cv2.resize(found, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def odd_length(length: float) -> int:
    """Return a length in whole pixels that has a middle."""
    return max(1, int(length) | 1)


def put_at_foot(distance: Plane, item: SceneObject, size: Size, horizon: float) -> None:
    """Give a labelled object that stands on the ground the distance of its foot line; others keep what is there.

    Args:
        distance: (h, w) in metres, which is written to.
        item: The object, in pixels of the picture.
        size: (W, H) of the picture.
        horizon: The row of the horizon, of ``distance``.
    """
    height, width = distance.shape
    scale_x, scale_y = width / size[0], height / size[1]
    x0, y0, x1, y1 = item.box
    foot = y1 * scale_y
    if foot <= horizon:
        return
    rows = slice(max(0, int(y0 * scale_y)), max(0, min(height, int(np.ceil(foot)))))
    columns = slice(max(0, int(x0 * scale_x)), max(0, min(width, int(np.ceil(x1 * scale_x)))))
    nearest = np.array(min(foot, height), dtype=np.float32)
    distance[rows, columns] = ground_distance(nearest, horizon, focal_length((width, height)))
