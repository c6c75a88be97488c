"""The stages of a chain in one display: a row for each, with the bar of what runs."""

from collections.abc import Sequence

from rich.progress import BarColumn, Progress, SpinnerColumn, TextColumn

from cli.console import say, stderr
from pipeline.engine.events import Stage, StageState
from pipeline.files.text import one_line

_ENDED = {StageState.UNCHANGED, StageState.NOT_NEEDED, StageState.STOPPED, StageState.FAILED, StageState.DONE}


class StageRows:
    """A row for each stage on a terminal; elsewhere a line when one begins.

    Args:
        names: Of the stages, in order.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self.on_terminal = stderr.is_terminal
        """Whether there are rows."""
        self._names = names
        self._current = 0
        plain = (TextColumn(f"{{task.{field}}}", markup=False) for field in ("fields[numbers]", "fields[text]"))
        columns = (SpinnerColumn(), TextColumn("{task.description:<8}", markup=False), BarColumn(24), *plain)
        self._bar = Progress(*columns, console=stderr, disable=not self.on_terminal)
        self._rows = [self._bar.add_task(name, total=None, start=False, numbers="", text="waiting") for name in names]
        self._bar.start()

    def draw(self, stage: Stage) -> None:
        """Show what is happening to a stage."""
        row = self._rows[stage.place - 1]
        if stage.state is StageState.BEGINS:
            self._current = stage.place - 1
            self._bar.start_task(row)
            self._bar.update(row, text=one_line(stage.text))
            say(f"stage {stage.place} of {len(self._names)}, {stage.name}: {stage.text}", style="bold")
        elif stage.state is StageState.CLEARED:
            say(stage.text)
        elif stage.state in _ENDED:
            self._bar.start_task(row)
            self._bar.update(row, total=1, completed=1, numbers="", text=stage.state.value)
            self._bar.stop_task(row)
        else:
            self._bar.update(row, text=stage.state.value)

    def show(self, done: int, total: int | None, numbers: str, text: str) -> None:
        """Show how far the current stage is: a count for the bar, and what is written beside it."""
        self._bar.update(self._rows[self._current], completed=done, total=total, numbers=numbers, text=text)

    def close(self) -> None:
        """Leave the rows as they are."""
        self._bar.stop()
