"""Sizes: to the generator's size, padded, and back."""

from fractions import Fraction

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.images.geometry import crop, pad_by_reflection, padded_size, working_size

Size = tuple[int, int]
EXAMPLES = settings(max_examples=200, deadline=None, derandomize=True, database=None)
SIDES = st.integers(1, 10_000)


@pytest.mark.parametrize(
    ("size", "width", "wanted"),
    [
        ((1280, 720), 640, (640, 360)),
        ((1280, 720), 0, (1280, 720)),
        ((1280, 719), 640, (640, 359)),  # 359.5 is rounded down
        ((1241, 376), 640, (640, 193)),  # 193.9 is rounded down
        ((320, 180), 640, (640, 360)),
        ((7680, 4320), 640, (640, 360)),
        ((7680, 4320), 0, (7680, 4320)),
        ((1, 1), 640, (640, 640)),
        ((1, 1), 0, (1, 1)),
        ((5000, 1), 640, (640, 1)),
        ((100, 400), 640, (640, 2560)),  # the tallest that keeps the width
        ((100, 1600), 640, (320, 5120)),  # four times as tall: half the width, the same area
        ((1, 65_535), 640, (5, 327_675)),
        ((1, 65_535), 0, (1, 65_535)),
    ],
)
def test_working_size(size: Size, width: int, wanted: Size) -> None:
    assert working_size(size, width) == wanted


@EXAMPLES
@given(width=SIDES, height=SIDES, wanted=st.integers(16, 2048))
def test_the_aspect_is_kept_with_the_height_rounded_down(width: int, height: int, wanted: int) -> None:
    new_width, new_height = working_size((width, height), wanted)
    assert new_height == max(1, Fraction(new_width * height, width).__floor__())
    if height <= 4 * width:
        assert new_width == wanted


@EXAMPLES
@given(width=SIDES, height=SIDES, wanted=st.integers(16, 2048))
def test_the_area_is_bounded_and_no_side_vanishes(width: int, height: int, wanted: int) -> None:
    new_width, new_height = working_size((width, height), wanted)
    assert min(new_width, new_height) >= 1
    assert new_width * new_height <= max(4 * wanted * wanted, -(-height // width))


@pytest.mark.parametrize(
    ("size", "wanted"),
    [
        ((640, 360), (640, 360)),
        ((641, 357), (644, 360)),
        ((1, 1), (8, 8)),
        ((7, 8), (8, 8)),
        ((9, 5), (12, 8)),
        ((7681, 4319), (7684, 4320)),
    ],
)
def test_padded_size(size: Size, wanted: Size) -> None:
    assert padded_size(size) == wanted


@EXAMPLES
@given(width=SIDES, height=SIDES)
def test_padding_is_the_least_multiple_of_4_that_is_at_least_8(width: int, height: int) -> None:
    for side, padded in zip((width, height), padded_size((width, height)), strict=True):
        assert padded % 4 == 0
        assert padded >= max(8, side)
        assert padded == 8 or padded - 4 < side


@pytest.mark.parametrize("height", range(1, 14))
@pytest.mark.parametrize("width", range(1, 14))
def test_the_padding_is_numpy_s_reflection_and_crop_undoes_it(height: int, width: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    new_width, new_height = padded_size((width, height))
    padded = pad_by_reflection(pixels)
    wanted = np.pad(pixels, ((0, new_height - height), (0, new_width - width), (0, 0)), mode="reflect")
    assert padded.dtype == np.uint8
    assert np.array_equal(padded, wanted)
    assert np.array_equal(crop(padded.astype(np.float32), (width, height)), pixels)


def reflected(length: int, new_length: int) -> list[int]:
    """Indices 0, 1, ..., length - 1, length - 2, ..., 1, 0, 1, ... up to a new length, step by step."""
    index, step, indices = 0, 1, []
    for _ in range(new_length):
        indices.append(index)
        if not 0 <= index + step < length:
            step = -step
        index += step if length > 1 else 0
    return indices


@pytest.mark.parametrize("height", [*range(1, 13), 61])
@pytest.mark.parametrize("width", [*range(1, 13), 61])
def test_the_padding_is_reflected_back_and_forth_however_small_the_picture(height: int, width: int) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (height, width, 3), dtype=np.uint8)
    new_width, new_height = padded_size((width, height))
    padded = pad_by_reflection(pixels)
    rows, columns = reflected(height, new_height), reflected(width, new_width)
    assert padded.tobytes() == pixels[rows][:, columns].tobytes()
    assert padded.flags.c_contiguous
