"""``evaluation.json`` and ``evaluation.csv``: what an evaluation has found, beside the pictures that it is of."""

import csv
import hashlib
import io
import json
from collections.abc import Mapping
from enum import Enum
from pathlib import Path
from typing import Any, TypeVar

from pipeline.evaluate.figures import Evaluation, Figure, Group, Unit, is_number
from pipeline.files.text import table_cell
from pipeline.files.walk import pictures_below
from pipeline.files.whole import write_failures_explained, write_whole
from pipeline.images.extensions import EXTENSIONS
from pipeline.output.layout import CSV_FILE, EVALUATION_FILE
from tpsence import __version__
from tpsence.errors import InputError
from tpsence.regular import read_regular

MOST_BYTES = 20_000_000
"""A larger file is none of ours."""
_COLUMNS = ("group", "name", "category", "value", "low", "high", "unit", "pictures", "judgement")

Word = TypeVar("Word", bound=Enum)


def as_dict(evaluation: Evaluation) -> dict[str, Any]:
    """Return an evaluation as JSON takes it."""
    return {
        "finished": evaluation.finished,
        "pictures": evaluation.pictures,
        "of_pictures": evaluation.of_pictures,
        "figures": [_figure_as_dict(figure) for figure in evaluation.figures],
        "notes": list(evaluation.notes),
    }


def write_evaluation(out: Path, evaluation: Evaluation, about: Mapping[str, Any]) -> None:
    """Write both files, each whole or not at all.

    Args:
        out: The folder of the pictures.
        evaluation: What was found.
        about: How it was measured: settings, hashes of networks.

    Raises:
        RunError: They cannot be written.
    """
    content = {"version": __version__, **as_dict(evaluation), "measured": dict(about), "of": _state_of(out)}
    with write_failures_explained(out):
        write_whole(out / CSV_FILE, _as_csv(evaluation).encode())
        write_whole(out / EVALUATION_FILE, json.dumps(content, indent=1, allow_nan=False).encode() + b"\n")


def read_evaluation(out: Path) -> Evaluation | None:
    """Read what was found of a folder.

    Args:
        out: The folder of the pictures.

    Returns:
        None where it was not evaluated, the file is damaged, or the pictures are not those that were evaluated.
    """
    file = out / EVALUATION_FILE
    try:
        if file.stat().st_size > MOST_BYTES:
            return None
        content = json.loads(read_regular(file))
        if not isinstance(content, dict) or content.get("of") != _state_of(out):
            return None
        return Evaluation(
            figures=[_figure_of(one) for one in content["figures"]],
            notes=[_text(note) for note in content["notes"]],
            pictures=_count(content["pictures"]),
            of_pictures=_count(content["of_pictures"]),
            finished=_text(content["finished"]),
        )
    except (OSError, ValueError, LookupError, TypeError, RecursionError, InputError):
        return None


def _state_of(out: Path) -> str:
    """Return a hash of names and sizes of a folder's pictures: they stay when it is copied or touched."""
    digest = hashlib.blake2b(digest_size=16)
    for name in pictures_below(out, EXTENSIONS.keys()):
        digest.update(f"{name}\0{(out / name).stat().st_size}\0".encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def _figure_as_dict(figure: Figure) -> dict[str, Any]:
    """Return a figure as JSON takes it."""
    values = {name: getattr(figure, name) for name in _COLUMNS}
    return {name: value.value if isinstance(value, Enum) else value for name, value in values.items()}


def _figure_of(content: Mapping[str, Any]) -> Figure:
    """Read a figure.

    Raises:
        ValueError: A value is not of its kind.
        LookupError: One is missing.
    """
    value, low, high = (content[name] for name in ("value", "low", "high"))
    if not all(one is None or is_number(one) for one in (value, low, high)):
        raise ValueError("no number")
    return Figure(
        group=_word(Group, content["group"]),
        name=_text(content["name"]),
        category=_text(content["category"]),
        value=value,
        low=low,
        high=high,
        unit=_word(Unit, content["unit"]),
        pictures=_count(content["pictures"]),
        judgement=_text(content["judgement"]),
    )


def _word(kind: type[Word], value: object) -> Word:
    """Read one of some words."""
    return kind(value)


def _text(value: object) -> str:
    """Read a text.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, str):
        raise ValueError("no text")
    return value


def _count(value: object) -> int:
    """Read a number of pictures.

    Raises:
        ValueError: It is none.
    """
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise ValueError("no number of pictures")
    return value


def _as_csv(evaluation: Evaluation) -> str:
    """Write the figures as a table for spreadsheets."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(_COLUMNS)
    for figure in evaluation.figures:
        values = _figure_as_dict(figure).values()
        writer.writerow([table_cell(value) if isinstance(value, str) else value for value in values])
    return stream.getvalue()
