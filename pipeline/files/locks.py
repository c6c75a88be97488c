"""Locks that the system lets go of when a process ends in whatever way."""

import errno
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import lock_descriptor

from pipeline.errors import OutputError
from pipeline.files.rooted import Rooted

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL}
"""What file systems without locks answer."""


_held: set[int] = set()
"""Descriptors of the locks that this process holds or asks for."""


def _close_in_child() -> None:
    """Close what a forked process has of the locks: it would keep them after a killed run."""
    while _held:
        os.close(_held.pop())


os.register_at_fork(after_in_child=_close_in_child)


@contextmanager
def lock(file: Path, folder: Path, *, wait: bool = False, root: Rooted | None = None) -> Iterator[None]:
    """Hold a lock. Where the file system has none, two runs at once are not noticed.

    Processes that are forked meanwhile do not hold it: were a decoding process to outlive a killed run for a moment,
    it would still keep others out. The file is opened here and not by ``filelock``, which would follow links to it.

    Args:
        file: What is locked; made if needed, in a folder that is there. What is in it stays.
        folder: The output folder that the lock protects, for the message.
        wait: Wait for another holder.
        root: A folder that the file is below, if no link on the way from there is to be followed.

    Raises:
        OutputError: Another run holds it, in this process or in another one.
        OSError: The file cannot be made or opened.
        UnsafeNameError: A link is in its place.
    """
    within = root or Rooted(file.parent)
    with within.opened(file.relative_to(within.path).as_posix(), os.O_RDWR | os.O_CREAT) as descriptor:
        _held.add(descriptor)
        try:
            if not _is_taken(descriptor, wait=wait):
                raise OutputError(f"{folder}: another run is writing here", "Wait for it, or stop it.")
            yield
        finally:
            _held.discard(descriptor)


def _is_taken(descriptor: int, *, wait: bool) -> bool:
    """Take a lock, if another does not hold it; it is let go of when the file is closed."""
    try:
        return lock_descriptor(descriptor, blocking=wait)
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
        return True
