"""The names of a chain's stages. Importing this module is quick."""

from enum import Enum


class StageName(str, Enum):
    """The stages, in their order."""

    SEGMENT = "segment"
    TRAIN = "train"
    AUGMENT = "augment"
    REPORT = "report"
