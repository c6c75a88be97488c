"""Run a job with a progress bar, and stop it gently."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cli.bar import Clock, progress_bar
from cli.console import count, labels_text, say
from cli.exits import EXIT_SKIPS
from cli.stopping import Stop, signals_to
from cli.summary import print_summary
from pipeline.augment.job import AugmentJob
from pipeline.augment.summary import Summary
from pipeline.engine.outcome import Outcome, Tally
from pipeline.engine.processes import worker_deaths_explained
from pipeline.engine.tasks import Task
from pipeline.errors import StrictError
from pipeline.images.skips import Skip
from pipeline.weights.packaged import terms_of


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    summary: Summary
    exit_code: int


def run_job(job: AugmentJob, *, overwrite: bool, strict: bool, quiet: bool, stop: Stop | None = None) -> Ended:
    """Run a job to its end, or until Ctrl-C.

    Args:
        job: The prepared run.
        overwrite: Remove an earlier run's files first.
        strict: Stop at the first skip.
        quiet: Print nothing.
        stop: Tells when to stop; made here for a single command.

    Raises:
        TpsenceError: As the job does; with ``strict`` also at a skip.
    """
    began = time.monotonic()
    stop = stop or Stop(quiet=quiet)
    tally = Tally(skips=list(job.plan.labels.skips))
    with job.opened(overwrite=overwrite), signals_to(stop):
        if not quiet:
            _announce(job)
        if strict and tally.skips:
            _refuse(tally.skips[0])
        go_through(job.run(stop), tally, len(job.tasks), strict=strict, quiet=quiet)
        if not stop() and (todo := job.to_measure(tally)):
            _measure(job, todo, stop, quiet=quiet)
        stopped = stop()  # a signal from here on comes too late: the labels are written
        summary = job.finish(tally, seconds=time.monotonic() - began, complete=not stopped)
    if not quiet:
        print_summary(summary)
    return Ended(summary, exit_code(stop if stopped else None, tally))


def go_through(outcomes: Iterator[Outcome], tally: Tally, total: int, *, strict: bool, quiet: bool) -> None:
    """Go through the pictures and show the progress.

    Args:
        outcomes: What a job yields.
        tally: Counts them.
        total: Number of pictures.
        strict: Stop at the first skip.
        quiet: Print nothing.

    Raises:
        TpsenceError: As the job does; with ``strict`` also at a skip.
    """
    clock = Clock()
    with worker_deaths_explained(), progress_bar(total, quiet=quiet) as show:
        for outcome in outcomes:
            tally.add(outcome)
            if strict and isinstance(outcome, Skip):
                _refuse(outcome)
            skips = f", {count(len(tally.skips), 'skip')}" if tally.skips else ""
            show(tally.pictures, clock.text(tally.fresh, total - tally.pictures) + skips)


def _measure(job: AugmentJob, todo: Sequence[Task], stop: Stop, *, quiet: bool) -> None:
    """Compare the boxes of pictures for the gate and show the progress."""
    clock = Clock()
    with worker_deaths_explained(), progress_bar(len(todo), quiet=quiet) as show:
        for done, _ in enumerate(job.measure(todo, stop), 1):
            show(done, f"boxes compared, {clock.text(done, len(todo) - done)}")


def exit_code(stop: Stop | None, tally: Tally) -> int:
    """Return the exit code of a run that has ended, or was stopped."""
    if stop is not None:
        return stop.exit_code
    return EXIT_SKIPS if tally.skips else 0


def _announce(job: AugmentJob) -> None:
    """Say what is about to happen."""
    size = job.weights.metadata.architecture.described()
    where = f"{job.translator.device}, {job.translator.precision.value}, width {job.width or 'native'}"
    if terms := terms_of(job.weights.sha256):
        say(terms)
    say(f"{count(len(job.tasks), 'picture')}, {labels_text(job.plan.labels.format)}; generator of {size} on {where}")


def _refuse(skip: Skip) -> None:
    """Stop at a skip."""
    raise StrictError(f"{skip.file}: {skip.reason.value}, {skip.detail}", "Mend the picture, or run without --strict.")
