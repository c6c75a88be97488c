"""What an ONNX file says of itself: names of classes, size of its input, task, as ultralytics' exports note them.

The values are texts of unknown origin; those that are lists or tables are Python literals, and only literals are read.

Source: ``export_onnx`` in ``ultralytics/engine/exporter.py`` of https://github.com/ultralytics/ultralytics.
"""

import ast
from collections.abc import Mapping
from pathlib import Path

from pipeline.evaluate.detector.interface import Metadata
from pipeline.images.size import Size
from tpsence.errors import InputError

_LONGEST_TEXT = 200_000
"""Characters; the 1,203 names of LVIS take 40,000."""
_MOST_NAMES = 20_000
_LONGEST_NAME = 100
SIDES = range(32, 4097)
"""How long a side of an input may be, in pixels."""


def metadata_of(file: Path, noted: Mapping[str, str]) -> Metadata | None:
    """Return what a file says, or None where it has nothing of ultralytics.

    Args:
        file: For messages.
        noted: All that is noted in the file.

    Raises:
        InputError: What is noted cannot be read.
    """
    if "names" not in noted or "stride" not in noted:
        return None
    names = _names(_literal(noted["names"]))
    if names is None:
        raise InputError(f"{file}: the names of classes in its metadata cannot be read", "Export it anew.")
    size = None
    if "imgsz" in noted:
        size = _size(_literal(noted["imgsz"]))
        if size is None:
            raise InputError(f"{file}: the size of the input (imgsz) in its metadata cannot be read", "Export it anew.")
    return Metadata(distinct(names), size, printable(noted["task"][:_LONGEST_NAME]) if "task" in noted else None)


def distinct(names: list[str]) -> tuple[str, ...]:
    """Return names that can be told apart: one that was there before gets its place."""
    seen: set[str] = set()
    out = []
    for place, name in enumerate(names):
        out.append(f"{name} ({place})" if name in seen else name)
        seen.add(name)
    return tuple(out)


def printable(text: str) -> str:
    """Return a text of unknown origin as it can be shown: in one line."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def _literal(text: str) -> object:
    """What a Python literal says, or None where it is none or too long."""
    if len(text) > _LONGEST_TEXT:
        return None
    try:
        return ast.literal_eval(text)
    except (ValueError, SyntaxError, TypeError, MemoryError, RecursionError):
        return None


def _names(value: object) -> list[str] | None:
    """Names out of a list, or of a table by place: {0: "person", 1: "bicycle"}."""
    if isinstance(value, dict):
        if list(value) != list(range(len(value))):
            return None
        value = list(value.values())
    if not isinstance(value, list) or not 0 < len(value) <= _MOST_NAMES:
        return None
    texts = [name for name in value if isinstance(name, str)]
    return [printable(name[:_LONGEST_NAME]) for name in texts] if len(texts) == len(value) else None


def _size(value: object) -> Size | None:
    """A size (W, H) out of [height, width]."""
    if not isinstance(value, list) or len(value) != 2:
        return None
    height, width = (side if type(side) is int and side in SIDES else None for side in value)
    return None if height is None or width is None else (width, height)
