"""The boxes that were compared, one after the other, each with its verdict."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from pipeline.augment.finished import FinishedRun
from pipeline.engine.tasks import Task
from pipeline.gate.colour_classes import means_colour, words_of
from pipeline.gate.measures import BoxMeasure, Measures, PictureMeasures
from pipeline.gate.verdict import LOST_BELOW, kept_of, losses_of
from pipeline.images.codec import read_header
from pipeline.images.size import Size
from pipeline.images.skips import PictureError
from pipeline.labels.interface import Box, LabelledObject

Measured = Mapping[str, PictureMeasures]
"""What was measured of each picture and its boxes, by its name."""


@dataclass(slots=True)  # not frozen: there may be millions, and frozen ones take three times as long to make
class Judged:
    """A box that was compared and could be judged."""

    name: str
    """Name of its picture, as the labels have it."""
    place: int
    """Its place among the annotations of the picture."""
    id: int | str | None
    """What the labels call it, where the format has ids."""
    line: int | None
    """Where it begins in the picture's text file, from 1, where there is one."""
    category: str
    """Its class, as the labels have it."""
    corners: Box | None
    """In pixels; None where the labels have it in shares and the picture cannot be read any more."""
    shares: Mapping[str, float | None]
    """What is left of it, 0 to 1, by what counts for its class; None where that cannot be told."""
    kept: float
    """The smallest of the shares that count, 0 to 1."""
    lost: tuple[str, ...]
    """What it has lost; where there is any, it is flagged."""

    @property
    def side(self) -> float | None:
        """Its shorter side in pixels, or None where it is not known."""
        if self.corners is None:
            return None
        x0, y0, x1, y1 = self.corners
        return min(abs(x1 - x0), abs(y1 - y0))


def boxes_of(run: FinishedRun, measured: Measured) -> Iterator[Judged]:
    """Yield the boxes that could be judged, in the order of the labels.

    Raises:
        LabelError: The labels have changed since the run.
    """
    for task in run.translated:
        if task.name in measured:
            yield from boxes_in(run, task, measured[task.name].boxes)


def boxes_in(run: FinishedRun, task: Task, measures: Measures) -> Iterator[Judged]:
    """Yield the boxes of one picture that could be judged.

    Args:
        run: The run.
        task: The picture.
        measures: What was measured of its boxes.

    Raises:
        LabelError: The labels have changed since the run.
    """
    objects = run.plan.labels.objects(task.name) if any(measure is not None for measure in measures) else ()
    size = _size(run, task) if any(one.relative for one in objects) else None
    words = words_of(run.options.colour_classes)
    for place, (one, measure) in enumerate(zip(objects, measures, strict=bool(objects))):
        kept = kept_of(measure, one.category, words)
        if measure is not None and kept is not None:
            yield Judged(
                name=task.name,
                place=place,
                id=one.id,
                line=one.line,
                category=one.category,
                corners=_corners(one, size),
                shares=_shares(measure, one.category, words),
                kept=kept,
                lost=_lost(measure, kept, one.category, words),
            )


def _shares(measure: BoxMeasure, category: str, words: Sequence[str]) -> dict[str, float | None]:
    """Return the shares that count for a class: the colour only where it is what the class means."""
    shares = {"structure": measure.structure, "contrast": measure.contrast}
    return {**shares, "colour": measure.colour} if means_colour(category, words) else shares


def _lost(measure: BoxMeasure, kept: float, category: str, words: Sequence[str]) -> tuple[str, ...]:
    """Return what a box has lost; most have lost nothing, which the smallest share tells alone."""
    if kept >= LOST_BELOW:
        return ()
    return tuple(loss.value for loss in losses_of(measure, category, words))


def _corners(one: LabelledObject, size: Size | None) -> Box | None:
    """Return a box in pixels, as far as the size of its picture is known."""
    if not one.relative:
        return one.box
    return None if size is None else one.in_pixels(size)


def _size(run: FinishedRun, task: Task) -> Size | None:
    """Return (W, H) of a picture: of the labels, else of the file's header; None where that cannot be read."""
    if task.size is not None:
        return task.size
    try:
        return read_header(run.plan.labels.image_root / task.source, run.options.max_pixels, None).upright
    except PictureError:
        return None
