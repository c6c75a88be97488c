"""Drops on the glass: where they may be, and that they show the scene upside down."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.effects.drops import GlassDrop, draw_drop, place_drops, scene_in_drops
from pipeline.effects.linear_light import Linear
from pipeline.effects.scene import SceneObject
from pipeline.labels.interface import Box
from tests.pipeline.effects.drawn_streets import EXAMPLES

SIZE = (320, 180)
TAILS = st.just(0.0) | st.floats(1, 150)


def drawn(drops: Sequence[GlassDrop], scene: Linear, size: tuple[int, int] = SIZE, level: float = 0.0) -> Linear:
    """Return drops before an even picture (H, W, 3)."""
    pixels = np.full((size[1], size[0], 3), level, dtype=np.float32)
    for drop in drops:
        draw_drop(pixels, (0, 0), drop, scene, size)
    return pixels


def white() -> Linear:
    """Return a white scene."""
    return np.ones((45, 80, 3), dtype=np.float32)


def touched(drops: Sequence[GlassDrop], size: tuple[int, int] = SIZE) -> NDArray[np.bool_]:
    """Return the pixels (H, W) that drops change."""
    return np.asarray(drawn(drops, white(), size).any(axis=2))


@st.composite
def whole_boxes(draw: st.DrawFn) -> Box:
    """A box on whole pixels, some of it in the picture."""
    x0, y0 = draw(st.integers(-20, 310)), draw(st.integers(-20, 170))
    return x0, y0, x0 + draw(st.integers(1, 200)), y0 + draw(st.integers(1, 150))


@EXAMPLES
@given(
    st.lists(whole_boxes(), max_size=5),
    st.floats(0, 0.03) | st.floats(0, 0.5),
    st.sampled_from([30.0, 200.0]),
    st.integers(0, 999),
)
def test_no_box_is_covered_more_than_is_allowed(boxes: list[Box], most: float, rate: float, seed: int) -> None:
    """By the pixels that all drops together change."""
    drops = place_drops(SIZE, rate, 2.0, [SceneObject(box=box) for box in boxes], most, seed)
    mask = touched(drops)
    for x0, y0, x1, y1 in boxes:
        inside = mask[int(max(y0, 0)) : int(max(y1, 0)), int(max(x0, 0)) : int(max(x1, 0))]
        assert inside.sum() <= most * (x1 - x0) * (y1 - y0)


@EXAMPLES
@given(
    st.lists(st.tuples(*[st.floats(-1e9, 1e9) | st.floats(-50, 400)] * 4), max_size=5),
    st.floats(0, 1),
    st.integers(0, 999),
)
def test_boxes_anywhere_do_no_harm(boxes: list[Box], most: float, seed: int) -> None:
    drops = place_drops(SIZE, 30.0, 1.0, [SceneObject(box=box) for box in boxes], most, seed)
    for drop in drops:
        assert 0 <= drop.x <= SIZE[0]
        assert 0 <= drop.y <= SIZE[1]
        assert drop.radius > 0


def test_more_lie_on_the_glass_where_no_object_is_in_the_way() -> None:
    box = SceneObject(box=(0.0, 0.0, 160.0, 180.0))
    free, kept = (place_drops(SIZE, 30.0, 2.0, objects, 0.02, 1) for objects in ((), (box,)))
    assert len(kept) < len(free)
    assert touched(kept)[:, 170:].any()
    assert set(kept) <= set(free)


def test_a_box_that_may_not_be_covered_is_not() -> None:
    box = SceneObject(box=(40.0, 30.0, 280.0, 150.0))
    for seed in range(5):
        drops = place_drops(SIZE, 30.0, 2.0, [box], 0.0, seed)
        assert drops
        assert not touched(drops)[30:150, 40:280].any()


def test_no_amount_and_no_rain_are_no_drops() -> None:
    assert place_drops(SIZE, 30.0, 0.0, (), 1.0, 0) == []
    assert place_drops(SIZE, 0.0, 1.0, (), 1.0, 0) == []


def test_more_rain_and_more_amount_are_more_drops() -> None:
    numbers = [
        [sum(len(place_drops(SIZE, rate, amount, (), 1.0, seed)) for seed in range(8)) for rate in (1.0, 8.0, 60.0)]
        for amount in (0.5, 1.0, 2.0)
    ]
    assert np.array(numbers).argsort(axis=1).tolist() == [[0, 1, 2]] * 3
    assert np.array(numbers).argsort(axis=0).tolist() == [[0] * 3, [1] * 3, [2] * 3]


def test_a_drop_shows_the_scene_upside_down() -> None:
    """White sky over black road, and red at the left: bright below, red at the right."""
    scene = np.zeros((45, 80, 3), dtype=np.float32)
    scene[:22] = 1.0
    scene[:22, :40] = (1.0, 0.0, 0.0)
    drop = GlassDrop(160.0, 90.0, 30.0, 0.0)
    pixels = drawn([drop], scene, level=0.5)
    lower, upper = pixels[95:110, 150:170], pixels[70:85, 150:170]
    assert lower.mean() > upper.mean() + 0.2
    left, right = pixels[95:110, 140:155], pixels[95:110, 165:180]
    assert left[..., 1].mean() > right[..., 1].mean() + 0.2


def test_so_do_all_drops_wherever_they_are() -> None:
    scene = np.zeros((45, 80, 3), dtype=np.float32)
    scene[:22] = 1.0
    for x in (0.1, 0.5, 0.9):
        for y in (0.15, 0.5, 0.85):
            drop = GlassDrop(x * 1280, y * 720, 20.0, 0.0)
            pixels = drawn([drop], scene, (1280, 720), 0.3)
            row, column = int(drop.y), int(drop.x)
            below, above = (
                pixels[row + 3 : row + 14, column - 8 : column + 9],
                pixels[row - 14 : row - 3, column - 8 : column + 9],
            )
            assert below.mean() > above.mean()


@EXAMPLES
@given(st.floats(-60, 380), st.floats(-60, 240), st.floats(0.5, 40), TAILS)
def test_a_drop_stays_within_its_box_and_the_picture_s_light(x: float, y: float, radius: float, tail: float) -> None:
    drop = GlassDrop(x, y, radius, tail)
    pixels = drawn([drop], white(), level=0.5)
    x0, y0, x1, y1 = drop.box
    outside = np.ones((SIZE[1], SIZE[0]), dtype=bool)
    outside[max(y0, 0) : max(y1, 0), max(x0, 0) : max(x1, 0)] = False
    assert (pixels[outside] == 0.5).all()
    assert pixels.min() >= 0.5
    assert pixels.max() <= 1.0
    if 1 < x < 319 and 1 < y < 179 and radius > 2:
        assert pixels[int(y), int(x)].mean() > 0.6


@pytest.mark.parametrize("tail", [0.0, 60.0])
@pytest.mark.parametrize("radius", [3.0, 11.0, 25.0])
def test_a_drop_ends_softly_within_its_box(radius: float, tail: float) -> None:
    drop = GlassDrop(160.0, 110.0, radius, tail)
    x0, y0, x1, y1 = drop.box
    part = drawn([drop], white())[y0:y1, x0:x1]
    assert part.max() > 0.5
    for edge in (part[0], part[-1], part[:, 0], part[:, -1]):
        assert edge.max() < 0.1


def test_a_running_drop_leaves_a_trail_above_it() -> None:
    rests, runs = (touched([GlassDrop(160.0, 120.0, 8.0, tail)]) for tail in (0.0, 90.0))
    assert not rests[:105].any()
    assert runs[60:105].any()
    np.testing.assert_array_equal(rests[122:], runs[122:])


@EXAMPLES
@given(st.floats(0, 320), st.floats(0, 180), st.floats(1, 40), TAILS, st.integers(1, 179))
def test_a_picture_in_two_bands_is_the_whole(x: float, y: float, radius: float, tail: float, cut: int) -> None:
    drop = GlassDrop(x, y, radius, tail)
    scene = np.random.default_rng(0).uniform(0, 1, (45, 80, 3)).astype(np.float32)
    whole = drawn([drop], scene, level=0.2)
    bands = np.full((SIZE[1], SIZE[0], 3), 0.2, dtype=np.float32)
    for band in (slice(0, cut), slice(cut, SIZE[1])):
        draw_drop(bands[band], (0, band.start), drop, scene, SIZE)
    np.testing.assert_allclose(bands, whole, atol=1e-6)


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (64, 48), (512, 288)])
def test_the_scene_in_drops_is_small(size: tuple[int, int]) -> None:
    light = np.full((size[1], size[0], 3), 0.25, dtype=np.float32)
    small = scene_in_drops(light)
    assert max(small.shape[:2]) <= 80
    assert min(small.shape[:2]) >= 1
    np.testing.assert_allclose(small, 0.25, rtol=1e-5)
    for drop in place_drops(size, 30.0, 2.0, (), 1.0, 0):
        draw_drop(light, (0, 0), drop, small, size)
    np.testing.assert_allclose(light, 0.25, rtol=1e-5)


def test_drops_are_as_large_in_shares_of_any_picture() -> None:
    small, large = (place_drops((width, width * 9 // 16), 30.0, 1.0, (), 1.0, 5) for width in (640, 2560))
    assert len(small) == len(large)
    for one, other in zip(small, large, strict=True):
        np.testing.assert_allclose(
            (4 * one.x, 4 * one.y, 4 * one.radius, 4 * one.tail), (other.x, other.y, other.radius, other.tail)
        )
