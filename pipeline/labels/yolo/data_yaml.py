"""The ``data.yaml`` of a YOLO data set: where its pictures are, and the same file for another place.

Format: https://docs.ultralytics.com/datasets/detect/. The file is data of unknown origin: ``path`` and the splits may
not lead out of its folder, or of the folder that the user names.
"""

import codecs
import glob
import json
import os
import posixpath
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import LabelError, UnsafeNameError
from pipeline.files.jail import absolute, is_inside, name_below
from pipeline.files.names import MAX_NAME_BYTES, MAX_PATH
from pipeline.labels.link_texts import link_as_text
from pipeline.labels.tails import existing_tail
from pipeline.labels.text_files import read_bytes
from tpsence.errors import first_line

SPLITS = ("train", "val", "test", "minival")
_DRIVE = re.compile(r"[A-Za-z]:")
_HINT_ROOT = "If the pictures are there, say so with `images`, the folder that the splits are relative to."
_HINT_LINK = "If you trust where it leads, say so with `follow_links`."


@dataclass(frozen=True, slots=True)
class DataYaml:
    """A parsed ``data.yaml``."""

    file: Path
    """The file."""
    text: str
    """Its text, without a byte order mark."""
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
    text, content = _parse(raw, file)
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
    data = DataYaml(file, text, mark, root, base, splits, _class_names(content.get("names")), has_keypoints)
    _refuse_unmovable(data)
    return data


def _class_names(names: object) -> dict[int, str]:
    """Read the names of the classes: a list, or a mapping from ids."""
    pairs = enumerate(names) if isinstance(names, list) else names.items() if isinstance(names, dict) else ()
    return {index: str(name) for index, name in pairs if isinstance(index, int)}


def moved(data: DataYaml, new_root: Path) -> str:
    """Return the text for another place: only ``path`` and splits that were not relative change.

    ``path`` becomes the absolute new root, because trainers look for a relative one in different places.

    Args:
        data: The parsed file.
        new_root: The folder that mirrors the old root.
    """
    node = yaml.compose(data.text, Loader=yaml.SafeLoader)
    if not isinstance(node, yaml.MappingNode):
        return data.text
    edits: list[tuple[int, int, str]] = []
    for key, value in node.value:
        if key.value == "path":
            edits.append(_edit(value, data.text, str(new_root.resolve() / data.base)))
        elif key.value in data.splits:
            scalars = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for scalar, entry in zip(scalars, data.splits[key.value], strict=True):
                if Path(scalar.value).is_absolute() or ".." in Path(scalar.value).parts:
                    edits.append(_edit(scalar, data.text, posixpath.relpath(entry, data.base or ".")))
    text = data.text
    for start, end, new in sorted(edits, reverse=True):
        text = text[:start] + new + text[end:]
    return text


def same_but_paths(before: str, after: str) -> bool:
    """Tell whether two texts say the same in the same order, paths aside."""
    paths = {"path", *SPLITS}
    one, other = (
        [(key, None if key in paths else value) for key, value in yaml.safe_load(text).items()]
        for text in (before, after)
    )
    return repr(one) == repr(other)  # repr tells 1 from 1.0 and true


def _refuse_unmovable(data: DataYaml) -> None:
    """Refuse a file whose paths cannot be replaced without touching the rest, before the run and not after it."""
    try:
        movable = same_but_paths(data.text, moved(data, Path("elsewhere")))
    except yaml.YAMLError:
        movable = False
    if not movable:
        raise LabelError(
            f"{data.file}: its paths cannot be replaced", "Write each as a plain text on a line of its own."
        )


def _parse(raw: bytes, file: Path) -> tuple[str, dict[Any, Any]]:
    """Read a YAML mapping; nothing in it is constructed but plain data."""
    try:
        text = raw.decode("utf-8-sig")
        if any(isinstance(event, yaml.AliasEvent) for event in yaml.parse(text, Loader=yaml.SafeLoader)):
            raise LabelError(f"{file}: uses YAML aliases", "Write the values out.")
        content = yaml.safe_load(text)
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        raise LabelError(f"{file}: not valid YAML ({_reason(error)})", "Is the file complete?") from error
    if not isinstance(content, dict):
        hint = link_as_text(file, to_folder=False) or "A data.yaml names the folders of its pictures."
        raise LabelError(f"{file}: no keys", hint)
    return text, content


def _reason(error: Exception) -> str:
    """What is wrong with a YAML text, and in which line where the parser knows it."""
    if isinstance(error, yaml.MarkedYAMLError) and error.problem and error.problem_mark:
        return f"line {error.problem_mark.line + 1}: {error.problem}"
    return first_line(error)


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


def _edit(scalar: yaml.Node, text: str, new: str) -> tuple[int, int, str]:
    """The replacement of a scalar's text, as (start, end, new text)."""
    start, end = scalar.start_mark.index, scalar.end_mark.index
    newline = "\n" if text[start:end].endswith("\n") else ""
    space = " " if start == end else ""  # an empty value, right behind its colon
    return start, end, space + json.dumps(new, ensure_ascii=False) + newline
