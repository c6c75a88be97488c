"""The lines of a YOLO text file: an object each.

Format: https://docs.ultralytics.com/datasets/detect/. A line is a class id and a box (centre, width, height), a polygon
(detection by segments, oriented boxes), or a box and key points; all in shares of the picture's width and height.
"""

import math
from collections.abc import Collection, Mapping
from dataclasses import replace

from pipeline.labels.interface import Box, LabelledObject
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


def _object(words: list[bytes], names: Mapping[int, str], *, has_keypoints: bool, outlines: bool) -> LabelledObject:
    """Read one line."""
    try:
        category = int(float(words[0]))
        numbers = [float(word) for word in words[1:]]
    except (ValueError, OverflowError):
        return LabelledObject("no class", None, relative=True)
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
