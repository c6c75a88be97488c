"""Run a job with a progress bar, and stop it gently."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from types import FrameType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from cli.console import count, labels_text, say, stderr
from cli.exits import EXIT_SKIPS
from cli.summary import print_summary
from pipeline.augment import AugmentJob, worker_deaths_explained
from pipeline.outcome import Tally
from pipeline.skips import Skip
from pipeline.summary import Summary
from tpsence.errors import StrictError

_SECONDS_BETWEEN_LINES = 30.0


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run ended."""

    summary: Summary
    exit_code: int


@dataclass
class _Stop:
    """Remembers the first signal; the second ends the program at once."""

    signal_number: int = 0
    quiet: bool = False

    def __call__(self) -> bool:
        return self.signal_number != 0

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take note of a signal."""
        del frame
        if self.signal_number:
            raise SystemExit(128 + number)
        self.signal_number = number
        if not self.quiet:
            os.write(2, b"\nfinishing what is in flight; once more stops at once\n")


def run_job(job: AugmentJob, *, overwrite: bool, strict: bool, quiet: bool) -> Ended:
    """Run a job to its end, or until Ctrl-C.

    Args:
        job: The prepared run.
        overwrite: Remove an earlier run's files first.
        strict: Stop at the first skip.
        quiet: Print nothing.

    Raises:
        TpsenceError: As the job does; with ``strict`` also at a skip.
    """
    began = time.monotonic()
    stop = _Stop(quiet=quiet)
    tally = Tally(skips=list(job.plan.labels.skips))
    with job.opened(overwrite=overwrite), _signals_to(stop):
        if not quiet:
            _announce(job)
        _work(job, tally, stop, strict=strict, quiet=quiet)
        stopped = stop()  # a signal from here on comes too late: the labels are written
        summary = job.finish(tally, seconds=time.monotonic() - began, complete=not stopped)
    if not quiet:
        print_summary(summary)
    if stopped:
        return Ended(summary, 128 + stop.signal_number)
    return Ended(summary, EXIT_SKIPS if tally.skips else 0)


def _announce(job: AugmentJob) -> None:
    """Say what is about to happen."""
    known = job.weights.metadata
    size = f"{known.blocks} blocks, ngf {known.ngf}"
    where = f"{job.translator.device}, {job.translator.precision.value}, width {job.width or 'native'}"
    say(f"{count(len(job.tasks), 'picture')}, {labels_text(job.plan.labels.format)}; generator of {size} on {where}")


def _work(job: AugmentJob, tally: Tally, stop: _Stop, *, strict: bool, quiet: bool) -> None:
    """Go through the pictures and show the progress."""
    if strict and tally.skips:
        _refuse(tally.skips[0])
    with worker_deaths_explained(), _progress(len(job.tasks), quiet=quiet) as show:
        for outcome in job.run(stop):
            tally.add(outcome)
            if strict and isinstance(outcome, Skip):
                _refuse(outcome)
            show(tally)


def _refuse(skip: Skip) -> None:
    """Stop at a skip."""
    raise StrictError(f"{skip.file}: {skip.reason.value}, {skip.detail}", "Mend the picture, or run without --strict.")


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[Tally], None]]:
    """Show a bar on a terminal, a line now and then elsewhere, nothing if quiet.

    Args:
        total: Number of pictures.
        quiet: Show nothing.
    """
    if quiet:
        yield lambda tally: None
    elif not stderr.is_terminal:
        yield _Lines(total)
    else:
        columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[speed]}"))
        with Progress(*columns, console=stderr) as bar:
            task = bar.add_task("", total=total, speed="")
            clock = _Clock(total)
            yield lambda tally: bar.update(task, completed=tally.pictures, speed=clock.text(tally))


class _Clock:
    """Measures images/s and the time left from what this run did; what was there already does not count."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._began = time.monotonic()

    def text(self, tally: Tally) -> str:
        """Return the speed, the time left and the number of skips."""
        if tally.fresh == 0:
            self._began = time.monotonic()
            return ""
        speed = tally.fresh / max(1e-9, time.monotonic() - self._began)
        left = timedelta(seconds=round((self._total - tally.pictures) / speed))
        skips = f", {count(len(tally.skips), 'skip')}" if tally.skips else ""
        return f"{speed:.2f} images/s, {left} left{skips}"


class _Lines:
    """Prints a line now and then, for logs."""

    def __init__(self, total: int) -> None:
        self._total = total
        self._clock = _Clock(total)
        self._next = time.monotonic() + _SECONDS_BETWEEN_LINES

    def __call__(self, tally: Tally) -> None:
        text = self._clock.text(tally)
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + _SECONDS_BETWEEN_LINES
            say(f"{tally.pictures:,} of {self._total:,}: {text}")


@contextmanager
def _signals_to(stop: _Stop) -> Iterator[None]:
    """Let Ctrl-C and a scheduler's SIGTERM ask for a stop."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop.handle) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
