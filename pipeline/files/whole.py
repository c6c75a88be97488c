"""Files that are either whole or not there."""

import hashlib
import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pipeline.errors import RunError

TEMPORARY_PREFIX = ".tpsence-"
TEMPORARY_SUFFIX = ".tmp"

_HINT_AGAIN = "What was written is whole. Mend the cause and run the same command again to continue."


@contextmanager
def write_failures_explained(out: Path) -> Iterator[None]:
    """Turn a full disk, a missing permission and the like into an error that a user can act on.

    Args:
        out: The folder that is written to, for errors that name no file.

    Raises:
        RunError: Something cannot be written.
    """
    try:
        yield
    except OSError as error:
        raise RunError(f"{error.filename or out}: {error.strerror or error}", _HINT_AGAIN) from error


def write_whole(path: Path, data: bytes, *, sync: bool = True, tag: str = "") -> None:
    """Write a file so that a kill at any moment leaves the old file, the new one, or none.

    The data go to a temporary file in the same folder, are flushed to the disk, and the file is renamed.

    Args:
        path: The file.
        data: Its content.
        sync: Flush to the disk before the rename, so that a loss of power leaves no empty file either.
        tag: Distinguishes the temporary files of runs that share a folder.

    Raises:
        OSError: The file cannot be written; the temporary file is removed.
    """
    write_parts(path, (data,), sync=sync, tag=tag)


def write_parts(path: Path, parts: Iterable[bytes], *, sync: bool = True, tag: str = "") -> None:
    """Write a file like ``write_whole``, part by part: no more of it is in memory than one of them.

    Args:
        path: The file.
        parts: Its content; what they raise leaves the old file as it was.
        sync: As for ``write_whole``.
        tag: As for ``write_whole``.

    Raises:
        OSError: The file cannot be written; the temporary file is removed.
    """
    temporary = _temporary(path, tag)
    temporary.unlink(missing_ok=True)  # left by a kill, it may be a hard link to a source
    try:
        with temporary.open("wb") as stream:
            stream.writelines(parts)
            stream.flush()
            if sync:
                os.fsync(stream.fileno())
        temporary.replace(path)
    except BaseException:
        temporary.unlink(missing_ok=True)
        raise


def link_whole(path: Path, source: Path, *, tag: str = "") -> None:
    """Make a file equal to another: a hard link, or a copy where the file system has no links between the two.

    Args:
        path: The file to make.
        source: The file to link to; it is never written.
        tag: Distinguishes the temporary files of runs that share a folder.

    Raises:
        OSError: The file cannot be made.
    """
    temporary = _temporary(path, tag)
    temporary.unlink(missing_ok=True)
    try:
        os.link(source.resolve(), temporary)
    except OSError:
        write_whole(path, source.read_bytes(), tag=tag)
        return
    try:
        temporary.replace(path)
    finally:
        # POSIX renames nothing when both names are links to one file already, and keeps both.
        temporary.unlink(missing_ok=True)


def remove_temporary_files(folder: Path, tag: str = "") -> None:
    """Remove the temporary files that a killed run left anywhere below a folder."""
    for leftover in folder.rglob(f"{TEMPORARY_PREFIX}*{tag}{TEMPORARY_SUFFIX}"):
        leftover.unlink(missing_ok=True)


def _temporary(path: Path, tag: str) -> Path:
    """The temporary name of a file: in its folder, short enough for any name, one for each file."""
    digest = hashlib.blake2b(path.name.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    return path.with_name(f"{TEMPORARY_PREFIX}{digest}{tag}{TEMPORARY_SUFFIX}")
