"""A report's content as one HTML page that holds everything: pictures, style and script.

Names and texts in it are of unknown origin. The templates escape all of them, what is not printable becomes an escape,
and the page's own policy lets nothing run or load but the style and the script that stand beside this module.
"""

import base64
import dataclasses
import hashlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from pipeline.files.text import one_line
from pipeline.report.content import Changes, Content, ShownBox
from tpsence import __version__

MOST_BYTES = 5_000_000
"""Size of a page, so that it opens at once on a telephone, and goes through a mail server."""
COLOURS = 8
"""Colours for classes in ``page.css``; further classes begin again with the first."""
_PLOT = (60.0, 30.0, 546.0, 196.0)
"""(x0, y0, x1, y1) of the histogram's axes in its picture of 560 x 252 units."""
_LEAST_BAR = 1.5
"""Height that one box has at least, so that a lone one among thousands is seen."""


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
            chart=_chart(content.changes) if content.changes else None,
            shown=(shown := _shown(content)),
            flagged=sum(box.flagged for picture in content.gallery for box in picture.boxes),
            colours=_colours(content, shown),
            drawn={category for category, _ in shown} | {crop.category for crop in content.worst},
            style=Markup(style),  # noqa: S704 (the package's own file)
            script=Markup(script),  # noqa: S704 (the package's own file)
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


@dataclass(frozen=True, slots=True)
class _Bar:
    """Part of a histogram's bar, in the units of its picture."""

    x: float
    y: float
    width: float
    height: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class _Chart:
    """A histogram, in the units of its picture."""

    plot: tuple[float, float, float, float]
    """(x0, y0, x1, y1) of the axes."""
    bars: Sequence[_Bar]
    ticks: Sequence[tuple[float, int]]
    """Height and number of boxes."""
    threshold: float
    """Where the line stands, from the left."""
    rows: Sequence[tuple[float, float, int]]
    """Change from, to, 0 to 1, and boxes."""


def _chart(changes: Changes) -> _Chart:
    """Lay out the histogram; a bar that the threshold cuts is in two parts."""
    left, top, right, bottom = _PLOT
    bins = len(changes.counts)
    step = _tick_step(max(changes.counts, default=0))
    most = step * max(1, -(-max(changes.counts, default=0) // step))
    bars = []
    for index, count in enumerate(changes.counts):
        if not count:
            continue
        height = max(_LEAST_BAR, (bottom - top) * count / most)
        start, end = index / bins, (index + 1) / bins
        cut = min(max(changes.threshold, start), end)
        for begin, stop, flagged in ((start, cut, False), (cut, end, True)):
            if begin < stop:
                gap = 1.0 if stop == end else 0.0  # between bars, not between the parts of one
                x, width = left + (right - left) * begin, (right - left) * (stop - begin)
                bars.append(_Bar(x, bottom - height, max(0.5, width - gap), height, flagged))
    return _Chart(
        plot=_PLOT,
        bars=bars,
        ticks=[(bottom - (bottom - top) * number / most, number) for number in range(0, most + 1, step)],
        threshold=left + (right - left) * changes.threshold,
        rows=[(index / bins, (index + 1) / bins, count) for index, count in enumerate(changes.counts)],
    )


def _tick_step(most: int) -> int:
    """Return 1, 2 or 5 times a power of ten, so that at most five steps reach a number."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step * 5 >= most:
                return factor * step
        step *= 10


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
        finalize=_printable,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "picture": _picture,
        "percent": _percent,
        "number": "{:,}".format,
        "duration": _duration,
        "edges": _edges,
        "largest_first": _largest_first,
    }
    environment.globals |= {"many": _many}
    return environment


def _printable(value: object) -> object:
    """Replace what is no printable character in each text that a template writes; markup has been through here."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def _picture(webp: bytes) -> Markup:
    """Return the address of a picture that is in the page."""
    return Markup("data:image/webp;base64," + base64.b64encode(webp).decode())  # noqa: S704 (nothing in it to escape)


def _percent(share: float) -> Markup:
    """Write a share, 0 to 1; what is not quite nothing, or not quite all, does not read so."""
    text = f"{100 * share:.0f}"
    if (text == "0" and share > 0) or (text == "100" and share < 1):
        text = "< 1" if share < 0.5 else "> 99"
    return Markup("{}&nbsp;%").format(text)


def _many(number: int, one: str, more: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {one if number == 1 else more}"


def _duration(seconds: float) -> str:
    """Write a duration with its two largest units."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def _edges(box: tuple[float, float, float, float]) -> Iterator[str]:
    """Yield x, y, width and height of a box for SVG; a box without extent is a line and not nothing."""
    x0, y0, x1, y1 = box
    for value in (x0, y0, max(1.0, x1 - x0), max(1.0, y1 - y0)):
        yield f"{value:.1f}"
