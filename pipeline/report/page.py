"""A report's content as one HTML page that holds everything: pictures, style and script."""

import dataclasses
from collections import Counter
from collections.abc import Sequence
from functools import cache

from jinja2 import Environment

from pipeline.pages.template import COLOURS, MOST_BYTES, environment
from pipeline.report.chart import chart_of
from pipeline.report.content import Content, ShownBox
from pipeline.report.words import degrees, duration, heat, percent

LONG_TABLE = 8
"""A table with more rows can be searched."""


def render(content: Content) -> str:
    """Write a report.

    Args:
        content: What it shows.

    Returns:
        The page, the same for the same content; it can be encoded as UTF-8.
    """
    return (
        _environment()
        .get_template("report.html.j2")
        .render(
            content=content,
            changes=content.changes,
            chart=chart_of(content.changes) if content.changes else None,
            shown=(shown := _shown(content)),
            flagged=sum(box.flagged for picture in content.gallery for box in picture.boxes),
            colours=_colours(content, shown),
            drawn={category for category, _ in shown} | {crop.category for crop in content.worst},
            places={picture.file: number for number, picture in enumerate(content.gallery, 1)},
        )
    )


def render_small(content: Content, most_bytes: int = MOST_BYTES) -> str:
    """Render a page that is small enough: pictures at the end of the gallery are left out until it is.

    Args:
        content: What it shows.
        most_bytes: Its size, in bytes of UTF-8.
    """
    page = render(content)
    while len(page.encode()) >= most_bytes and content.gallery:
        content = dataclasses.replace(content, gallery=content.gallery[:-1])
        page = render(content)
    return page


def _shown(content: Content) -> list[tuple[int, int]]:
    """Return the classes of the gallery's boxes and how many it has of each, the most frequent first."""
    counts = Counter(box.category for picture in content.gallery for box in picture.boxes)
    return sorted(counts.items(), key=lambda item: (-item[1], item[0]))


def _colours(content: Content, shown: Sequence[tuple[int, int]]) -> list[int]:
    """Return the number of each class's colour: the classes seen most often have different ones."""
    numbers = range(len(content.categories))
    often = dict(shown)
    order = sorted(numbers, key=lambda number: (-often.get(number, 0), -content.categories[number].annotations))
    colours = {number: rank % COLOURS for rank, number in enumerate(order)}
    return [colours[number] for number in numbers]


def _largest_first(boxes: Sequence[ShownBox]) -> list[ShownBox]:
    """Sort boxes so that a small one is drawn upon a large one, where the pointer finds it."""

    def area(shown: ShownBox) -> float:
        x0, y0, x1, y1 = shown.box
        return (x1 - x0) * (y1 - y0)

    return sorted(boxes, key=area, reverse=True)


@cache
def _environment() -> Environment:
    """Return the templates' environment."""
    made = environment("pipeline.report")
    made.filters |= {
        "percent": percent,
        "degrees": degrees,
        "duration": duration,
        "heat": heat,
        "largest_first": _largest_first,
    }
    made.globals |= {"long_table": LONG_TABLE}
    return made
