"""Decode one picture at an index and prepare it."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from pathlib import Path
from typing import TypeVar

from torch.utils.data import Dataset

from pipeline.engine.tasks import Task
from pipeline.images.codec import Picture, read_picture
from pipeline.images.skips import PictureError, Skip
from pipeline.output.ledger import SourceState

T = TypeVar("T")


class DecodedPictures(Dataset[T | Skip], ABC):
    """Decodes one picture at an index and prepares it for a network; a bad picture becomes a ``Skip``.

    Args:
        root: The folder that the tasks' names are relative to.
        tasks: What to load.
        max_pixels: Pictures with more are skipped.
    """

    def __init__(self, root: Path, tasks: Sequence[Task], max_pixels: int) -> None:
        self._root = root
        self._tasks = tasks
        self._max_pixels = max_pixels

    def __len__(self) -> int:
        return len(self._tasks)

    def __getitem__(self, index: int) -> T | Skip:
        task = self._tasks[index]
        file = self._root / task.name
        source = SourceState.of(file)  # before it is decoded, so that a change in between is noticed
        try:
            return self._made(task, read_picture(file, self._max_pixels, task.size), source)
        except PictureError as error:
            return error.as_skip(task.name)

    @abstractmethod
    def _made(self, task: Task, picture: Picture, source: SourceState | None) -> T:
        """Prepare a picture.

        Args:
            task: What is to be done for it.
            picture: The picture.
            source: Its file before it was decoded.

        Raises:
            PictureError: It cannot be used.
        """
