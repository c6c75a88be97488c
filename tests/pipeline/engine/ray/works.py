"""Work that does as its tasks' names say, for the tests of what goes wrong on other machines."""

import errno
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.engine.events import Done, Outcome
from pipeline.engine.interface import Work
from pipeline.engine.tasks import Action, Task
from pipeline.images.skips import Reason, Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.ledger import SourceState


def done_of(outcomes: Iterable[Outcome]) -> Iterator[Outcome]:
    """Leave out what only says how the cluster is."""
    return (one for one in outcomes if isinstance(one, Skip) or one.count)


def task(name: str) -> Task:
    return Task(name, name, Action.TRANSLATE, None)


@dataclass(frozen=True)
class Noted(Work[Task, Task]):
    """Writes each task's name, and who has written it.

    ``kills`` kills its process, ``full`` finds the disk full, ``waits`` waits until there is a file ``go`` in the
    folder of the inputs, ``bad`` is a skip, ``breaks`` finds a fault of the program.
    """

    root: Path
    folder: OutputFolder

    def written_to(self) -> OutputFolder:
        return self.folder

    def decode(self, task: Task) -> Task | Skip:
        if task.name.startswith("bad"):
            return Skip(task.name, Reason.UNREADABLE, "as it is called")
        return task

    def batch_size(self, size: tuple[int, int]) -> int:
        return 1

    def translate(self, group: Sequence[Task]) -> list[Task | Skip]:
        return list(group)

    def finish(self, item: Task, made: Task | None) -> Outcome:
        if item.name.startswith("kills"):
            os.kill(os.getpid(), signal.SIGKILL)
        if item.name.startswith("full"):
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), item.name)
        if item.name.startswith("breaks"):
            raise ZeroDivisionError("a fault of the program")
        if item.name.startswith("waits"):
            (self.root / f"{item.name}-{os.getpid()}.waiting").touch()
            while not (self.root / "go").exists():
                time.sleep(0.05)
        self.folder.write(item.output, item.name.encode())
        self.folder.note(item.output, self.root / "source", SourceState.of(self.root / "source"))
        return Done(name=item.name)

    def pixels(self, item: Task) -> int:
        return 1
