"""How a report's page writes numbers, texts, pictures and addresses."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

from markupsafe import Markup

from pipeline.files.text import one_line


def printable(value: object) -> object:
    """Replace what is no printable character in each text that a template writes; markup has been through here."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def picture(webp: bytes) -> Markup:
    """Return the address of a picture that is in the page."""
    return Markup("data:image/webp;base64," + base64.b64encode(webp).decode())  # noqa: S704 (nothing in it to escape)


def percent(share: float) -> Markup:
    """Write a share, 0 to 1; what is not quite nothing, or not quite all, does not read so."""
    text = f"{100 * share:.0f}"
    if (text == "0" and share > 0) or (text == "100" and share < 1):
        text = "< 1" if share < 0.5 else "> 99"
    return Markup("{}&nbsp;%").format(text)


def many(number: int, one: str, more: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {one if number == 1 else more}"


def duration(seconds: float) -> str:
    """Write a duration with its two largest units."""
    if round(seconds, 1) < 60:
        return f"{seconds:.1f} s"
    whole = round(seconds)
    hours, minutes, rest = whole // 3600, whole // 60 % 60, whole % 60
    return f"{hours} h {minutes:02} min" if hours else f"{minutes} min {rest:02} s"


def edges(box: tuple[float, float, float, float]) -> Iterator[str]:
    """Yield x, y, width and height of a box for SVG; a box without extent is a line and not nothing."""
    x0, y0, x1, y1 = box
    for value in (x0, y0, max(1.0, x1 - x0), max(1.0, y1 - y0)):
        yield f"{value:.1f}"


def degrees(angle: float) -> Markup:
    """Write an angle."""
    return Markup("{:.1f}°").format(angle)


def address(file: str) -> str | None:
    """Return the address of a file beside the page, or None where it would not be below its folder.

    It is relative and percent-encoded, so that nothing in a name is a scheme, a server, a query or a part of the page.

    Args:
        file: As a POSIX path below the folder of the page; of unknown origin.
    """
    if not file or ".." in file.replace("\\", "/").split("/") or file.startswith(("/", "\\")):
        return None
    try:
        data = file.encode("utf-8", "surrogateescape")  # the bytes that the name has on the disk
    except UnicodeEncodeError:
        data = file.encode("utf-8", "surrogatepass")
    return "./" + quote(data)


def heat(share: float) -> int:
    """Return how strongly a cell with a share of flagged boxes, 0 to 1, is marked: 0 (not at all) to 4."""
    return sum(share > least for least in (0.01, 0.03, 0.1, 0.3))
