"""Reads lists of pictures: which picture each line means."""

import os
from collections.abc import Callable, Iterable
from pathlib import Path

from pipeline.errors import LabelError, UnsafeNameError
from pipeline.files.jail import name_below
from pipeline.files.names import safe_relative
from pipeline.labels.hints.where import missing_hint
from pipeline.labels.tails import existing_tail
from pipeline.labels.yolo.picture_list import PictureList, read_lines


def read_split(root: Path, file: str, base: str) -> PictureList:
    """Read a list that is a split.

    Args:
        root: The folder of the data set.
        file: POSIX path of the list below it.
        base: The folder below it that lines are relative to, but for those that begin with ``./``.

    Raises:
        LabelError: It cannot be read, or none of its pictures is there.
        UnsafeNameError: A line leads out of the root.
    """
    folder = file.rpartition("/")[0]

    def name_of(text: str) -> str:
        own = folder if text.startswith("./") else base
        return _named(text, root, root / file, own)

    names = _names(read_lines(root / file), name_of)
    if names and not any(os.path.isfile(f"{root}/{name}") for name in names.values()):  # noqa: PTH113 (many names)
        first = next(iter(names.values()))
        hint = missing_hint(root / file, list(map(os.fsdecode, names)), root / base) or "Correct its lines."
        raise LabelError(f"{root / file}: none of its {len(names)} pictures is there, for example {first!r}", hint)
    return PictureList(root, file, root / file, names, file, base)


def read_beside(root: Path, source: Path, output: str, pictures: Iterable[str]) -> PictureList:
    """Read a list that lies beside the labels, to which nothing refers: a line means the picture that its path ends in.

    Args:
        root: The folder of the pictures.
        source: The list.
        output: Where it goes.
        pictures: Names of the data set's pictures. A line that means none of them stays.

    Raises:
        LabelError: It cannot be read.
    """
    known = frozenset(pictures)
    names = {}
    for line in map(bytes.strip, read_lines(source).splitlines()):
        parts = os.fsdecode(line).replace("\\", "/").split("/")
        tails = ("/".join(parts[start:]) for start in range(len(parts)))
        name = next((tail for tail in tails if tail in known), None)
        if name is not None:
            names[line] = name
    return PictureList(root, "", source, names, output)


def _names(content: bytes, name_of: Callable[[str], str]) -> dict[bytes, str]:
    """Return the names of the pictures by the text of their lines."""
    lines = [line.strip() for line in content.splitlines()]
    return {line: name_of(os.fsdecode(line)) for line in lines if line}


def _named(text: str, root: Path, file: Path, base: str) -> str:
    """Return the picture that a line names."""
    where = str(file)
    if "\0" not in text and Path(text).is_absolute() and (place := name_below(Path(text), root)) is not None:
        return safe_relative(place or ".", where)
    try:
        name = safe_relative(text, where)
    except UnsafeNameError as error:
        tail = existing_tail(text, root / base)
        if tail is None:
            raise
        cut = text[: len(text) - len(tail)]
        raise UnsafeNameError(
            error.message, f"{tail!r} is there, below {root / base}: take {cut!r} away from the lines of the list."
        ) from error
    return f"{base}/{name}" if base else name
