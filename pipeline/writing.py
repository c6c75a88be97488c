"""Encode and write beside the network: in threads, in order, a bounded amount at a time."""

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from pipeline.outcome import Outcome
from pipeline.skips import Skip
from tpsence.errors import InputError, RunError

MOST_PIXELS_PENDING = 60_000_000
"""Pixels of pictures that are encoded or wait for it; each takes about 20 bytes meanwhile. One picture always may."""

_HINT_AGAIN = "What was written is whole. Mend the cause and run the same command again to continue."


@dataclass(frozen=True, slots=True)
class Work:
    """What remains to be done for one picture, in a thread."""

    run: Callable[[], Outcome]
    pixels: int
    """Size of the picture, W * H."""


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
    with ThreadPoolExecutor(threads, thread_name_prefix="encode") as pool:
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
        except OSError as error:
            raise cannot_write(error, out) from error
        except InputError as error:  # a link that was put into the output folder meanwhile
            raise RunError(error.message, "Give another --out.") from error


def cannot_write(error: OSError, out: Path) -> RunError:
    """The error for a full disk, a missing permission and the like."""
    return RunError(f"{error.filename or out}: {error.strerror or error}", _HINT_AGAIN)
