"""The ``data.yaml`` of a YOLO data set: where its pictures are, and the same file for another place.

Format: https://docs.ultralytics.com/datasets/detect/. The file is data of unknown origin: ``path`` and the splits may
not lead out of its folder, or of the folder that the user names.
"""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.names import is_inside
from tpsence.errors import LabelError, UnsafeNameError

SPLITS = ("train", "val", "test", "minival")
_HINT_ROOT = "If the pictures are there, say so with --images, the folder that the splits are relative to."


@dataclass(frozen=True, slots=True)
class DataYaml:
    """A parsed ``data.yaml``."""

    file: Path
    """The file."""
    text: str
    """Its text."""
    root: Path
    """The folder that the splits are relative to."""
    splits: Mapping[str, Sequence[str]]
    """For each split its entries as POSIX paths relative to the root: folders, or lists of pictures."""
    has_path: bool
    """Whether the file has a ``path``."""


def read_data_yaml(file: Path, root: Path | None) -> DataYaml:
    """Read where the pictures are.

    Args:
        file: The YAML file.
        root: The folder that the splits are relative to, or None to take it from the file.

    Raises:
        LabelError: Not a data set's YAML, or its folders do not exist.
        UnsafeNameError: A path leads out of the folder.
    """
    text, content = _parse(file)
    root = root or _root(file, content)
    splits = {
        key: [_relative(entry, root, file) for entry in _entries(content[key])] for key in SPLITS if content.get(key)
    }
    if not splits:
        raise LabelError(f"{file}: none of {', '.join(SPLITS)}", "A data.yaml names the folders of its pictures.")
    return DataYaml(file, text, root, splits, has_path="path" in content)


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
            edits.append(_edit(value, data.text, str(new_root.resolve())))
        elif key.value in data.splits:
            scalars = value.value if isinstance(value, yaml.SequenceNode) else [value]
            for scalar, entry in zip(scalars, data.splits[key.value], strict=True):
                if Path(scalar.value).is_absolute() or ".." in Path(scalar.value).parts:
                    edits.append(_edit(scalar, data.text, entry))
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


def _parse(file: Path) -> tuple[str, dict[Any, Any]]:
    """Read a YAML mapping; nothing in it is constructed but plain data."""
    try:
        text = file.read_bytes().decode("utf-8-sig")
        content = yaml.safe_load(text)
    except OSError as error:
        raise LabelError(f"{file}: {error.strerror}", "Check the path after --labels.") from error
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        reason = " ".join(str(error).split())[:160]
        raise LabelError(f"{file}: not valid YAML ({reason})", "Is the file complete?") from error
    if not isinstance(content, dict):
        raise LabelError(f"{file}: no keys", "A data.yaml names the folders of its pictures.")
    return text, content


def _entries(value: object) -> list[str]:
    """A split's entries: one text or a list of them."""
    entries = value if isinstance(value, list) else [value]
    return [str(entry) for entry in entries]


def _root(file: Path, content: Mapping[Any, Any]) -> Path:
    """The folder that the splits are relative to: ``path`` where it is inside the file's folder, else that folder."""
    folder = file.parent
    stated = folder / str(content.get("path") or ".")
    if is_inside(stated, folder) and stated.is_dir():
        return stated
    first = next((entry for key in SPLITS if content.get(key) for entry in _entries(content[key])), ".")
    if not Path(first).is_absolute() and (folder / first).exists():
        return folder
    raise UnsafeNameError(f"{file}: 'path: {content.get('path')}' is not a folder inside {folder}", _HINT_ROOT)


def _relative(entry: str, root: Path, file: Path) -> str:
    """A split's entry relative to the root, refused if it leads out of it."""
    full = root / entry
    if not is_inside(full, root) and entry.startswith("../") and (root / entry[3:]).exists():
        full = root / entry[3:]  # a widespread export writes ../train/images for train/images
    if not is_inside(full, root) or ".." in Path(entry.removeprefix("../")).parts:
        raise UnsafeNameError(f"{file}: {entry!r} leads out of {root}", _HINT_ROOT)
    if not full.exists():
        raise LabelError(f"{file}: {entry!r} is not in {root}", "Check the paths in the file, or give --images.")
    relative = full.resolve().relative_to(root.resolve()) if Path(entry).is_absolute() else full.relative_to(root)
    return relative.as_posix()


def _edit(scalar: yaml.Node, text: str, new: str) -> tuple[int, int, str]:
    """The replacement of a scalar's text, as (start, end, new text)."""
    start, end = scalar.start_mark.index, scalar.end_mark.index
    newline = "\n" if text[start:end].endswith("\n") else ""
    return start, end, json.dumps(new, ensure_ascii=False) + newline
