"""Progress: a bar on a terminal, a line now and then elsewhere."""

import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta

from rich.filesize import decimal
from rich.progress import (
    BarColumn,
    DownloadColumn,
    MofNCompleteColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from cli.console import say, stderr
from pipeline.files.text import one_line

SECONDS_BETWEEN_LINES = 30.0

Show = Callable[[int, str], None]
"""Takes the number done and a text to stand beside it."""
ShowBytes = Callable[[int, int | None], None]
"""Takes the bytes that have come and their total, if that is known."""


class StageRows:
    """One display over several stages: a row for each, and the bars of what runs go into the row of its stage.

    Args:
        names: Of the stages.
        bar: What is on the terminal, or None where there is no terminal.
        quiet: Say nothing.
    """

    def __init__(self, names: Sequence[str], bar: Progress | None, *, quiet: bool = False) -> None:
        self._names = names
        self._quiet = quiet
        self._bar = bar
        self._rows = (
            [bar.add_task(name, total=None, start=False, numbers="", text="waiting") for name in names] if bar else []
        )
        self._current = 0

    def begin(self, name: str, why: str) -> None:
        """Say that a stage begins, and why."""
        self._current = self._names.index(name)
        if self._bar:
            self._bar.start_task(self._rows[self._current])
            self._bar.update(self._rows[self._current], text=why)
        if not self._quiet:
            say(f"stage {self._current + 1} of {len(self._names)}, {name}: {why}", style="bold")

    def note(self, name: str, text: str) -> None:
        """Show what is done about a stage that has not begun; a terminal alone shows it."""
        if self._bar:
            self._bar.update(self._rows[self._names.index(name)], text=text)

    def end(self, name: str, how: str) -> None:
        """Say how a stage has ended."""
        if self._bar:
            row = self._rows[self._names.index(name)]
            self._bar.start_task(row)
            self._bar.update(row, total=1, completed=1, numbers="", text=how)
            self._bar.stop_task(row)

    def show(self, done: int, total: int | None, text: str) -> None:
        """Show how far the current stage is."""
        if self._bar:
            numbers = f"{done:,}" + ("" if total is None else f"/{total:,}")
            self._bar.update(self._rows[self._current], completed=done, total=total, numbers=numbers, text=text)


_rows: list[StageRows] = []
"""The display over several stages that is open, if there is one: rich shows one at a time."""


@contextmanager
def stage_rows(names: Sequence[str], *, quiet: bool) -> Iterator[StageRows]:
    """Open one display over several stages.

    Args:
        names: Of the stages, in order.
        quiet: Show nothing.
    """
    if quiet or not stderr.is_terminal:
        yield StageRows(names, None, quiet=quiet)
    else:
        plain = (TextColumn(f"{{task.{field}}}", markup=False) for field in ("fields[numbers]", "fields[text]"))
        columns = (SpinnerColumn(), TextColumn("{task.description:<8}", markup=False), BarColumn(24), *plain)
        with Progress(*columns, console=stderr) as bar:
            _rows.append(StageRows(names, bar))
            try:
                yield _rows[-1]
            finally:
                _rows.pop()


@contextmanager
def progress_bar(total: int | None, *, quiet: bool) -> Iterator[Show]:
    """Show a bar on a terminal, a line now and then elsewhere, nothing if quiet.

    Args:
        total: Number of things to do, or None where that is not known.
        quiet: Show nothing.
    """
    if quiet:
        yield lambda done, text: None
    elif _rows:
        rows = _rows[-1]
        yield lambda done, text: rows.show(done, total, text)
    elif not stderr.is_terminal:
        yield _Lines(total)
    else:
        columns = (SpinnerColumn(), BarColumn(), MofNCompleteColumn(), TextColumn("{task.fields[text]}", markup=False))
        with Progress(*columns, console=stderr) as bar:
            task = bar.add_task("", total=total, text="")
            yield lambda done, text: bar.update(task, completed=done, text=text)


@contextmanager
def download_bar(name: str, *, quiet: bool) -> Iterator[ShowBytes]:
    """Show how far a download is: a bar on a terminal, a line now and then elsewhere; nothing before its first byte.

    Args:
        name: Of the file.
        quiet: Show nothing.
    """
    if quiet:
        yield lambda done, total: None
    elif _rows:
        rows = _rows[-1]
        yield lambda done, total: rows.show(done, total, f"bytes of {one_line(name)}")
    elif not stderr.is_terminal:
        yield _ByteLines(name)
    else:
        text = TextColumn("{task.description}", markup=False)
        columns = (text, BarColumn(), DownloadColumn(), TransferSpeedColumn(), TimeRemainingColumn())
        with Progress(*columns, console=stderr) as bar:
            task = bar.add_task(one_line(name), total=None, visible=False)
            yield lambda done, total: bar.update(task, completed=done, total=total, visible=True)


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


class _NowAndThen:
    """Tells when it is time for a line."""

    def __init__(self) -> None:
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES

    def __call__(self) -> bool:
        """Tell whether a while has gone by since it last was time."""
        if time.monotonic() < self._next:
            return False
        self._next = time.monotonic() + SECONDS_BETWEEN_LINES
        return True


class _Lines:
    """Prints a line now and then, for logs."""

    def __init__(self, total: int | None) -> None:
        self._of = "" if total is None else f" of {total:,}"
        self._is_time = _NowAndThen()

    def __call__(self, done: int, text: str) -> None:
        if self._is_time():
            say(f"{done:,}{self._of}: {text}")


class _ByteLines:
    """Prints a line on a download now and then, for logs."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._is_time = _NowAndThen()

    def __call__(self, done: int, total: int | None) -> None:
        if self._is_time():
            say(f"{self._name}: {decimal(done)}" + ("" if total is None else f" of {decimal(total)}"))
