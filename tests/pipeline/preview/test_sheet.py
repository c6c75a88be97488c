"""The sheet is one picture with all of them in order, and captions."""

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.preview.place import MADE_BY
from pipeline.preview.sheet import _CAPTION, _lines, draw_sheet
from tests.pipeline.pages.hostile import HOSTILE
from tests.pipeline.preview.contents import COLOURS, ordinary, row


def drawn(data: bytes) -> NDArray[np.uint8]:
    with Image.open(io.BytesIO(data)) as image:
        assert image.format == "PNG"
        return np.asarray(image.convert("RGB"))


def of_colour(pixels: NDArray[np.uint8], colour: str) -> tuple[int, int]:
    """Return where a colour begins: row and column."""
    wanted = np.array(Image.new("RGB", (1, 1), colour))[0, 0]
    rows, columns = np.nonzero((pixels == wanted).all(axis=2))
    return int(rows.min()), int(columns.min())


def test_the_columns_stand_beside_each_other_in_order_below_a_title() -> None:
    pixels = drawn(draw_sheet(replace(ordinary(), rows=[row("a.jpg")])))
    places = [of_colour(pixels, colour) for colour in COLOURS]
    assert len({y for y, _ in places}) == 1
    assert [x for _, x in places] == [24, 24 + 488, 24 + 2 * 488]
    assert (pixels[: places[0][0]] < 128).any()  # the title
    assert (pixels[places[0][0] + 270 :, 512:992] < 128).any()  # a caption


def test_the_rows_stand_below_each_other_and_a_tall_picture_is_not_as_wide() -> None:
    one, two = (drawn(draw_sheet(replace(ordinary(), rows=ordinary().rows[:number]))) for number in (1, 2))
    assert two.shape[1] == one.shape[1]
    assert two.shape[0] > one.shape[0] + 480
    assert two.shape[0] < one.shape[0] + 480 * 16 / 9


def test_the_same_content_makes_the_same_sheet_and_it_says_who_has_made_it() -> None:
    sheet = draw_sheet(ordinary())
    assert sheet == draw_sheet(ordinary())
    with Image.open(io.BytesIO(sheet)) as image:
        assert image.info["Software"] == MADE_BY


@pytest.mark.parametrize("text", HOSTILE)
def test_any_text_can_be_drawn(text: str) -> None:
    assert drawn(draw_sheet(ordinary(text))).size


def test_many_columns_go_on_below() -> None:
    def sheet(columns: int) -> NDArray[np.uint8]:
        headings = [ordinary().headings[0]] * columns
        return drawn(draw_sheet(replace(ordinary(), headings=headings, rows=[row("a.jpg", columns=columns)])))

    few, more = sheet(6), sheet(7)
    assert few.shape[1] == 2 * 24 + 7 * 488 - 8
    assert more.shape[1] == 2 * 24 + 4 * 488 - 8
    assert more.shape[0] > few.shape[0] + 270


def test_two_dashes_are_two() -> None:
    def ink(text: str) -> int:
        headings = [replace(ordinary().headings[0], caption="", words=text)]
        pixels = drawn(draw_sheet(replace(ordinary(), headings=headings, rows=[row("a.jpg", columns=1)])))
        line = pixels[:, 512:].min(axis=2)
        dashes = line[(line < 160).any(axis=1)][-1] < 230
        return int(np.count_nonzero(np.diff(dashes.astype(int), prepend=0) == 1))

    assert ink("-") == 1
    assert ink("--") == 2


def test_a_long_text_is_broken_at_blanks_or_else_anywhere() -> None:
    lines = _lines("heavy rain, strength 1.5 and more " + "x" * 60, _CAPTION, 160)
    assert all(_CAPTION.width(line) <= 160 for line in lines)
    assert lines[0] == "heavy rain,"
    assert "".join(lines).replace(" ", "") == "heavyrain,strength1.5andmore" + "x" * 60
