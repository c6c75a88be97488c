"""A preview's content as one HTML page that holds everything: pictures, style and script."""

import math
from collections import Counter
from dataclasses import dataclass
from functools import cache

from jinja2 import Environment
from PIL import Image

from pipeline.images.size import Size
from pipeline.pages.pictures import webp
from pipeline.pages.template import COLOURS, MOST_BYTES, environment
from pipeline.preview.content import NO_WORDS, Content, Row, ShownBox

LONGEST_SIDE = 1280
"""Longest side of a picture on the page, in pixels."""
ORIGINAL = "original"
_QUALITY = 80
_BYTES_PER_PIXEL = 0.28
"""Of a picture in heavy rain at this quality, as WebP."""
_SHARE = 0.7
"""Of the page that is for pictures: in a page four bytes stand for three."""
_SMALLER = 0.8


@dataclass(frozen=True, slots=True, kw_only=True)
class _ShownRow:
    """A row with its pictures encoded."""

    name: str
    size: Size
    shown: Size
    boxes: tuple[ShownBox, ...]
    cells: tuple[bytes, ...]


def room_for(size: Size, pictures: int) -> Size:
    """Return the size (W, H) that a picture is shown at.

    Args:
        size: Its own (W, H).
        pictures: How many there are on the page.
    """
    area = MOST_BYTES * _SHARE / _BYTES_PER_PIXEL / pictures
    factor = min(1.0, LONGEST_SIDE / max(size), math.sqrt(area / (size[0] * size[1])))
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def render_small(content: Content, most_bytes: int = MOST_BYTES) -> str:
    """Render a page that is small enough: its pictures are made smaller until it is.

    Args:
        content: What it shows.
        most_bytes: Its size, in bytes of UTF-8.

    Returns:
        The page, the same for the same content; it can be encoded as UTF-8.
    """
    factor = 1.0
    while True:
        page = _render(content, factor)
        largest = max(max(row.original.size) for row in content.rows) * factor
        if len(page.encode()) < most_bytes or largest < 2:
            return page
        factor *= _SMALLER


def _render(content: Content, factor: float) -> str:
    """Render a page whose pictures are scaled by a factor."""
    counts = Counter(one.category for row in content.rows for one in row.boxes)
    colours = {category: rank % COLOURS for rank, (category, _) in enumerate(counts.most_common())}
    rows = [_encoded(row, factor) for row in content.rows]
    return (
        _environment()
        .get_template("preview.html.j2")
        .render(
            content=content,
            is_scaled=any(row.shown != row.size for row in rows),
            no_words=NO_WORDS,
            captions=[ORIGINAL, *(one.caption for one in content.headings)],
            words=[one.words for one in content.headings],
            rows=rows,
            categories=[(category, colours[category], number) for category, number in counts.most_common()],
            colours=colours,
        )
    )


def _encoded(row: Row, factor: float) -> _ShownRow:
    """Encode the pictures of a row."""
    width, height = (max(1, round(side * factor)) for side in row.original.size)

    def encoded(one: Image.Image) -> bytes:
        fits = one if factor == 1 else one.resize((width, height), Image.Resampling.LANCZOS)
        return webp(fits, _QUALITY)

    return _ShownRow(
        name=row.name,
        size=row.size,
        shown=(width, height),
        boxes=tuple(row.boxes),
        cells=tuple(encoded(one) for one in (row.original, *row.made)),
    )


@cache
def _environment() -> Environment:
    """Return the templates' environment."""
    return environment("pipeline.preview")
