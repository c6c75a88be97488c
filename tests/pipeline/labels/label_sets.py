"""What the tests of the label formats share: data sets written to disk, and comparison to the type and the digit."""

from collections.abc import Callable, Mapping
from pathlib import Path

from pipeline.labels.interface import LabelSet
from pipeline.labels.json_file import Json


def form(value: Json) -> Json:
    """A value that is equal for equal types, key order and digits alone."""
    if isinstance(value, dict):
        return "object", [(key, form(one)) for key, one in value.items()]
    if isinstance(value, list):
        return "list", [form(one) for one in value]
    return type(value).__name__, value.hex() if isinstance(value, float) else value


def put(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write files below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return folder


def tree(folder: Path) -> dict[str, bytes]:
    """All files below a folder with their contents."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def names(labels: LabelSet) -> list[str]:
    """The names of the pictures."""
    return [picture.name for picture in labels.pictures]


def all_kept(labels: LabelSet, suffix: str = "") -> dict[str, str]:
    """Every picture with the same suffix."""
    return dict.fromkeys(names(labels), suffix)


def in_place(tamper: Callable[[Json], object]) -> Callable[[Json], Json]:
    """Turn a function that changes a tree in place into one that returns it."""

    def edit(tree: Json) -> Json:
        tamper(tree)
        return tree

    return edit
