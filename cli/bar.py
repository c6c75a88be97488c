"""Progress: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta

from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TextColumn

from cli.console import say, stderr

SECONDS_BETWEEN_LINES = 30.0

Show = Callable[[int, str], None]
"""Takes the number done and a text to stand beside it."""


@contextmanager
def progress_bar(total: int | None, *, quiet: bool) -> Iterator[Show]:
    """Show a bar on a terminal, a line now and then elsewhere, nothing if quiet.

    Args:
        total: Number of things to do, or None where that is not known.
        quiet: Show nothing.
    """
    if quiet:
        yield lambda done, text: None
    elif not stderr.is_terminal:
        yield _Lines(total)
    else:
        columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[text]}", markup=False))
        with Progress(*columns, console=stderr) as bar:
            task = bar.add_task("", total=total, text="")
            yield lambda done, text: bar.update(task, completed=done, text=text)


class Clock:
    """Measures images/s and the time left from what this run did; what was there already does not count."""

    def __init__(self) -> None:
        self._began = time.monotonic()

    def text(self, fresh: int, left: int) -> str:
        """Return the speed and the time left, empty before the first image.

        Args:
            fresh: Images done by this run.
            left: Images to do.
        """
        if fresh == 0:
            self._began = time.monotonic()
            return ""
        speed = fresh / max(1e-9, time.monotonic() - self._began)
        return f"{speed:.2f} images/s, {timedelta(seconds=round(left / speed))} left"


class _Lines:
    """Prints a line now and then, for logs."""

    def __init__(self, total: int | None) -> None:
        self._of = "" if total is None else f" of {total:,}"
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def __call__(self, done: int, text: str) -> None:
        if time.monotonic() >= self._next:
            self._next = time.monotonic() + SECONDS_BETWEEN_LINES
            say(f"{done:,}{self._of}: {text}")
