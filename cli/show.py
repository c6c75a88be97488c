"""Show what a job tells: a bar with a rate and the time left on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from datetime import timedelta

from rich.filesize import decimal
from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from cli.console import say, stderr
from cli.exits import EXIT_FAILED, EXIT_FLAGGED, EXIT_SKIPS
from cli.flags import with_flags
from cli.stages import StageRows
from cli.stopping import Stop, signals_to
from cli.summary import print_finished
from pipeline.engine.events import Done, Event, Finished, Found, How, Skip, Stage, Unit
from pipeline.files.text import count, one_line

SECONDS_BETWEEN_LINES = 30.0

Job = Callable[[Stop], Iterator[Event]]
"""A job that asks now and then whether to stop."""


def show(job: Job, *, quiet: bool) -> tuple[Finished, int]:
    """Run a job to its end, or until Ctrl-C, and show what it tells.

    Args:
        job: Is given what to ask; from the first event on which it can be stopped, Ctrl-C, SIGTERM and SIGHUP are what
            it says.
        quiet: Show nothing.

    Returns:
        How the job has ended, and the exit code.

    Raises:
        TpsenceError: As the job does.
    """
    from pipeline.engine.processes import worker_deaths_explained  # imports torch, as every job does

    stop = Stop(quiet=quiet)
    display = Display(quiet=quiet)
    finished: Finished | None = None
    with ExitStack() as stack:
        stack.enter_context(worker_deaths_explained())  # they come up in whatever the main thread is doing
        stack.enter_context(display)
        is_stoppable = False
        for event in job(stop):
            if not is_stoppable and (isinstance(event, Stage) or (isinstance(event, Found) and event.can_stop)):
                stack.enter_context(signals_to(stop))
                is_stoppable = True
            display.draw(event)
            finished = event if isinstance(event, Finished) else finished
    if finished is None:
        raise RuntimeError("the job did not say how it ended")
    return finished, exit_code(finished, stop)


def exit_code(finished: Finished, stop: Stop | None = None, *, strict: bool = False) -> int:
    """Return the exit code of a job that has ended.

    Args:
        finished: How.
        stop: What it was asked to stop by.
        strict: A dry run with skips fails.
    """
    if finished.stopped and not finished.time_over:
        return (stop or Stop()).exit_code
    if finished.over_limit:
        return EXIT_FLAGGED
    if finished.skips:
        return EXIT_FAILED if finished.dry and strict else EXIT_SKIPS
    return 0


class Display:
    """What a person sees of a job.

    Args:
        quiet: Nothing.
    """

    def __init__(self, *, quiet: bool) -> None:
        self._quiet = quiet
        self._rows: StageRows | None = None
        self._bar = ExitStack()
        self._counter = Counter(Found(total=None), lambda done, text: None)

    def __enter__(self) -> None:
        return None

    def __exit__(self, *raised: object) -> None:
        self._bar.close()
        if self._rows is not None:
            self._rows.close()

    def draw(self, event: Event) -> None:
        """Show one event."""
        if self._quiet:
            return
        if isinstance(event, Stage):
            self._draw_stage(event)
        elif isinstance(event, Found):
            self._begin(event)
        elif isinstance(event, Finished):
            self._bar.close()
            print_finished(event)
        else:
            self._counter.add(event)

    def _begin(self, found: Found) -> None:
        """Say what was found, and begin to count."""
        self._bar.close()
        for warning in found.warnings:
            say(with_flags(warning), style="yellow")
        for text in found.texts:
            say(with_flags(text))
        self._counter = Counter(found, self._shower(found))

    def _shower(self, found: Found) -> Callable[[int, str], None]:
        """Return what shows a count and a text: the row of a stage, a line now and then, or a bar of its own."""
        if self._rows is not None and self._rows.on_terminal:
            rows = self._rows
            if found.what:  # the first of them may take long
                rows.show(found.done, found.total, numbers(found, found.done), one_line(found.what))
            return lambda done, text: rows.show(done, found.total, numbers(found, done), one_line(text))
        if not stderr.is_terminal:
            return Lines(found)
        columns = (
            SpinnerColumn(),
            BarColumn(),
            TextColumn("{task.fields[numbers]}", markup=False),
            TextColumn("{task.fields[text]}", markup=False),
        )
        bar = self._bar.enter_context(Progress(*columns, console=stderr))
        begun = numbers(found, found.done)
        task = bar.add_task("", total=found.total, completed=found.done, numbers=begun, text=one_line(found.what))
        return lambda done, text: bar.update(task, completed=done, numbers=numbers(found, done), text=one_line(text))

    def _draw_stage(self, stage: Stage) -> None:
        """Show where a chain is."""
        self._bar.close()
        if self._rows is None:
            self._rows = StageRows(stage.stages)
        self._rows.draw(stage)


class Counter:
    """Counts what is done and measures the rate from what this run did; what was there already does not count.

    Args:
        found: What there is to do.
        show: Is given the number done and a text to stand beside it.
    """

    def __init__(self, found: Found, show: Callable[[int, str], None]) -> None:
        self._found = found
        self._show = show
        self._done = found.done
        self._fresh = 0
        self._skips = 0
        self._began = time.monotonic()

    def add(self, event: Done | Skip) -> None:
        """Count one event and show how far it is."""
        done = Done() if isinstance(event, Skip) else event
        self._skips += isinstance(event, Skip)
        self._done += done.count
        if done.how is How.REUSED or not (done.count or self._fresh):  # what has to be started does not count either
            self._began = time.monotonic()
        else:
            self._fresh += done.count
        skips = count(self._skips, "skip") if self._skips else ""
        self._show(self._done, ", ".join(filter(None, (self._found.what, self._rate(), done.text, skips))))

    def _rate(self) -> str:
        """Write the rate and the time left, empty before the first of them."""
        if not self._fresh:
            return ""
        rate = self._fresh / max(1e-9, time.monotonic() - self._began)
        if self._found.unit is Unit.BYTES:
            shown = f"{decimal(int(rate))}/s"
        else:
            unit = "images" if self._found.unit is Unit.STEPS else self._found.unit.value
            shown = f"{rate * self._found.images_each:.2f} {unit}/s"
        if self._found.total is None:
            return shown
        left = timedelta(seconds=round(max(0, self._found.total - self._done) / rate))
        return f"{shown}, {left} left"


class Lines:
    """Prints a line now and then, for logs.

    Args:
        found: What there is to do.
    """

    def __init__(self, found: Found) -> None:
        self._found = found
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def __call__(self, done: int, text: str) -> None:
        """Print how far it is, if it is time for a line."""
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SECONDS_BETWEEN_LINES
            say(f"{numbers(self._found, done, ' of ')}: {text}")


def numbers(found: Found, done: int, between: str = "/") -> str:
    """Write how many of how many: ``12/2,000``."""
    write = decimal if found.unit is Unit.BYTES else "{:,}".format
    return write(done) + ("" if found.total is None else f"{between}{write(found.total)}")
