"""What of the camera's own car is seen, which segmentation networks take for road: bonnet, dashboard, holders."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.linear_light import Linear, luminance

_COLUMNS, _ROWS = 32, 64
"""Size at which its edge is looked for."""
_LOWEST = 0.45
"""Share of the height, from below, that is looked at."""
_HIGHEST_ROW = 27
"""Above this row, of ``_ROWS``, no edge is the bonnet's."""
_LEAST_STEP, _LEAST_SHARE = 0.15, 0.75
"""A column has the edge where the logarithm of the luminance steps by so much, and all that lies below differs by so
much; and so many columns must have it. A stop line or a shadow has no such edge: a road taken for a bonnet stays dry,
which is seen at once, and a bonnet taken for road shines, as bonnets do."""
_DARK, _DARKER_THAN_GROUND = 0.02, 0.15
"""Linear luminance of what is black and reaches the lower edge: at most so much, and such a share of the ground's."""
_MOST_ROUGH = 1.6
"""Rows by which the edge may leave an arc, on average."""


def bonnet(light: Linear, ground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of the ground is the own car's bonnet, or its dashboard.

    Its upper edge goes from one side of the picture to the other, is smooth, and is there in most columns: the path
    with the strongest steps of luminance, found by dynamic programming, is it, if the steps are strong all along.

    Args:
        light: (h, w, 3), linear light.
        ground: (h, w), what the label map says.

    Returns:
        (h, w), all False where there is no such edge.
    """
    height, width = ground.shape
    first = int(height * (1 - _LOWEST))
    below = np.zeros_like(ground)
    if height < 32 or width < 32 or not ground[first:].any():
        return below
    part = cv2.resize(light[first:], (_COLUMNS, _ROWS), interpolation=cv2.INTER_AREA)
    small = np.log(luminance(np.asarray(part, dtype=np.float32)) + 0.01)
    step = np.abs(_steps(small))
    path = _strongest_path(step)
    if not _is_edge_of_bonnet(small, step, path):
        return below
    edge = np.interp(np.arange(width), (np.arange(_COLUMNS) + 0.5) * width / _COLUMNS - 0.5, path + 0.5)
    rows = first + edge * (height - first) / _ROWS - 0.01 * height
    return np.asarray(np.arange(height)[:, None] >= rows[None])


def black_below(light: Linear, ground: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what of the ground is black and reaches the lower edge: a dashboard, or the holder of a camera or phone.

    By day alone: by night the road is as black.

    Args:
        light: (h, w, 3), linear light.
        ground: (h, w), what the label map says.

    Returns:
        (h, w).
    """
    height, width = ground.shape
    size = max(1, width // 4), max(1, height // 4)
    bright = luminance(np.asarray(cv2.resize(light, size, interpolation=cv2.INTER_AREA), dtype=np.float32))
    wet = cv2.resize(ground.astype(np.uint8), size, interpolation=cv2.INTER_NEAREST).astype(bool)
    if not wet.any():
        return np.zeros_like(ground)
    limit = min(_DARK, _DARKER_THAN_GROUND * float(np.median(bright[wet])))
    black = cv2.morphologyEx(
        (wet & (bright < limit)).astype(np.uint8), cv2.MORPH_CLOSE, np.ones((5, 5), dtype=np.uint8)
    )
    parts = np.asarray(cv2.connectedComponents(black, ltype=cv2.CV_16U)[1])
    found = np.isin(parts, np.setdiff1d(parts[-1], [0])).astype(np.uint8)
    grown = cv2.dilate(found, np.ones((3, 3), dtype=np.uint8))
    return np.asarray(cv2.resize(grown, (width, height), interpolation=cv2.INTER_NEAREST)).astype(bool)


def _is_edge_of_bonnet(part: NDArray[np.float32], step: NDArray[np.float32], path: NDArray[np.int64]) -> bool:
    """Tell whether a path (columns,) through the lowest part of a picture (rows, columns) is the edge of a bonnet."""
    columns = np.arange(_COLUMNS)
    arc = np.polyval(np.polyfit(columns, path, 2), columns)
    if float(np.abs(path - arc).mean()) > _MOST_ROUGH or int(path.min()) < _HIGHEST_ROW:
        return False
    rows = np.arange(_ROWS)[:, None]
    farther = _medians(part, (rows < path - 17) & (rows >= path - 27))
    above = _medians(part, (rows < path) & (rows >= path - 8))
    below = _medians(part, rows > path)
    lowest = _medians(part, rows >= np.maximum(path + 1, _ROWS - 5))
    differs = np.abs(below - above)
    # What lies on the road ends, and the road is seen again: above its lower edge, or below its upper one.
    goes_on = ~(np.abs(above - farther) > 0.8 * differs) & (np.abs(lowest - above) > _LEAST_STEP)
    found = (differs > _LEAST_STEP) & (step[path, columns] > _LEAST_STEP) & goes_on
    return float(found.mean()) >= _LEAST_SHARE


def _medians(part: NDArray[np.float32], chosen: NDArray[np.bool_]) -> NDArray[np.float32]:
    """Return the median of the chosen values of each column (columns,), not a number where there is none."""
    ordered = np.sort(np.where(chosen, part, np.float32(np.inf)), axis=0)
    count = chosen.sum(axis=0)
    middle = ordered[np.maximum(count - 1, 0) // 2, np.arange(part.shape[1])]
    return np.asarray(np.where(count > 0, middle, np.float32(np.nan)), dtype=np.float32)


def _steps(values: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return by how much the mean of the next rows below differs from that of those above, (rows, columns)."""
    reach = 3
    padded = np.pad(values, ((reach, reach), (0, 0)), mode="edge")
    rows = len(values)
    above = sum(padded[offset : offset + rows] for offset in range(reach)) / reach
    below = sum(padded[offset : offset + rows] for offset in range(reach + 1, 2 * reach + 1)) / reach
    return np.asarray(below - above, dtype=np.float32)


def _strongest_path(strength: NDArray[np.float32]) -> NDArray[np.int64]:
    """Return the row in each column of the path from left to right along which the sum of the strengths is largest.

    From one column to the next it goes at most two rows up or down.
    """
    rows, columns = strength.shape
    strength = np.minimum(strength, 4 * _LEAST_STEP)  # a short strong edge is not to draw the path away
    total = strength[:, 0].copy()
    came = np.zeros((columns, rows), dtype=np.int64)
    for column in range(1, columns):
        padded = np.pad(total, 2, constant_values=-np.inf)
        choices = np.stack([padded[shift : shift + rows] - 0.02 * abs(shift - 2) for shift in range(5)])
        best = choices.argmax(axis=0)
        came[column] = np.arange(rows) + best - 2
        total = choices.max(axis=0) + strength[:, column]
    path = np.zeros(columns, dtype=np.int64)
    path[-1] = int(total.argmax())
    for column in range(columns - 1, 0, -1):
        path[column - 1] = came[column, path[column]]
    return path
