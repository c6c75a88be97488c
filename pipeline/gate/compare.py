"""Compare the boxes of pictures with what became of them."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.engine.interface import Engine, Stop, never
from pipeline.engine.processes import ProcessEngine
from pipeline.engine.tasks import Task
from pipeline.files.jail import absolute
from pipeline.gate.box import Pair, box_measure
from pipeline.gate.colour_classes import means_colour
from pipeline.gate.measures import BoxMeasure, PictureMeasures
from pipeline.gate.picture import small_measure
from pipeline.images.codec import read_picture
from pipeline.images.skips import PictureError
from pipeline.labels.interface import LabelledObject, LabelSet

_FEWEST_FOR_A_PROCESS = 8
"""Pictures that are worth the start of a process."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture to measure."""

    task: Task
    objects: Sequence[LabelledObject]


@dataclass(frozen=True, slots=True)
class Measured:
    """A picture that was measured."""

    task: Task
    objects: Sequence[LabelledObject]
    measures: PictureMeasures


@dataclass(frozen=True, slots=True)
class Comparison:
    """Measures the boxes of pictures, in any process."""

    sources: Path
    """The folder of the originals."""
    out: Path
    """The folder of the translated pictures."""
    max_pixels: int
    """Pictures with more are not read."""
    colour_classes: Sequence[str]
    """Words of the classes whose colour is measured (``colour_classes.words_of``)."""

    def __call__(self, asked: Asked) -> Measured:
        """Measure one picture and its boxes; where it cannot be read, nothing is known of them."""
        pair = read_pair(self.sources, self.out, asked.task, self.max_pixels)
        if pair is None:
            return Measured(asked.task, asked.objects, PictureMeasures([None] * len(asked.objects)))
        return Measured(asked.task, asked.objects, measures_of(*pair, asked.objects, self.colour_classes))


def read_pair(
    sources: Path, out: Path, task: Task, max_pixels: int
) -> tuple[NDArray[np.uint8], NDArray[np.uint8]] | None:
    """Read a picture before and after, in the frame of its labels, or return None where one cannot be read.

    Args:
        sources: The folder of the originals.
        out: The folder of the translated pictures.
        task: The picture.
        max_pixels: Largest W * H.

    Returns:
        Two arrays (H, W, 3), uint8 RGB, of one size.
    """
    try:
        before = read_picture(sources / task.source, max_pixels, task.size).pixels
        height, width = before.shape[:2]
        return before, read_picture(out / task.output, max_pixels, (width, height)).pixels
    except PictureError:  # gone or changed since it was translated
        return None


def measures_of(
    before: NDArray[np.uint8],
    after: NDArray[np.uint8],
    objects: Sequence[LabelledObject],
    colour_classes: Sequence[str],
) -> PictureMeasures:
    """Measure a picture and all its boxes.

    Args:
        before: (H, W, 3), uint8 RGB.
        after: Of the same shape.
        objects: In the labels' order.
        colour_classes: Words of the classes whose colour is measured (``colour_classes.words_of``).

    Raises:
        ValueError: The pictures differ in size.
    """
    size = before.shape[1], before.shape[0]
    pair = Pair.of(before, after)
    measures: list[BoxMeasure | None] = []
    for one in objects:
        box, with_colour = one.in_pixels(size), means_colour(one.category, colour_classes)
        measures.append(None if box is None else box_measure(pair, box, with_colour=with_colour))
    return PictureMeasures(measures, small_measure(*pair.small))


def processes_for(pictures: int, workers: int, out: Path) -> ProcessEngine:
    """Return what decodes so many pictures on this machine.

    Args:
        pictures: Their number.
        workers: The most processes; 0 for none.
        out: The folder that is written to, for messages.
    """
    return ProcessEngine(min(workers, pictures // _FEWEST_FOR_A_PROCESS), out)


def compare(
    labels: LabelSet,
    tasks: Sequence[Task],
    out: Path,
    max_pixels: int,
    colour_classes: Sequence[str],
    engine: Engine,
    stop: Stop = never,
) -> Iterator[Measured]:
    """Yield the measures of pictures, in order.

    Args:
        labels: The data set.
        tasks: The pictures.
        out: The folder of the translated pictures.
        max_pixels: Largest W * H.
        colour_classes: As for ``measures_of``.
        engine: What decodes and measures them.
        stop: Asked before each picture.

    Raises:
        LabelError: The labels have changed since they were read.
        RunError: A worker was killed.
    """
    asked = (Asked(task, labels.objects(task.name)) for task in tasks)
    comparison = Comparison(absolute(labels.image_root), absolute(out), max_pixels, colour_classes)
    yield from engine.decoded(comparison, asked, len(tasks), stop)
