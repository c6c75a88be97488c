"""The lines of a YOLO text file: an object each.

Format: https://docs.ultralytics.com/datasets/detect/. A line is a class id and a box (centre, width, height), a polygon
(detection by segments, oriented boxes), or a box and key points; all in shares of the picture's width and height.
"""

import codecs
import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from pipeline.labels.interface import NO_CLASS, Box, LabelledObject
from pipeline.labels.outlines import outline_of


def objects_of(
    content: bytes, names: Mapping[int, str], *, has_keypoints: bool, outlines: bool = False
) -> list[LabelledObject]:
    """Read the objects of a text file; a line that cannot be read is an object without a box.

    Args:
        content: Of the file.
        names: Of the classes by id, as far as known.
        has_keypoints: Longer lines are a box and key points instead of a polygon.
        outlines: Keep the polygons too, and not the boxes around them alone.
    """
    return [
        replace(_object(line.split(), names, has_keypoints=has_keypoints, outlines=outlines), line=number)
        for number, line in enumerate(content.splitlines(), 1)
        if line.strip()
    ]


def without_objects(content: bytes, places: Collection[int]) -> bytes:
    """Leave out the lines of some objects; every other byte stays.

    Args:
        content: Of the file.
        places: Places of the objects among those of ``objects_of``.
    """
    kept = []
    place = -1
    for line in content.splitlines(keepends=True):
        place += bool(line.strip())
        if not (line.strip() and place in places):
            kept.append(line)
    return b"".join(kept)


def count_objects(content: bytes) -> int:
    """Return the number of objects of a text file."""
    return sum(not line.isspace() for line in content.splitlines() if line)


def is_line_of_yolo(line: bytes) -> bool:
    """Tell whether a line may be an object, whole or damaged: numbers alone, the first of which can be a class id."""
    words = line.removeprefix(codecs.BOM_UTF8).split()
    return all(map(_is_number, words)) and bool(words) and float(words[0]).is_integer() and float(words[0]) >= 0


def what_instead(line: bytes) -> str:
    """Say what a line is that is no object of YOLO.

    Args:
        line: Not empty.
    """
    if line.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "text in UTF-16, which no trainer reads"
    words = line.split()
    if len(words) in {15, 16} and not words[0][:1].isdigit():
        return "a line of KITTI"
    if len(words) in {9, 10} and not _is_number(words[8]) and all(map(_is_number, words[:8])):
        return "a line of DOTA"
    if line.count(b",") >= 4:
        return "values with commas between them, as MOT and VisDrone have them"
    if len(words) >= 5 and not _is_number(words[0]) and all(map(_is_number, words[1:5])):
        return "a class name where YOLO has its number"
    return "no class number with a box"


def _is_number(word: bytes) -> bool:
    """Tell whether a word is a number."""
    try:
        float(word)
    except ValueError:
        return False
    return True


def _object(words: list[bytes], names: Mapping[int, str], *, has_keypoints: bool, outlines: bool) -> LabelledObject:
    """Read one line."""
    try:
        category = int(float(words[0]))
        numbers = [float(word) for word in words[1:]]
    except (ValueError, OverflowError):
        return LabelledObject(NO_CLASS, None, relative=True)
    is_polygon = len(numbers) >= 6 and len(numbers) % 2 == 0 and not has_keypoints
    box = _around(numbers) if is_polygon else _from_centre(numbers)
    outline = outline_of([numbers]) if is_polygon and outlines else ()
    return LabelledObject(names.get(category, f"class {category}"), box, relative=True, outline=outline)


def _from_centre(numbers: list[float]) -> Box | None:
    """Read centre, width and height; what comes behind is not looked at."""
    if len(numbers) < 4 or not all(map(math.isfinite, numbers[:4])):
        return None
    x, y, width, height = numbers[:4]
    return x - width / 2, y - height / 2, x + width / 2, y + height / 2


def _around(numbers: list[float]) -> Box | None:
    """Return the box around a polygon."""
    if not all(map(math.isfinite, numbers)):
        return None
    xs, ys = numbers[::2], numbers[1::2]
    return min(xs), min(ys), max(xs), max(ys)
