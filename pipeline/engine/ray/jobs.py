"""What is sent to the workers: the work of a job without its tasks, and what comes back of a batch of these."""

import pickle
import traceback
from abc import ABC, abstractmethod
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.engine.events import Outcome
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.engine.interface import Work, never
from pipeline.engine.tasks import Task
from pipeline.engine.threads import ThreadEngine, ahead
from pipeline.errors import RunError
from pipeline.images.skips import Reason, Skip
from pipeline.output.journals import Line
from tpsence.errors import TpsenceError
from tpsence.own_packages import sent_with_own_first

DEADLY = 2
"""Workers that an item may kill when it is alone with them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BatchResult:
    """What became of a batch."""

    number: int
    made: Sequence[Any] | None = None
    """One outcome for each item, or what was decoded of it; None where the batch was not begun, or has failed."""
    lines: Sequence[Line] = ()
    """What is to be noted in the output folder, also of a batch that has failed."""
    error: Exception | None = None
    """Why it has failed; it names the node."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Batch:
    """Some items of a job, and what its work knows of these alone."""

    items: Sequence[Any]
    own: object = None


class SentJob(ABC):
    """The work of a job as it arrives in a worker."""

    def arrived(self, cores: int) -> None:
        """Get ready.

        Args:
            cores: That the worker may use.

        Raises:
            RunError: The worker's machine lacks something.
        """
        del cores

    @abstractmethod
    def do(self, batch: Batch) -> list[Any]:
        """Do the work for the items of a batch, and return one result for each, in any order."""

    @abstractmethod
    def do_one(self, item: Any, batch: Batch) -> Any:  # noqa: ANN401 (what the job is about)
        """Do the work for one item of a batch."""

    @abstractmethod
    def given_up(self, item: Any, deaths: int) -> Any:  # noqa: ANN401 (what the job is about)
        """Return the result of an item that has killed its workers.

        Raises:
            RunError: There is none: the job cannot do without.
        """

    def lines(self) -> list[Line]:
        """Return what is to be noted of what was done since the last call."""
        return []


class RunsWork(SentJob):
    """A work with its whole way from decoding to writing.

    Args:
        work: It knows nothing of single tasks.
        device: Type of the device that it runs on.
    """

    def __init__(self, work: Work[Any, Any], device: str) -> None:
        self._work = work
        self._device = device
        self._threads = 1

    def arrived(self, cores: int) -> None:
        """Decode beside the network, and let lines for the records be kept; see ``SentJob.arrived``."""
        if self._device == "cuda":
            _refuse_missing_gpu()
        keep_freed_memory(self._device)
        self._threads = 1 if self._device == "cpu" else max(1, min(16, cores - 1))
        self._work.written_to().collect()

    def do(self, batch: Batch) -> list[Outcome]:
        """Decode, translate and write; see ``SentJob.do``."""
        return list(self._engine(self._threads).run(self._work.with_own(batch.own), batch.items, never))

    def do_one(self, item: Task, batch: Batch) -> Outcome:
        """Decode, translate and write one picture, in this thread; see ``SentJob.do_one``."""
        (outcome,) = self._engine(0).run(self._work.with_own(batch.own), [item], never)
        return outcome

    def given_up(self, item: Task, deaths: int) -> Skip:
        """Leave the picture out; see ``SentJob.given_up``."""
        return Skip(item.name, Reason.KILLS_WORKER, f"{deaths} workers have died of it")

    def lines(self) -> list[Line]:
        """Return the lines of the pictures that were written."""
        return self._work.written_to().collected()

    def _engine(self, threads: int) -> ThreadEngine:
        """Return what runs it here."""
        return ThreadEngine(threads, self._work.written_to().path)


def _refuse_missing_gpu() -> None:
    """Refuse a machine on which Ray has a GPU and torch has none.

    Raises:
        RunError: It is one.
    """
    import torch

    if not torch.cuda.is_available():
        hint = "Mend the driver, or install a torch that is built for it, on every node; or give `device` cpu."
        raise RunError("torch finds no GPU, though Ray says that there is one", hint)


class Decodes(SentJob):
    """A function that is applied to each item.

    Args:
        decode: It can be pickled, as what it takes and gives.
        out: The folder that the job is about, for messages.
    """

    def __init__(self, decode: Callable[[Any], Any], out: Path) -> None:
        self._decode = decode
        self._out = out
        self._threads = 0

    def arrived(self, cores: int) -> None:
        """Use all cores; see ``SentJob.arrived``."""
        self._threads = cores if cores > 1 else 0

    def do(self, batch: Batch) -> list[Any]:
        """Apply it to all items, in order."""
        return [*ahead(self._decode, batch.items, self._threads)]

    def do_one(self, item: Any, batch: Batch) -> Any:  # noqa: ANN401 (as declared)
        """Apply it to one."""
        del batch
        return self._decode(item)

    def given_up(self, item: Any, deaths: int) -> Any:  # noqa: ANN401 (as declared)
        """End the run: every item counts here; see ``SentJob.given_up``."""
        raise RunError(f"{self._out}: {deaths} workers have died of one picture", "Give the workers more memory.")


def packed(job: SentJob) -> list[bytes]:
    """Pickle a job so that its packages are tpsence's where it arrives, whatever is on the path there.

    Returns:
        The pickle, and its buffers: large arrays, weights among them, which the workers of a node have in common.
    """
    buffers: list[pickle.PickleBuffer] = []
    content = pickle.dumps(_Arriving(job), protocol=5, buffer_callback=buffers.append)
    return [content, *(bytes(buffer.raw()) for buffer in buffers)]


def unpacked(parts: Sequence[Any]) -> SentJob:
    """Read a job.

    Args:
        parts: As ``packed`` returns them, each as anything with a buffer.
    """
    job: SentJob = pickle.loads(parts[0], buffers=parts[1:])  # noqa: S301 (the main process's own)
    return job


class _Arriving:
    """A job that is read together with the packages that it is made of."""

    def __init__(self, job: SentJob) -> None:
        self._job = job

    def __reduce__(self) -> tuple[object, ...]:
        return sent_with_own_first(self._job)


def told_of_node(error: Exception, node: str) -> Exception:
    """Return an error that names the node that it is from, and can be pickled.

    Args:
        error: What was raised there.
        node: What it is called.
    """
    if isinstance(error, TpsenceError):
        return RunError(f"node {node}: {error.message}", error.hint)
    if isinstance(error, MemoryError):
        return MemoryError(f"node {node}: {error}")
    return RuntimeError(f"node {node}: {''.join(traceback.format_exception(error))}")
