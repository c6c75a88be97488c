"""The lists in ``ImageSets``: the stem of a picture in each line, perhaps with a number after it."""

import re
from collections.abc import Mapping, Sequence
from pathlib import Path

from pipeline.files.encoded import Encoded, encoded
from pipeline.labels.layers import Layer
from pipeline.labels.text_files import copy_file, filter_lines, prove_lines, read_bytes

_STEM = re.compile(rb"(\s*)(\S+)(.*)", re.DOTALL)
"""A line: what is before the stem, the stem, and what is after it."""


def write_list(source: Path, target: Path, stems: Mapping[bytes, str | None], layers: Sequence[Layer]) -> None:
    """Copy a list without the pictures that are left out; those in several layers stand there for each of them.

    One in an encoding that cannot be read goes out byte for byte.

    Args:
        source: The list.
        target: Where it goes.
        stems: The picture of each stem, or None where it is left out in any case.
        layers: What is in the output.

    Raises:
        ProofError: What was written is not what was meant.
    """
    list_in_source = _read(source)
    if list_in_source is None:
        copy_file(source, target)
        return
    changes = {
        stem: [stem + layer.kept[name].encode() for layer in layers if name in layer.kept] if name is not None else []
        for stem, name in stems.items()
    }

    def edit(raw: bytes) -> bytes:
        text = encoded(raw)
        return text.stored(filter_lines(text.content, changes, _first_word))

    def copies_of(line: bytes) -> list[bytes] | None:
        parts = _STEM.fullmatch(line)
        if parts is None or parts[2] not in stems:
            return None
        before, stem, after = parts.groups()
        suffixes = (layer.kept.get(stems[stem] or "") for layer in layers)
        return [before + stem + suffix.encode() + after for suffix in suffixes if suffix is not None]

    copy_file(source, target, edit)
    prove_lines(list_in_source.content, encoded(read_bytes(target)).content, copies_of, target)


def _read(file: Path) -> Encoded | None:
    """Read a list in whatever encoding it is; None where it is damaged."""
    try:
        return encoded(read_bytes(file))
    except UnicodeError:
        return None


def _first_word(line: bytes) -> bytes:
    """The stem in a line of a split list."""
    words = line.split(maxsplit=1)
    return words[0] if words else b""
