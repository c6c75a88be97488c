"""Encode and write beside the network: in threads, in order, a bounded amount at a time."""

import os
from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from pipeline.engine.decode import DecodedPictures
from pipeline.engine.outcome import Done, Outcome
from pipeline.engine.tasks import Task
from pipeline.errors import RunError
from pipeline.files.whole import write_failures_explained
from pipeline.images.skips import Skip
from pipeline.output.folder import OutputFolder
from tpsence.errors import InputError

T = TypeVar("T")

MOST_PIXELS_PENDING = 60_000_000
"""Pixels of pictures that are encoded or wait for it; each takes about 20 bytes meanwhile. One picture always may."""


@dataclass(frozen=True, slots=True)
class Work:
    """What remains to be done for one picture, in a thread."""

    run: Callable[[], Outcome]
    pixels: int
    """Size of the picture, W * H."""


def continued(
    folder: OutputFolder, root: Path, tasks: Sequence[Task], works: Callable[[Sequence[Task]], Iterable[Work | Skip]]
) -> Iterator[Outcome]:
    """Yield an outcome for every task: those whose output is there already first, then the others as they come.

    What was made of a source that has changed since is made again.

    Args:
        folder: The output folder, held.
        root: The folder that the tasks' names are relative to.
        tasks: What it is to have.
        works: Returns the works of those that are not there, or were made of another source.

    Raises:
        RunError: Something cannot be written.
    """
    todo = []
    for task in tasks:
        if folder.is_current(task.output, root / task.name):
            yield Done(task, reused=True)
        else:
            todo.append(task)
    if todo:
        yield from written(works(todo), folder.path)


def written(works: Iterable[Work | Skip], out: Path) -> Iterator[Outcome]:
    """Do works in threads and yield what became of them, in order.

    Args:
        works: Works, and pictures that are skipped already.
        out: The folder that they write to, for messages.

    Raises:
        RunError: Something cannot be written.
    """
    threads = min(16, os.cpu_count() or 1)
    pending: deque[tuple[Future[Outcome], int]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="encode") as pool, write_failures_explained(out):
        try:
            for work in works:
                if isinstance(work, Skip):
                    yield work
                    continue
                while pending and sum(pixels for _, pixels in pending) + work.pixels > MOST_PIXELS_PENDING:
                    yield pending.popleft()[0].result()
                pending.append((pool.submit(work.run), work.pixels))
                while pending and (pending[0][0].done() or len(pending) > 2 * threads):
                    yield pending.popleft()[0].result()
            while pending:
                yield pending.popleft()[0].result()
        except InputError as error:  # a link that was put into the output folder meanwhile
            raise RunError(error.message, "Give another `out`.") from error


def load(pictures: DecodedPictures[T], workers: int) -> Generator[T | Skip, None, None]:
    """Yield the pictures in order, decoded ahead in threads; close it to end them.

    Pillow decodes without Python's lock, and between threads nothing needs to be sent. Two pictures for each thread,
    and one, wait at most.

    Args:
        pictures: What to load.
        workers: Number of threads; 0 decodes in this one.
    """
    if workers == 0:
        yield from map(pictures.__getitem__, range(len(pictures)))
        return
    pending: deque[Future[T | Skip]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        try:
            for index in range(len(pictures)):
                pending.append(pool.submit(pictures.__getitem__, index))
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:  # also where no more are asked for
            for future in pending:
                future.cancel()
