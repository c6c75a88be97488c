"""What was measured of each picture, kept line by line so that a run that was killed measures nothing twice."""

import hashlib
import json
import math
from collections.abc import Container, Iterable, Sequence
from dataclasses import astuple, dataclass
from pathlib import Path

from pipeline.files.lines import Lines
from pipeline.gate.measures import BoxMeasure, Measures, PictureMeasure, PictureMeasures
from pipeline.labels.interface import LabelledObject, LabelSet
from pipeline.output.folder import OutputFolder

JOURNAL = "boxes"


@dataclass(frozen=True, slots=True)
class Entry:
    """What was measured of one picture."""

    measures: PictureMeasures
    key: str
    """Hash of the boxes that were measured; see ``key_of``."""


def key_of(objects: Sequence[LabelledObject]) -> str:
    """Return a hash of a picture's boxes in their order: measures of others are of no use."""
    text = repr([(one.box, one.relative) for one in objects])
    return hashlib.blake2b(text.encode(), digest_size=8).hexdigest()


def read_journals(files: Iterable[Path]) -> dict[str, Entry]:
    """Read what was measured, by the picture's name; a line that is cut off or damaged is as if it were not there."""
    found: dict[str, Entry] = {}
    for file in files:
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines() if file.exists() else []
        found.update(pair for line in lines if (pair := _parsed(line)) is not None)
    return found


def known_measures(files: Iterable[Path], labels: LabelSet, names: Iterable[str]) -> dict[str, PictureMeasures]:
    """Return what was measured of pictures and of the boxes that the labels have now, by the picture's name.

    Args:
        files: The journals.
        labels: The data set.
        names: The pictures asked for; those that were not measured, or with other boxes, are left out.

    Raises:
        LabelError: The labels have changed since they were read.
    """
    entries = read_journals(files)
    found: dict[str, PictureMeasures] = {}
    for name in names:
        entry = entries.get(name)
        objects = labels.objects(name) if entry else ()
        if entry and entry.key == key_of(objects) and len(entry.measures.boxes) == len(objects):
            found[name] = entry.measures
    return found


def forget(folder: OutputFolder, names: Container[str]) -> None:
    """Leave the measures of some pictures out of a folder's journal.

    Raises:
        RunError: It cannot be written.
    """
    file = folder.journal(JOURNAL).path
    if file.exists():
        lines = file.read_text(encoding="utf-8", errors="replace").splitlines()
        kept = [line for line in lines if (pair := _parsed(line)) is not None and pair[0] not in names]
        folder.keep_lines(JOURNAL, kept)


def note_boxes(file: Lines, name: str, objects: Sequence[LabelledObject], measures: PictureMeasures) -> None:
    """Add to a journal what was measured of a picture and its objects.

    Raises:
        OSError: It cannot be written.
    """
    file.add(
        {
            "file": name,
            "of": key_of(objects),
            "boxes": [None if one is None else [one.structure, one.contrast, one.colour] for one in measures.boxes],
            "picture": None if measures.picture is None else astuple(measures.picture),
        }
    )


def _parsed(line: str) -> tuple[str, Entry] | None:
    """Read a line; one of an earlier edition, which has other measures, is none."""
    try:
        content = json.loads(line)
        name, key = content["file"], content["of"]
        measures = PictureMeasures(_boxes(content["boxes"]), _picture(content["picture"]))
    except (ValueError, TypeError, KeyError, RecursionError):
        return None
    return (name, Entry(measures, key)) if isinstance(name, str) and isinstance(key, str) else None


def _boxes(values: object) -> Measures:
    """Read the measures of boxes.

    Raises:
        ValueError: They are none.
    """
    if not isinstance(values, list):
        raise ValueError("no list")
    return [None if value is None else BoxMeasure(*_numbers(value, 3, most=1)) for value in values]


def _picture(value: object) -> PictureMeasure | None:
    """Read the measure of a picture.

    Raises:
        ValueError: It is none.
    """
    if value is None:
        return None
    contrast, clipped, change = _numbers(value, 3, most=math.inf)
    if clipped is None or change is None:
        raise ValueError("a measure is missing")
    return PictureMeasure(contrast, clipped, change)


def _numbers(values: object, count: int, *, most: float) -> list[float | None]:
    """Read numbers from 0 on, or None in the place of one.

    Raises:
        ValueError: They are others.
    """
    if not isinstance(values, list) or len(values) != count:
        raise ValueError("not so many numbers")
    for value in values:
        is_number = isinstance(value, float | int) and not isinstance(value, bool) and 0 <= value <= most
        if value is not None and not is_number:
            raise ValueError("no such number")
    return values
