"""Open files that the user names: regular ones alone, so that no pipe blocks for ever and no device is read.

Importing this module is quick: it needs no torch.
"""

import errno
import os
import stat
from pathlib import Path
from typing import BinaryIO

_FLAGS = os.O_RDONLY | sum(getattr(os, name, 0) for name in ("O_NONBLOCK", "O_CLOEXEC", "O_BINARY"))
"""Not every system has all of them."""
_KINDS = ((stat.S_ISDIR, "a folder"), (stat.S_ISFIFO, "a named pipe"), (stat.S_ISSOCK, "a socket"))


def open_regular(path: Path) -> BinaryIO:
    """Open a regular file, or a link to one, for reading.

    Raises:
        OSError: It cannot be opened, or is something else; ``strerror`` says what.
    """
    _refuse_other(os.stat(path).st_mode, path)  # noqa: PTH116 (before opening: a device may do something then)
    descriptor = os.open(path, _FLAGS)
    try:
        _refuse_other(os.fstat(descriptor).st_mode, path)  # it may have been changed for a pipe in between
        return os.fdopen(descriptor, "rb")
    except BaseException:
        os.close(descriptor)
        raise


def read_regular(path: Path) -> bytes:
    """Return the content of a regular file, or of a link to one.

    Raises:
        OSError: It cannot be read, or is something else; ``strerror`` says what.
    """
    with open_regular(path) as stream:
        return stream.read()


def why_no_file(path: Path) -> str:
    """Say why a path is no file that can be read: ``no such file``, ``a named pipe, not a file``."""
    try:
        _refuse_other(path.stat().st_mode, path)
    except FileNotFoundError:
        return "no such file"
    except OSError as error:
        return error.strerror or "cannot be read"
    except ValueError:  # NUL in its name
        return "no such file"
    return "cannot be read"


def _refuse_other(mode: int, path: Path) -> None:
    """Raise unless a mode is a regular file's."""
    if not stat.S_ISREG(mode):
        kind = next((name for is_kind, name in _KINDS if is_kind(mode)), "a device")
        code = errno.EISDIR if stat.S_ISDIR(mode) else errno.EINVAL
        raise OSError(code, f"{kind}, not a file", str(path))
