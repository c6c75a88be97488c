"""What is read and measured of a picture in a process of its own, before the networks see it."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.engine.batching import Batchable
from pipeline.engine.tasks import Task
from pipeline.evaluate.features.interface import scaled
from pipeline.evaluate.features.sizes import Sizes
from pipeline.gate.compare import measures_of
from pipeline.gate.measures import PictureMeasures
from pipeline.gate.planes import whole_pixels
from pipeline.images.codec import read_picture
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError, Skip
from pipeline.labels.interface import LabelledObject
from pipeline.metrics.hue import HuePlanes, HueSums

if TYPE_CHECKING:
    from pipeline.segment.estimate import Prepare

Twice = tuple[Tensor, Tensor]
"""Of a picture before and after."""


@dataclass(frozen=True, slots=True)
class Asked:
    """A picture to measure before and after."""

    task: Task
    objects: Sequence[LabelledObject]
    is_seen: bool
    """The networks see it too."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Measured(Batchable):
    """A picture before and after, with what needs no network."""

    task: Task
    objects: Sequence[LabelledObject]
    size: Size
    """(W, H)."""
    gate: PictureMeasures
    hue: HueSums
    """Of the whole picture."""
    hue_of_classes: dict[str, HueSums] = field(default_factory=dict)
    """Of the boxes of each class; empty without labels."""
    features: Twice | None
    """(3, h, w) uint8 RGB at the size of the features, where the networks see it."""
    inputs: Twice | None
    """(3, h, w) for the segmentation network, where there is one that sees it."""
    pixels: tuple[NDArray[np.uint8], NDArray[np.uint8]] | None
    """(H, W, 3) uint8 RGB, where a detector sees it."""

    @property
    def common_size(self) -> Size:
        """The picture's own size, on which those of all inputs depend."""
        return self.size


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """Reads a picture before and after, in any process."""

    before: Path
    """The folder of the pictures before."""
    after: Path
    """The folder of the pictures after."""
    max_pixels: int
    """Pictures with more are not read."""
    sizes: Sizes
    """The size that a picture has for its features."""
    prepare: "Prepare | None"
    """What the segmentation network wants done to a picture, or None without one."""
    keeps_pixels: bool
    """A detector wants them."""
    colour_classes: Sequence[str]
    """Words of the classes whose colour is their meaning (``colour_classes.words_of``)."""

    def __call__(self, asked: Asked) -> Measured | Skip:
        """Read and measure one picture; a skip where it cannot be read."""
        try:
            before = read_picture(self.before / asked.task.source, self.max_pixels, asked.task.size).pixels
            size = before.shape[1], before.shape[0]
            after = read_picture(self.after / asked.task.output, self.max_pixels, size).pixels
        except PictureError as error:
            return error.as_skip(asked.task.name)
        planes = HuePlanes.of(before, after)
        pair = before, after
        return Measured(
            task=asked.task,
            objects=asked.objects,
            size=size,
            gate=measures_of(before, after, asked.objects, self.colour_classes),
            hue=planes.sums(),
            hue_of_classes=_by_class(planes, asked.objects, size),
            features=_twice(pair, self.sizes(size)) if asked.is_seen else None,
            inputs=(self.prepare(before), self.prepare(after)) if self.prepare and asked.is_seen else None,
            pixels=pair if self.keeps_pixels and asked.is_seen else None,
        )


@dataclass(frozen=True, slots=True)
class RealPicture(Batchable):
    """A real picture, ready for its features."""

    pixels: Tensor
    """(3, h, w), uint8 RGB."""

    @property
    def common_size(self) -> Size:
        """(W, H) of what the network sees."""
        return self.pixels.shape[2], self.pixels.shape[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class RealReading:
    """Reads a real picture, in any process."""

    folder: Path
    """The folder that names are relative to."""
    max_pixels: int
    sizes: Sizes

    def __call__(self, name: str) -> RealPicture | Skip:
        """Read one picture; a skip where it cannot be read."""
        try:
            pixels = read_picture(self.folder / name, self.max_pixels, None).pixels
        except PictureError as error:
            return error.as_skip(name)
        return RealPicture(_planes(scaled(pixels, self.sizes((pixels.shape[1], pixels.shape[0])))))


def _by_class(planes: HuePlanes, objects: Sequence[LabelledObject], size: Size) -> dict[str, HueSums]:
    """Add up the boxes of each class."""
    found: dict[str, HueSums] = {}
    for one in objects:
        box = one.in_pixels(size)
        area = None if box is None else whole_pixels(box, size)
        if area is not None:
            found[one.category] = found.get(one.category, HueSums()) + planes.sums(area)
    return found


def _twice(pair: tuple[NDArray[np.uint8], NDArray[np.uint8]], size: Size) -> Twice:
    """Scale both pictures to (W, H)."""
    before, after = (_planes(scaled(pixels, size)) for pixels in pair)
    return before, after


def _planes(pixels: NDArray[np.uint8]) -> Tensor:
    """Return (H, W, 3) as a tensor (3, H, W)."""
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))
