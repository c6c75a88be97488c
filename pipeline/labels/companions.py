"""What lies beside labels and says something about them: lists of classes, notes, lists of pictures that no file names.

The names are those of the tools that write them: labelImg (``classes.txt``), Label Studio (``notes.json``), Darknet and
CVAT (``obj.names``, ``obj.data``, ``train.txt``), Roboflow (``_darknet.labels``), CVAT's VOC (``labelmap.txt``).
"""

import os
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path

from pipeline.files.encoded import encoded
from pipeline.files.jail import Jail
from pipeline.labels.text_files import read_bytes

_NAMES = frozenset(
    {"classes.txt", "predefined_classes.txt", "labels.txt", "labelmap.txt", "obj.data", "notes.json", "_darknet.labels"}
)
_EXTENSIONS = (".names", ".labels", ".data")
LISTS = frozenset({"train.txt", "val.txt", "valid.txt", "test.txt", "trainval.txt"})
"""Lists of pictures that Darknet's ``.data`` names, and that trainers are given by hand."""
_CLASS_LISTS = ("classes.txt", "obj.names", "_darknet.labels", "predefined_classes.txt")
"""Files with the name of a class in each line, the most usual first."""


@dataclass(frozen=True, slots=True)
class Companion:
    """A file that is carried with labels."""

    source: Path
    """The file."""
    output: str
    """Where it goes: POSIX path below the output folder."""


def is_companion(name: str) -> bool:
    """Tell whether a file is one of those that are carried with labels.

    Args:
        name: POSIX path.
    """
    base = name.rpartition("/")[2].lower()
    return base in _NAMES or base in LISTS or base.endswith(_EXTENSIONS)


def is_list(name: str) -> bool:
    """Tell whether a companion is a list of pictures."""
    return name.rpartition("/")[2].lower() in LISTS


def companions_at(folder: Path, *, follow_links: bool) -> list[str]:
    """Return the companions in a folder itself, hidden files left out, sorted; none where it cannot be listed.

    Args:
        folder: The folder.
        follow_links: Take links that lead out of it.

    Raises:
        UnsafeNameError: A link leads out of it.
    """
    try:
        names = sorted(name for name in os.listdir(folder) if not name.startswith(".") and is_companion(name))  # noqa: PTH208
    except OSError:
        return []
    jail = Jail(folder, follow_links=follow_links)
    for name in names:
        jail.check(name)
    return [name for name in names if (folder / name).is_file()]


def class_names(files: Iterable[Path]) -> Mapping[int, str]:
    """Return the names of the classes by id, of the first list of classes among some files.

    Raises:
        LabelError: It cannot be read.
    """
    found = sorted(files, key=lambda file: len(file.parts))  # those at the top count for all
    for base in _CLASS_LISTS:
        for file in found:
            if file.name.lower() == base:
                return _lines(read_bytes(file))
    return {}


def _lines(raw: bytes) -> dict[int, str]:
    """Read the lines of a list of classes; what cannot be decoded is replaced."""
    try:
        text = encoded(raw).content.decode("utf-8", "replace")
    except UnicodeError:
        return {}
    return {index: line.strip() for index, line in enumerate(text.splitlines()) if line.strip()}
