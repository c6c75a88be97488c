"""The stages of a chain. Importing this module is quick."""

from enum import Enum


class Stage(str, Enum):
    """The stages, in their order."""

    SEGMENT = "segment"
    TRAIN = "train"
    AUGMENT = "augment"
    REPORT = "report"
