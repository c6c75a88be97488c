"""Events of a download, which tells how far it is by calling back."""

from collections.abc import Callable, Generator
from queue import SimpleQueue
from threading import Thread
from typing import TypeVar

from pipeline.engine.events import Done, Found, Unit

T = TypeVar("T")

OnProgress = Callable[[int, int | None], None]
"""Takes the bytes that have come and their total, if that is known."""


def reported(name: str, work: Callable[[OnProgress], T]) -> Generator[Found | Done, None, T]:
    """Do something in a thread and yield how far it is; nothing before its first report.

    The thread ends with the program: what has come so far is continued by the next command.

    Args:
        name: Of what comes.
        work: Does it; is given what to call.

    Returns:
        What the work returns.

    Raises:
        Exception: What the work raises.
    """
    reports: SimpleQueue[tuple[int, int | None] | None] = SimpleQueue()
    results: list[T] = []
    errors: list[BaseException] = []

    def run() -> None:
        try:
            results.append(work(lambda done, total: reports.put((done, total))))
        except BaseException as error:
            errors.append(error)
        finally:
            reports.put(None)

    Thread(target=run, name="download", daemon=True).start()
    before: tuple[int, int | None] | None = None
    while (report := reports.get()) is not None:
        done, total = report
        if before is None or total != before[1] or done < before[0]:
            yield Found(total=total, unit=Unit.BYTES, what=name, done=done, can_stop=False)
        else:
            yield Done(name=name, count=done - before[0])
        before = report
    if errors:
        raise errors[0]
    return results[0]
