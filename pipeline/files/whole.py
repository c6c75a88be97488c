"""Files that are either whole or not there."""

import fnmatch
import hashlib
import os
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from contextvars import ContextVar
from pathlib import Path

from pipeline.errors import RunError

TEMPORARY_PREFIX = ".tpsence-"
TEMPORARY_SUFFIX = ".tmp"
FOLDER = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY
"""How a folder is opened that names are looked up in; where the system has it, without the right to list it."""
_NEW = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW

_HINT_AGAIN = "What was written is whole. Mend the cause and run the same command again to continue."


@contextmanager
def folder_of(path: Path) -> Iterator[int]:
    """Open the folder of a file, through links; its descriptor is what is yielded."""
    folder = os.open(path.parent, FOLDER)
    try:
        yield folder
    finally:
        os.close(folder)


OPENER: ContextVar[Callable[[Path], AbstractContextManager[int]]] = ContextVar("opener", default=folder_of)
"""How the folder of a file is opened that is written by its path; see ``Rooted.guarding``."""


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
    with OPENER.get()(path) as folder:
        write_parts_in(folder, path, parts, sync=sync, tag=tag)


def write_parts_in(folder: int, path: Path, parts: Iterable[bytes], *, sync: bool = True, tag: str = "") -> None:
    """Write a file like ``write_parts`` into an open folder, wherever its path leads to by now.

    Args:
        folder: Descriptor of the file's folder.
        path: The file; of the path its last part counts, the rest is for messages.
        parts: As for ``write_parts``.
        sync: As for ``write_whole``.
        tag: As for ``write_whole``.

    Raises:
        OSError: The file cannot be written; the temporary file is removed.
    """
    temporary = _temporary(path.name, tag)
    with named(path, temporary):
        _remove(folder, temporary)  # left by a kill, it may be a link to a source
        try:
            with open(os.open(temporary, _NEW, 0o666, dir_fd=folder), "wb") as stream:  # noqa: PTH123 (a descriptor)
                stream.writelines(parts)
                stream.flush()
                if sync:
                    os.fsync(stream.fileno())
            _give_name(folder, temporary, path)
        except BaseException:
            _remove(folder, temporary)
            raise


def link_in(folder: int, path: Path, source: Path, *, tag: str = "") -> None:
    """Make a file in an open folder equal to another: a hard link, or a copy where the file system has no links.

    Args:
        folder: Descriptor of the file's folder.
        path: The file to make; of the path its last part counts, the rest is for messages.
        source: The file to link to; it is never written.
        tag: Distinguishes the temporary files of runs that share a folder.

    Raises:
        OSError: The file cannot be made.
    """
    temporary = _temporary(path.name, tag)
    with named(path, temporary):
        _remove(folder, temporary)
        try:
            os.link(source.resolve(), temporary, dst_dir_fd=folder)
        except OSError:
            write_parts_in(folder, path, (source.read_bytes(),), tag=tag)
            return
        try:
            _give_name(folder, temporary, path)
        finally:
            # POSIX renames nothing when both names are links to one file already, and keeps both.
            _remove(folder, temporary)


def remove_temporary_files(folder: int, tag: str = "") -> None:
    """Remove the temporary files that a killed run left anywhere below an open folder; links are not followed.

    Args:
        folder: Its descriptor.
        tag: As for ``write_whole``; without one, of all tags.

    Raises:
        OSError: One cannot be removed.
    """
    for _, _, files, descriptor in os.fwalk(".", dir_fd=folder):
        for name in fnmatch.filter(files, f"{TEMPORARY_PREFIX}*{tag}{TEMPORARY_SUFFIX}"):
            _remove(descriptor, name)


@contextmanager
def named(path: Path, *others: str) -> Iterator[None]:
    """Let errors of the system name a file by its path, where it was called with an open folder.

    Args:
        path: The file.
        others: Names, beside its last part, that stand for it.
    """
    try:
        yield
    except OSError as error:
        if error.filename not in {path.name, *others}:
            raise
        raise OSError(error.errno, error.strerror, str(path)) from error


def _give_name(folder: int, temporary: str, path: Path) -> None:
    """Give a file that is whole its name."""
    os.replace(temporary, path.name, src_dir_fd=folder, dst_dir_fd=folder)


def _remove(folder: int, name: str) -> None:
    """Remove a file that may be there, or the link in its place."""
    with suppress(FileNotFoundError):
        os.unlink(name, dir_fd=folder)


def _temporary(name: str, tag: str) -> str:
    """The temporary name of a file: in its folder, short enough for any name, one for each file."""
    digest = hashlib.blake2b(name.encode("utf-8", "surrogateescape"), digest_size=8).hexdigest()
    return f"{TEMPORARY_PREFIX}{digest}{tag}{TEMPORARY_SUFFIX}"
