"""The sheet is one picture with all of them in order, and captions."""

import io
from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from pipeline.preview.place import MADE_BY
from pipeline.preview.sheet import _lines, draw_sheet
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


def test_many_columns_share_the_width() -> None:
    content = replace(ordinary(), headings=[*ordinary().headings] * 10, rows=[row("a.jpg", columns=20)])
    assert drawn(draw_sheet(content)).shape[1] <= 3840


def test_a_long_text_is_broken_at_blanks_or_else_anywhere() -> None:
    from PIL import ImageFont

    font = ImageFont.load_default(20)
    lines = _lines("heavy rain, strength 1.5 and more " + "x" * 60, font, 160)
    assert all(font.getlength(line) <= 160 for line in lines)
    assert lines[0] == "heavy rain,"
    assert "".join(lines).replace(" ", "") == "heavyrain,strength1.5andmore" + "x" * 60
