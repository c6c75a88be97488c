"""What a report shows, before it becomes a page.

Texts are as they stand in the data, of unknown origin: the page escapes them. Pictures are encoded.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.images.geometry import Size
from pipeline.report.content_tables import Colours, KeptTable, ShownCommand, ShownEvaluation


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBox:
    """One box of a picture in the gallery."""

    box: tuple[float, float, float, float]
    """(x0, y0, x1, y1) in pixels of the picture's own size, clipped to it."""
    category: int
    """Index in ``Content.categories``."""
    kept: float | None
    """The smallest share that is left of what counts for its class, 0 to 1, or None where that cannot be judged."""
    flagged: bool
    """Its object may have vanished."""
    place: int
    """Among the annotations of the picture."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownPicture:
    """One picture of the gallery, before and after."""

    name: str
    """Name of the picture, as the labels have it."""
    file: str
    """The translated picture, as a POSIX path below the folder of the page."""
    size: Size
    """(W, H) in pixels of the picture itself; the two below may be smaller, of the same shape."""
    before: bytes
    """The picture, or the crop, as WebP."""
    after: bytes
    """The picture, or the crop, as WebP."""
    boxes: Sequence[ShownBox]


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownCrop:
    """One box alone, with some of its surroundings, before and after."""

    name: str
    """Name of the picture."""
    file: str
    """The translated picture, as a POSIX path below the folder of the page."""
    place: int
    """Among the annotations of the picture."""
    category: int
    """Index in ``Content.categories``."""
    box: tuple[float, float, float, float]
    """(x0, y0, x1, y1) in pixels of the picture."""
    kept: float
    """The smallest share that is left of what counts for its class, 0 to 1."""
    lost: Sequence[str]
    """What it has lost, a word each; where there is any, its object may have vanished."""
    size: Size
    """(W, H) of the two below."""
    before: bytes
    """The picture, or the crop, as WebP."""
    after: bytes
    """The picture, or the crop, as WebP."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Category:
    """One class of the labels."""

    name: str
    annotations: int
    """Annotations of this class in the whole output."""
    measured: int
    """Boxes of it that were compared and could be judged."""
    flagged: int
    """Boxes among these whose object may have vanished."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """How much the boxes have changed."""

    counts: Sequence[int]
    """Boxes by change, in bins of equal width from 0 (all of the structure is left) to 1 (nothing is)."""
    threshold: float
    """From this change on, 0 to 1, a box is flagged."""
    judged: int
    """Boxes compared; the sum of ``counts``."""
    flagged: int
    """Boxes among these whose object may have vanished."""
    not_judged: int
    """Boxes too small or too even to tell."""
    pictures: int
    """Pictures whose boxes were compared."""
    of_pictures: int
    """Pictures that were translated, of which these are a sample or all."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownSkip:
    """One picture that was left out."""

    name: str
    reason: str
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownStage:
    """One stage of ``tpsence run``."""

    name: str
    state: str
    """A few words: ``done``, ``not needed``."""
    seconds: float | None
    about: str
    """What it did, in a few words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Content:
    """Everything that a report shows."""

    title: str
    """Name of the output folder."""
    facts: Sequence[tuple[str, str]]
    """The summary: what and how much."""
    notes: Sequence[str]
    """What the reader must know: terms of weights, limits of a sample; one sentence each."""
    settings: Sequence[tuple[str, str]]
    """Settings of the run, key and value."""
    command: ShownCommand | None
    """The command that made it, or None where that is not known."""
    stages: Sequence[ShownStage]
    """Empty for a single command."""
    skip_reasons: Sequence[tuple[str, int]]
    """Number of skips by reason."""
    skips: Sequence[ShownSkip]
    """The first skips."""
    categories: Sequence[Category]
    changes: Changes | None
    """None where there are no boxes."""
    by_size: KeptTable | None
    """What is kept by class and size of box; None where no box could be judged."""
    by_loss: KeptTable | None
    """What is kept by class and by what a box can lose; None where no box could be judged."""
    colours: Colours | None
    """None where no picture is shown."""
    evaluation: ShownEvaluation | None
    """None where the pictures were not evaluated."""
    boxes_file: str | None
    """The table of all boxes that were compared, as a POSIX path below the folder of the page."""
    worst: Sequence[ShownCrop]
    """The boxes of which the least is left, that first."""
    gallery: Sequence[ShownPicture]
    gallery_of: int
    """Pictures that were translated, of which the gallery is a sample or all."""
