"""What a ``data.yaml`` says, and where in its text its paths stand: nothing here looks at the disk."""

import json
import posixpath
from codecs import BOM_UTF16_BE, BOM_UTF16_LE
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from pipeline.errors import LabelError
from pipeline.files.text import one_line
from pipeline.files.yaml_text import Yaml, YamlError, line_of, parse, parse_text
from pipeline.labels.hints.what_encoding import told_by_encoding
from pipeline.labels.link_texts import link_as_text

SPLITS = ("train", "val", "test", "minival")
_PATHS = frozenset({"path", *SPLITS})


@dataclass(frozen=True, slots=True)
class Scalar:
    """A value in a YAML text."""

    value: str
    """What it says."""
    start: int
    """Its first character in the text."""
    end: int
    """Behind its last."""

    def replaced(self, text: str, new: str) -> tuple[int, int, str]:
        """Return what is to stand in its place in the text, as (start, end, new text)."""
        newline = "\n" if text[self.start : self.end].endswith("\n") else ""
        space = " " if self.start == self.end else ""  # an empty value, right behind its colon
        return self.start, self.end, space + json.dumps(new, ensure_ascii=False) + newline


@dataclass(frozen=True, slots=True)
class Said:
    """A parsed ``data.yaml``."""

    text: str
    """Its text, without a byte order mark."""
    content: Mapping[Any, Any]
    """All that it says."""
    scalars: Mapping[str, Sequence[Scalar]]
    """Where ``path`` and the entries of each split stand in the text."""


def read_said(raw: bytes, file: Path) -> Said:
    """Read a file's content; nothing in it is constructed but plain data.

    Raises:
        LabelError: It is no mapping in YAML, or a path in it is no text.
    """
    try:
        parsed = parse(raw)
    except YamlError as error:
        told = None if raw.startswith((BOM_UTF16_LE, BOM_UTF16_BE)) else told_by_encoding(file, raw)
        hint = told.hint if told else error.hint
        raise LabelError(one_line(f"{file}: not valid YAML ({error.reason})"), hint) from error
    if not isinstance(parsed.content, dict):
        hint = link_as_text(file, to_folder=False) or "A data.yaml names the folders of its pictures."
        raise LabelError(f"{file}: no keys", hint)
    return Said(parsed.text, parsed.content, _scalars(parsed, file))


def class_names(names: object) -> dict[int, str]:
    """Read the names of the classes as ultralytics does: a list, or a mapping from ids, which may be texts."""
    pairs = enumerate(names) if isinstance(names, list) else names.items() if isinstance(names, dict) else ()
    found = {}
    for index, name in pairs:
        try:
            found[int(index)] = str(name)
        except (TypeError, ValueError, OverflowError):  # not an id
            continue
    return found


def said_by(text: str) -> Mapping[Any, Any] | None:
    """Return what a text says, or None where it is no mapping in YAML."""
    try:
        content = parse_text(text).content
    except YamlError:
        return None
    return content if isinstance(content, dict) else None


def same_but_paths(said: Said, other: Mapping[Any, Any]) -> bool:
    """Tell whether another file says the same in the same order, paths aside."""
    before, behind = (
        [(key, None if key in _PATHS else value) for key, value in content.items()] for content in (said.content, other)
    )
    return repr(before) == repr(behind)  # repr tells 1 from 1.0 and true


def places_beside(content: Mapping[Any, Any]) -> dict[str, list[str]] | None:
    """Return where the splits of a file lead, seen from its own folder, as trainers find them wherever that folder is.

    Returns:
        POSIX paths by the split, or None where one depends on the place of another folder.
    """
    if content.get("path"):
        return None
    found = {}
    for key in SPLITS:
        if value := content.get(key):
            found[key] = [posixpath.normpath(str(entry)) for entry in (value if isinstance(value, list) else [value])]
    entries = [entry for split in found.values() for entry in split]
    return None if any(entry.startswith(("/", "../")) or entry == ".." for entry in entries) else found


def _scalars(parsed: Yaml, file: Path) -> dict[str, list[Scalar]]:
    """Find ``path`` and the entries of the splits in the text; they are texts, or nothing.

    Raises:
        LabelError: One of them is something else.
    """
    found: dict[str, list[Scalar]] = {}
    for key, value in parsed.node.value if parsed.node else ():
        if key.value not in _PATHS:
            continue
        is_list = isinstance(value, yaml.SequenceNode) and key.value != "path"
        said, nodes = parsed.content[key.value], value.value if is_list else [value]
        for one, node in zip(said if is_list else [said], nodes, strict=True):
            if not isinstance(one, str) and (is_list or one is not None):
                place = f"{file}: line {line_of(node)}"
                hint = "Write a path there, in quotes where it is a number" + (
                    ", or a list of paths." if key.value != "path" else "."
                )
                raise LabelError(f"{place}: '{key.value}' holds what is no text", hint)
        found[key.value] = [Scalar(node.value, node.start_mark.index, node.end_mark.index) for node in nodes]
    return found
