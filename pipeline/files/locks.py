"""Locks that the system lets go of when a process ends in whatever way."""

import os
import weakref
from pathlib import Path
from typing import TextIO

from pipeline.errors import OutputError


def lock(stream: TextIO, folder: Path, *, wait: bool = False) -> None:
    """Take a lock on an open file. Where the system or the file system has none, two runs at once are not noticed.

    Args:
        stream: The file; the lock ends when it is closed.
        folder: The output folder that the lock protects, for the message.
        wait: Wait for another holder.

    Raises:
        OutputError: Another process holds it.
    """
    try:
        import fcntl
    except ImportError:
        return
    try:
        fcntl.flock(stream, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except BlockingIOError as error:
        raise OutputError(f"{folder}: another run is writing here", "Wait for it, or stop it.") from error
    except OSError:
        return
    # A decoding process is forked and shares the open file: were it to outlive a killed run for a moment, it would
    # still hold the lock.
    held = weakref.ref(stream)
    os.register_at_fork(after_in_child=lambda: _close(held()))


def _close(stream: TextIO | None) -> None:
    """Close a file that is still there."""
    if stream is not None:
        stream.close()
