"""Work whose decoding runs in processes of their own: what holds Python's lock, as mmsegmentation's pipelines do.

The processes are torch's: forked where the system can, and sent what was pickled with the work.
"""

import multiprocessing
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, Generic

import torch
from torch.utils.data import DataLoader, Dataset

from pipeline.engine.batching import until
from pipeline.engine.events import Outcome
from pipeline.engine.flow import outcomes
from pipeline.engine.interface import Decoded, Made, Stop, T, Work
from pipeline.engine.tasks import Task
from pipeline.errors import RunError
from tpsence.errors import first_line
from tpsence.own_packages import sent_with_own_first

_FEWER = "Run the same command again with fewer `workers` to continue; 0 decodes in the main process."
_LEFT_TO_THE_MAIN_PROCESS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@dataclass(frozen=True, slots=True)
class ProcessEngine:
    """Decodes in processes; see ``Engine``."""

    workers: int
    """Number of processes that decode; 0 decodes in this one."""
    out: Path
    """The folder that is written to, for messages."""

    def decoded(self, decode: Callable[[T], Decoded], items: Iterable[T], count: int, stop: Stop) -> Iterator[Decoded]:
        """Yield what is decoded of each item; see ``Engine.decoded``."""
        with worker_deaths_explained():
            yield from until(decoded_ahead(_Decoding(decode), items, count, self.workers), stop)

    def run(self, work: Work[Decoded, Made], tasks: Sequence[Task], stop: Stop) -> Iterator[Outcome]:
        """Yield what became of each task; see ``Engine.run``."""
        return outcomes(work, self.decoded(work.decode, tasks, len(tasks), stop), self.out)


class _Decoding(Dataset[Decoded], Generic[T, Decoded]):
    """What torch's processes ask for an item: its index is the item itself."""

    def __init__(self, decode: Callable[[T], Decoded]) -> None:
        self._decode = decode

    def __getitem__(self, item: T) -> Decoded:
        return self._decode(item)


class _Sent(Dataset[T]):
    """A data set, which arrives in a process that was not forked with the packages that it is made of."""

    def __init__(self, dataset: Dataset[T]) -> None:
        self._dataset = dataset

    def __getitem__(self, index: Any) -> T:  # noqa: ANN401 (of any kind)
        return self._dataset[index]

    def __reduce__(self) -> tuple[object, ...]:
        return sent_with_own_first(self._dataset)


def decoded_ahead(
    dataset: Dataset[T], indices: Iterable[Any], count: int, workers: int, *, pin: bool = False
) -> Iterator[T]:
    """Return the items at some indices in order, made ahead in processes of their own.

    The processes end with the last reference to the iterator.

    Args:
        dataset: Makes an item from an index; items stay as they are.
        indices: In the order wanted.
        count: Their number.
        workers: Number of processes; 0 makes the items in this one.
        pin: Put tensors in pinned memory, for copies to a GPU.
    """
    with warnings.catch_warnings():
        # More workers than cores is the user's choice; that the processes are forked is torch's.
        warnings.simplefilter("ignore")
        loader: DataLoader[T] = DataLoader(
            _Sent(dataset),
            batch_size=None,
            sampler=indices,
            num_workers=min(workers, count),
            collate_fn=_unchanged,
            worker_init_fn=_start_worker,
            pin_memory=pin,
            generator=torch.Generator(),  # else it draws from the global one
        )
        with _starts_explained(), _signals_held_back(), _ended_by_kill():
            stream = iter(loader)
    _tell_deaths_apart()
    return stream


class _WorkerDied(BaseException):
    """A decoding process has died.

    No ``Exception``: it comes up in whatever the main thread is doing, and what forgives a damaged picture or blames a
    network would take it for a fault of that.
    """


class _Watch:
    """Torch's handler of SIGCHLD, with an error of its own kind, until a death was told.

    Signals of others may come later still, even while Python ends: nobody is there then to catch what they raise.

    Args:
        handler: Torch's, which raises a RuntimeError.
    """

    def __init__(self, handler: Callable[[int, FrameType | None], object]) -> None:
        self._handler = handler
        self.is_told = False
        """A death was told; with new processes it is so no longer."""

    def __call__(self, number: int, frame: FrameType | None) -> None:
        """Handle the signal.

        Raises:
            _WorkerDied: A decoding process has died, the first one.
        """
        try:
            self._handler(number, frame)
        except RuntimeError as error:
            if not self.is_told:
                raise _WorkerDied(first_line(error)) from None


