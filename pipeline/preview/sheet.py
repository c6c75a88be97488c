"""The preview as one picture: a row for each picture, captions drawn."""

import io
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo

from pipeline.images.geometry import Size, size_text
from pipeline.pages.pictures import fitting
from pipeline.pages.words import short
from pipeline.preview.content import NO_WORDS, Content
from pipeline.preview.place import MADE_BY

COLUMN = 480
"""Width of a column, in pixels."""
MOST_ON_A_LINE = 7
"""Columns beside each other; with more, a row of the sheet goes on below itself."""
_TALLEST = 1.25
"""Most height of a picture, in widths of its column."""
_GAP, _MARGIN = 8, 24
_INK, _PALE, _GROUND = "#1b1e22", "#59616b", "#ffffff"
_LAST_DRAWN = 0x24F
"""Where the letters of the font end; others are drawn as a question mark."""


@dataclass(frozen=True, slots=True)
class _Letters:
    """How a text is written."""

    height: int
    """In pixels."""
    ink: str = _INK
    apart: int = 0
    """Pixels between two letters more than usual: of options, whose two dashes would be a single one."""

    def width(self, text: str) -> float:
        """Return the width of a text in pixels."""
        return _font(self.height).getlength(text) + self.apart * len(text)

    def write(self, draw: ImageDraw.ImageDraw, top: int, text: str) -> None:
        """Write a line from the left."""
        left = 0.0
        for part in text if self.apart else [text]:
            draw.text((left, top), part, self.ink, _font(self.height))
            left += self.width(part)


_TITLE, _CAPTION, _NAME, _WORDS = _Letters(28), _Letters(20), _Letters(15, _PALE), _Letters(15, _PALE, apart=1)


def draw_sheet(content: Content) -> bytes:
    """Draw the sheet.

    Args:
        content: What it shows.

    Returns:
        It, as PNG; the same for the same content.
    """
    captions = ["original", *(one.caption for one in content.headings)]
    words = ["", *(one.words or NO_WORDS for one in content.headings)]
    lines = -(-len(captions) // MOST_ON_A_LINE)
    columns = -(-len(captions) // lines)
    places = [_MARGIN + number * (COLUMN + _GAP) for number in range(columns)]
    drawn = _Drawn(places[-1] + COLUMN + _MARGIN)
    across = drawn.width - 2 * _MARGIN
    drawn.text(places[:1], [content.title], across, _TITLE)
    for row in content.rows:
        drawn.skip(_GAP)
        drawn.text(places[:1], [f"{row.name}, {size_text(row.size)}"], across, _NAME)
        size = _in_column(row.original.size)
        pictures = [one.resize(size, Image.Resampling.LANCZOS) for one in (row.original, *row.made)]
        for start in range(0, len(captions), columns):
            line = slice(start, start + columns)
            drawn.pictures(places, pictures[line])
            drawn.text(places, captions[line], COLUMN, _CAPTION)
            drawn.text(places, words[line], COLUMN, _WORDS)
            drawn.skip(_GAP)
    drawn.skip(_GAP)
    return drawn.png()


def _in_column(size: Size) -> Size:
    """Return the (W, H) of a picture in a column: as wide as that, unless it would be too tall."""
    across = fitting(size, max(1, round(COLUMN * max(size) / size[0])), enlarge=True)
    tallest = round(COLUMN * _TALLEST)
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
        self._parts += [(x, self._bottom, picture) for x, picture in zip(places, pictures, strict=False)]
        self._bottom += max(picture.height for picture in pictures) + _GAP // 2

    def text(self, places: Sequence[int], texts: Sequence[str], width: int, letters: _Letters) -> None:
        """Write texts beside each other, each in lines of at most a width."""
        lines = [_lines(_drawable(text), letters, width) for text in texts]
        step = round(letters.height * 1.3)
        block = max(map(len, lines)) * step
        for x, some in zip(places, lines, strict=False):
            part = Image.new("RGB", (width, max(1, block)), _GROUND)
            draw = ImageDraw.Draw(part)
            for number, line in enumerate(some):
                letters.write(draw, number * step, line)
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


@cache
def _font(height: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """Return Pillow's own font."""
    return ImageFont.load_default(height)


def _drawable(text: str) -> str:
    """Make a text of unknown origin one that can be drawn on a line."""
    return "".join(char if ord(char) <= _LAST_DRAWN else "?" for char in short(text))


def _lines(text: str, letters: _Letters, width: int) -> list[str]:
    """Break a text into lines that are not wider than a width, at blanks where that can be."""
    lines: list[str] = []
    while text:
        end = len(text)
        while end > 1 and letters.width(text[:end]) > width:
            end -= 1
        blank = text.rfind(" ", 1, end)
        cut = blank if end < len(text) and text[end] != " " and blank > 0 else end
        lines.append(text[:cut])
        text = text[cut:].lstrip(" ")
    return lines
