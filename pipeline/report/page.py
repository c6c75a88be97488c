"""A report's content as one HTML page that holds everything: pictures, style and script.

Names and texts in it are of unknown origin. The templates escape all of them, what is not printable becomes an escape,
and the page's own policy lets nothing run or load but the style and the script that stand beside this module.
"""

import base64
import dataclasses
import hashlib
from collections import Counter
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.report.chart import chart_of
from pipeline.report.content import Content, ShownBox
from pipeline.report.words import address, degrees, duration, edges, heat, many, percent, picture, printable
from tpsence import __version__

MOST_BYTES = 5_000_000
"""Size of a page, so that it opens at once on a telephone, and goes through a mail server."""
COLOURS = 8
"""Colours for classes in ``page.css``; further classes begin again with the first."""
LONG_TABLE = 8
"""A table with more rows can be searched."""


def render(content: Content) -> str:
    """Write a report.

    Args:
        content: What it shows.

    Returns:
        The page, the same for the same content; it can be encoded as UTF-8.
    """
    style, script = _asset("page.css"), _asset("page.js")
    return (
        _environment()
        .get_template("page.html.j2")
        .render(
            content=content,
            changes=content.changes,
            chart=chart_of(content.changes) if content.changes else None,
            shown=(shown := _shown(content)),
            flagged=sum(box.flagged for picture in content.gallery for box in picture.boxes),
            colours=_colours(content, shown),
            drawn={category for category, _ in shown} | {crop.category for crop in content.worst},
            style=Markup(style),  # noqa: S704 (the package's own file)
            script=Markup(script),  # noqa: S704 (the package's own file)
            places={picture.file: number for number, picture in enumerate(content.gallery, 1)},
            policy=_policy(style, script),
            version=__version__,
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


def _policy(style: str, script: str) -> str:
    """Return a Content-Security-Policy that allows this style, this script and the pictures within the page."""

    def source(text: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"

    return "; ".join(
        (
            "default-src 'none'",
            "img-src data:",
            f"style-src {source(style)}",
            f"script-src {source(script)}",
            "base-uri 'none'",
            "form-action 'none'",
        )
    )


@cache
def _asset(name: str) -> str:
    """Read a file of the page's folder."""
    return (files("pipeline.report") / "page" / name).read_text(encoding="utf-8")


@cache
def _environment() -> Environment:
    """Return the templates' environment."""
    environment = Environment(
        loader=PackageLoader("pipeline.report", "page"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "picture": picture,
        "percent": percent,
        "degrees": degrees,
        "number": "{:,}".format,
        "duration": duration,
        "edges": edges,
        "address": address,
        "heat": heat,
        "largest_first": _largest_first,
    }
    environment.globals |= {"many": many, "long_table": LONG_TABLE, "line_end": Markup("\n")}
    return environment
