"""How pages write texts, pictures, numbers and addresses."""

import base64
from collections.abc import Iterator
from urllib.parse import quote

from markupsafe import Markup

from pipeline.files.text import one_line

_LONGEST_TEXT = 300


def printable(value: object) -> object:
    """Replace what is no printable character in each text that a template writes; markup has been through here."""
    return one_line(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def picture(webp: bytes) -> Markup:
    """Return the address of a picture that is in the page."""
    return Markup("data:image/webp;base64," + base64.b64encode(webp).decode())  # noqa: S704 (nothing in it to escape)


def many(number: int, one: str, more: str) -> str:
    """Write a number with its noun."""
    return f"{number:,} {one if number == 1 else more}"


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


def edges(box: tuple[float, float, float, float]) -> Iterator[str]:
    """Yield x, y, width and height of a box for SVG; a box without extent is a line and not nothing."""
    x0, y0, x1, y1 = box
    for value in (x0, y0, max(1.0, x1 - x0), max(1.0, y1 - y0)):
        yield f"{value:.1f}"


def short(text: str) -> str:
    """Shorten a text that may be of any length, so that the page stays small."""
    safe = one_line(text[: 2 * _LONGEST_TEXT])
    return safe if len(safe) <= _LONGEST_TEXT else f"{safe[: _LONGEST_TEXT // 2]}…{safe[-_LONGEST_TEXT // 2 :]}"
