"""The words that a training setting can take. Importing this module is quick: it needs no torch."""

from enum import Enum

from tpsence.settings import DiscriminatorKind, GeneratorKind, SimilarityMeasure, Weighting

__all__ = ["Direction", "DiscriminatorKind", "Ended", "GeneratorKind", "SimilarityMeasure", "Weighting"]


class Direction(str, Enum):
    """Which way the generator translates."""

    A_TO_B = "AtoB"
    """From the pictures in ``trainA`` to those in ``trainB``."""
    B_TO_A = "BtoA"
    """The other way."""


class Ended(str, Enum):
    """Why a training run has ended."""

    FINISHED = "finished"
    """All steps are done."""
    STOPPED = "stopped"
    """By a wish to stop."""
    TIME = "time"
    """The time that it was given is over."""
