"""What a run would do, from file headers alone; nothing is written."""

import shutil
import warnings
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
    with warnings.catch_warnings(), ThreadPoolExecutor() as pool:
        warnings.simplefilter("ignore")  # once for all threads: Pillow's remarks on damaged metadata
        looks = list(pool.map(lambda task: _look(job, task), todo, chunksize=64))
    good = [(task, look) for task, look in zip(todo, looks, strict=True) if isinstance(look, Header)]
    skips = [*job.plan.labels.skips, *(look for look in looks if isinstance(look, Skip))]
    translate = [(task, header) for task, header in good if task.action is Action.TRANSLATE]
    report = DryRun(
        out=str(job.folder.path),
        format=job.plan.labels.format,
        pictures=len(job.tasks),
        translate=len(translate),
        keep=len(good) - len(translate),
        there=len(job.tasks) - len(todo),
        sizes=dict(Counter(size_text(header.upright) for _, header in good).most_common()),
        skipped=count_reasons(skips),
        bytes_needed=_bytes_needed(translate) + _bytes_copied(job, good),
        bytes_free=shutil.disk_usage(_existing(job.folder.path)).free,
    )
    return report, skips


def _look(job: AugmentJob, task: Task) -> Header | Skip:
    """Read the header of one picture."""
    try:
        return read_header(job.plan.source(task), job.options.max_pixels, task.size)
    except PictureError as error:
        return error.as_skip(task.name)


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
