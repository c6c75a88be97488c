"""Between 8-bit sRGB and linear light, against the standard's formula."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.effects.linear_light import (
    Linear,
    apply,
    brightest,
    luminance,
    saturation,
    smooth_step,
    to_linear,
    to_pixels,
)
from tests.pipeline.effects.drawn_streets import EXAMPLES, random_picture

LEVELS = np.arange(256, dtype=np.uint8)


def greys(values: NDArray[np.float32]) -> Linear:
    """Return a picture (1, n, 3) of grey values (n,)."""
    return np.repeat(values.astype(np.float32)[None, :, None], 3, axis=2)


def test_every_level_comes_back() -> None:
    pixels = np.repeat(LEVELS[None, :, None], 3, axis=2)
    np.testing.assert_array_equal(to_pixels(to_linear(pixels)), pixels)


def test_each_channel_keeps_its_own_level() -> None:
    pixels = random_picture((61, 37), 0)
    np.testing.assert_array_equal(to_pixels(to_linear(pixels)), pixels)


def test_the_light_of_a_level_is_the_standard_s() -> None:
    light = to_linear(np.repeat(LEVELS[None, :, None], 3, axis=2))[0, :, 0]
    for level in range(256):
        share = level / 255
        expected = share / 12.92 if share <= 0.04045 else ((share + 0.055) / 1.055) ** 2.4
        assert light[level] == pytest.approx(expected, rel=1e-6)
    assert (np.diff(light) > 0).all()


def test_more_light_is_never_a_lower_level_and_what_is_beyond_white_is_white() -> None:
    light = np.linspace(0, 1.2, 100_000, dtype=np.float32)
    levels = to_pixels(greys(light))[0, :, 0].astype(int)
    assert (np.diff(levels) >= 0).all()
    assert (np.diff(levels) <= 1).all()
    assert levels[0] == 0
    assert (levels[light >= 1] == 255).all()
    assert (to_pixels(greys(np.array([1.5, 40, 1e6, 1e30]))) == 255).all()


def test_light_becomes_the_nearest_level() -> None:
    """In levels: half of one by rounding, and what the steps of the table add."""
    light = np.random.default_rng(0).uniform(0, 1, 50_000).astype(np.float32)
    exact = 255 * np.where(light <= 0.0031308, light * 12.92, 1.055 * np.power(light, 1 / 2.4) - 0.055)
    assert np.abs(to_pixels(greys(light))[0, :, 0] - exact).max() < 0.65


@EXAMPLES
@given(st.integers(1, 9), st.integers(1, 9), st.integers(0, 1000))
def test_a_change_is_light_times_gain_plus_added(width: int, height: int, seed: int) -> None:
    random = np.random.default_rng(seed)
    light, added = random.uniform(0, 2, (2, height, width, 3)).astype(np.float32)
    gain = random.uniform(0, 1, (height, width)).astype(np.float32)
    expected = light.astype(np.float64) * gain[..., None] + added
    apply(light, gain, added)
    np.testing.assert_allclose(light, expected, rtol=1e-6)


def test_gain_one_and_nothing_added_change_no_bit() -> None:
    light = to_linear(random_picture((33, 21), 1))
    before = light.copy()
    apply(light, np.ones((21, 33), dtype=np.float32), np.zeros_like(light))
    np.testing.assert_array_equal(light, before)


def test_measures_of_a_pixel() -> None:
    light = np.array([[[1, 1, 1], [0.5, 0, 0], [0, 0.25, 0], [0, 0, 0], [0.4, 0.2, 0.3]]], dtype=np.float32)
    np.testing.assert_allclose(luminance(light)[0], [1, 0.1063, 0.1788, 0, 0.24974], atol=1e-6)
    np.testing.assert_allclose(brightest(light)[0], [1, 0.5, 0.25, 0, 0.4], atol=1e-7)
    np.testing.assert_allclose(saturation(light)[0, [0, 1, 2, 4]], [0, 1, 1, 0.5], atol=1e-6)


def test_a_smooth_step_goes_from_none_to_all_without_a_bend() -> None:
    values = np.linspace(-1, 2, 301, dtype=np.float32)[None]
    step = smooth_step(values, 0.0, 1.0)[0]
    assert step[values[0] <= 0].max() == 0
    assert step[values[0] >= 1].min() == 1
    assert (np.diff(step) >= 0).all()
    assert np.abs(np.diff(step, 2)).max() < 0.001
