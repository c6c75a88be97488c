"""What the files in a folder are in which no format has found its labels."""

from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.labels.hints.told import Told
from pipeline.labels.hints.what_bytes import told_by_bytes
from pipeline.labels.hints.what_json import told_by_json
from pipeline.labels.json_file import read_json
from pipeline.labels.text_files import read_bytes
from pipeline.labels.yolo.texts import NOT_YOLO, what_it_begins_with

_LARGEST = 64 << 20
"""Bytes of a file that is read to say what it is."""


def told_of_one(files: Iterable[Path]) -> tuple[Path, Told] | None:
    """Return the first of some files of which it is known what it is, with that; None where there is none.

    Args:
        files: Pictures are not among them.
    """
    for file in files:
        try:
            told = _told(file) if file.stat().st_size <= _LARGEST else None
        except (LabelError, OSError):
            continue
        if told is not None:
            return file, told
    return None


def _told(file: Path) -> Told | None:
    """Tell what a file is."""
    if file.suffix.lower() == ".json":
        return told_by_json(read_json(file).tree)
    if file.suffix.lower() == ".txt":
        said = what_it_begins_with(file)
        return None if said is None else Told(f"not YOLO: it begins with {said}", NOT_YOLO)
    raw = read_bytes(file)
    return told_by_bytes(file, raw) if raw.strip() else None
