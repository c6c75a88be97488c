"""The figures of a run: ``metrics.jsonl``, and TensorBoard where it is installed."""

import importlib.util
import threading
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from pipeline.files.lines import LineFile
from pipeline.files.rooted import Rooted
from pipeline.train.folder import METRICS_FILE, TENSORBOARD


class Record:
    """Writes figures down as they come.

    Args:
        folder: Of the run.
        board: A ``SummaryWriter`` of TensorBoard, or None.
    """

    def __init__(self, folder: Path, board: Any | None) -> None:  # noqa: ANN401 (an optional package's class)
        self._file = LineFile(Rooted(folder), METRICS_FILE)
        self._board = board

    def write(self, step: int, figures: Mapping[str, float]) -> None:
        """Add the figures of a step, one JSON object a line.

        Raises:
            OSError: They cannot be written.
        """
        self._file.add({"step": step, **figures})
        if self._board is not None:
            for name, value in figures.items():
                self._board.add_scalar(name, value, step)


@contextmanager
def recording(folder: Path, step: int) -> Iterator[Record]:
    """Open the record of a run.

    Args:
        folder: Of the run.
        step: Steps done; what TensorBoard has from a killed run after it is hidden.

    Raises:
        OSError: TensorBoard's file cannot be written.
    """
    with _writers_quiet():
        board = _board(folder, step)
        try:
            yield Record(folder, board)
        finally:
            if board is not None:
                board.close()


@contextmanager
def _writers_quiet() -> Iterator[None]:
    """Keep TensorBoard's writing thread from printing where it failed: what it met is raised in the training, too."""
    before = threading.excepthook

    def hook(failure: threading.ExceptHookArgs) -> None:
        if not type(failure.thread).__module__.startswith("tensorboard."):
            before(failure)

    threading.excepthook = hook
    try:
        yield
    finally:
        threading.excepthook = before


def _board(folder: Path, step: int) -> Any | None:  # noqa: ANN401 (an optional package's class)
    """Return a ``SummaryWriter``, or None where TensorBoard is not installed or cannot be imported."""
    if importlib.util.find_spec("tensorboard") is None:
        return None
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of packages that TensorBoard brings along
        try:
            from torch.utils.tensorboard import SummaryWriter
        except Exception:  # whatever its packages raise where their versions do not go together: no reason not to train
            return None
        return SummaryWriter(str(folder / TENSORBOARD), purge_step=step + 1)
