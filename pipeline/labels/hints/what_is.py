"""What to say of a file that was given as labels and cannot be read as such."""

import json
from pathlib import Path
from typing import Any

from pipeline.errors import LabelError
from pipeline.labels.hints.told import Told
from pipeline.labels.hints.what_bytes import told_by_bytes
from pipeline.labels.hints.what_encoding import told_by_encoding
from pipeline.labels.hints.what_json import told_by_json
from pipeline.labels.hints.what_text import told_by_text
from tpsence.errors import first_line

KNOWN = "Give a label file or folder of a known format."
"""What there is to do where it is only to be said what labels can be."""
_HEAD = 1 << 12


def not_json(path: Path, raw: bytes, error: ValueError, otherwise: str = KNOWN) -> LabelError:
    """Say what a file is that could not be parsed as JSON.

    Args:
        path: Where it is.
        raw: Its content.
        error: Why it is no JSON.
        otherwise: What to do where it is only to be said what labels can be.
    """
    told = told_by_bytes(path, raw)
    if told is None and isinstance(error, UnicodeDecodeError):
        told = told_by_encoding(path, raw) if error.end < len(raw) else None  # else it is cut off
    elif told is None:
        told = told_by_text(path, raw[:_HEAD].decode(json.detect_encoding(raw), errors="ignore").lstrip())
    if told is not None:
        return refusal(path, told, otherwise)
    # Python's own words on a long number are for programmers.
    reason = "a number of thousands of digits" if "int_max_str_digits" in str(error) else first_line(error)
    return LabelError(f"{path}: not valid JSON ({reason})", _where_it_fails(raw, error))


def not_labels(path: Path, tree: Any, otherwise: str = KNOWN) -> LabelError | None:  # noqa: ANN401 (parsed JSON)
    """Say whose JSON it is that is neither COCO nor Scalabel; None where it could be one of them.

    Args:
        path: Where it is.
        tree: Its parsed content.
        otherwise: What to do where it is only to be said what labels can be.
    """
    told = told_by_json(tree)
    return None if told is None else refusal(path, told, otherwise)


def refusal(path: Path, told: Told, otherwise: str = KNOWN) -> LabelError:
    """Return the error that says what a file is."""
    return LabelError(f"{path}: {told.what}", told.hint or otherwise)


def _where_it_fails(raw: bytes, error: ValueError) -> str:
    """Say what to do about JSON with a fault: at its end it is cut off, elsewhere it has to be mended."""
    if isinstance(error, UnicodeDecodeError):
        at_end = error.end >= len(raw)
    elif isinstance(error, json.JSONDecodeError):
        at_end = error.pos >= len(error.doc.rstrip()) or error.msg.startswith("Unterminated string")
    else:  # a number that no file of JSON can hold
        return "Correct it in the file."
    return "Is the file complete?" if at_end else "Correct it there, or export the labels once more."
