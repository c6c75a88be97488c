"""What a run would do, from file headers alone; nothing is written."""

import shutil
from collections import Counter
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from pipeline.augment import AugmentJob
from pipeline.geometry import size_text
from pipeline.images import Header, output_format, read_header
from pipeline.plan import Action, Task
from pipeline.skips import PictureError, Skip
from pipeline.summary import count_reasons

_BYTES_PER_PIXEL = {"JPEG": 0.45, "WEBP": 0.35, "PNG": 1.9, "TIFF": 1.9, "BMP": 3.0}
"""Typical size of a street scene by format, at the default quality."""


@dataclass(frozen=True, kw_only=True)
class DryRun:
    """What a run would do."""

    out: str
    format: str
    pictures: int
    """Pictures that the output would have, of this shard."""
    translate: int
    """Pictures to translate."""
    keep: int
    """Originals to keep."""
    there: int
    """Pictures that are in the output already."""
    sizes: Mapping[str, int]
    """Pictures by size, the most frequent first."""
    skipped: Mapping[str, int]
    """Pictures that would be left out, by reason, as far as headers tell."""
    bytes_needed: int
    """Estimated size of the pictures to write."""
    bytes_free: int
    """Free space where the output goes."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)


def dry_run(job: AugmentJob, *, overwrite: bool) -> tuple[DryRun, list[Skip]]:
    """Read all headers and add up what the run would do.

    Args:
        job: A prepared run.
        overwrite: The run would begin anew.
    """
    todo = [task for task in job.tasks if overwrite or not job.folder.has(task.output)]
    good, bad = read_headers(job.plan.labels.image_root, todo, job.options.max_pixels)
    skips = [*job.plan.labels.skips, *bad]
    translate = [(task, header) for task, header in good if task.action is Action.TRANSLATE]
    report = DryRun(
        out=str(job.folder.path),
        format=job.plan.labels.format,
        pictures=len(job.tasks),
        translate=len(translate),
        keep=len(good) - len(translate),
        there=len(job.tasks) - len(todo),
        sizes=count_sizes(good),
        skipped=count_reasons(skips),
        bytes_needed=_bytes_needed(translate) + _bytes_copied(job, good),
        bytes_free=bytes_free(job.folder.path),
    )
    return report, skips


def read_headers(root: Path, tasks: Sequence[Task], max_pixels: int) -> tuple[list[tuple[Task, Header]], list[Skip]]:
    """Read the headers of pictures, in threads.

    Args:
        root: The folder that the tasks' names are relative to.
        tasks: The pictures.
        max_pixels: Largest W * H.

    Returns:
        The pictures that can be used as far as their headers tell, and the others.
    """

    def look(task: Task) -> Header | Skip:
        try:
            return read_header(root / task.name, max_pixels, task.size)
        except PictureError as error:
            return error.as_skip(task.name)

    with ThreadPoolExecutor() as pool:
        looks = list(pool.map(look, tasks, chunksize=64))
    good = [(task, found) for task, found in zip(tasks, looks, strict=True) if isinstance(found, Header)]
    return good, [found for found in looks if isinstance(found, Skip)]


def count_sizes(pictures: Sequence[tuple[Task, Header]]) -> dict[str, int]:
    """Count pictures by their upright size, the most frequent first."""
    return dict(Counter(size_text(header.upright) for _, header in pictures).most_common())


def bytes_free(path: Path) -> int:
    """Return the free space where a folder is, or will be made."""
    return shutil.disk_usage(_existing(path)).free


def _bytes_needed(pictures: Sequence[tuple[Task, Header]]) -> int:
    """Estimate the size of the translated pictures."""
    total = 0.0
    for task, header in pictures:
        width, height = header.upright
        total += width * height * _BYTES_PER_PIXEL[output_format(task.output, header.format)]
    return int(total)


def _bytes_copied(job: AugmentJob, pictures: Sequence[tuple[Task, Header]]) -> int:
    """Add up the originals to keep, where another file system makes copies of what would be links."""
    if _existing(job.folder.path).stat().st_dev == job.plan.labels.image_root.stat().st_dev:
        return 0
    kept = [task for task, _ in pictures if task.action is Action.KEEP]
    return sum(job.plan.source(task).stat().st_size for task in kept)


def _existing(path: Path) -> Path:
    """The nearest folder above a path that exists."""
    while not path.exists():
        path = path.parent
    return path
