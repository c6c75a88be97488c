"""Join the shards of a run: its labels, its list of skips, its summary."""

import time
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from pipeline.augment.conclude import conclude, labels_as_dict
from pipeline.augment.limit import is_over
from pipeline.augment.plan import Plan
from pipeline.augment.prepared import COMMAND
from pipeline.augment.reopen import plan_again
from pipeline.augment.summary import Summary, add_up
from pipeline.augment.variants import variants_summary
from pipeline.augment.water_summary import water_summary
from pipeline.engine.events import Event, Finished
from pipeline.errors import OutputError, RunError
from pipeline.images.skips import Skip, count_reasons, in_order
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard

_KEYS = {"format", "shards", "width", "precision"}


def collect(out: Path, max_flagged: float | None = None) -> Iterator[Event]:
    """Write the labels of a run whose shards have all finished.

    The labels are made from their source, as without shards, so the result is the same to the byte.

    Args:
        out: The folder that the shards wrote to.
        max_flagged: The share that may be flagged, or None for any.

    Yields:
        ``Finished``, as ``augment`` does.

    Raises:
        OutputError: There is no run in shards, a shard has not finished, or the labels have changed.
        RunError: A picture is missing.
    """
    began = time.monotonic()
    folder = OutputFolder(out, Shard())
    run = folder.read_run()
    settings = run["settings"] if run else {}
    if not settings.keys() >= _KEYS or not isinstance(settings["shards"], int) or settings["shards"] < 2:
        raise OutputError(f"{out}: no run in shards here", "Give the `out` of tpsence augment --shard i/n.")
    with folder.alone():
        summary, skips = _join(folder, {**(run or {}), "settings": settings}, began)
    numbers = summary.as_dict()
    over = is_over(numbers, max_flagged)
    yield Finished(command=COMMAND, summary=numbers, skips=len(skips), over_limit=over, about={"skips": skips})


def _join(folder: OutputFolder, record: Mapping[str, Any], began: float) -> tuple[Summary, list[Skip]]:
    """Join the shards, while none of them runs."""
    out, settings = folder.path, record["settings"]
    skips, parts = folder.shard_results(settings["shards"])
    plan, options = plan_again(record, out)
    known = dict.fromkeys(skips)  # what is wrong with the labels alone is known to every shard
    skips = in_order(known, (task.name for task in plan.tasks))
    _refuse_missing_pictures(plan, folder, skips)
    _refuse_changed_sources(plan, folder, skips)
    written = conclude(plan, folder, skips, options)
    summary = Summary(
        out=str(out),
        format=plan.labels.format,
        complete=True,
        pictures=len(plan.tasks),
        translated=add_up(parts, "translated"),
        kept=add_up(parts, "kept"),
        reused=add_up(parts, "reused"),
        skipped=count_reasons(skips),
        choice=plan.choice.numbers,
        labels=labels_as_dict(written, plan.labels.format),
        gate=written.gate,
        faults=written.faults,
        variants=variants_summary(plan.drawing, plan.tasks),
        water=water_summary(plan.drawing, options, plan.tasks, skips, folder),
        seconds=round(time.monotonic() - began, 2),
        images_per_s=round(sum(part.get("images_per_s", 0.0) for part in parts), 2),
        width=settings["width"],
        precision=settings["precision"],
    )
    folder.write_result(skips, summary.as_dict(), complete=True)
    return summary, skips


def _refuse_missing_pictures(plan: Plan, folder: OutputFolder, skips: list[Skip]) -> None:
    """Refuse to write labels of pictures that are neither there nor skipped."""
    left_out = {skip.file for skip in skips}
    tasks = [task for task in plan.tasks if task.name not in left_out]
    missing = [task.output for task in tasks if not folder.has(task.output) or plan.lacks_target(task, folder)]
    if missing:
        raise RunError(
            f"{folder.path}: not all pictures are there, {len(missing)} missing, for example {missing[0]}",
            "Copy the output of every shard into this folder, or run the shard again.",
        )


def _refuse_changed_sources(plan: Plan, folder: OutputFolder, skips: list[Skip]) -> None:
    """Refuse to write labels of pictures that were made of other sources; those whose source is elsewhere are taken."""
    left_out = {skip.file for skip in skips}
    sources = {task.output: plan.source(task) for task in plan.tasks if task.name not in left_out}
    changed = [name for name, file in sources.items() if file.exists() and not folder.is_current(name, file)]
    if changed:
        raise RunError(
            f"{folder.path}: the sources of {len(changed)} pictures have changed since, for example of {changed[0]}",
            "Copy the folder .tpsence of every shard into this one, or run the shard again.",
        )
