"""A change as a light: what is one is found again at any size, and edges get no halo."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.effects.compose import compose, resize
from pipeline.effects.detail import Detail
from pipeline.effects.local_light import fitted_light
from pipeline.images.resize import scale

Picture = NDArray[np.uint8]
Change = NDArray[np.float32]
LARGE, SMALL = (240, 160), (96, 64)
"""(W, H)."""


def picture(size: tuple[int, int] = LARGE, seed: int = 0) -> Picture:
    """Blocks of several sizes, from 60 to 180, which have edges and flat ground."""
    width, height = size
    random, pixels = np.random.default_rng(seed), np.zeros((height, width, 3))
    for side in (40, 10, 1):
        blocks = random.uniform(20, 60, (height // side + 1, width // side + 1, 3))
        pixels += np.kron(blocks, np.ones((side, side, 1)))[:height, :width]
    return pixels.astype(np.uint8)


def changed(pixels: Picture, gain: object, offset: object) -> Change:
    """What a gain and an offset do, as a change in levels."""
    return np.asarray(pixels * (np.asarray(gain) - 1) + np.asarray(offset), dtype=np.float32)


def step(left: int, right: int, size: tuple[int, int], seed: int = 0) -> Picture:
    """Two halves with a sharp edge between, and a little grain."""
    width, height = size
    pixels = np.where(np.arange(width)[None, :, None] < width // 2, left, right)
    grain = np.random.default_rng(seed).integers(-3, 4, (height, width, 1))
    return np.broadcast_to(pixels + grain, (height, width, 3)).astype(np.uint8)


@pytest.mark.parametrize("size", [LARGE, SMALL, (100, 70), (40, 30)])
@pytest.mark.parametrize(
    ("gain", "offset", "most"),
    [
        ((0.7, 0.9, 1.1), (10.0, -5.0, 3.0), 1),
        ((0.9, 0.9, 0.9), (0.0, 0.0, 0.0), 1),
        ((1.0, 1.0, 1.0), (12.0, -7.0, 0.0), 0),
        # Where little stands out from the ground, here by 20 levels, a gain cannot quite be told from an offset.
        ((0.0, 0.0, 0.0), (90.0, 100.0, 110.0), 6),
    ],
)
def test_a_gain_and_an_offset_are_found_again_at_any_size(
    gain: tuple[float, ...], offset: tuple[float, ...], most: float, size: tuple[int, int]
) -> None:
    original = picture(size)
    working = scale(original, SMALL)
    result = compose(original, working, changed(working, gain, offset), Detail.LIGHT, 1.0)
    wanted = np.clip(original * np.asarray(gain) + offset, 0, 255)
    assert np.abs(result - wanted).mean() <= most


@pytest.mark.parametrize("size", [(1, 1), (1, 7), (5, 3), (24, 16), (100, 9), (7, 150)])
@pytest.mark.parametrize(("value", "strength"), [(10, 1.0), (-10, 1.0), (20, 0.5), (8, 1.5), (400, 1.0), (-400, 1.0)])
def test_a_constant_change_is_added_and_clipped(size: tuple[int, int], value: float, strength: float) -> None:
    original, working = picture(size), picture((24, 16), seed=1)
    change = np.full((16, 24, 3), value, dtype=np.float32)
    result = compose(original, working, change, Detail.LIGHT, strength)
    assert np.array_equal(result, np.clip(original.astype(int) + round(value * strength), 0, 255))


def test_the_strength_scales_the_change_and_0_leaves_the_original() -> None:
    original = picture()
    working = scale(original, SMALL)
    light = fitted_light(working, changed(working, 0.8, 5.0))
    whole = light.change_of(original, 1.0)
    assert whole.dtype == np.float32
    assert whole.shape == original.shape
    np.testing.assert_allclose(light.change_of(original, 0.5), 0.5 * whole, atol=1e-4)
    np.testing.assert_allclose(light.change_of(original, 1.5), 1.5 * whole, atol=1e-4)
    change = changed(working, 0.8, 5.0)
    assert np.array_equal(compose(original, working, change, Detail.LIGHT, 0.0), original)


def test_a_light_can_be_asked_twice() -> None:
    """At the working size too, where nothing is scaled."""
    working = picture(SMALL)
    light = fitted_light(working, changed(working, 0.8, 5.0))
    first = light.change_of(working, 0.5)
    assert np.array_equal(light.change_of(working, 0.5), first)


def test_an_edge_between_two_changes_gets_no_halo() -> None:
    """A bright sky becomes dark and the dark ground below it stays: scaled up, that change has a soft edge."""
    original = step(60, 200, (480, 64))
    working = scale(original, (120, 16))
    change = np.where(working > 130, -80.0, 0.0).astype(np.float32)
    wanted = original + np.where(original > 130, -80.0, 0.0)
    errors = {
        detail: np.abs(compose(original, working, change, detail, 1.0) - wanted)[:, 200:280]
        for detail in (Detail.RESIDUAL, Detail.LIGHT)
    }
    assert errors[Detail.RESIDUAL].max() > 25
    assert errors[Detail.LIGHT].max() < 8
    assert errors[Detail.LIGHT].max() < errors[Detail.RESIDUAL].max() / 4


def test_what_is_painted_in_a_point_is_averaged_away() -> None:
    original = picture(LARGE)
    working = scale(original, SMALL)
    change = np.zeros((64, 96, 3), dtype=np.float32)
    change[32, 48] = 100
    painted = compose(original, working, change, Detail.RESIDUAL, 1.0).astype(int) - original
    lit = compose(original, working, change, Detail.LIGHT, 1.0).astype(int) - original
    assert np.abs(painted).max() > 60
    assert np.abs(lit).max() < 12


def test_channels_do_not_mix() -> None:
    original = picture()
    working = scale(original, SMALL)
    change = changed(working, 1.0, 0.0)
    change[..., 1] = -0.3 * working[..., 1]
    result = compose(original, working, change, Detail.LIGHT, 1.0).astype(int) - original
    assert not result[..., [0, 2]].any()
    assert result[..., 1].mean() < -20


def test_the_original_s_detail_stays() -> None:
    """A light that varies slowly keeps what only the large picture has."""
    original = picture((480, 320), seed=3)
    working = scale(original, SMALL)
    result = compose(original, working, changed(working, 0.9, 0.0), Detail.LIGHT, 1.0)
    soft = resize(np.asarray(scale(original, SMALL), dtype=np.float32), (480, 320))
    fine = original - soft
    assert fine.std() > 10
    kept = ((result - 0.9 * soft) * fine).sum() / (fine * fine).sum()
    assert kept == pytest.approx(0.9, abs=0.05)
