"""Pictures are scaled as the published preprocessing does."""

import numpy as np
import pytest
from PIL import Image

from pipeline.images.resize import scale


@pytest.mark.parametrize("size", [(10, 7), (60, 41), (24, 1), (1, 1), (24, 16)])
def test_scale_is_pillow_s_bicubic_but_for_rounding(size: tuple[int, int]) -> None:
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    before = pixels.copy()
    wanted = np.asarray(Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC))
    scaled = scale(pixels, size)
    assert (scaled.shape, scaled.dtype) == (wanted.shape, wanted.dtype)
    assert scaled.flags.c_contiguous
    difference = np.abs(scaled.astype(int) - wanted)
    assert difference.max() <= 1
    assert difference.mean() < 0.02
    assert np.array_equal(pixels, before)


def test_a_picture_that_cannot_be_written_to_is_scaled(recwarn: pytest.WarningsRecorder) -> None:
    pixels = np.broadcast_to(np.arange(16, dtype=np.uint8)[:, None, None], (16, 24, 3))
    assert scale(pixels, (6, 4)).shape == (4, 6, 3)
    assert not recwarn


def test_scale_averages_what_becomes_smaller() -> None:
    stripes = np.zeros((64, 64, 3), dtype=np.uint8)
    stripes[:, ::2] = 200
    assert np.abs(scale(stripes, (8, 8)).astype(int) - 100).max() <= 5  # 100 is the mean; a picked stripe is 0 or 200
