"""The folder of a training run: its settings, checkpoints, generator and record."""

import json
import platform
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import torch

from pipeline.errors import OutputError
from pipeline.files.links import refuse_links
from pipeline.files.locks import lock
from pipeline.files.rooted import Rooted
from pipeline.files.whole import remove_temporary_files, write_whole
from pipeline.output.run_file import RUN_FILE, now, write_run
from pipeline.train.checkpoints import FOLDER, Checkpoints, read_checkpoint
from tpsence import __version__
from tpsence.errors import WeightsError
from tpsence.weights import TRAINED_NAME

METRICS_FILE = "metrics.jsonl"
GRIDS = "grids"
TENSORBOARD = "tensorboard"
_LOCK = ".tpsence-lock"
_OWN = (RUN_FILE, METRICS_FILE, TRAINED_NAME, GRIDS, TENSORBOARD, FOLDER, _LOCK)


class RunFolder:
    """Where a training run writes.

    Args:
        path: The folder; made when it is opened.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self.checkpoints = Checkpoints(path / FOLDER)

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
        refuse_links((self.path / name for name in _OWN), "Give another `out`")
        newest = self.checkpoints.newest_first()
        names = sorted(entry.name for entry in self.path.iterdir()) if self.path.is_dir() else []
        foreign = [name for name in names if name not in _OWN and not name.startswith(".tpsence-")]
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

    def restored(self) -> tuple[dict[str, Any] | None, list[str]]:
        """Read the latest checkpoint that can be read.

        Returns:
            Its content, or None where there is none, and a line for each later one that is damaged.

        Raises:
            WeightsError: There are checkpoints, and all are damaged.
        """
        damaged: list[WeightsError] = []
        for file in self.checkpoints.newest_first():
            try:
                return read_checkpoint(file), [error.message for error in damaged]
            except WeightsError as error:
                damaged.append(error)
        if damaged:
            raise damaged[0]
        return None, []

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
            write_run(
                self.path,
                {
                    "command": "train",
                    "settings": dict(settings),
                    **about,
                    **_versions(),
                    "started": now(),
                    "from_step": step,
                },
            )
            self._drop_metrics_after(step)
            yield

    def finish(self, summary: Mapping[str, Any]) -> None:
        """Add to ``run.json`` how the run ended."""
        content = json.loads((self.path / RUN_FILE).read_bytes())
        write_run(self.path, {**content, "ended": now(), "summary": dict(summary)})

    def write_generator(self, data: bytes) -> None:
        """Write the generator; the earlier one stays until the new one is whole."""
        write_whole(self.generator_file, data)

    def write_grid(self, step: int, data: bytes) -> None:
        """Write the preview of a step."""
        Rooted(self.path).write(f"{GRIDS}/step-{step:08d}.png", data)

    def _drop_metrics_after(self, step: int) -> None:
        """Keep the lines of ``metrics.jsonl`` up to a step; a line cut off by a kill is dropped."""
        file = self.path / METRICS_FILE
        lines = file.read_bytes().splitlines() if file.exists() else []
        write_whole(file, b"".join(line + b"\n" for line in lines if _step_of(line) in range(1, step + 1)))


def _step_of(line: bytes) -> int:
    """Return the step of a line of ``metrics.jsonl``, 0 for a damaged one."""
    try:
        return int(json.loads(line)["step"])
    except (ValueError, KeyError, TypeError, OverflowError):
        return 0


def _versions() -> dict[str, Any]:
    """Return what the run was made with."""
    return {"tpsence": __version__, "torch": torch.__version__, "python": platform.python_version()}
