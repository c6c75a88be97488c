"""What a preview shows, before it becomes a page and a sheet.

Texts are as they stand in the data, of unknown origin: the page escapes them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from PIL import Image

from pipeline.images.size import Size
from pipeline.labels.interface import Box

NO_WORDS = "no option needed"
"""What stands where there is nothing to pass on."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBox:
    """A labelled object."""

    box: Box
    """(x0, y0, x1, y1) in pixels of the picture's own size, clipped to it."""
    category: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One picture, as it is and in every column."""

    name: str
    """As the data set has it."""
    size: Size
    """(W, H) of the picture itself; those below may be smaller, of the same shape."""
    original: Image.Image
    made: Sequence[Image.Image]
    """In the order of the columns."""
    boxes: Sequence[ShownBox]
    """The largest first."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Heading:
    """What a column is."""

    caption: str
    words: str
    """The options to pass on, empty where none are needed."""
    command: Sequence[str]
    """The lines of the command that makes it of the whole data set."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything that is shown."""

    title: str
    facts: Sequence[tuple[str, str]]
    notes: Sequence[str]
    terms: Sequence[str]
    """Of the weights that were used."""
    headings: Sequence[Heading]
    """Of the columns behind the original."""
    rows: Sequence[Row]
    is_single: bool
    """One picture alone was asked for."""
