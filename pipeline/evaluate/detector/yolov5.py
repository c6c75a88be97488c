"""The output of YOLOv5 and YOLOv7: a row for each of three anchors of each cell, (1, N, 5 + C), in pixels.

A row is x, y, width, height in pixels of the input, the score that there is an object, and C scores of classes given
one; scores are 0 to 1. YOLOX has the same columns, and a third of the rows.

Source: ``models/yolo.py`` (``Detect.forward``) and ``export.py`` of https://github.com/ultralytics/yolov5.
"""

from dataclasses import dataclass

from pipeline.evaluate.detector.grids import ANCHORS, strides_of
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

_BEFORE_CLASSES = 5


@dataclass(frozen=True)
class YoloV5:
    """YOLOv5, YOLOv7 and their like, decoded by the network."""

    name: str = "YOLOv5"
    described: str = "YOLOv5 (1, 3 N, 5 + C)"
    preparation: Preparation = AS_ULTRALYTICS

    def fits(self, trial: Trial) -> bool:
        """Whether there are three rows for each cell."""
        rows, columns = trial.table
        return columns > _BEFORE_CLASSES and rows % ANCHORS == 0 and bool(strides_of(rows // ANCHORS, trial.size))

    def classes(self, trial: Trial) -> int:
        """Return how many columns are left for classes."""
        return trial.table[1] - _BEFORE_CLASSES

    def decode(self, output: Values, size: Size) -> Detections:
        """Return a box for each anchor."""
        rows = output[0]
        return best_classes(corners_of(rows[:, :2], rows[:, 2:4]), rows[:, 4:5] * rows[:, _BEFORE_CLASSES:])
