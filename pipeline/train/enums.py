"""The words that a training setting can take. Importing this module is quick: it needs no torch."""

from enum import Enum

from tpsence.settings import DiscriminatorKind, SimilarityMeasure, Weighting

__all__ = ["Direction", "DiscriminatorKind", "SimilarityMeasure", "Weighting"]


class Direction(str, Enum):
    """Which way the generator translates."""

    A_TO_B = "AtoB"
    """From the pictures in ``trainA`` to those in ``trainB``."""
    B_TO_A = "BtoA"
    """The other way."""
