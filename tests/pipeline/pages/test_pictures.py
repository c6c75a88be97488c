"""Pictures within a page keep their shape, and boxes stay inside."""

import io

import numpy as np
import pytest
from PIL import Image

from pipeline.images.size import Size
from pipeline.labels.interface import Box
from pipeline.pages.pictures import clipped, fitting, scaled, webp


@pytest.mark.parametrize(
    ("size", "longest", "expected"),
    [
        ((1280, 720), 640, (640, 360)),
        ((720, 1280), 640, (360, 640)),
        ((20, 10), 640, (20, 10)),
        ((5000, 1), 50, (50, 1)),
    ],
)
def test_a_picture_is_made_smaller_and_never_larger(size: Size, longest: int, expected: Size) -> None:
    assert fitting(size, longest) == expected


def test_a_picture_is_made_larger_where_that_is_wanted() -> None:
    assert fitting((20, 10), 40, enlarge=True) == (40, 20)


@pytest.mark.parametrize(
    ("box", "expected"),
    [
        ((-5, 2, 8, 9), (0, 2, 8, 9)),
        ((5, -2, 80, 90), (5, 0, 20, 10)),
        ((20, 0, 30, 5), None),
        ((-9, 0, 0, 5), None),
        (None, None),
    ],
)
def test_of_a_box_the_part_inside_is_drawn(box: Box | None, expected: Box | None) -> None:
    assert clipped(box, (20, 10)) == expected


def test_a_picture_of_one_colour_stays_so() -> None:
    pixels = np.full((30, 40, 3), (200, 40, 90), dtype=np.uint8)
    small = scaled(pixels, (20, 15))
    assert small.size == (20, 15)
    assert np.asarray(small).reshape(-1, 3).tolist() == [[200, 40, 90]] * 300
    with Image.open(io.BytesIO(webp(small))) as back:
        assert (back.format, back.size) == ("WEBP", (20, 15))