def _tell_deaths_apart() -> None:
    """Put a watch around torch's handler, where there is one and the system lets it be replaced."""
    handler = signal.getsignal(signal.SIGCHLD)
    if isinstance(handler, _Watch):
        handler.is_told = False
    elif threading.current_thread() is threading.main_thread() and callable(handler):
        signal.signal(signal.SIGCHLD, _Watch(handler))


def _deaths_are_told() -> None:
    """Let further deaths pass without a word."""
    handler = signal.getsignal(signal.SIGCHLD)
    if isinstance(handler, _Watch):
        handler.is_told = True


@contextmanager
def _starts_explained() -> Iterator[None]:
    """Turn the system's refusal to start a process into an error that a user can act on.

    Raises:
        RunError: One cannot be started; the others are ended.
    """
    known = set(multiprocessing.active_children())
    try:
        yield
    except OSError as error:
        for worker in set(multiprocessing.active_children()) - known:
            worker.kill()
            worker.join()
        before, sys.unraisablehook = sys.unraisablehook, lambda unraisable: None
        try:
            traceback.clear_frames(error.__traceback__)  # torch's half-made iterator complains when it goes
        finally:
            sys.unraisablehook = before
        raise RunError(f"a decoding process cannot be started: {first_line(error)}", _FEWER) from None


@contextmanager
def _ended_by_kill() -> Iterator[None]:
    """Let the processes that start meanwhile be ended by SIGKILL where torch, or Python at its own end, ends them.

    Both do it by SIGTERM, which the processes leave to the main one: one that hangs, or that waits because another
    could not be started, would never end.
    """
    known = set(multiprocessing.active_children())
    try:
        yield
    finally:
        for worker in set(multiprocessing.active_children()) - known:
            handle: Any = getattr(worker, "_popen", None)
            if handle is not None:
                handle.terminate = handle.kill


@contextmanager
def worker_deaths_explained() -> Iterator[None]:
    """Turn torch's error about a decoding process that died into one that a user can act on.

    It is raised from a signal handler too, so it can come up in whatever the main thread is doing: callers that work
    between what a job yields put this around their loop.

    Raises:
        RunError: A decoding process died.
    """
    try:
        yield
    except (_WorkerDied, RuntimeError, ConnectionError, EOFError) as error:  # the last two where it died in a word
        if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
            raise
        _deaths_are_told()
        raise RunError(
            "a decoding process died, perhaps for lack of memory or of shared memory",
            _FEWER,
        ) from error


def _unchanged(item: Any) -> Any:  # noqa: ANN401 (torch's signature, which is meant for batches)
    """Keep torch from taking items apart."""
    return item


@contextmanager
def _signals_held_back() -> Iterator[None]:
    """Hold back what asks a program to end, so that no process that starts meanwhile gets it before it can leave it."""
    before = signal.pthread_sigmask(signal.SIG_BLOCK, _LEFT_TO_THE_MAIN_PROCESS)
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _start_worker(index: int) -> None:
    """Leave what asks the program to end, and may reach every process of its group, to the main process.

    Nor say anything where that was killed.
    """
    del index
    sys.excepthook = _said_unless_left_alone
    for number in _LEFT_TO_THE_MAIN_PROCESS:
        signal.signal(number, signal.SIG_IGN)
    signal.pthread_sigmask(signal.SIG_UNBLOCK, _LEFT_TO_THE_MAIN_PROCESS)


def _said_unless_left_alone(kind: type[BaseException], error: BaseException, trace: TracebackType | None) -> None:
    """Print an error that nobody has caught, unless it is of a connection: the main process is at its other end.

    Python's own thread that hands tensors over says all errors by ``sys.excepthook``.
    """
    if not isinstance(error, ConnectionError | EOFError):
        sys.__excepthook__(kind, error, trace)
