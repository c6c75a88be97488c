"""What is measured of a box and of a picture, and what can be wrong with them. Importing this module is quick."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from enum import Enum


class Loss(str, Enum):
    """What a box can have lost."""

    STRUCTURE = "structure"
    """Its edges are not where they were."""
    CONTRAST = "contrast"
    """Its edges are there, but fainter than the light of the whole picture explains."""
    COLOUR = "colour"
    """Its hue is another, or gone; counts for classes whose colour is their meaning."""


class Fault(str, Enum):
    """What can be wrong with a whole picture."""

    FLAT = "flat"
    """There is hardly any contrast left."""
    BLOWN = "blown out"
    """Much of it has become white."""
    UNCHANGED = "nearly unchanged"
    """Hardly any pixel has changed."""


@dataclass(frozen=True, slots=True)
class BoxMeasure:
    """How much of what a box showed is left: 0 nothing, 1 all, None where that cannot be told."""

    structure: float | None
    contrast: float | None
    colour: float | None

    def share(self, loss: Loss) -> float | None:
        """Return the share that tells of a loss."""
        share: float | None = getattr(self, loss.value)
        return share


@dataclass(frozen=True, slots=True)
class PictureMeasure:
    """What a whole picture has become, measured at a small size."""

    contrast: float | None
    """Contrast that is left of the original's, 0 and up; None where the original has none."""
    clipped: float
    """Share of the pixels that have become white, 0..1."""
    change: float
    """Mean absolute change in levels, 0..255."""


Measures = Sequence[BoxMeasure | None]
"""Of each object, in the labels' order; None where it cannot be judged at all."""


@dataclass(frozen=True, slots=True)
class PictureMeasures:
    """What is measured of a picture and its boxes."""

    boxes: Measures = field(default_factory=list)
    picture: PictureMeasure | None = None
    """None where it cannot be read."""
