"""What a fuzzed case is, and what can be wrong with it."""

import random
import traceback
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import Enum
from pathlib import Path

from pipeline.images.skips import PictureError
from tpsence.errors import TpsenceError


class FaultKind(str, Enum):
    """What must not happen."""

    TRACEBACK = "traceback"
    """An exception that is not one of the project's own."""
    STDERR = "stderr"
    """A line of Python's or of a library's own on stderr."""
    HANG = "hang"
    """It took longer than it may."""
    MEMORY = "memory"
    """It took more memory than it may, or the process died."""
    CHANGED = "changed"
    """The labels of a picture in the output are not those of the source, and nothing said so."""
    LATE = "late"
    """The plan was accepted, and what follows was refused all the same."""
    CODE = "code ran"
    """Something in the file was executed."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that must not happen, and did."""

    kind: FaultKind
    text: str
    """What exactly, in a line; equal for equal causes."""


@dataclass(slots=True)
class Outcome:
    """What became of a case."""

    accepted: bool = False
    """It was read, and not refused."""
    faults: list[Fault] = field(default_factory=list)

    def blame(self, kind: FaultKind, text: str) -> None:
        """Note a fault."""
        self.faults.append(Fault(kind, " ".join(text.split())[:300]))


Try = Callable[[random.Random, Path], Outcome]
"""Makes a case by lot in an empty folder, and tries it."""


def lot(*parts: object) -> random.Random:
    """Return what a case is drawn by: the same for the same parts, everywhere."""
    return random.Random(" ".join(map(str, parts)))  # noqa: S311 (no secret)


@contextmanager
def refusals(outcome: Outcome, *, late: bool = False) -> Iterator[None]:
    """Take the project's own errors for an answer, and note any other.

    Args:
        outcome: Of the case.
        late: It was accepted before, so that a refusal is a fault too.
    """
    try:
        yield
    except (TpsenceError, PictureError) as error:
        outcome.accepted = False
        if late:
            outcome.blame(FaultKind.LATE, f"{type(error).__name__} {_place(error)}: {error}")
    except Exception as error:
        outcome.accepted = False
        outcome.blame(FaultKind.TRACEBACK, f"{type(error).__name__} {_place(error)}: {error}")


def _place(error: BaseException) -> str:
    """Where in the project's own code an exception was raised, or passed last."""
    frames = traceback.extract_tb(error.__traceback__)
    ours = [frame for frame in frames if {"pipeline", "tpsence"} & set(Path(frame.filename).parts)]
    last = (ours or list(frames))[-1]
    return f"at {Path(last.filename).name}:{last.lineno}"
