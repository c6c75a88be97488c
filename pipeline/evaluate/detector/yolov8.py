"""The output of ultralytics' detectors without objectness, YOLOv8, 9, 11, 12: a column for each cell, (1, 4 + C, N).

A column is x, y, width, height in pixels of the input, and C scores of classes, 0 to 1.

Source: ``ultralytics/nn/modules/head.py`` (``Detect``) and ``ultralytics/engine/exporter.py`` of
https://github.com/ultralytics/ultralytics, which exports so with ``nms=False``.
"""

from dataclasses import dataclass

from pipeline.evaluate.detector.grids import strides_of
from pipeline.evaluate.detector.interface import (
    AS_ULTRALYTICS,
    Detections,
    Preparation,
    Trial,
    Values,
    best_classes,
    corners_of,
)
from pipeline.images.size import Size

_BEFORE_CLASSES = 4


@dataclass(frozen=True)
class YoloV8:
    """YOLOv8 and its successors, decoded by the network."""

    name: str = "YOLOv8"
    described: str = "YOLOv8 (1, 4 + C, N)"
    preparation: Preparation = AS_ULTRALYTICS

    def fits(self, trial: Trial) -> bool:
        """Whether there is a row for each class that the file names, or else a column for each cell."""
        rows, columns = trial.table
        if trial.metadata is not None:
            return rows == _BEFORE_CLASSES + len(trial.metadata.names)
        return rows > _BEFORE_CLASSES and bool(strides_of(columns, trial.size))

    def classes(self, trial: Trial) -> int:
        """Return how many rows are left for classes."""
        return trial.table[0] - _BEFORE_CLASSES

    def decode(self, output: Values, size: Size) -> Detections:
        """Return a box for each cell."""
        rows = output[0].T
        return best_classes(corners_of(rows[:, :2], rows[:, 2:4]), rows[:, _BEFORE_CLASSES:])
