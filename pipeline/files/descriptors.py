"""Folders and files opened one from the other, by descriptor, and never through a link."""

import os
import stat
import weakref
from contextlib import suppress
from pathlib import Path

from pipeline.errors import UnsafeNameError
from pipeline.files.whole import FOLDER, named

_LINK_HINT = "Remove the link, or put the folder itself in its place, and run the same command again."
_OTHER_NAME_HINT = "Put a copy in its place (`cp FILE COPY`, then `mv COPY FILE`) and run the same command again."


class Held:
    """An open folder, closed with the last who works in it: before, its number must not become that of another folder.

    Args:
        path: The folder; it may be reached through links.
    """

    def __init__(self, path: Path) -> None:
        self.number = os.open(path, FOLDER)
        weakref.finalize(self, os.close, self.number)


def open_folder(folder: int, path: Path, *, make: bool) -> int:
    """Open a folder in an open one.

    Args:
        folder: Descriptor of the one that it is in.
        path: The folder; of the path its last part counts, the rest is for messages.
        make: Make it, if it is not there.

    Raises:
        OSError: It cannot be opened or made.
        UnsafeNameError: It is a link.
    """
    with named(path):
        try:
            return os.open(path.name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)
        except FileNotFoundError:
            if not make:
                raise
        except OSError as error:
            _refuse_link(folder, path, error)
            raise
        with suppress(FileExistsError):
            os.mkdir(path.name, dir_fd=folder)
        return os.open(path.name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)


def open_file(folder: int, path: Path, flags: int) -> int:
    """Open a file in an open folder as ``os.open`` does, but no link or pipe, and to add to it none with another name.

    Args:
        folder: Descriptor of its folder.
        path: The file; of the path its last part counts, the rest is for messages.
        flags: Of ``os.open``.

    Raises:
        OSError: It cannot be opened.
        UnsafeNameError: It is a link or no regular file; or it is to be added to and has another name, as a hard link.
    """
    with named(path):
        try:
            file = os.open(path.name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, 0o666, dir_fd=folder)
        except OSError as error:
            _refuse_link(folder, path, error)
            raise
    try:
        _refuse_other_kinds(os.fstat(file), path, alone=bool(flags & os.O_APPEND))
    except BaseException:
        os.close(file)
        raise
    return file


def _refuse_link(folder: int, path: Path, error: OSError) -> None:
    """Refuse a link; which error a system gives for one differs."""
    try:
        mode = os.stat(path.name, dir_fd=folder, follow_symlinks=False).st_mode
    except OSError:
        return
    if stat.S_ISLNK(mode):
        raise UnsafeNameError(f"{path}: is a symbolic link, and nothing is written through one", _LINK_HINT) from error


def _refuse_other_kinds(found: os.stat_result, path: Path, *, alone: bool) -> None:
    """Refuse what is no file, or a file that has to stand alone and is one elsewhere too."""
    if not stat.S_ISREG(found.st_mode):
        raise UnsafeNameError(f"{path}: is no regular file", "Remove it and run the same command again.")
    if alone and found.st_nlink > 1:
        raise UnsafeNameError(f"{path}: has another name, as a hard link to it", _OTHER_NAME_HINT)
