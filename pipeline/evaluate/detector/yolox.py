"""The output of YOLOX: a row for each cell of its grids, (1, N, 5 + C).

A row is x, y, width, height, the score that there is an object, and C scores of classes given one; scores are 0 to 1.
The published files leave the boxes to the caller: x and y count in cells from the cell's own corner, width and height
are logarithms of cells. Files exported with ``--decode_in_inference`` have pixels instead. Their shapes are the same;
that numbers of pixels spread over the picture and offsets within a cell do not, tells them apart.

Source: Ge et al., "YOLOX: Exceeding YOLO Series in 2021" (arXiv 2107.08430), and ``yolox/utils/demo_utils.py`` and
``yolox/data/data_augment.py`` of its code. Networks of its first release (0.1.0), which want normalised RGB, look the
same from outside and are taken for later ones.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.evaluate.detector.grids import grid, strides_of
from pipeline.evaluate.detector.interface import (
    AS_YOLOX,
    Detections,
    Preparation,
    Trial,
    Values,
    best_classes,
    corners_of,
)
from pipeline.images.size import Size

_BEFORE_CLASSES = 5
_OFFSET = 4.0
"""Offsets from a cell's corner are about 0 to 1 cells; half of all pixels of an input are beyond this."""


@dataclass(frozen=True)
class YoloX:
    """YOLOX, with its boxes decoded by the network or not."""

    in_pixels: bool
    """Boxes are in pixels of the input."""
    name: str
    described: str = "YOLOX (1, N, 5 + C)"
    preparation: Preparation = AS_YOLOX

    def fits(self, trial: Trial) -> bool:
        """Whether there is a row for each cell, boxes are in the right unit, and it is no export of ultralytics."""
        rows, columns = trial.table
        if trial.metadata or columns <= _BEFORE_CLASSES or not strides_of(rows, trial.size):
            return False
        return bool(np.median(np.abs(trial.output[0, :, :2])) > _OFFSET) == self.in_pixels

    def classes(self, trial: Trial) -> int:
        """Return how many columns are left for classes."""
        return trial.table[1] - _BEFORE_CLASSES

    def decode(self, output: Values, size: Size) -> Detections:
        """Return a box for each cell."""
        rows = output[0]
        middles, sizes = rows[:, :2], rows[:, 2:4]
        if not self.in_pixels:
            places, sides = grid(size, strides_of(len(rows), size))
            middles, sizes = (middles + places) * sides, np.exp(sizes) * sides
        return best_classes(corners_of(middles, sizes), rows[:, 4:5] * rows[:, _BEFORE_CLASSES:])
