"""Cases in processes of their own, watched: how long each takes, how much memory, and what is said on stderr.

Needs Linux, for the memory.
"""

import multiprocessing
import os
import random
import re
import resource
import tempfile
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from benchmarks.fuzzing.case import Fault, FaultKind, Outcome, Try, lot

SECONDS = 10.0
"""A case that takes longer hangs."""
MEGABYTES = 1_000
"""A case may take so much memory."""
_NUMBER = re.compile(r"\d+")
_MOST_MEMORY = 8 * 2**30
_TRIES = {
    "labels": "benchmarks.fuzzing.labels:try_labels",
    "pictures": "benchmarks.fuzzing.pictures:try_picture",
    "checkpoints": "benchmarks.fuzzing.checkpoints:try_checkpoint",
}
KINDS = tuple(_TRIES)
"""What can be fuzzed."""


@dataclass(frozen=True, slots=True)
class Ran:
    """A case that was tried."""

    number: int
    seconds: float
    megabytes: float
    """Memory that it took at its peak, beyond what the process had before."""
    outcome: Outcome


class Watched:
    """A process that tries cases of one kind; closed by leaving its block.

    Args:
        kind: One of ``KINDS``, or where else a ``Try`` is: ``module:function``.
        seed: Of all cases.
        seconds: A case that takes longer hangs.
    """

    def __init__(self, kind: str, seed: int, seconds: float = SECONDS) -> None:
        self._kind, self._seed, self._seconds = kind, seed, seconds
        self._start()

    def __enter__(self) -> "Watched":
        return self

    def __exit__(self, *raised: object) -> None:
        self._end()

    def run(self, numbers: Iterable[int]) -> Iterator[Ran]:
        """Try cases, and yield what became of each."""
        for number in numbers:
            yield self._tried(number)

    def _tried(self, number: int) -> Ran:
        """Try one case; a process that hangs or has died is replaced."""
        began = time.monotonic()
        try:
            self._pipe.send(number)
            if self._pipe.poll(self._seconds):
                seconds, megabytes, outcome = self._pipe.recv()
                return Ran(number, seconds, megabytes, outcome)
            fault = Fault(FaultKind.HANG, f"over {self._seconds:g} seconds")
        except (EOFError, OSError):
            fault = Fault(FaultKind.MEMORY, "the process died")
        self._end()
        self._start()
        return Ran(number, time.monotonic() - began, 0.0, Outcome(faults=[fault]))

    def _start(self) -> None:
        """Start a process, and wait until it is ready."""
        context = multiprocessing.get_context("spawn")
        self._pipe, other = context.Pipe()
        self._process = context.Process(target=_serve, args=(self._kind, self._seed, other), daemon=True)
        self._process.start()
        other.close()
        self._pipe.recv()

    def _end(self) -> None:
        """End the process."""
        self._pipe.close()
        self._process.kill()
        self._process.join()


def make_again(kind: str, seed: int, number: int, folder: Path) -> Outcome:
    """Try one case in this process, and leave its files in a folder."""
    return _try_of(kind)(lot(seed, kind, number), folder)


def _try_of(kind: str) -> Try:
    """Import what tries a kind of cases."""
    module, _, name = _TRIES.get(kind, kind).partition(":")
    found: Try = getattr(import_module(module), name)
    return found


def _serve(kind: str, seed: int, pipe: "Connection[Any, Any]") -> None:
    """Try the cases whose numbers come, in a process of its own."""
    resource.setrlimit(resource.RLIMIT_DATA, (_MOST_MEMORY, _MOST_MEMORY))
    one = _try_of(kind)
    with tempfile.TemporaryFile() as said:
        os.dup2(said.fileno(), 2)
        _make_warm(one)
        os.lseek(2, 0, os.SEEK_SET)
        os.ftruncate(2, 0)
        pipe.send(None)
        while True:
            try:
                number = pipe.recv()
            except EOFError:
                return
            pipe.send(_measured(one, lot(seed, kind, number)))


def _make_warm(one: Try) -> None:
    """Try a first case, so that what is imported late counts for none."""
    with tempfile.TemporaryDirectory(prefix="tpsence-fuzz-") as folder:
        one(lot("warm"), Path(folder))


def _measured(one: Try, draw: random.Random) -> tuple[float, float, Outcome]:
    """Try a case, with its seconds and its megabytes, and what it has said on stderr as a fault."""
    with tempfile.TemporaryDirectory(prefix="tpsence-fuzz-", ignore_cleanup_errors=True) as folder:
        Path("/proc/self/clear_refs").write_text("5")  # the peak begins anew
        before, began = _status("VmRSS"), time.monotonic()
        outcome = one(draw, Path(folder))
        seconds, megabytes = time.monotonic() - began, _status("VmHWM") - before
    if megabytes > MEGABYTES:
        outcome.blame(FaultKind.MEMORY, f"over {MEGABYTES} MB")
    os.lseek(2, 0, os.SEEK_SET)
    if text := os.read(2, 10_000).decode("utf-8", "replace").strip():
        outcome.blame(FaultKind.STDERR, _NUMBER.sub("N", text.splitlines()[0]))
    os.lseek(2, 0, os.SEEK_SET)
    os.ftruncate(2, 0)
    return seconds, megabytes, outcome


def _status(key: str) -> float:
    """Megabytes that the system states of this process."""
    lines = Path("/proc/self/status").read_text().splitlines()
    return next(float(line.split()[1]) / 1_000 for line in lines if line.startswith(key))
