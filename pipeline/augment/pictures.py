"""Pictures for the generator: decoded, scaled and padded."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar, final

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from pipeline.engine.batching import Batchable
from pipeline.engine.decode import DecodedPictures
from pipeline.engine.tasks import Action, Task
from pipeline.images.codec import Picture
from pipeline.images.geometry import Size, pad_by_reflection, padded_size, size_text, working_size
from pipeline.images.resize import _writable, scale
from pipeline.images.skips import PictureError, Reason, Skip
from pipeline.output.ledger import SourceState

T = TypeVar("T")
Batched = TypeVar("Batched", bound=Batchable)


@dataclass(frozen=True, slots=True)
class Loaded(Batchable):
    """A picture ready for the generator."""

    task: Task
    original: NDArray[np.uint8]
    """(H, W, 3) RGB, the picture itself."""
    working: Tensor
    """(h', w', 3) uint8, scaled to the working size and padded."""
    working_size: Size
    """(w, h) before the padding."""
    format: str
    icc_profile: bytes | None
    source: SourceState | None = field(default=None, compare=False)
    """Its file before it was decoded."""

    @property
    def common_size(self) -> Size:
        """The padded (W, H)."""
        return self.working.shape[1], self.working.shape[0]


@final
@dataclass(frozen=True, slots=True)
class Checked:
    """An original that decodes and goes to the output as it is."""

    task: Task
    source: SourceState | None = field(default=None, compare=False)
    """Its file before it was decoded."""


Item = Loaded | Checked | Skip


class Pictures(DecodedPictures[Loaded | Checked]):
    """Pictures for the generator.

    Args:
        root: The image folder.
        tasks: What to load.
        width: Width that the generator runs at, 0 for each picture's own.
        max_pixels: Pictures with more are skipped.
        most_working_pixels: What the device can hold at the working size, or None.
    """

    def __init__(
        self, root: Path, tasks: Sequence[Task], width: int, max_pixels: int, most_working_pixels: int | None
    ) -> None:
        super().__init__(root, tasks, max_pixels)
        self._width = width
        self._most_working_pixels = most_working_pixels

    def _made(self, task: Task, picture: Picture, source: SourceState | None) -> Loaded | Checked:
        return Checked(task, source) if task.action is Action.KEEP else self._prepared(task, picture, source)

    def _prepared(self, task: Task, picture: Picture, source: SourceState | None) -> Loaded:
        """Scale and pad a picture for the generator."""
        height, width = picture.pixels.shape[:2]
        size = working_size((width, height), self._width)
        padded_width, padded_height = padded_size(size)
        if self._most_working_pixels is not None and padded_width * padded_height > self._most_working_pixels:
            raise PictureError(Reason.OUT_OF_MEMORY, f"too large at {size_text(size)}; lower the width")
        return Loaded(
            task=task,
            original=picture.pixels,
            working=torch.from_numpy(_writable(pad_by_reflection(scale(picture.pixels, size)))),
            working_size=size,
            format=picture.format,
            icc_profile=picture.icc_profile,
            source=source,
        )
