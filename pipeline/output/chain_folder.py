"""The folder of a chain: where each stage writes, and what is known of those that have run."""

import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from enum import Enum
from pathlib import Path
from typing import Any

from pipeline.errors import OutputError
from pipeline.files.jail import absolute
from pipeline.files.links import refuse_links
from pipeline.files.locks import lock
from pipeline.files.rooted import Rooted
from pipeline.files.text import one_line
from pipeline.files.whole import write_failures_explained
from pipeline.output.layout import BOXES_FILE, REPORT_FILE
from pipeline.output.run_file import RUN_FILE, command_of, read_run, refuse_file, write_run
from tpsence.errors import first_line

COMMAND = "run"
TABLES = ".tpsence-pictures"
"""The folder of the hashes of single pictures."""
_LOCK = ".tpsence-lock"
_DATASET, _TRAINING, _AUGMENTED = "dataset", "training", "augmented"
_MAPS = ("trainS", "trainT")
_ELSEWHERE = "Give another `out`"


class State(str, Enum):
    """How far a stage of a chain is."""

    RUNNING = "running"
    """It has begun; if nothing runs now, it was killed."""
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"
    NOT_NEEDED = "not needed"
    """With the present settings; what it made with others is kept."""


class ChainFolder:
    """Where a chain writes.

    Args:
        path: The folder; made when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.dataset = path / _DATASET
        """An unpaired data set: links to the pictures, and their label maps."""
        self.training = path / _TRAINING
        """The run of ``tpsence train``."""
        self.augmented = path / _AUGMENTED
        """The output of ``tpsence augment``."""
        self.report = path / REPORT_FILE

    def read(self) -> dict[str, Any] | None:
        """Return the content of ``run.json``, or None where the folder is new or empty.

        Raises:
            OutputError: The folder holds something else, or a link in the place of a file or folder of the chain.
        """
        refuse_file(self.path, _ELSEWHERE)
        refuse_links(self._own(), _ELSEWHERE)
        content = read_run(self.path, _ELSEWHERE, lambda name: name.startswith(".tpsence-"), "tpsence run")
        if content is None:
            return None
        stages = content.get("stages")
        if not isinstance(stages, dict) or not all(isinstance(one, dict) for one in stages.values()):
            command = content.get("command")
            what = one_line(f"holds a run of tpsence {command}") if command else "not written by tpsence run"
            raise OutputError(f"{self.path}: {what}", f"{_ELSEWHERE}.")
        return content

    def write(self, content: Mapping[str, Any]) -> None:
        """Write ``run.json``.

        Raises:
            RunError: It cannot be written.
        """
        with write_failures_explained(self.path):
            write_run(self.path, content)

    @contextmanager
    def opened(self) -> Iterator[None]:
        """Make the folder and keep other chains out.

        Raises:
            OutputError: It holds something else, cannot be made, or is in use.
        """
        self.read()
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be made ({first_line(error)})", f"{_ELSEWHERE}.") from error
        with write_failures_explained(self.path), lock(self.path / _LOCK, self.path):
            yield

    def link_pictures(self, clear: Path, rainy: Path) -> None:
        """Make the data set: ``trainA`` and ``trainB`` are links to the two folders.

        Raises:
            OutputError: The links cannot be made, or something else is in their place.
            UnsafeNameError: The folder of the data set is a link.
        """
        try:
            with Rooted(self.path).folder(_DATASET, make=True) as dataset:
                for name, target in (("trainA", clear), ("trainB", rainy)):
                    _link(dataset, name, str(absolute(target)))
        except OSError as error:
            raise OutputError(
                f"{self.dataset}: no link to the pictures can be made ({first_line(error)})",
                "Remove what is in its place, or give an `out` on a file system that has symbolic links.",
            ) from error

    def _own(self) -> list[Path]:
        """All that belongs to the chain and that a link could be in the place of."""
        names = (RUN_FILE, _LOCK, REPORT_FILE, BOXES_FILE, TABLES, _DATASET, _TRAINING, _AUGMENTED)
        places = [self.path / name for name in names]
        return [*places, *(self.dataset / name for name in _MAPS)]

    def put_training_aside(self) -> Path | None:
        """Rename the folder of a training that is not to be continued, so that nothing of it is lost.

        Returns:
            Its new place, or None where there was none.

        Raises:
            RunError: It cannot be renamed.
        """
        if not self.training.exists():
            return None
        number = 1
        while (place := self.path / f"{_TRAINING}-{number}").exists():
            number += 1
        with write_failures_explained(self.path):
            self.training.rename(place)
        return place


def _link(folder: int, name: str, target: str) -> None:
    """Make a link in an open folder, or put another target into the one that is there.

    Raises:
        OSError: It cannot be made, or something else is in its place.
    """
    with suppress(OSError):  # none is there
        if os.readlink(name, dir_fd=folder) == target:
            return
        os.unlink(name, dir_fd=folder)
    os.symlink(target, name, target_is_directory=True, dir_fd=folder)


def is_chain(out: Path) -> bool:
    """Tell whether a folder is that of a chain."""
    return command_of(out) == COMMAND
