"""The text files of a YOLO data set as they are when it is opened: read once, counted, and told from other formats."""

import os
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.jail import Jail
from pipeline.images.skips import Reason, Skip
from pipeline.labels.text_files import read_bytes
from pipeline.labels.yolo.lines import count_objects, is_line_of_yolo, what_instead

NOT_YOLO = "Convert the labels to COCO, YOLO or VOC first; without `labels` the pictures alone are translated."
"""The remedy for labels of another format."""
_TO_JUDGE = 100
"""Files with lines whose first lines tell whether the data set is YOLO's."""


class Texts:
    """The text files below a folder, each read when it is asked for the first time.

    Args:
        root: The folder.
        follow_links: Follow links that lead out of it.
    """

    def __init__(self, root: Path, *, follow_links: bool) -> None:
        self.root = root
        self.counts: dict[str, int] = {}
        """Objects by the name of the text file, of those that could be read."""
        self.unreadable: dict[str, Skip] = {}
        """Those that could not be read."""
        self._jail = Jail(root, follow_links=follow_links)
        self._firsts: dict[str, bytes] = {}

    def has(self, name: str) -> bool:
        """Tell whether there is something of this name, readable or not."""
        return os.path.lexists(f"{self.root}/{name}")

    def read(self, name: str) -> bool:
        """Count the objects of a text file, and tell whether it can be read.

        Args:
            name: POSIX path below the root, of something that is there.

        Raises:
            UnsafeNameError: A link leads out of the root.
        """
        if name not in self.counts and name not in self.unreadable:
            self._jail.check(name)
            try:
                content = read_bytes(self.root / name)
            except LabelError as error:
                self.unreadable[name] = Skip(name, Reason.BAD_LABEL, f"not readable: {error.message}")
                return False
            self.counts[name] = count_objects(content)
            if self.counts[name] and len(self._firsts) < _TO_JUDGE:
                self._firsts[name] = next(line for line in content.splitlines() if line.strip())
        return name in self.counts

    def is_yolo(self, name: str) -> bool:
        """Tell whether a text file is empty or begins with an object.

        Raises:
            UnsafeNameError: A link leads out of the root.
        """
        self._jail.check(name)
        return begins_as_yolo(self.root / name)

    def refuse_others(self) -> None:
        """Refuse a data set none of whose text files begins with an object of YOLO.

        Raises:
            LabelError: It is another format.
        """
        if self._firsts and not any(map(is_line_of_yolo, self._firsts.values())):
            name, line = next(iter(self._firsts.items()))
            raise LabelError(f"{self.root / name}: not YOLO: it begins with {what_instead(line)}", NOT_YOLO)


def begins_as_yolo(file: Path, *, with_objects: bool = False) -> bool:
    """Tell whether a text file begins with an object, or, unless it has to have objects, is empty.

    Returns:
        False also for one that cannot be read.
    """
    line = _first_line(file)
    return line is not None and (is_line_of_yolo(line) if line else not with_objects)


def what_it_begins_with(file: Path) -> str | None:
    """Say what a text file begins with that is no object of YOLO, or None where it is empty or cannot be read."""
    line = _first_line(file)
    return what_instead(line) if line else None


def _first_line(file: Path) -> bytes | None:
    """Return the first line that is not blank, empty where there is none; None where the file cannot be read."""
    try:
        lines = read_bytes(file).splitlines()
    except LabelError:
        return None
    return next((line for line in lines if line.strip()), b"")
