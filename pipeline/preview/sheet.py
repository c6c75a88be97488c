"""The preview as one picture: a row for each picture, captions drawn."""

import io
from collections.abc import Sequence

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from pipeline.files.text import one_line
from pipeline.images.geometry import Size, size_text
from pipeline.pages.pictures import fitting
from pipeline.preview.content import NO_WORDS, Content
from pipeline.preview.place import MADE_BY

WIDEST = 3840
"""Width of a sheet in pixels that its columns share."""
_COLUMN = 160, 480
"""Least and most width of a column, in pixels."""
_TALLEST = 1.25
"""Most height of a picture, in widths of its column."""
_GAP, _MARGIN = 8, 24
_TITLE, _TEXT, _SMALL = 28, 20, 15
"""Heights of letters, in pixels."""
_INK, _PALE, _GROUND = "#1b1e22", "#59616b", "#ffffff"
_LAST_DRAWN = 0x24F
"""Where the letters of the font end; others are drawn as a question mark."""


def draw_sheet(content: Content) -> bytes:
    """Draw the sheet.

    Args:
        content: What it shows.

    Returns:
        It, as PNG; the same for the same content.
    """
    columns = 1 + len(content.headings)
    least, most = _COLUMN
    width = max(least, min(most, (WIDEST - 2 * _MARGIN) // columns - _GAP))
    drawn = _Drawn(2 * _MARGIN + columns * (width + _GAP) - _GAP)
    drawn.text((_MARGIN,), [content.title], drawn.width - 2 * _MARGIN, _TITLE, _INK)
    places = [_MARGIN + number * (width + _GAP) for number in range(columns)]
    for row in content.rows:
        drawn.skip(_GAP)
        drawn.text((_MARGIN,), [f"{row.name}, {size_text(row.size)}"], drawn.width - 2 * _MARGIN, _SMALL, _PALE)
        size = _in_column(row.original.size, width)
        drawn.pictures(places, [one.resize(size, Image.Resampling.LANCZOS) for one in (row.original, *row.made)])
        captions = ["original", *(one.caption for one in content.headings)]
        drawn.text(places, captions, width, _TEXT, _INK)
        drawn.text(places, ["", *(one.words or NO_WORDS for one in content.headings)], width, _SMALL, _PALE)
    drawn.skip(_GAP)
    return drawn.png()


def _in_column(size: Size, width: int) -> Size:
    """Return the (W, H) of a picture in a column: as wide as that, unless it would be too tall."""
    across = fitting(size, max(1, round(width * max(size) / size[0])), enlarge=True)
    tallest = round(width * _TALLEST)
    return across if across[1] <= tallest else fitting(size, tallest, enlarge=True)


class _Drawn:
    """A picture that grows downwards.

    Args:
        width: In pixels.
    """

    def __init__(self, width: int) -> None:
        self.width = width
        self._parts: list[tuple[int, int, Image.Image]] = []
        self._bottom = _MARGIN

    def skip(self, height: int) -> None:
        """Leave room."""
        self._bottom += height

    def pictures(self, places: Sequence[int], pictures: Sequence[Image.Image]) -> None:
        """Put pictures beside each other, at their places from the left."""
        self._parts += [(x, self._bottom, picture) for x, picture in zip(places, pictures, strict=True)]
        self._bottom += max(picture.height for picture in pictures) + _GAP // 2

    def text(self, places: Sequence[int], texts: Sequence[str], width: int, height: int, ink: str) -> None:
        """Write texts beside each other, each in lines of at most a width."""
        font = ImageFont.load_default(height)
        lines = [_lines(_drawable(text), font, width) for text in texts]
        step = round(height * 1.3)
        block = max(map(len, lines)) * step
        for x, some in zip(places, lines, strict=True):
            if not some:
                continue
            part = Image.new("RGB", (width, block), _GROUND)
            draw = ImageDraw.Draw(part)
            for number, line in enumerate(some):
                draw.text((0, number * step), line, ink, font)
            self._parts.append((x, self._bottom, part))
        self._bottom += block

    def png(self) -> bytes:
        """Return it all, with a mark of who has made it."""
        whole = Image.new("RGB", (self.width, self._bottom + _MARGIN), _GROUND)
        for x, y, part in self._parts:
            whole.paste(part, (x, y))
        info = PngInfo()
        info.add_text("Software", MADE_BY)
        buffer = io.BytesIO()
        whole.save(buffer, "PNG", compress_level=3, pnginfo=info)
        return buffer.getvalue()


def _drawable(text: str) -> str:
    """Make a text of unknown origin one that can be drawn on a line."""
    return "".join(char if ord(char) <= _LAST_DRAWN else "?" for char in one_line(text))


def _lines(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    """Break a text into lines that are not wider than a width, at blanks where that can be."""
    lines: list[str] = []
    while text:
        end = len(text)
        while end > 1 and font.getlength(text[:end]) > width:
            end -= 1
        blank = text.rfind(" ", 1, end)
        cut = blank if end < len(text) and text[end] != " " and blank > 0 else end
        lines.append(text[:cut])
        text = text[cut:].lstrip(" ")
    return lines
