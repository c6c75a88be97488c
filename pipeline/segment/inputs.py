"""Decode pictures for a segmentation network, in worker processes."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor

from pipeline.engine.batching import Batchable
from pipeline.engine.decode import DecodedPictures
from pipeline.engine.tasks import Task
from pipeline.images.codec import Picture
from pipeline.images.geometry import Size, refuse_long, size_text
from pipeline.images.skips import PictureError, Reason
from pipeline.output.ledger import SourceState


class Prepare(Protocol):
    """What a network wants done to a picture before it is normalised."""

    def __call__(self, pixels: NDArray[np.uint8]) -> Tensor:
        """Turn (H, W, 3) uint8 RGB to (3, h, w)."""
        ...


@dataclass(frozen=True, slots=True)
class LoadedInput(Batchable):
    """A picture ready for the network."""

    task: Task
    input: Tensor
    """(3, h, w), as ``Prepare`` makes it."""
    size: Size
    """(W, H) of the picture itself."""
    source: SourceState | None = field(default=None, compare=False)
    """Its file before it was decoded."""

    @property
    def common_size(self) -> Size:
        """The picture's own size, on which its input's size depends."""
        return self.size


class PicturesToSegment(DecodedPictures[LoadedInput]):
    """Pictures for a segmentation network, upright.

    Args:
        root: The folder that the tasks' names are relative to.
        tasks: What to load.
        prepare: What the network wants done.
        max_pixels: Pictures with more are skipped.
        most_input_pixels: What the device can hold at the size of the input, or None.
    """

    def __init__(
        self, root: Path, tasks: Sequence[Task], prepare: Prepare, max_pixels: int, most_input_pixels: int | None
    ) -> None:
        super().__init__(root, tasks, max_pixels)
        self._prepare = prepare
        self._most_input_pixels = most_input_pixels

    def _made(self, task: Task, picture: Picture, source: SourceState | None) -> LoadedInput:
        size = picture.pixels.shape[1], picture.pixels.shape[0]
        refuse_long(size)
        prepared = self._prepare(picture.pixels)
        height, width = prepared.shape[1:]
        if self._most_input_pixels is not None and height * width > self._most_input_pixels:
            detail = f"too large for the network at {size_text((width, height))}"
            raise PictureError(Reason.OUT_OF_MEMORY, detail)
        return LoadedInput(task, prepared, size, source)
