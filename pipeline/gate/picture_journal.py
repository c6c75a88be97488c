"""What whole pictures have become, kept line by line as they are written: no picture is read again for it.

A line is added before its picture is: a kill in between leaves a line that counts for nothing, as the picture is made
once more, and never a picture without its line.
"""

import json
from collections.abc import Iterable
from dataclasses import asdict
from pathlib import Path

from pipeline.files.lines import Lines
from pipeline.gate.measures import PictureMeasure

PICTURES = "pictures"


def note_picture(file: Lines, name: str, measure: PictureMeasure) -> None:
    """Add what a picture has become to a journal.

    Args:
        file: The journal.
        name: Of the picture, as the data set has it.
        measure: Of the picture.

    Raises:
        OSError: It cannot be written.
    """
    file.add({"file": name, **asdict(measure)})


def known_pictures(files: Iterable[Path]) -> dict[str, PictureMeasure]:
    """Read what pictures have become, by name; the last line of a picture counts, one that is damaged does not."""
    found: dict[str, PictureMeasure] = {}
    for file in files:
        for line in file.read_text(encoding="utf-8", errors="replace").splitlines():
            measure = _parsed(line)
            if measure is not None:
                found[measure[0]] = measure[1]
    return found


def _parsed(line: str) -> tuple[str, PictureMeasure] | None:
    """Read a line."""
    try:
        content = json.loads(line)
        name, contrast, clipped, change = (content[key] for key in ("file", "contrast", "clipped", "change"))
        measure = PictureMeasure(None if contrast is None else float(contrast), float(clipped), float(change))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return (name, measure) if isinstance(name, str) else None
