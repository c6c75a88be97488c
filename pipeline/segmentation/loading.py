"""Decode pictures for a segmentation network, in worker processes."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

import numpy as np
from numpy.typing import NDArray
from torch import Tensor
from torch.utils.data import Dataset

from pipeline.geometry import Size, refuse_long, size_text
from pipeline.images import read_picture
from pipeline.loading import Batchable
from pipeline.plan import Task
from pipeline.skips import PictureError, Reason, Skip


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

    @property
    def common_size(self) -> Size:
        """The picture's own size, on which its input's size depends."""
        return self.size


class PicturesToSegment(Dataset[LoadedInput | Skip]):
    """Decodes one picture at an index, upright; a bad picture becomes a ``Skip``.

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
        self._root = root
        self._tasks = tasks
        self._prepare = prepare
        self._max_pixels = max_pixels
        self._most_input_pixels = most_input_pixels

    def __len__(self) -> int:
        return len(self._tasks)

    def __getitem__(self, index: int) -> LoadedInput | Skip:
        task = self._tasks[index]
        try:
            return self._loaded(task)
        except PictureError as error:
            return error.as_skip(task.name)

    def _loaded(self, task: Task) -> LoadedInput:
        """Decode and prepare a picture."""
        pixels = read_picture(self._root / task.name, self._max_pixels, None).pixels
        size = pixels.shape[1], pixels.shape[0]
        refuse_long(size)
        prepared = self._prepare(np.ascontiguousarray(pixels))
        height, width = prepared.shape[1:]
        if self._most_input_pixels is not None and height * width > self._most_input_pixels:
            detail = f"too large for the network at {size_text((width, height))}"
            raise PictureError(Reason.OUT_OF_MEMORY, detail)
        return LoadedInput(task, prepared, size)
