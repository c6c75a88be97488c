"""The pictures that the splits of a ``data.yaml`` name: folders, patterns of names, lists of pictures."""

import glob
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.jail import Jail
from pipeline.files.walk import list_files
from pipeline.images.skips import Reason, Skip
from pipeline.labels.link_texts import link_as_text
from pipeline.labels.locate import pictures_among
from pipeline.labels.yolo.list_reading import read_split
from pipeline.labels.yolo.picture_list import PictureList


class Splits:
    """What the splits name, in their order.

    Args:
        root: The folder of the data set.
        base: The folder below it that the lines of lists are relative to.
        follow_links: Follow links that lead out of the root.
    """

    def __init__(self, root: Path, base: str, *, follow_links: bool) -> None:
        self.root = root
        self.base = base
        self.follow_links = follow_links
        self.of_entry: dict[str, dict[str, None]] = {}
        """Names of the pictures of each entry, each once."""
        self.folders: list[str] = []
        """Folders of pictures."""
        self.lists: list[PictureList] = []
        self.skips: list[Skip] = []
        """Splits that are not there."""
        self.others: list[str] = []
        """Files beside the pictures that are none."""
        self._names: dict[str, None] = {}
        self._jail = Jail(root, follow_links=follow_links)

    @property
    def pictures(self) -> list[str]:
        """Names of the pictures of all entries, each once."""
        return list(dict.fromkeys(name for names in self.of_entry.values() for name in names))

    def add(self, entry: str) -> None:
        """Add a split.

        Args:
            entry: POSIX path below the root, of a folder or a list, or a pattern with ``*``, ``?`` or ``[]``.

        Raises:
            LabelError: A folder or a list cannot be read, or no picture of a list is there.
            UnsafeNameError: A link leads out of the root.
        """
        place = self.root / entry
        self._names = self.of_entry.setdefault(entry, {})
        if place.is_dir():
            self._add_folder(entry)
        elif place.exists():
            self._jail.check(entry)
            if remedy := link_as_text(place):
                raise LabelError(f"{place}: neither a folder nor a list of pictures", remedy)
            self._add_list(entry)
        elif glob.has_magic(entry):
            self._add_matches(entry)
        else:
            self.skips.append(Skip(entry, Reason.MISSING, "this split is not there"))

    def _add_folder(self, entry: str) -> None:
        """Add all that is in a folder."""
        self._jail.check(entry)
        files = list_files(self.root / entry, follow_links=self.follow_links)
        self.folders.append(entry)
        self._add_files([name if entry == "." else f"{entry}/{name}" for name in files])

    def _add_list(self, entry: str) -> None:
        """Add what a list names."""
        found = read_split(self.root, entry, self.base)
        self.lists.append(found)
        self._names.update(dict.fromkeys(found.names.values()))

    def _add_matches(self, pattern: str) -> None:
        """Add what a pattern of names matches: files and folders."""
        matches = sorted(glob.glob(pattern, root_dir=self.root, recursive=True))  # noqa: PTH207 (as trainers match)
        if not matches:
            self.skips.append(Skip(pattern, Reason.MISSING, "nothing matches this split"))
        for match in matches:
            if (self.root / match).is_dir():
                self._add_folder(match)
            else:
                self._jail.check(match)
                self._add_files([match])
        self.folders += dict.fromkeys(match.rpartition("/")[0] or "." for match in matches)

    def _add_files(self, names: list[str]) -> None:
        """Tell pictures from others."""
        pictures = pictures_among(names)
        self._names.update(dict.fromkeys(pictures))
        known = set(pictures)
        self.others += [name for name in names if name not in known]
