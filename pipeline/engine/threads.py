"""Work whose decoding runs in threads of this process.

Pillow decodes without Python's lock, and between threads nothing needs to be sent.
"""

from collections import deque
from collections.abc import Callable, Generator, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path

from pipeline.engine.batching import until
from pipeline.engine.events import Outcome
from pipeline.engine.flow import outcomes
from pipeline.engine.interface import Decoded, Made, Stop, T, Work
from pipeline.engine.tasks import Task


@dataclass(frozen=True, slots=True)
class ThreadEngine:
    """Decodes in threads; see ``Engine``."""

    workers: int
    """Number of threads that decode; 0 decodes in the main thread."""
    out: Path
    """The folder that is written to, for messages."""

    def decoded(self, decode: Callable[[T], Decoded], items: Iterable[T], count: int, stop: Stop) -> Iterator[Decoded]:
        """Yield what is decoded of each item; see ``Engine.decoded``."""
        with closing(ahead(decode, items, self.workers)) as stream:
            yield from until(stream, stop)

    def run(self, work: Work[Decoded, Made], tasks: Sequence[Task], stop: Stop) -> Iterator[Outcome]:
        """Yield what became of each task; see ``Engine.run``."""
        with closing(ahead(work.decode, tasks, self.workers)) as stream:
            yield from outcomes(work, until(stream, stop), self.out)


def ahead(decode: Callable[[T], Decoded], items: Iterable[T], workers: int) -> Generator[Decoded, None, None]:
    """Yield what is decoded of each item in order, ahead in threads; close it to end them.

    Two items for each thread, and one, wait at most.

    Args:
        decode: Decodes one item.
        items: In the order wanted.
        workers: Number of threads; 0 decodes in this one.
    """
    if workers == 0:
        yield from map(decode, items)
        return
    pending: deque[Future[Decoded]] = deque()
    with ThreadPoolExecutor(workers, thread_name_prefix="decode") as pool:
        try:
            for item in items:
                pending.append(pool.submit(decode, item))
                if len(pending) > 2 * workers:
                    yield pending.popleft().result()
            while pending:
                yield pending.popleft().result()
        finally:  # also where no more are asked for
            for future in pending:
                future.cancel()
