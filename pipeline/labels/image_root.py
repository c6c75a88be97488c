"""Where the pictures of a JSON label file are, and what they are called below that folder."""

import os
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

from pipeline.errors import LabelError, UnsafeNameError
from pipeline.files.names import safe_relative
from pipeline.labels.hints.spelling import is_absolute
from pipeline.labels.hints.where import missing_hint
from tpsence.errors import InputError

_SPLIT = re.compile(r"(?:train|val|test)\w*")
_PROBED = 1000
_SHOWN = 300


@dataclass(frozen=True, slots=True)
class Stated:
    """The name of a picture as a record has it."""

    text: object
    """The name; what it is was not checked."""
    where: str
    """Where it stands, for messages."""
    folder: object = None
    """A folder that may stand before it, relative to the folder of the pictures; nothing for none."""


@dataclass(frozen=True, slots=True)
class _Name:
    """A name that was checked."""

    stated: Stated
    plain: str | None
    """The name, a safe POSIX path, or None for an absolute one."""
    full: str | None
    """The name with the folder before it, or None where there is none."""


class _Root:
    """A folder that the names may be relative to."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._real = os.path.realpath(folder)
        self._folders: dict[str, str] = {}

    def below(self, name: _Name) -> str | None:
        """Return a name below the folder, which need not be there; None for an absolute one that leads elsewhere."""
        return name.plain if name.plain is not None else self._relative(str(name.stated.text), name.stated.where)

    def holds(self, name: _Name) -> bool:
        """Tell whether a picture is in the folder."""
        names = (name.full, self.below(name))
        return any(one is not None and os.path.exists(self.folder / one) for one in names)  # noqa: PTH110 (never raises)

    def _relative(self, text: str, where: str) -> str | None:
        """Return where an absolute path is below the folder, by its name or with the links of its folders resolved."""
        if not text.startswith("/"):  # of another system
            return None
        above, _, base = text.rpartition("/")
        if above not in self._folders:
            self._folders[above] = os.path.realpath(above)
        for path, folder in ((text, str(self.folder)), (f"{self._folders[above]}/{base}", self._real)):
            start = folder.rstrip("/") + "/"
            if path.startswith(start):
                return safe_relative(path[len(start) :], where)
        return None


def find_pictures(label_file: Path, stated: Sequence[Stated], images: Path | None) -> tuple[Path, list[str]]:
    """Find the folder that the names of a label file are relative to, and the names below it.

    Without ``images`` the label file's folder and the two above are tried, each with ``images`` and with the split or
    subset that the label file's name tells (``instances_train2017.json``), as the common data sets are laid out.
    Absolute names that lead below the folder are taken.

    Args:
        label_file: The label file.
        stated: The names, at least one.
        images: The folder that the user gives, or None to look for it.

    Returns:
        The folder, and for each name the safe POSIX path below it.

    Raises:
        LabelError: None of the pictures is there, or none of the first in any of the places that are tried.
        UnsafeNameError: A name leads out of the folder.
    """
    try:
        names = [_checked(one) for one in stated]
    except UnsafeNameError as error:
        raise UnsafeNameError(error.message, _hint(label_file, stated, images) or error.hint) from error
    root = _given(images, names) if images else _found(label_file, names[:_PROBED])
    if root is None:
        raise _not_found(label_file, stated, images)
    return root.folder, _names_below(label_file, root, names, images)


def _given(images: Path, names: Sequence[_Name]) -> _Root | None:
    """Return the folder that the user gives, or None where it has none of the pictures."""
    root = _Root(images)
    return root if any(map(root.holds, names)) else None


def _found(label_file: Path, names: Sequence[_Name]) -> _Root | None:
    """Look for a folder that has one of the pictures.

    Absolute names are looked for below the label file's folder alone: what is above it holds more than the pictures.
    """
    relative = [name for name in names if name.plain is not None]
    for folder in _candidates(label_file):
        root = _Root(folder)
        if any(map(root.holds, names if folder.is_relative_to(label_file.parent) else relative)):
            return root
    return None


def _checked(one: Stated) -> _Name:
    """Check a name.

    Raises:
        UnsafeNameError: It leads out of its folder, or is no name.
    """
    if is_absolute(one.text):
        inner = str(one.text).lstrip("/")
        if one.text != inner:  # not of another system, so that it is asked whether it is there
            safe_relative(inner, one.where)
        return _Name(one, None, None)
    plain = safe_relative(one.text, one.where)
    return _Name(one, plain, f"{safe_relative(one.folder, one.where)}/{plain}" if one.folder else None)


def _names_below(label_file: Path, root: _Root, names: Sequence[_Name], images: Path | None) -> list[str]:
    """Choose for each picture the name with its folder before it where there is such a folder, else the plain one.

    Raises:
        UnsafeNameError: An absolute name leads elsewhere.
    """
    folders = {one.full.rpartition("/")[0] for one in names if one.full is not None}
    present = {folder for folder in folders if (root.folder / folder).is_dir()}
    found = []
    for one in names:
        name = one.full if one.full is not None and one.full.rpartition("/")[0] in present else root.below(one)
        if name is None:
            raise UnsafeNameError(
                f"{one.stated.where}: the file name {_shown(one.stated.text)} is absolute and not below {root.folder}",
                _hint(label_file, [one.stated], images) or "Correct the name, or remove the entry.",
            )
        found.append(name)
    return found


def _not_found(label_file: Path, stated: Sequence[Stated], images: Path | None) -> InputError:
    """Say that the pictures were not found, and what to do."""
    example = stated[0].text
    hint = _hint(label_file, stated, images)
    if is_absolute(example):
        what = f"{stated[0].where}: the file name {_shown(example)} is absolute or names a drive, and leads elsewhere"
        default = "Write the names in the labels relative to the folder of the pictures."
        return UnsafeNameError(what, hint or default)
    if images is not None:
        what = f"{images}: none of the pictures of {label_file.name} is there, for example {_shown(example)}"
        return LabelError(what, hint or "Check the path after `images`.")
    default = "Give the folder that the file names are relative to with `images`."
    return LabelError(f"{label_file}: its pictures were not found, for example {_shown(example)}", hint or default)


def _shown(text: object) -> str:
    """Write a name for a message."""
    return repr(text[:_SHOWN] if isinstance(text, str) else text)


def _hint(label_file: Path, stated: Sequence[Stated], images: Path | None) -> str | None:
    """Say what to do about names that lead nowhere."""
    return missing_hint(label_file, [one.text for one in stated if isinstance(one.text, str)], images)


def _candidates(label_file: Path) -> Iterator[Path]:
    """The folders to try, most likely first."""
    stem = label_file.stem
    subset = stem.partition("_")[2]
    splits = dict.fromkeys([*_SPLIT.findall(stem), *filter(None, (subset, stem.rpartition("_")[2]))])
    for base in islice(label_file.parents, 3):
        for folder in (base, base / "images", base / "images" / "100k"):
            yield folder
            yield from (folder / split for split in splits)
