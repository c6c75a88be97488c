"""Run a job with a progress bar, and stop it gently."""

import os
import signal
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from types import FrameType

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from cli.console import count, say, stderr
from cli.summary import print_summary
from pipeline.augment import AugmentJob, Done
from pipeline.plan import Action
from pipeline.skips import Skip
from pipeline.summary import Summary, count_reasons, proof_as_dict
from tpsence.errors import StrictError

EXIT_SKIPS = 3
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


@dataclass
class _Tally:
    """Counts outcomes."""

    pictures: int = 0
    translated: int = 0
    kept: int = 0
    reused: int = 0
    skips: list[Skip] = field(default_factory=list)

    def add(self, outcome: Done | Skip) -> None:
        """Count one outcome."""
        self.pictures += 1
        if isinstance(outcome, Skip):
            self.skips.append(outcome)
        elif outcome.reused:
            self.reused += 1
        elif outcome.task.action is Action.KEEP:
            self.kept += 1
        else:
            self.translated += 1

    @property
    def fresh(self) -> int:
        """Pictures that this run has dealt with."""
        return self.pictures - self.reused


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
    tally = _Tally(skips=list(job.plan.labels.skips))
    with job.opened(overwrite=overwrite), _signals_to(stop):
        if not quiet:
            _announce(job)
        _work(job, tally, stop, strict=strict, quiet=quiet)
        proof = None if stop() else job.finish(tally.skips)
        seconds = time.monotonic() - began
        summary = Summary(
            out=str(job.folder.path),
            format=job.plan.labels.format,
            complete=not stop(),
            pictures=len(job.tasks),
            translated=tally.translated,
            kept=tally.kept,
            reused=tally.reused,
            skipped=count_reasons(tally.skips),
            labels=proof_as_dict(proof, job.plan.labels.format),
            seconds=round(seconds, 2),
            images_per_s=round(tally.translated / seconds, 3),
            device=str(job.translator.device),
            precision=job.translator.precision.value,
            width=job.width,
            shard=job.options.shard.name if job.options.shard.count > 1 else None,
        )
        job.folder.write_result(tally.skips, summary.as_dict(), complete=not stop())
    if not quiet:
        print_summary(summary)
    return Ended(summary, 128 + stop.signal_number if stop() else EXIT_SKIPS if tally.skips else 0)


def _announce(job: AugmentJob) -> None:
    """Say what is about to happen."""
    known = job.weights.metadata
    size = f"{known.blocks} blocks, ngf {known.ngf}"
    where = f"{job.translator.device}, {job.translator.precision.value}, width {job.width or 'native'}"
    say(f"{count(len(job.tasks), 'picture')}, {job.plan.labels.format} labels; generator of {size} on {where}")


def _work(job: AugmentJob, tally: _Tally, stop: _Stop, *, strict: bool, quiet: bool) -> None:
    """Go through the pictures and show the progress."""
    if strict and tally.skips:
        _refuse(tally.skips[0])
    with _progress(len(job.tasks), quiet=quiet) as show:
        for outcome in job.run(stop):
            tally.add(outcome)
            if strict and isinstance(outcome, Skip):
                _refuse(outcome)
            show(tally)


def _refuse(skip: Skip) -> None:
    """Stop at a skip."""
    raise StrictError(f"{skip.file}: {skip.reason.value}, {skip.detail}", "Mend the picture, or run without --strict.")


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[_Tally], None]]:
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

    def text(self, tally: _Tally) -> str:
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

    def __call__(self, tally: _Tally) -> None:
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
