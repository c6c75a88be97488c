"""The tables of a report: what is kept, colours, an evaluation, and the command that made the run.

As in ``content.py``, texts are of unknown origin.
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptCell:
    """Some of the boxes that were compared."""

    judged: int
    """Boxes that could be judged."""
    flagged: int
    """Boxes among these that have lost something; in a table by loss, that."""
    kept: float | None
    """Median of the share that is left, 0 to 1, or None where there are no boxes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptRow:
    """The boxes of a class."""

    category: int | None
    """Index in ``Content.categories``, or None for all."""
    name: str
    cells: Sequence[KeptCell]
    """One for each column."""


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptTable:
    """What is kept, by class and something else."""

    columns: Sequence[str]
    rows: Sequence[KeptRow]


@dataclass(frozen=True, slots=True, kw_only=True)
class ColourRow:
    """The colours of some pictures or boxes."""

    category: int | None
    """Index in ``Content.categories``, or None for whole pictures."""
    name: str
    number: int
    """Pictures, or boxes."""
    change: float | None
    """Mean change of hue in degrees, 0 to 180, weighted by chroma, or None where nothing has a colour."""
    chroma: float | None
    """Share of the chroma that is left with its hue, or None where nothing has a colour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colours:
    """How the colours have changed."""

    rows: Sequence[ColourRow]
    """Whole pictures first, then the boxes by class."""
    pictures: int
    """Pictures that were compared."""
    of_pictures: int
    """Pictures that were translated, of which these are a sample or all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownFigure:
    """One figure of an evaluation."""

    group: str
    """What it is about."""
    name: str
    category: str
    """The class that it is of, empty for all."""
    value: str
    """With its interval and unit."""
    pictures: int
    judgement: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEvaluation:
    """What ``tpsence evaluate`` has found."""

    figures: Sequence[ShownFigure]
    """Those of a group stand together."""
    left_out: int
    """Figures that are not listed."""
    notes: Sequence[str]
    pictures: int
    """Translated pictures that were measured."""
    of_pictures: int
    finished: str
    """When it ended."""
    file: str
    """Its figures as a table, as a POSIX path below the folder of the page."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCommand:
    """The command that made the run."""

    lines: Sequence[str]
    """As they are typed, quoted for a shell; of printable characters."""
    note: str
    """What else is needed, one sentence; mostly empty."""
