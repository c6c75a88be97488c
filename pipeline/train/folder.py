"""The folder of a training run: its settings, checkpoints, generator and record."""

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import torch

from pipeline.errors import OutputError
from pipeline.files.links import refuse_links
from pipeline.files.locks import lock
from pipeline.files.rooted import Rooted
from pipeline.files.text import one_line
from pipeline.files.whole import remove_temporary_files, write_whole
from pipeline.output.run_file import RUN_FILE, command_of, now, write_run
from pipeline.train.checkpoints import FOLDER, Checkpoints, read_checkpoint
from tpsence import __version__
from tpsence.errors import WeightsError
from tpsence.weights import TRAINED_NAME

METRICS_FILE = "metrics.jsonl"
GRIDS = "grids"
TENSORBOARD = "tensorboard"
COMMAND = "train"
_LOCK = ".tpsence-lock"
_FILES, _FOLDERS = (RUN_FILE, METRICS_FILE, TRAINED_NAME, _LOCK), (GRIDS, TENSORBOARD, FOLDER)


class Restored(NamedTuple):
    """A checkpoint that was read."""

    file: Path
    content: dict[str, Any]
    notes: list[str]
    """A line for each later one that is damaged."""


class RunFolder:
    """Where a training run writes.

    Args:
        path: The folder; made when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = Checkpoints(path / FOLDER)
        self._run: dict[str, Any] = {}

    @property
    def generator_file(self) -> Path:
        """The generator of the last checkpoint."""
        return self.path / TRAINED_NAME

    def check(self, *, resume: bool) -> None:
        """Refuse a folder that holds something else or links in its own files' places, or a run that is not continued.

        Raises:
            OutputError: It does.
        """
        if self.path.exists() and not self.path.is_dir():
            raise OutputError(f"{self.path}: is a file", "Give a folder with `out`.")
        self._refuse_others_in_place()
        newest = self.checkpoints.newest_first()
        names = sorted(entry.name for entry in self.path.iterdir()) if self.path.is_dir() else []
        own = {*_FILES, *_FOLDERS}
        foreign = [name for name in names if name not in own and not name.startswith(".tpsence-")]
        if foreign and not newest:  # beside a run's checkpoints there may be files of the user's, for example exports
            raise OutputError(
                f"{self.path}: not empty, and not a training run (it holds {foreign[0]!r})",
                "Give an empty or a new folder with `out`.",
            )
        if newest and not resume:
            raise OutputError(
                f"{self.path}: holds a run already ({newest[0].name})",
                "Continue it with `resume`, or give another `out`.",
            )

    def _refuse_others_in_place(self) -> None:
        """Refuse links and things of another kind where a run has its files and folders, and another command's run.

        Raises:
            OutputError: There is one: a write through it would end elsewhere, a read of it might never end.
        """
        kinds = [(self.path / name, Path.is_file, "no regular file") for name in _FILES]
        kinds += [(self.path / name, Path.is_dir, "no folder") for name in _FOLDERS]
        if not (self.path / FOLDER).is_symlink():
            kinds += [(file, Path.is_file, "no regular file") for file in self.checkpoints.newest_first()]
        refuse_links((place for place, _, _ in kinds), "Give another `out`")
        for place, is_kind, otherwise in kinds:
            if place.exists() and not is_kind(place):
                raise OutputError(f"{place}: is {otherwise}", "Remove it, or give another `out`.")
        command = command_of(self.path)
        if command not in {None, COMMAND}:
            raise OutputError(one_line(f"{self.path}: holds a run of tpsence {command}"), "Give another `out`.")

    def restored(self) -> Restored | None:
        """Read the latest checkpoint that can be read.

        Returns:
            It, or None where there is none.

        Raises:
            WeightsError: There are checkpoints, and all are damaged.
        """
        damaged: list[WeightsError] = []
        for file in self.checkpoints.newest_first():
            try:
                return Restored(file, read_checkpoint(file), [error.message for error in damaged])
            except WeightsError as error:
                damaged.append(error)
        if damaged:
            raise damaged[0]
        return None

    @contextmanager
    def opened(self, step: int, settings: Mapping[str, Any], about: Mapping[str, Any]) -> Iterator[None]:
        """Claim the folder, and drop what a killed run has recorded after the step that is continued.

        Args:
            step: Steps done, 0 for a new run.
            settings: The settings, for ``run.json``.
            about: What else ``run.json`` should tell.

        Raises:
            OutputError: It cannot be made, or another run is writing here.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise OutputError(f"{self.path}: cannot be made ({error.strerror})", "Give another `out`.") from error
        with lock(self.path / _LOCK, self.path):
            with Rooted(self.path).folder() as folder:
                remove_temporary_files(folder)
            self._run = {"command": COMMAND, "settings": dict(settings), **about, **_versions()}
            self._run |= {"started": now(), "from_step": step}
            write_run(self.path, self._run)
            self._drop_metrics_after(step)
            yield

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Add to ``run.json`` how the run ended."""
        write_run(self.path, {**self._run, "ended": now(), "summary": dict(summary)})

    def write_generator(self, data: bytes) -> None:
        """Write the generator; the earlier one stays until the new one is whole."""
        write_whole(self.generator_file, data)

    def mend_generator(self, data: bytes) -> None:
        """Write the generator if it is not there as it should be: a kill may have come between checkpoint and it."""
        file = self.generator_file
        if file.is_symlink() or not file.is_file() or file.read_bytes() != data:
            self.write_generator(data)

    def write_grid(self, step: int, data: bytes) -> None:
        """Write the preview of a step."""
        Rooted(self.path).write(f"{GRIDS}/{_grid_name(step)}", data)

    def has_grid(self, step: int) -> bool:
        """Tell whether the preview of a step is there."""
        return (self.path / GRIDS / _grid_name(step)).is_file()

    def figures(self, step: int) -> dict[str, float]:
        """Return what ``metrics.jsonl`` has of a step, or nothing."""
        lines = [line for line in self._metrics() if _step_of(line) == step]
        found = json.loads(lines[-1]) if lines else {}
        return {key: value for key, value in found.items() if isinstance(value, float)}

    def _metrics(self) -> list[bytes]:
        """Return the lines of ``metrics.jsonl``."""
        file = self.path / METRICS_FILE
        return file.read_bytes().splitlines() if file.exists() else []

    def _drop_metrics_after(self, step: int) -> None:
        """Keep the lines of ``metrics.jsonl`` up to a step; a line cut off by a kill is dropped."""
        kept = [line for line in self._metrics() if _step_of(line) in range(1, step + 1)]
        write_whole(self.path / METRICS_FILE, b"".join(line + b"\n" for line in kept))


def _grid_name(step: int) -> str:
    """The file of the preview of a step."""
    return f"step-{step:08d}.png"


def _step_of(line: bytes) -> int:
    """Return the step of a line of ``metrics.jsonl``, 0 for a damaged one."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, LookupError, TypeError, OverflowError, RecursionError):
        return 0


def _versions() -> dict[str, Any]:
    """Return what the run was made with."""
    return {"tpsence": __version__, "torch": torch.__version__, "python": platform.python_version()}
