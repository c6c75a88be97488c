"""A picture that is scaled band by band is the picture that is scaled whole."""

import itertools

import cv2
import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from pipeline.effects.bands import rows_at
from tests.pipeline.effects.drawn_streets import EXAMPLES

SIDES = st.integers(1, 90)


@EXAMPLES
@example(31, 17, 61, 85, [40], True, 0)
@example(80, 64, 40, 32, [1, 31], False, 1)
@example(1, 1, 7, 5, [2], True, 2)
@example(2, 3, 90, 90, list(range(1, 90)), False, 3)
@given(SIDES, SIDES, SIDES, SIDES, st.lists(st.integers(0, 89)), st.booleans(), st.integers(0, 99))
def test_bands_are_the_whole(
    width: int, height: int, large_width: int, large_height: int, cuts: list[int], is_plane: bool, seed: int
) -> None:
    shape = (height, width) if is_plane else (height, width, 3)
    values = np.random.default_rng(seed).uniform(0, 1, shape).astype(np.float32)
    size = large_width, large_height
    whole = cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
    edges = sorted({0, large_height, *(cut for cut in cuts if cut < large_height)})
    bands = [rows_at(values, slice(*pair), size) for pair in itertools.pairwise(edges)]
    together = np.concatenate(bands)
    assert together.shape == whole.shape
    assert together.dtype == np.float32
    np.testing.assert_allclose(together, whole, atol=2e-5)


@pytest.mark.parametrize(("width", "height"), [(7680, 4320), (4000, 20_000)])
def test_bands_of_a_large_picture_fit_together(width: int, height: int) -> None:
    """Against the formula, in float64: a row number is not lost in float32."""
    values = np.random.default_rng(0).uniform(0, 1, (288, 3)).astype(np.float32)
    for start in (0, height // 3, height - 5):
        band = rows_at(values, slice(start, start + 5), (width, height))
        place = np.clip((np.arange(start, start + 5) + 0.5) * 288 / height - 0.5, 0, 287)
        above = np.floor(place).astype(int)
        share = (place - above)[:, None]
        rows = (1 - share) * values[above] + share * values[np.minimum(above + 1, 287)]
        np.testing.assert_allclose(band[:, 0], rows[:, 0], atol=2e-4)
        np.testing.assert_allclose(band[:, -1], rows[:, -1], atol=2e-4)


def test_one_pixel_is_the_same_everywhere() -> None:
    colour = np.array([0.1, 0.5, 0.9], dtype=np.float32)
    band = rows_at(colour.reshape(1, 1, 3), slice(3, 8), (11, 13))
    assert band.shape == (5, 11, 3)
    np.testing.assert_allclose(band, np.broadcast_to(colour, band.shape), rtol=1e-6)
