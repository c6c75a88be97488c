"""What a run would do, from file headers alone or from every picture decoded; nothing is written."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

from pipeline.augment.prepared import AugmentJob
from pipeline.augment.variants import variants_summary
from pipeline.engine.events import Done, Found
from pipeline.engine.headers import _existing, bytes_free, count_sizes, read_headers
from pipeline.engine.interface import never
from pipeline.engine.tasks import Action, Task
from pipeline.engine.threads import ThreadEngine
from pipeline.images.codec import Header, output_format
from pipeline.images.skips import Skip, count_reasons

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
    """Pictures that are in the output already, made of their sources as these are now."""
    source: Mapping[str, Any]
    """What the labels' source has: annotations, files and what lies beside them."""
    sizes: Mapping[str, int]
    """Pictures by size, the most frequent first."""
    skipped: Mapping[str, int]
    """Pictures that would be left out, by reason, as far as was looked."""
    thorough: bool
    """Whether every picture was decoded; else headers alone were read."""
    choice: Mapping[str, Any] | None
    """Which pictures are chosen, of how many, and by class; None where all are. See ``Choice.numbers``."""
    variants: Mapping[str, Any] | None
    """Pictures, copies of each, and what would be drawn for each; None where all would be done alike."""
    water: str
    """How hard it would rain: ``none``, ``light``, ``moderate``, ``heavy``, ``light..heavy``."""
    maps: str | None
    """Where label maps would come from: a network, or the name of a folder; None where none are needed."""
    bytes_needed: int
    """Estimated size of the pictures to write."""
    bytes_free: int
    """Free space where the output goes."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)


def dry_run(
    job: AugmentJob, *, overwrite: bool, thorough: bool = False
) -> Generator[Found | Done | Skip, None, tuple[DryRun, list[Skip]]]:
    """Read all headers and add up what the run would do.

    Args:
        job: A prepared run.
        overwrite: The run would begin anew.
        thorough: Decode every picture that its header lets pass, as the run would.

    Yields:
        How far the decoding is.
    """
    todo = [task for task in job.tasks if overwrite or not job.is_there(task)]
    good, bad = read_headers(job.plan.labels.image_root, todo, job.options.max_pixels)
    if thorough:
        bad += yield from _undecodable(job, [task for task, _ in good])
        left_out = {skip.file for skip in bad}
        good = [(task, header) for task, header in good if task.name not in left_out]
    skips = [*job.plan.labels.skips, *bad]
    translate = [(task, header) for task, header in good if task.action is Action.TRANSLATE]
    report = DryRun(
        out=str(job.folder.path),
        format=job.plan.labels.format,
        pictures=len(job.tasks),
        translate=len(translate),
        keep=len(good) - len(translate),
        there=len(job.tasks) - len(todo),
        source=asdict(job.plan.labels.inventory),
        sizes=count_sizes(good),
        skipped=count_reasons(skips),
        thorough=thorough,
        choice=job.plan.choice.numbers,
        variants=variants_summary(job.plan.drawing, job.tasks),
        water=job.plan.drawing.water_text(),
        maps=job.method.maps,
        bytes_needed=_bytes_needed(translate) * (2 if job.plan.has_clean_targets else 1) + _bytes_copied(job, good),
        bytes_free=bytes_free(job.folder.path),
    )
    return report, skips


def _undecodable(job: AugmentJob, tasks: Sequence[Task]) -> Generator[Found | Done | Skip, None, list[Skip]]:
    """Decode pictures beside each other as the run would, its label maps too; return those that it would skip.

    Copies of a picture that go through one generator are decoded once.
    """
    alike: dict[tuple[str, int], list[Task]] = {}
    for task in tasks:
        alike.setdefault((task.source, job.plan.drawing.of(task).generator), []).append(task)
    firsts = [copies[0] for copies in alike.values()]
    skips = []
    # Nothing has to be ended in order, so that Ctrl-C may end it at once.
    yield Found(total=len(tasks), what="pictures decoded", can_stop=False)
    engine, work = ThreadEngine(job.workers, job.folder.path), job.work()
    looks = engine.decoded(work.decode, firsts, len(firsts), never)
    for copies, decoded in zip(alike.values(), looks, strict=True):
        if isinstance(decoded, Skip):
            found = [replace(decoded, file=task.name) for task in copies]
            skips += found
            yield from found
        else:
            yield Done(name=copies[0].name, count=len(copies))
    return skips


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
