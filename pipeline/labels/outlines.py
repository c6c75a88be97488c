"""The outlines of objects, read out of parsed labels of unknown origin.

What cannot be read whole is no outline, so that the box stands for the object: of an outline with a part missing, that
part of the object would be taken for background. No value raises.
"""

import math
from collections.abc import Sequence
from typing import Any

from pipeline.labels.interface import Outline, Polygon

MOST_POINTS = 10_000
"""Points that the polygons of one object may have in all. Those of COCO's ``val2014`` have 24 on average."""


def outline_of(polygons: Sequence[object]) -> Outline:
    """Read polygons.

    Args:
        polygons: For each a list [x, y, x, y, ...].

    Returns:
        The polygons, or none at all where one of them is no list of at least three points of finite numbers, or where
        they have more than ``MOST_POINTS``.
    """
    if sum(len(one) for one in polygons if isinstance(one, list)) > 2 * MOST_POINTS:
        return ()
    found = []
    for one in polygons:
        polygon = _polygon(one)
        if polygon is None:
            return ()
        found.append(polygon)
    return tuple(found)


def outline_of_coco(segmentation: object) -> Outline:
    """Read what stands in an annotation's ``segmentation``.

    Args:
        segmentation: A list of polygons, or one alone, which pycocotools takes as well. RLE, as crowds have it, is not
            decoded: an object with it has no outline.
    """
    if not isinstance(segmentation, list):
        return ()
    is_alone = bool(segmentation) and not isinstance(segmentation[0], list)
    return outline_of([segmentation] if is_alone else segmentation)


def outline_of_scalabel(poly2d: object, category: object) -> Outline:
    """Read what stands in a label's ``poly2d``.

    It is a list of objects with ``vertices`` and ``closed``; open ones, as lanes are, enclose nothing and are passed
    over. BDD100K had one list of [x, y, type] before August 2018, closed for all but lanes. The control points of a
    curve are taken for vertices, so that the curve is met roughly.

    Args:
        poly2d: The value.
        category: Of the label.
    """
    if not isinstance(poly2d, list):
        return ()
    if poly2d and isinstance(poly2d[0], list):
        return () if str(category).startswith("lane") else outline_of([_flat(poly2d)])
    if not all(isinstance(one, dict) for one in poly2d):
        return ()
    return outline_of([_flat(one.get("vertices")) for one in poly2d if one.get("closed") is True])


def _polygon(values: object) -> Polygon | None:
    """Read [x, y, x, y, ...], or return None where it is no such list."""
    if not isinstance(values, list) or len(values) < 6 or len(values) % 2:
        return None
    if not set(map(type, values)) <= {int, float}:  # a bool is neither
        return None
    try:
        numbers = list(map(float, values))
    except OverflowError:  # an integer beyond the range of floats
        return None
    if not all(map(math.isfinite, numbers)):
        return None
    return tuple(zip(numbers[::2], numbers[1::2], strict=True))


def _flat(vertices: object) -> list[Any] | None:
    """Turn [[x, y], ...] or [[x, y, type], ...] into [x, y, ...], or return None where it is neither."""
    if not isinstance(vertices, list):
        return None
    if not all(isinstance(one, list) and len(one) in {2, 3} for one in vertices):
        return None
    return [value for one in vertices for value in one[:2]]
