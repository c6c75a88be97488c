"""The splits that names of files and folders tell: ``instances_train2017.json``, ``images/train``."""

import re
from collections.abc import Collection, Iterable, Sequence
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.text import some
from pipeline.labels.format import LabelFormat, Place

_WORD = re.compile(r"(trainval|train|validation|valid|val|minival|test|dev|holdout)(\d*)")
_OF_OBJECTS = "instances"
"""What COCO calls its file of boxes, beside those of captions and key points."""


def split_names(path: Path) -> tuple[str, ...]:
    """Return what the split of labels is called, by their name, or else by that of their folder.

    Args:
        path: The file or folder: of ``instances_train2017.json`` the split is ``train`` or ``train2017``.
    """
    return _in_words(path.stem) or _in_words(path.parent.name)


def splits_by_folder(names: Collection[str], folder: Path) -> dict[str, frozenset[str]]:
    """Return the pictures of each split, by the folders that they are in, or else by the one that all are in.

    Args:
        names: POSIX paths of the pictures.
        folder: That of their labels.
    """
    found: dict[str, set[str]] = {}
    of_folder: dict[str, tuple[str, ...]] = {}
    for name in names:
        place = name.rpartition("/")[0]
        if place not in of_folder:
            of_folder[place] = next(filter(None, map(_in_words, place.split("/"))), ())
        for split in of_folder[place]:
            found.setdefault(split, set()).add(name)
    if not found:
        return dict.fromkeys(split_names(folder), frozenset(names))
    return {split: frozenset(found[split]) for split in found}


def label_file_of(split: str, place: Place, formats: Iterable[LabelFormat]) -> tuple[LabelFormat, Place] | None:
    """Find the JSON label file of a split in a folder.

    Args:
        split: Its name.
        place: The folder.
        formats: Those that it may have.

    Returns:
        The file and its format; None where no JSON file of the folder tells a split by its name.

    Raises:
        LabelError: There are others, but none of this one, or more than one.
    """
    told = {name: split_names(place.path / name) for name in place.names if name.lower().endswith(".json")}
    there = sorted({one for names in told.values() for one in names})
    if not there:
        return None
    files = [name for name, names in told.items() if split in names]
    preferred = [name for name in files if name.rpartition("/")[2].startswith(_OF_OBJECTS)] or files
    found = [(one, at) for at in map(place.below, preferred) for one in formats if one.json_top and one.recognise(at)]
    if len(found) == 1:
        return found[0]
    if found:
        names = sorted({at.path.name for _, at in found})
        raise LabelError(
            f"{place.path}: more than one label file of `split` {split!r}: {some(names)}",
            "Point `labels` at one of them.",
        )
    raise no_such_split(str(place.path), split, there)


def no_such_split(where: str, split: str, there: Sequence[str]) -> LabelError:
    """Say that labels have no such split, and which they have.

    Args:
        where: The labels.
        split: What was asked for.
        there: The names of their splits, perhaps none.
    """
    if not there:
        return LabelError(
            f"{where}: tells of no splits, so there is no `split` {split!r}",
            "YOLO has them in data.yaml or its folders, VOC in ImageSets, COCO and Scalabel in names of files. "
            "Leave `split` out, or point `labels` at what is to be translated.",
        )
    return LabelError(f"{where}: no `split` {split!r}; it has {some(there, 20)}", "Give one of these.")


def _in_words(name: str) -> tuple[str, ...]:
    """Return the words of a name that are those of a split, with their year and without it."""
    found: dict[str, None] = {}
    for word in re.split(r"[^a-z0-9]+", name.lower()):
        if match := _WORD.fullmatch(word):
            found.update({match[1]: None, word: None})
    return tuple(found)
