"""The relay's end where Ray does not come back from connecting to a cluster."""

import os
import select
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection

from pipeline.engine.ray.messages import Refused
from pipeline.engine.ray.reachable import unreachable

_SECONDS_BETWEEN_LOOKS = 0.2


@contextmanager
def not_for_ever(connection: Connection, address: str, seconds: float = 45.0) -> Iterator[None]:
    """End this process where the main one does, or has waited too long; what is done within looks up at neither.

    Args:
        connection: To the main process, which is told why.
        address: Of the cluster.
        seconds: How long it waits.
    """
    is_over = threading.Event()
    threading.Thread(target=_watch, args=(connection, address, seconds, is_over), daemon=True).start()
    try:
        yield
    finally:
        is_over.set()


def _watch(connection: Connection, address: str, seconds: float, is_over: threading.Event) -> None:
    """Wait for one of the three ends."""
    end = time.monotonic() + seconds
    hang_up = select.poll()
    hang_up.register(connection.fileno(), 0)
    while not is_over.is_set():
        has_left = bool(hang_up.poll(_SECONDS_BETWEEN_LOOKS * 1000))
        if is_over.is_set():
            return
        if has_left or time.monotonic() > end:
            error = unreachable(address, f"it has not answered for {seconds:g} s")
            with suppress(OSError):
                connection.send(Refused(message=error.message, hint=error.hint or ""))
            os._exit(1)
