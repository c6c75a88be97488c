"""The words that a setting of segmentation can take. Importing this module is quick: it needs no torch."""

from enum import Enum


class TruthFormat(str, Enum):
    """Which data set's rules the ground truth follows: names of the files, meaning of the values."""

    AUTO = "auto"
    """The one whose file names fit."""
    CITYSCAPES = "cityscapes"
    """``*_gtFine_labelIds.png`` and its like."""
    BDD100K = "bdd100k"
    """Train ids of Cityscapes: ``*_train_id.png``, or the picture's own stem."""
    CAMVID = "camvid"
    """``*_L.png`` in colour, or the picture's own stem with the ids of SegNet's 11 classes."""
