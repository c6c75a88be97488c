"""The files of a run: how one gets to its place whole, which are there, and which are listed as the run's own."""

import json
import stat
from collections.abc import Iterable
from pathlib import Path

from pipeline.files.names import own_name
from pipeline.files.whole import remove_temporary_files
from pipeline.output.layout import Layout
from pipeline.output.records import parsed


class Files:
    """The files of a run; their names are POSIX paths below the output folder.

    Args:
        layout: Of the output folder.
    """

    def __init__(self, layout: Layout) -> None:
        self._layout = layout
        self._root = layout.root

    def has(self, relative: str) -> bool:
        """Tell whether a file of the run is there already; what is there is whole. A link is none of the run's."""
        found = self._root.state(relative)
        return found is not None and stat.S_ISREG(found.st_mode) and found.st_size > 0

    def write(self, relative: str, data: bytes) -> None:
        """Write a file, whole or not at all.

        Raises:
            OSError: It cannot be written.
            UnsafeNameError: There is a link on the way.
        """
        self._root.write(relative, data, tag=self._layout.temporary_tag)

    def link(self, relative: str, source: Path) -> None:
        """Make a file equal to a source, by a hard link or a copy.

        Raises:
            OSError: It cannot be made.
            UnsafeNameError: There is a link on the way.
        """
        self._root.link(relative, source, tag=self._layout.temporary_tag)

    def make_folders(self, names: Iterable[str]) -> None:
        """Make the folders of files that are about to be written by their paths.

        Raises:
            OSError: One cannot be made.
            UnsafeNameError: There is a link on the way.
        """
        for folder in {name.rpartition("/")[0] for name in names}:
            with self._root.folder(folder, make=True):
                pass

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
        self._layout.write(listing, map(json.dumps, dict.fromkeys([*_names_in(listing), *names])))

    def remove(self, names: Iterable[str]) -> None:
        """Remove files of a run, and the folders that are empty then.

        Raises:
            OSError: One cannot be removed.
            UnsafeNameError: There is a link on the way.
        """
        folders: set[str] = set()
        for name in names:
            self._root.remove(name)
            folders.add(name.rpartition("/")[0])
        self._root.remove_empty_folders(folders)

    def remove_records(self) -> None:
        """Remove what runs have left beside their output, but for ``run.json``, and what a kill has left half written.

        Raises:
            OSError: Something cannot be removed.
        """
        for own in self._layout.records:
            self._layout.remove(own)
        self.remove_temporary_files()

    def remove_temporary_files(self, tag: str = "") -> None:
        """Remove what a kill has left half written, of a shard or of all.

        Raises:
            OSError: Something cannot be removed.
        """
        with self._root.folder() as folder:
            remove_temporary_files(folder, tag)


def _names_in(listing: Path) -> list[str]:
    """Return the files that a run has listed as its own."""
    if not listing.exists():
        return []
    return [own_name(parsed(line, listing), str(listing)) for line in listing.read_text().splitlines()]
