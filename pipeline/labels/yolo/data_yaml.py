"""The ``data.yaml`` of a YOLO data set: where its pictures are, and the same file for another place.

Format: https://docs.ultralytics.com/datasets/detect/. The file is data of unknown origin: ``path`` and the splits may
not lead out of its folder, or of the folder that the user names.
"""

import codecs
import glob
import os
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import LabelError, UnsafeNameError
from pipeline.files.jail import absolute, is_inside, name_below
from pipeline.files.names import MAX_NAME_BYTES, MAX_PATH
from pipeline.labels.link_texts import link_as_text
from pipeline.labels.tails import existing_tail
from pipeline.labels.text_files import read_bytes
from pipeline.labels.yolo.said import SPLITS, Said, class_names, places_beside, read_said, said_by, same_but_paths

_DRIVE = re.compile(r"[A-Za-z]:")
_HINT_ROOT = "If the pictures are there, say so with `images`, the folder that the splits are relative to."
_HINT_LINK = "If you trust where it leads, say so with `follow_links`."


@dataclass(frozen=True, slots=True)
class DataYaml:
    """A parsed ``data.yaml``."""

    file: Path
    """The file."""
    said: Said
    """What it says."""
    byte_order_mark: bytes
    """The mark, or nothing."""
    root: Path
    """The folder that all of the data set is in: the file's, or the one that the user names."""
    base: str
    """``path`` as a POSIX path below the root, empty where it is the root or absent."""
    splits: Mapping[str, Sequence[str]]
    """For each split its entries as POSIX paths relative to the root, folders or lists of pictures, perhaps absent."""
    names: Mapping[int, str]
    """Names of the classes by id, as far as they can be read."""
    has_keypoints: bool
    """The objects have key points."""


def read_data_yaml(file: Path, root: Path | None, *, follow_links: bool = False) -> DataYaml:
    """Read where the pictures are.

    Args:
        file: The YAML file.
        root: The folder that the splits are relative to, or None to take it from the file.
        follow_links: Take links that lead out of that folder.

    Raises:
        LabelError: Not a data set's YAML, or none of its folders exists.
        UnsafeNameError: A path leads out of the folder.
    """
    raw = read_bytes(file)
    said = read_said(raw, file)
    content = said.content
    base = ""
    if root is None:
        root, base = _root(file, content, follow_links=follow_links)
    splits = {
        key: [_relative(entry, root, base, file, follow_links=follow_links) for entry in _entries(content[key])]
        for key in SPLITS
        if content.get(key)
    }
    if not splits:
        raise LabelError(f"{file}: none of {', '.join(SPLITS)}", "A data.yaml names the folders of its pictures.")
    entries = [entry for split in splits.values() for entry in split]
    if not any(glob.has_magic(entry) or _is_there(root / entry) for entry in entries):
        stated = _entries(content[next(iter(splits))])[0]
        raise LabelError(f"{file}: {stated!r} is not in {root}", _remedy(stated, root / base))
    mark = codecs.BOM_UTF8 if raw.startswith(codecs.BOM_UTF8) else b""
    has_keypoints = content.get("kpt_shape") is not None
    names = class_names(content.get("names"))
    data = DataYaml(file, said, mark, root, base, splits, names, has_keypoints)
    _refuse_unmovable(data)
    return data


def moved(data: DataYaml) -> str:
    """Return the text for any other place whose folder mirrors the root: splits are relative to it, ``path`` is empty.

    A ``path`` that is empty stands for the folder of the file, wherever that is moved to, as without ``path``. A
    relative one is looked for elsewhere first (by ultralytics in the working folder, then among all data sets), and an
    absolute one would lead from a copy back to this place. Only what has to change does.
    """
    edits: list[tuple[int, int, str]] = []
    for key, scalars in data.said.scalars.items():
        if key == "path":
            edits += [scalar.replaced(data.said.text, "") for scalar in scalars if data.said.content["path"]]
            continue
        for scalar, entry in zip(scalars, data.splits.get(key, ()), strict=False):  # none where the split is empty
            path = Path(_with_slashes(scalar.value, data.root / data.base))
            if data.base or path.is_absolute() or ".." in path.parts or str(path) != str(Path(scalar.value)):
                edits.append(scalar.replaced(data.said.text, entry))
    text = data.said.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def is_moved(data: DataYaml, text: str) -> bool:
    """Tell whether a text says the same as a file, paths aside, and leads to the same pictures below its own folder."""
    expected = {key: [posixpath.normpath(entry) for entry in entries] for key, entries in data.splits.items()}
    content = said_by(text)
    return content is not None and same_but_paths(data.said, content) and places_beside(content) == expected


