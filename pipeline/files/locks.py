"""Locks that the system lets go of when a process ends in whatever way."""

import errno
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from filelock import FileLock, Timeout

from pipeline.errors import OutputError

_NO_LOCKS = {errno.ENOSYS, errno.ENOLCK, errno.EOPNOTSUPP, errno.EINVAL}
"""What file systems without locks answer."""


@contextmanager
def lock(file: Path, folder: Path, *, wait: bool = False) -> Iterator[None]:
    """Hold a lock. Where the file system has none, two runs at once are not noticed.

    Processes that are forked meanwhile do not hold it: were a decoding process to outlive a killed run for a moment,
    it would still keep others out. ``filelock`` sees to that since version 4, and leaves the file where it is.

    Args:
        file: What is locked; made if needed, with its folder.
        folder: The output folder that the lock protects, for the message.
        wait: Wait for another holder.

    Raises:
        OutputError: Another run holds it, in this process or in another one.
        OSError: The file cannot be made or opened.
    """
    # Not per thread: what is opened in one thread may be closed in another.
    held = FileLock(file, blocking=wait, thread_local=False, fallback_to_soft=False)
    try:
        held.acquire()
    except Timeout as error:
        raise OutputError(f"{folder}: another run is writing here", "Wait for it, or stop it.") from error
    except OSError as error:
        if error.errno not in _NO_LOCKS:
            raise
    try:
        yield
    finally:
        held.release()
