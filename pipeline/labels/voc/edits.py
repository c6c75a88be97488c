"""What differs between an annotation of VOC and its copy: the suffix in ``filename``, the marks of objects; no more."""

import re
from pathlib import Path
from xml.etree.ElementTree import ParseError

from pipeline.errors import ProofError
from pipeline.files.names import add_suffix
from pipeline.labels.interface import NO_MARKS, Marks
from pipeline.labels.text_files import read_bytes
from pipeline.labels.voc.objects import is_marked_copy, parse, with_marks

_FILENAME = re.compile(rb"(<filename\s*>)([^<]*)(</filename\s*>)")


def with_filename_suffix(content: bytes, suffix: str) -> bytes:
    """Put the suffix into the text of ``filename`` and leave every other byte."""
    if not suffix:
        return content

    def change(found: re.Match[bytes]) -> bytes:
        text = found.group(2)
        inner = text.strip()
        return found.group(1) + text.replace(inner, _suffixed(inner, suffix)) + found.group(3)

    return _FILENAME.sub(change, content, count=1)


def _suffixed(name: bytes, suffix: str) -> bytes:
    """``add_suffix`` on undecoded text."""
    return add_suffix(name.decode("latin-1"), suffix).encode("latin-1") if name else name


def edited(content: bytes, *, suffix: str, marks: Marks, name: str) -> bytes:
    """Make the copy of a picture's annotation."""
    return with_marks(with_filename_suffix(content, suffix), marks.of(name), drop=marks.drop)


def prove_edit(source: Path, target: Path, suffix: str, marks: Marks, name: str) -> None:
    """Compare two annotations; the text of ``filename`` may differ by the suffix, objects by their marks.

    Raises:
        ProofError: They differ by more, or by less.
    """
    if not differs_as_meant(read_bytes(source), target.read_bytes(), suffix, marks, name):
        meant = "<filename> and marks" if marks.of(name) else "<filename>"
        hint = "Run without `gate`." if marks.of(name) else "Run without `suffix`."
        raise ProofError(f"{target}: differs from {source} by more than {meant}", hint)


def differs_as_meant(content: bytes, new_content: bytes, suffix: str, marks: Marks = NO_MARKS, name: str = "") -> bool:
    """Compare two annotations element by element; ``filename`` must have the suffix, and objects their marks."""
    try:
        before = parse(content)
    except (ParseError, ValueError):
        return False
    filename = before.find("filename")
    if suffix and filename is not None and filename.text and filename.text.strip():
        inner = filename.text.strip()
        filename.text = filename.text.replace(inner, add_suffix(inner, suffix))
    return is_marked_copy(before, new_content, marks.of(name), drop=marks.drop)
