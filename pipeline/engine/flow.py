"""What engines share: from decoded things through the device to outcomes, a bounded amount at a time."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import cast

from pipeline.engine.batching import grouped
from pipeline.engine.cores import available_cores
from pipeline.engine.events import Done, How, Outcome
from pipeline.engine.interface import Decoded, Made, Work
from pipeline.engine.tasks import Task
from pipeline.errors import RunError, UnsafeNameError
from pipeline.files.whole import write_failures_explained
from pipeline.images.skips import Skip

MOST_PIXELS_PENDING = 60_000_000
"""Pixels of pictures that are finished or wait for it; each takes about 20 bytes meanwhile. One picture always may."""

Pending = tuple[Callable[[], Outcome], int]
"""What remains to be done for one thing, and its size W * H in pixels."""


def continued(
    tasks: Sequence[Task], is_there: Callable[[Task], bool], run: Callable[[Sequence[Task]], Iterable[Outcome]]
) -> Iterator[Outcome]:
    """Yield an outcome for every task: those whose output is there already first, then the others as they come.

    Args:
        tasks: What the output folder, which is held, is to have.
        is_there: Tells whether it has all of a task already, made of its source as that is now.
        run: Does the others.

    Raises:
        RunError: Something cannot be written.
    """
    todo = []
    for task in tasks:
        if is_there(task):
            yield Done(name=task.name, how=How.REUSED)
        else:
            todo.append(task)
    if todo:
        yield from run(todo)


def outcomes(work: Work[Decoded, Made], items: Iterator[Decoded | Skip], out: Path) -> Iterator[Outcome]:
    """Translate what was decoded, finish it in threads, and yield what became of it.

    Args:
        work: What to do.
        items: What was decoded, in order.
        out: The folder that is written to, for messages.

    Raises:
        RunError: Something cannot be written.
    """
    return _finished(_translated(work, items), out)


def _translated(work: Work[Decoded, Made], items: Iterator[Decoded | Skip]) -> Iterator[Pending | Skip]:
    """Yield what remains to be done for each thing once its group was translated."""
    for group in grouped(items, work.batch_size):
        if isinstance(group, list):
            members = cast(list[Decoded], group)  # a skip is not batchable
            for item, made in zip(members, work.translate(members), strict=True):
                yield made if isinstance(made, Skip) else (partial(work.finish, item, made), work.pixels(item))
        elif isinstance(group, Skip):
            yield group
        else:
            yield partial(work.finish, group, None), work.pixels(group)


def _finished(pending: Iterator[Pending | Skip], out: Path) -> Iterator[Outcome]:
    """Finish things in threads and yield their outcomes in order."""
    threads = min(16, available_cores())
    running: deque[tuple[Future[Outcome], int]] = deque()
    with ThreadPoolExecutor(threads, thread_name_prefix="finish") as pool, write_failures_explained(out):
        try:
            for one in pending:
                if isinstance(one, Skip):
                    yield one
                    continue
                finish, pixels = one
                while running and sum(size for _, size in running) + pixels > MOST_PIXELS_PENDING:
                    yield running.popleft()[0].result()
                running.append((pool.submit(finish), pixels))
                while running and (running[0][0].done() or len(running) > 2 * threads):
                    yield running.popleft()[0].result()
            while running:
                yield running.popleft()[0].result()
        except UnsafeNameError as error:  # a link that was put into the output folder meanwhile
            raise RunError(error.message, error.hint) from error
