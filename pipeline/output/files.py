"""The files of a run: how one gets to its place whole, which are there, and which are listed as the run's own."""

import json
import os
import stat
from collections.abc import Iterable
from pathlib import Path

from pipeline.files.jail import Jail, is_inside
from pipeline.files.names import safe_relative
from pipeline.files.whole import link_whole, remove_temporary_files, write_whole
from pipeline.output.layout import Layout
from pipeline.output.records import parsed, write_lines


class Files:
    """The files of a run; their names are POSIX paths below the output folder.

    Args:
        layout: Of the output folder.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._jail = Jail(layout.path)
        self._folders: set[str] = set()

    def has(self, relative: str) -> bool:
        """Tell whether a file of the run is there already; what is there is whole."""
        try:
            found = os.stat(f"{self._layout.path}/{relative}")  # noqa: PTH116 (quick, many names)
        except OSError:
            return False
        return stat.S_ISREG(found.st_mode) and found.st_size > 0

    def write(self, relative: str, data: bytes) -> None:
        """Write a file, whole or not at all.

        Raises:
            OSError: It cannot be written.
            UnsafeNameError: A link leads out of the output folder.
        """
        write_whole(self._place(relative), data, tag=self._layout.tag)

    def link(self, relative: str, source: Path) -> None:
        """Make a file equal to a source, by a hard link or a copy.

        Raises:
            OSError: It cannot be made.
            UnsafeNameError: A link leads out of the output folder.
        """
        link_whole(self._place(relative), source, tag=self._layout.tag)

    def check_links(self, names: Iterable[str]) -> None:
        """Refuse files of the run that a link leads out of the folder.

        Raises:
            UnsafeNameError: A link leads out.
        """
        jail = Jail(self._layout.path)  # a fresh one: a link may have come since the pictures were written
        for name in names:
            jail.check(name)

    def listed(self) -> set[str]:
        """Return the files that the runs of all shards have listed as their own.

        Raises:
            OutputError: A list is damaged.
            UnsafeNameError: A list has a name that leads out of the folder.
        """
        return {name for listing in self._layout.listings for name in _names_in(listing)}

    def list_as_own(self, names: Iterable[str]) -> None:
        """Add to the list of this shard's own files.

        Raises:
            OSError: It cannot be written.
        """
        listing = self._layout.listing
        lines = dict.fromkeys([*_names_in(listing), *names])
        write_lines(listing, map(json.dumps, lines), tag=self._layout.tag)

    def remove(self, names: Iterable[str]) -> None:
        """Remove files of a run, and the folders that are empty then.

        Raises:
            OSError: One cannot be removed.
            UnsafeNameError: A link leads out of the output folder.
        """
        root = self._layout.path
        parents: set[Path] = set()
        for name in names:
            self._jail.check(name)
            (root / name).unlink(missing_ok=True)
            parents.update((root / name).parents)
        for folder in sorted(parents, reverse=True):
            if folder != root and is_inside(folder, root) and folder.is_dir() and not any(folder.iterdir()):
                folder.rmdir()

    def remove_records(self) -> None:
        """Remove what runs have left beside their output, but for ``run.json``, and what a kill has left half written.

        Raises:
            OSError: Something cannot be removed.
        """
        for own in self._layout.records:
            own.unlink(missing_ok=True)
        remove_temporary_files(self._layout.path)

    def _place(self, relative: str) -> Path:
        """The path of an output, its folder made."""
        folder = relative.rpartition("/")[0]
        if folder not in self._folders:
            self._jail.check(relative)
            (self._layout.path / folder).mkdir(parents=True, exist_ok=True)
            self._folders.add(folder)
        return self._layout.path / relative


def _names_in(listing: Path) -> list[str]:
    """Return the files that a run has listed as its own."""
    if not listing.exists():
        return []
    return [safe_relative(parsed(line, listing), str(listing)) for line in listing.read_text().splitlines()]
