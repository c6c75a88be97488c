"""JSON label files: read, write, compare."""

import hashlib
import json
import marshal
import math
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.errors import LabelError
from pipeline.files.text import one_line
from pipeline.files.whole import write_whole
from pipeline.labels.hints.what_is import not_json
from pipeline.labels.text_files import read_bytes

Json = Any
"""A parsed JSON value."""
_SHOWN = 60
_LONGEST = 300


@dataclass(frozen=True, slots=True)
class JsonFile:
    """A parsed label file."""

    tree: Json
    """The parsed content."""
    sha256: str
    """SHA-256 of the file, in hexadecimal."""
    ascii_only: bool
    """Whether the file holds ASCII alone, so that the copy does too."""


def read_json(path: Path, *, known: bool = False, sha256: str | None = None) -> JsonFile:
    """Parse a JSON file.

    Args:
        path: The file.
        known: It was read before, or was written by this program; spares the checks of keys and numbers.
        sha256: Hash of the file when it was read before.

    Raises:
        LabelError: The file cannot be read, is another than before, or is not JSON.
    """
    raw = read_bytes(path)
    found = hashlib.sha256(raw).hexdigest()
    if sha256 not in {None, found}:  # before parsing: what an editor has half written is no JSON
        raise LabelError(f"{path}: changed during the run; no labels were written", "Use `overwrite`.")
    doubles = list[tuple[Json, str]]()
    try:
        text = raw.decode(json.detect_encoding(raw))  # strict, unlike json.loads, which lets lone surrogates in
        tree = json.loads(text) if known else json.loads(text, object_pairs_hook=_noting(doubles), parse_float=_finite)
    except RecursionError as error:
        raise LabelError(f"{path}: nested too deeply", "This is no label file.") from error
    except ValueError as error:
        raise not_json(path, raw, error) from error
    if doubles:
        holder, key = doubles[0]
        where = one_line(f"{_place_in(tree, holder)} has the same key twice: {key[:_SHOWN]!r}")
        raise LabelError(f"{path}: {where}", "One of the two values would be lost: remove one, or give it another key.")
    return JsonFile(tree, found, raw.isascii())


def _noting(doubles: list[tuple[Json, str]]) -> Callable[[list[tuple[str, Json]]], dict[str, Json]]:
    """Return what makes objects, and notes those with a key that stands twice: a value would be lost without a word.

    Args:
        doubles: Gets the object and its key.
    """

    def make(pairs: list[tuple[str, Json]]) -> dict[str, Json]:
        result = dict(pairs)
        if len(result) != len(pairs):
            counts = Counter(key for key, _ in pairs)
            doubles.append((result, next(key for key, number in counts.items() if number > 1)))
        return result

    return make


def _place_in(tree: Json, holder: Json) -> str:
    """Return where an object is in a tree: ``images[3].size``."""
    todo: list[tuple[Json, str]] = [(tree, "")]
    while todo:
        value, place = todo.pop()
        if value is holder:
            return place.removeprefix(".")[-_LONGEST:] or "the object at the top"
        if isinstance(value, dict):
            todo += [(one, f"{place}.{key}") for key, one in value.items() if isinstance(one, dict | list)]
        elif isinstance(value, list):
            todo += [(one, f"{place}[{index}]") for index, one in enumerate(value) if isinstance(one, dict | list)]
    return "an object"  # it was lost itself, to a key that stands twice


def _finite(text: str) -> float:
    """Read a number; one beyond the range of floats would be written as Infinity, which is not JSON."""
    value = float(text)
    if math.isinf(value):
        raise ValueError(f"the number {text[:_SHOWN]} is out of range")
    return value


def write_json(path: Path, tree: Json, *, ascii_only: bool) -> None:
    """Write a parsed JSON value, whole or not at all.

    Args:
        path: The file; its folder is made.
        tree: The value; key order is kept.
        ascii_only: Escape other characters.
    """
    text = json.dumps(tree, ensure_ascii=ascii_only)
    try:
        data = text.encode()
    except UnicodeEncodeError:  # a lone surrogate can only be written as an escape
        data = json.dumps(tree).encode()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_whole(path, data + b"\n")


def identical(one: Json, other: Json) -> bool:
    """Tell whether two parsed values are equal in types, key order and every digit.

    ``==`` takes 1, 1.0 and True for equal, forgets the order of keys and finds NaN unequal to itself; the serialised
    bytes do none of that.
    """
    try:
        return marshal.dumps(one, 2) == marshal.dumps(other, 2)
    except ValueError:  # nested deeper than marshal goes
        return json.dumps(one) == json.dumps(other)
