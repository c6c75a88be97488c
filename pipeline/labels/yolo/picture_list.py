"""Lists of pictures: a text file that names one in each line, as a split of ``data.yaml`` or beside the labels."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.encoded import Encoded, encoded
from pipeline.files.jail import absolute, name_below
from pipeline.files.names import add_suffix
from pipeline.labels.layers import Layer
from pipeline.labels.text_files import copy_file, filter_lines, prove_lines, read_bytes

_PARTS = re.compile(rb"(.*[/\\])?(\.?[^/\\]*?)(\.[^/\\.]*)?", re.DOTALL)
"""Folder, stem and extension of a path."""


@dataclass(frozen=True, slots=True)
class PictureList:
    """A text file that names pictures."""

    root: Path
    """The folder of the pictures."""
    file: str
    """POSIX path of a split below the root; empty for one that lies beside the labels."""
    source: Path
    """The file."""
    names: Mapping[bytes, str]
    """Name of the picture by the text of its line."""
    output: str
    """Where it goes: POSIX path below the output folder."""
    base: str = ""
    """The folder below the root that lines are relative to, but for those that begin with ``./``."""

    def write(self, out: Path, layers: Sequence[Layer], prefix: str = "") -> None:
        """Copy the list without the pictures that are left out; lines that led to the old place lead to the new one.

        A line of a picture that is in several layers is there for each of them, one after the other. What has to change
        is seen from the list where that can be said, so that the output can be moved.

        Args:
            out: The output folder.
            layers: What is in the output.
            prefix: Where the pictures are below the output folder.

        Raises:
            ProofError: What was written is not what was meant.
        """

        def new_line(text: bytes, name: str, suffix: str) -> bytes:
            line = os.fsdecode(text)
            if not self._is_moved(line):
                return os.fsencode(add_suffix(line, suffix))
            new = add_suffix(name, suffix)
            beside = self._seen_from_here(new)
            if beside is None:
                beside = str(absolute(out) / prefix / new) if Path(line).is_absolute() else new
            return os.fsencode(beside)

        def edit(raw: bytes) -> bytes:
            source = encoded(raw)
            return source.stored(filter_lines(source.content, changes, bytes.strip))

        changes = {
            text: [new_line(text, name, layer.kept[name]) for layer in layers if name in layer.kept]
            for text, name in self.names.items()
        }
        target = out / self.output
        copy_file(self.source, target, edit)
        self._prove(target, layers, absolute(out) / prefix)

    def _is_moved(self, line: str) -> bool:
        """Tell whether a line leads to the old place: by an absolute path, or from what ``path`` was before."""
        if Path(line).is_absolute():
            return name_below(Path(line), self.root) is not None
        return bool(self.base) and not line.startswith("./")

    def _seen_from_here(self, name: str) -> str | None:
        """Return the line of a picture that trainers take from the folder of the list, or None where there is none.

        Trainers put the folder in the place of ``./``, which leads down and never up.
        """
        folder = self.file.rpartition("/")[0]
        below = name.removeprefix(f"{folder}/") if folder else name
        is_below = bool(self.file) and (not folder or name.startswith(f"{folder}/"))
        return f"./{below}" if is_below and "./" not in below else None

    def _prove(self, target: Path, layers: Sequence[Layer], pictures: Path) -> None:
        """Check that every line names the copies of its picture.

        Raises:
            ProofError: One does not.
        """

        def copies_of(line: bytes) -> list[bytes] | None:
            text = line.strip()
            name = self.names.get(text)
            if name is None:
                return None
            before, _, after = line.partition(text)
            new = [_with_suffix(os.fsencode(name), one.kept[name]) for one in layers if name in one.kept]
            if self._is_moved(os.fsdecode(text)):
                return [before + places(one, is_absolute=text.startswith(b"/")) + after for one in new]
            return [before + _with_suffix(text, one.kept[name]) + after for one in layers if name in one.kept]

        def places(name: bytes, *, is_absolute: bool) -> bytes:
            here = os.fsencode(absolute(target).parent)
            seen = os.path.relpath(os.fsencode(pictures) + b"/" + name, here)
            if self.file and not seen.startswith(b"../") and b"./" not in seen:
                return b"./" + seen
            return os.fsencode(pictures) + b"/" + name if is_absolute else name

        prove_lines(read_lines(self.source), read_lines(target), copies_of, target)


def _with_suffix(path: bytes, suffix: str) -> bytes:
    """Put a suffix before the extension, by other means than ``add_suffix``."""
    parts = _PARTS.fullmatch(path)
    folder, stem, extension = parts.groups(b"") if parts else (b"", path, b"")
    return folder + stem + os.fsencode(suffix) + extension


def read_lines(file: Path) -> bytes:
    """Return the text of a list as UTF-8, without a byte order mark.

    Raises:
        LabelError: It cannot be read.
    """
    return _encoded(file).content


def _encoded(file: Path) -> Encoded:
    """Read a list in whatever encoding its byte order mark says."""
    raw = read_bytes(file)
    try:
        return encoded(raw)
    except UnicodeError as error:
        raise LabelError(f"{file}: damaged text ({error})", "Save it again, as UTF-8.") from error