def _refuse_unmovable(data: DataYaml) -> None:
    """Refuse a file whose paths cannot be replaced without touching the rest, before the run and not after it."""
    if not is_moved(data, moved(data)):
        raise LabelError(
            f"{data.file}: its paths cannot be replaced", "Write each as a plain text on a line of its own."
        )


def _entries(value: object) -> list[str]:
    """A split's entries: one text or a list of them."""
    entries = value if isinstance(value, list) else [value]
    return [str(entry) for entry in entries]


def _root(file: Path, content: Mapping[Any, Any], *, follow_links: bool) -> tuple[Path, str]:
    """The file's folder, and where ``path`` leads below it; a ``path`` that is not there is passed over."""
    folder = file.parent
    path = str(content.get("path") or ".")
    _check_text(path, file)
    stated = folder / _with_slashes(path, folder)
    base = name_below(stated, folder)
    if base is not None and stated.is_dir():
        if not follow_links and not is_inside(stated, folder):
            raise UnsafeNameError(f"{file}: 'path: {path}' leads out of {folder} through a link", _HINT_LINK)
        return folder, base
    first = next((entry for key in SPLITS if content.get(key) for entry in _entries(content[key])), ".")
    first = _with_slashes(first, folder)
    if not Path(first).is_absolute() and (glob.has_magic(first) or _is_there(folder / first)):
        return folder, ""
    hint = f"Give it as the root: `images` {absolute(stated)}." if stated.is_dir() else _remedy(first, folder)
    raise UnsafeNameError(f"{file}: 'path: {content.get('path')}' is not a folder inside {folder}", hint)


def _relative(stated: str, root: Path, base: str, file: Path, *, follow_links: bool) -> str:
    """A split's entry, which is relative to the base, as a path relative to the root; refused if it leads out of it."""
    _check_text(stated, file)
    entry = _with_slashes(stated, root / base)
    if ".." not in Path(entry).parts and not Path(entry).is_absolute() and not _DRIVE.match(entry):
        relative = Path(base, entry)
    elif (place := name_below(root / base / entry, root)) is not None:
        relative = Path(place)
    elif entry.startswith("../") and ".." not in Path(entry[3:]).parts and not _is_there(root / base / entry):
        relative = Path(base, entry[3:])  # a widespread export writes ../train/images for train/images
    else:
        raise UnsafeNameError(f"{file}: {stated!r} leads out of {root}", _remedy(stated, root / base))
    if not follow_links and not is_inside(root / relative, root):
        raise UnsafeNameError(f"{file}: {stated!r} leads out of {root} through a link", _HINT_LINK)
    return relative.as_posix()


def _with_slashes(text: str, folder: Path) -> str:
    """Return a path as this system writes it: a backslash is a slash, unless there is such a name."""
    return text.replace("\\", "/") if "\\" in text and not _is_there(folder / text) else text


def _is_there(path: Path) -> bool:
    """Tell whether a path exists, however long its name is."""
    return os.path.exists(path)  # noqa: PTH110 (Path.exists raises on a name that is too long)


def _remedy(entry: str, folder: Path) -> str:
    """Return what can be done about an entry that is not in a folder."""
    tail = existing_tail(entry, folder)
    if tail is not None:
        return f"{tail!r} is there, in {folder}: write that in the file in place of {entry!r}."
    return link_as_text(folder / entry) or _HINT_ROOT


def _check_text(text: str, file: Path) -> None:
    """Refuse a path that no file system takes."""
    parts = Path(text).parts
    try:
        too_long = any(len(os.fsencode(part)) > MAX_NAME_BYTES for part in parts) or len(text) > MAX_PATH
    except UnicodeEncodeError:
        too_long = True
    if too_long or "\0" in text:
        raise LabelError(f"{file}: {text[:60]!r} is no path", "Correct the paths in the file.")
