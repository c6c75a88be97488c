"""A run of the main job that is over, read back from its folder."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import Plan
from pipeline.augment.reopen import plan_again
from pipeline.engine.tasks import Task
from pipeline.errors import OutputError
from pipeline.images.skips import Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.run_file import RUN_FILE
from pipeline.output.shards import Shard


@dataclass(frozen=True, kw_only=True)
class FinishedRun:
    """A run of ``tpsence augment`` that is over."""

    folder: OutputFolder
    plan: Plan
    options: AugmentOptions
    record: Mapping[str, Any]
    """The content of its ``run.json``."""
    skips: Sequence[Skip]

    @cached_property
    def translated(self) -> list[Task]:
        """The pictures that were translated."""
        return self.plan.translated({skip.file for skip in self.skips})

    @property
    def generators(self) -> list[Mapping[str, Any]]:
        """What is known of the generators; empty for water alone."""
        told = self.record.get("weights") or []
        return [told] if isinstance(told, Mapping) else list(told)

    @cached_property
    def written(self) -> list[Task]:
        """The pictures of the output."""
        left_out = {skip.file for skip in self.skips}
        return [task for task in self.plan.tasks if task.name not in left_out]


def finished_run(out: Path) -> FinishedRun:
    """Open the folder of a run that is over.

    Args:
        out: The folder.

    Raises:
        OutputError: It holds no such run, or the run has not finished.
        InputError: Its source is not there any more, or has changed.
    """
    wanted = "Give the `out` of tpsence augment or tpsence run"
    if not (out / RUN_FILE).exists():
        what = "not written by tpsence: there is no run.json in it" if out.is_dir() else "no run of tpsence here"
        raise OutputError(f"{out}: {what}", f"{wanted}.")
    folder = OutputFolder(out, Shard(), "augment", wanted)
    record = folder.read_run() or {}
    if "summary" not in record:
        hint = "Run the same command again to continue it; of a run in shards, tpsence augment --collect."
        raise OutputError(f"{out}: this run has not finished", hint)
    plan, options = plan_again(record, out)
    return FinishedRun(folder=folder, plan=plan, options=options, record=record, skips=folder.read_skips())
