"""What was measured of each picture, kept line by line so that a run that was killed measures nothing twice."""

import hashlib
import json
from collections.abc import Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

from pipeline.files.whole import write_failures_explained, write_whole
from pipeline.labels.interface import LabelledObject, LabelSet

Shares = Sequence[float | None]
"""Share of each object's structure that is left, 0 to 1, or None where it cannot be judged; in the labels' order."""

JOURNAL = "boxes"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was measured of one picture."""

    shares: Shares
    key: str
    """Hash of the boxes that were measured; see ``key_of``."""


def key_of(objects: Sequence[LabelledObject]) -> str:
    """Return a hash of a picture's boxes in their order: measures of others are of no use."""
    text = repr([(one.box, one.relative) for one in objects])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def read_journals(files: Iterable[Path]) -> dict[str, Entry]:
    """Read what was measured, by the picture's name; a line that is cut off or damaged is as if it were not there."""
    found: dict[str, Entry] = {}
    for file in files:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
        found.update(pair for line in lines if (pair := _parsed(line)) is not None)
    return found


def known_shares(files: Iterable[Path], labels: LabelSet, names: Iterable[str]) -> dict[str, Shares]:
    """Return what was measured of the boxes that the labels have now, by the picture's name.

    Args:
        files: The journals.
        labels: The data set.
        names: The pictures asked for; those that were not measured, or with other boxes, are left out.

    Raises:
        LabelError: The labels have changed since they were read.
    """
    entries = read_journals(files)
    found: dict[str, Shares] = {}
    for name in names:
        entry = entries.get(name)
        objects = labels.objects(name) if entry else ()
        if entry and entry.key == key_of(objects) and len(entry.shares) == len(objects):
            found[name] = entry.shares
    return found


@contextmanager
def appending(file: Path) -> Iterator["Journal"]:
    """Open a journal to add to it.

    Raises:
        OSError: It cannot be written.
    """
    is_cut = file.exists() and not file.read_bytes().endswith(b"\n")
    with file.open("a", encoding="utf-8") as stream:
        if is_cut:
            stream.write("\n")
        yield Journal(stream)


def forget(file: Path, names: Container[str]) -> None:
    """Leave the measures of some pictures out of a journal.

    Raises:
        RunError: It cannot be written.
    """
    if file.exists():
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [line for line in lines if (pair := _parsed(line)) is not None and pair[0] not in names]
        with write_failures_explained(file.parent):
            write_whole(file, "".join(line + "\n" for line in kept).encode())


class Journal:
    """Lines that are added.

    Args:
        stream: The open file.
    """

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream

    def add(self, name: str, objects: Sequence[LabelledObject], shares: Shares) -> None:
        """Write down what was measured of a picture's objects."""
        self._stream.write(json.dumps({"file": name, "of": key_of(objects), "kept": list(shares)}) + "\n")
        self._stream.flush()


def _parsed(line: str) -> tuple[str, Entry] | None:
    """Read a line."""
    try:
        content = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(content, dict):
        return None
    name, key, kept = (content.get(part) for part in ("file", "of", "kept"))
    if not isinstance(name, str) or not isinstance(key, str) or not isinstance(kept, list):
        return None
    return (name, Entry(kept, key)) if all(map(_is_share, kept)) else None


def _is_share(value: object) -> bool:
    """Tell whether a value is a measure, or stands for none."""
    return value is None or (isinstance(value, float | int) and 0 <= value <= 1)
