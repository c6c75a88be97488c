"""The splits of VOC: the lists in ``ImageSets``."""

import os
from collections.abc import Iterable, Mapping
from pathlib import Path

from pipeline.files.encoded import encoded
from pipeline.labels.text_files import read_bytes


def splits_of(lists: Iterable[Path], pictures: Mapping[str, str]) -> dict[str, frozenset[str]]:
    """Return the pictures that each list names.

    A list of ``Main`` counts before one of another folder. Lists with a second column, which say of each picture
    whether it has a class, are none of a split.

    Args:
        lists: The files below ``ImageSets``.
        pictures: Name of each picture by its stem.

    Raises:
        LabelError: A list cannot be read.
    """
    found: dict[str, frozenset[str]] = {}
    for file in sorted(lists, key=lambda file: (file.parent.name != "Main", file)):
        names = _named(read_bytes(file), pictures)
        if names is not None:
            found.setdefault(file.stem, names)
    return found


def _named(raw: bytes, pictures: Mapping[str, str]) -> frozenset[str] | None:
    """Return the pictures that a list names, or None where it is one of another kind."""
    try:
        lines = [os.fsdecode(line.strip()) for line in encoded(raw).content.splitlines()]
    except UnicodeError:
        return None
    if any(line not in pictures and len(line.split()) > 1 for line in lines):
        return None
    return frozenset(pictures[line] for line in lines if line in pictures)
