"""The output of ultralytics' detectors that choose among their boxes themselves: (1, K, 6), K mostly 300.

A row is x0, y0, x1, y1 in pixels of the input, a score of 0 to 1 and the class. So YOLOv10 and YOLO26 are exported,
and others with ``nms=True``. Rows that are left over have a score of 0. How many classes there are, only the metadata
tell; a file without them could be anybody's and is not taken.

Source: ``ultralytics/nn/modules/head.py`` (``Detect.postprocess``) and ``ultralytics/engine/exporter.py``
(``NMSModel``) of https://github.com/ultralytics/ultralytics.
"""

from dataclasses import dataclass

import numpy as np

from pipeline.evaluate.detector.grids import ANCHORS, strides_of
from pipeline.evaluate.detector.interface import AS_ULTRALYTICS, Detections, Preparation, Trial, Values
from pipeline.images.size import Size

_COLUMNS = 6


@dataclass(frozen=True)
class EndToEnd:
    """YOLOv10 and its like."""

    name: str = "YOLOv10"
    described: str = "YOLOv10 (1, K, 6) with the classes' names in its metadata"
    preparation: Preparation = AS_ULTRALYTICS

    def fits(self, trial: Trial) -> bool:
        """Whether there are six columns, and rows for no anchors: a YOLOv5 of one class has six as well."""
        rows, columns = trial.table
        anchors = rows % ANCHORS == 0 and bool(strides_of(rows // ANCHORS, trial.size))
        return trial.metadata is not None and columns == _COLUMNS and not anchors

    def classes(self, trial: Trial) -> int:
        """Return how many classes the file names."""
        return len(trial.metadata.names) if trial.metadata else 0

    def decode(self, output: Values, size: Size) -> Detections:
        """Return every row; one whose class is no whole number of the range gets no score."""
        boxes, scores, named = output[0, :, :4], output[0, :, 4], output[0, :, 5]
        valid = (named >= 0) & (named < np.iinfo(np.int32).max)  # also drops what is not a number
        return Detections(boxes, np.where(valid, scores, 0), np.where(valid, named, 0).astype(np.int64))
