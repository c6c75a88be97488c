"""A folder that is written to, where nothing is reached through a link below it.

Each folder on the way to a file is opened by itself, from the one before and not through a link, and the file is
opened, renamed or removed in the last one: whatever is swapped for a link meanwhile, nothing outside is written.
"""

import os
from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from pathlib import Path

from pipeline.errors import RunError, UnsafeNameError
from pipeline.files.descriptors import Held, open_file, open_folder
from pipeline.files.whole import OPENER, folder_of, link_in, named, write_parts_in


class Rooted:
    """A folder that is written to, where nothing is reached through a link below it.

    Names are POSIX paths below it, free of ``..``, and any text that the file system takes for a name.

    Args:
        path: The folder; it may itself be reached through links, and need not exist yet.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._held: Held | None = None

    def __reduce__(self) -> tuple[type["Rooted"], tuple[Path]]:
        return type(self), (self.path,)

    def hold(self) -> None:
        """Keep the folder, which is there, open: one that is put in its place later is refused.

        Raises:
            OSError: It cannot be opened.
        """
        self._held = Held(self.path)

    def let_go(self) -> None:
        """Look the folder up by its path again."""
        self._held = None

    @contextmanager
    def folder(self, name: str = "", *, make: bool = False) -> Iterator[int]:
        """Open a folder below.

        Args:
            name: The folder, empty for this one.
            make: Make what is not there.

        Yields:
            Its descriptor.

        Raises:
            OSError: It cannot be opened or made.
            RunError: The folder that is held is not in its place any more.
            UnsafeNameError: There is a link on the way, or ``..``.
        """
        root, path = self._root(), self.path
        opened: int | None = None
        try:
            for part in name.split("/") if name else ():
                path = path / part
                if part == "..":
                    raise UnsafeNameError(f"{path}: leads out of {self.path}", "Give another `out`.")
                below = open_folder(root.number if opened is None else opened, path, make=make)
                if opened is not None:
                    os.close(opened)
                opened = below
            yield root.number if opened is None else opened
        finally:
            if opened is not None:
                os.close(opened)

    @contextmanager
    def guarding(self) -> Iterator[None]:
        """Let what this thread writes below by whole paths meanwhile (``write_whole``) follow no links either."""

        def open_guarded(path: Path) -> AbstractContextManager[int]:
            if not path.is_relative_to(self.path):
                return folder_of(path)
            return self.folder(path.relative_to(self.path).as_posix().rpartition("/")[0])

        token = OPENER.set(open_guarded)
        try:
            yield
        finally:
            OPENER.reset(token)

    @contextmanager
    def opened(self, name: str, flags: int) -> Iterator[int]:
        """Open a file below as ``os.open`` does, but no link or pipe, and to add to it none that has another name.

        Args:
            name: The file.
            flags: Of ``os.open``.

        Yields:
            Its descriptor.

        Raises:
            OSError: It cannot be opened.
            RunError: As for ``folder``.
            UnsafeNameError: It is a link or there is one on the way; or it is to be added to and has another name, as a
                hard link.
        """
        with self._place(name) as (folder, path):
            file = open_file(folder, path, flags)
        try:
            yield file
        finally:
            os.close(file)

    def state(self, name: str) -> os.stat_result | None:
        """Return what is at a name, links not followed, or None where nothing is, or a link is on the way."""
        try:
            with self._place(name) as (folder, path):
                return os.stat(path.name, dir_fd=folder, follow_symlinks=False)
        except (OSError, UnsafeNameError):
            return None

    def write(self, name: str, data: bytes, *, sync: bool = True, tag: str = "") -> None:
        """Write a file whole or not at all, its folder made; see ``write_whole``.

        Raises:
            OSError: It cannot be written.
            RunError: As for ``folder``.
            UnsafeNameError: There is a link on the way; one in the file's own place is replaced.
        """
        with self._place(name, make=True) as (folder, path):
            write_parts_in(folder, path, (data,), sync=sync, tag=tag)

    def link(self, name: str, source: Path, *, tag: str = "") -> None:
        """Make a file equal to another, its folder made; see ``link_in``.

        Raises:
            OSError: It cannot be made.
            RunError: As for ``folder``.
            UnsafeNameError: As for ``write``.
        """
        with self._place(name, make=True) as (folder, path):
            link_in(folder, path, source, tag=tag)

    def remove(self, name: str) -> None:
        """Remove a file that may be there, or the link in its place.

        Raises:
            OSError: It cannot be removed.
            RunError: As for ``folder``.
            UnsafeNameError: There is a link on the way.
        """
        with suppress(FileNotFoundError), self._place(name) as (folder, path), named(path):
            os.unlink(path.name, dir_fd=folder)

    def remove_empty_folders(self, names: Iterable[str]) -> None:
        """Remove those of some folders, and of those above them, that are empty.

        Raises:
            RunError: As for ``folder``.
        """
        above = {name.rsplit("/", depth)[0] for name in names if name for depth in range(name.count("/") + 1)}
        for name in sorted(above, reverse=True):
            with suppress(OSError, UnsafeNameError), self._place(name) as (folder, path):
                os.rmdir(path.name, dir_fd=folder)

    @contextmanager
    def _place(self, name: str, *, make: bool = False) -> Iterator[tuple[int, Path]]:
        """Open the folder of a file, and return its descriptor and the path of the file."""
        with self.folder(name.rpartition("/")[0], make=make) as folder:
            yield folder, self.path / name

    def _root(self) -> Held:
        """Return this folder, open."""
        held = self._held
        if held is None:
            return Held(self.path)
        if not os.path.samestat(os.stat(self.path), os.fstat(held.number)):  # noqa: PTH116 (at each write)
            raise RunError(
                f"{self.path}: another folder has been put in its place during the run",
                "Put the first one back and run the same command again to continue.",
            )
        return held
