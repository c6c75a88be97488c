"""The places at which one-stage detectors look for objects: the cells of grids of several strides."""

from collections.abc import Sequence
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from pipeline.images.size import Size

STRIDES = ((8, 16, 32), (8, 16, 32, 64))
"""Of the usual networks, and of those with one level more (P6)."""
ANCHORS = 3
"""Boxes that the networks with anchors predict at each cell."""


def cells(size: Size, strides: Sequence[int]) -> int:
    """Return how many cells the grids have.

    Args:
        size: (W, H) of the input.
        strides: Side of a cell in pixels, of each grid.
    """
    width, height = size
    return sum((width // stride) * (height // stride) for stride in strides)


def strides_of(count: int, size: Size) -> tuple[int, ...]:
    """Return the strides of the usual grids that have so many cells, or none where no grids have.

    Args:
        count: Of cells.
        size: (W, H) of the input.
    """
    return next((strides for strides in STRIDES if cells(size, strides) == count > 0), ())


@lru_cache(maxsize=8)
def grid(size: Size, strides: tuple[int, ...]) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return all cells, grid by grid, each row by row.

    Args:
        size: (W, H) of the input.
        strides: Side of a cell in pixels, of each grid.

    Returns:
        (N, 2), column and row of each cell, and (N, 1), its side in pixels.
    """
    places, sides = [], []
    for stride in strides:
        rows, columns = np.mgrid[: size[1] // stride, : size[0] // stride]
        places.append(np.stack([columns, rows], axis=2).reshape(-1, 2))
        sides.append(np.full((rows.size, 1), stride))
    return np.concatenate(places, dtype=np.float32), np.concatenate(sides, dtype=np.float32)
