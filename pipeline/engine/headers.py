"""What the headers of pictures tell before anything is decoded."""

import shutil
from collections import Counter
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

from pipeline.engine.tasks import Task
from pipeline.images.codec import Header, read_header
from pipeline.images.geometry import size_text
from pipeline.images.skips import PictureError, Skip
from pipeline.labels.hints.look_alikes import LookAlikes, explained


def read_headers(root: Path, tasks: Sequence[Task], max_pixels: int) -> tuple[list[tuple[Task, Header]], list[Skip]]:
    """Read the headers of pictures, in threads.

    Args:
        root: The folder that the tasks' names are relative to.
        tasks: The pictures.
        max_pixels: Largest W * H.

    Returns:
        The pictures that can be used as far as their headers tell, and the others.
    """
    look_alikes = LookAlikes(root)

    def look(task: Task) -> Header | Skip:
        try:
            return read_header(root / task.source, max_pixels, task.size)
        except PictureError as error:
            return explained(error.as_skip(task.name), look_alikes, task.source)

    firsts = list({task.source: task for task in tasks}.values())  # the copies of a picture have one header
    with ThreadPoolExecutor() as pool:
        found_in = dict(zip((task.source for task in firsts), pool.map(look, firsts, chunksize=64), strict=True))
    looks = [_of(task, found_in[task.source]) for task in tasks]
    good = [(task, found) for task, found in zip(tasks, looks, strict=True) if isinstance(found, Header)]
    return good, [found for found in looks if isinstance(found, Skip)]


def _of(task: Task, look: Header | Skip) -> Header | Skip:
    """Return what the header of a task's source tells, a skip by the task's own name."""
    return replace(look, file=task.name) if isinstance(look, Skip) else look


def count_sizes(pictures: Sequence[tuple[Task, Header]]) -> dict[str, int]:
    """Count pictures by their upright size, the most frequent first."""
    return dict(Counter(size_text(header.upright) for _, header in pictures).most_common())


def bytes_free(path: Path) -> int:
    """Return the free space where a folder is, or will be made."""
    return shutil.disk_usage(_existing(path)).free


def _existing(path: Path) -> Path:
    """The nearest folder above a path that exists."""
    while not path.exists():
        path = path.parent
    return path
