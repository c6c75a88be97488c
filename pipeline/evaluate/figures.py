"""What an evaluation has found: figures with their intervals and a judgement in words. Importing this module is quick.

Texts are of unknown origin where they name classes of a data set: whoever shows them escapes them.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Protocol


class Group(str, Enum):
    """What a figure is about."""

    DISTANCE = "Distance to real rain"
    RAINY = "Rainy share"
    CLASSES = "Classes kept"
    HUE = "Hue kept"
    STRUCTURE = "Structure kept"
    DETECTOR = "Detector agreement"


class Unit(str, Enum):
    """What a figure is in."""

    NONE = ""
    """A plain number."""
    SHARE = "%"
    """A share, stored as 0 to 1."""
    DEGREES = "°"
    """An angle."""


class Interval(Protocol):
    """A value with the ends of its 95 % interval."""

    @property
    def value(self) -> float:
        """The value itself."""
        ...

    @property
    def low(self) -> float:
        """The lower end."""
        ...

    @property
    def high(self) -> float:
        """The upper end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Figure:
    """One figure."""

    group: Group
    name: str
    """What is measured, and of which pictures: ``KID, translated``."""
    category: str = ""
    """The class of the labels that it is of; empty for all."""
    value: float | None
    """The figure, or None where it could not be measured; the judgement then says why."""
    low: float | None = None
    """Lower end of its 95 % interval, or None where it has none."""
    high: float | None = None
    """Upper end of its 95 % interval, or None where it has none."""
    unit: Unit = Unit.NONE
    pictures: int
    """How many pictures it is of; of a distance between two sets, of the smaller."""
    judgement: str = ""
    """One line that says what it tells."""

    @classmethod
    def of(
        cls,
        measured: Interval | None,
        *,
        group: Group,
        name: str,
        pictures: int,
        category: str = "",
        unit: Unit = Unit.NONE,
        judgement: str = "",
    ) -> "Figure":
        """Return the figure of what was measured with its interval, or of what could not be measured."""
        value, low, high = (None, None, None) if measured is None else (measured.value, measured.low, measured.high)
        return cls(
            group=group,
            name=name,
            category=category,
            value=value,
            low=low,
            high=high,
            unit=unit,
            pictures=pictures,
            judgement=judgement,
        )

    def shown(self, *, interval: bool = True) -> str:
        """Write the value, with its interval where it has one: ``62 % (55 to 69)``; a dash where there is none."""
        if self.value is None:
            return "-"
        unit = {Unit.NONE: "", Unit.SHARE: " %", Unit.DEGREES: "°"}[self.unit]
        scale, digits = (100, 1) if self.unit is Unit.SHARE else (1, 1) if self.unit is Unit.DEGREES else (1, None)
        if digits is None:  # as many as a small one needs, and the same for its interval
            digits = 4 if abs(self.value) < 0.1 else 2 if abs(self.value) < 100 else 0
        text = f"{scale * self.value:.{digits}f}{unit}"
        if self.low is None or self.high is None or not interval:
            return text
        return f"{text} ({scale * self.low:.{digits}f} to {scale * self.high:.{digits}f})"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """All that an evaluation has found."""

    figures: Sequence[Figure]
    """In the order that they are shown in, group by group."""
    notes: Sequence[str] = ()
    """What the reader must know: what was left out, and how it was measured; one sentence each."""
    pictures: int
    """Translated pictures that were measured."""
    of_pictures: int
    """Translated pictures that there are."""
    finished: str
    """When it ended, in UTC."""

    def of(self, group: Group) -> list[Figure]:
        """Return the figures of a group."""
        return [figure for figure in self.figures if figure.group is group]


def is_number(value: object) -> bool:
    """Tell whether a parsed value is a finite number."""
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)
