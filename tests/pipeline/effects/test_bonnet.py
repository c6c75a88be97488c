"""What is seen of the camera's own car is found, and what lies on the road is not taken for it."""

from collections.abc import Callable

import cv2
import numpy as np
import pytest
from hypothesis import given
from numpy.typing import NDArray

from pipeline.effects.bonnet import black_below, bonnet
from pipeline.effects.linear_light import Linear, to_linear
from pipeline.effects.scene import Region, Scene
from tests.pipeline.effects.drawn_streets import EXAMPLES, draw_street, scenes

WIDTH, HEIGHT = 512, 288
Pixels = NDArray[np.uint8]
Mask = NDArray[np.bool_]


def road(seed: int = 0) -> tuple[Pixels, Mask]:
    """Return an empty street (H, W, 3), another grain for each seed, and its ground."""
    street = draw_street((WIDTH, HEIGHT), things=False)
    grain = np.random.default_rng(seed).normal(0, 5, (HEIGHT, WIDTH, 1))
    pixels = np.clip(street.pixels + grain, 0, 255).astype(np.uint8)
    return pixels, street.regions == Region.GROUND


def below_arc(top: float, bend: float) -> Mask:
    """Return what lies below an arc: ``top`` of the height in the middle, ``bend`` lower at the sides."""
    across = (np.arange(WIDTH) - WIDTH / 2) / (WIDTH / 2)
    return np.asarray(np.arange(HEIGHT)[:, None] >= ((top + bend * across**2) * HEIGHT)[None])


def light_of(pixels: Pixels) -> Linear:
    """Return linear light, a little out of focus as cameras are."""
    return to_linear(np.asarray(cv2.GaussianBlur(pixels, (0, 0), 0.7)))


@pytest.mark.parametrize(("top", "bend"), [(0.8, 0.0), (0.8, 0.08), (0.86, 0.05), (0.9, 0.06), (0.76, 0.15)])
@pytest.mark.parametrize("level", [20, 45, 160, 220])
def test_a_bonnet_is_found(top: float, bend: float, level: int) -> None:
    pixels, ground = road()
    true = below_arc(top, bend)
    pixels[true] = level
    found = bonnet(light_of(pixels), ground | true)
    assert found[true].mean() > 0.93
    more = found & ~true
    assert more.sum(axis=0).max() < 0.07 * HEIGHT


def test_a_bonnet_that_mirrors_the_sky_is_found() -> None:
    """It is brighter towards its edge."""
    pixels, ground = road()
    true = below_arc(0.8, 0.06)
    rows = np.broadcast_to(np.arange(HEIGHT)[:, None], true.shape)
    pixels[true] = np.clip(235 - 1.5 * (rows[true] - 0.8 * HEIGHT), 0, 255).astype(np.uint8)[:, None]
    assert bonnet(light_of(pixels), ground | true)[true].mean() > 0.95


def stop_line(pixels: Pixels, row: int) -> None:
    """Draw a white line across the road."""
    pixels[row : row + 8] = 225


def shadow(pixels: Pixels, row: int) -> None:
    """Draw the shadow of a bridge across the road."""
    pixels[row : row + 30] = (pixels[row : row + 30] * 0.45).astype(np.uint8)


def zebra(pixels: Pixels, row: int) -> None:
    """Draw white bars along the road."""
    for left in range(10, WIDTH, 44):
        pixels[row : row + 28, left : left + 22] = 225


def tar(pixels: Pixels, row: int) -> None:
    """Draw a darker patch of another asphalt that does not go across."""
    pixels[row:, 100:260] = 50


def slanting_shadow(pixels: Pixels, row: int) -> None:
    """Draw the shadow of a tree, from the left side to the lower edge."""
    corners = np.array([(0, row - 40), (0, row), (WIDTH // 2, HEIGHT), (WIDTH // 2 + 120, HEIGHT)])
    mask = np.zeros(pixels.shape[:2], dtype=np.uint8)
    cv2.fillPoly(mask, [corners], (1,))
    pixels[mask > 0] = (pixels[mask > 0] * 0.4).astype(np.uint8)


def nothing(pixels: Pixels, row: int) -> None:
    """Draw nothing."""
    del pixels, row


@pytest.mark.parametrize(
    ("drawn", "row"),
    [
        (drawn, row)
        for drawn in (nothing, stop_line, tar, slanting_shadow, shadow, zebra)
        for row in (190, 200, 225, 245)
    ],
)
def test_what_lies_on_the_road_is_no_bonnet(drawn: Callable[[Pixels, int], None], row: int) -> None:
    for seed in range(3):
        pixels, ground = road(seed)
        drawn(pixels, row)
        assert not bonnet(light_of(pixels), ground).any()


def test_where_no_ground_is_said_to_be_nothing_is_looked_for() -> None:
    pixels, _ = road()
    pixels[below_arc(0.8, 0.05)] = 220
    assert not bonnet(light_of(pixels), np.zeros((HEIGHT, WIDTH), dtype=bool)).any()


@pytest.mark.parametrize(("left", "right"), [(0, 512), (180, 330), (0, 90)])
def test_what_is_black_at_the_lower_edge_is_found(left: int, right: int) -> None:
    pixels, ground = road()
    pixels[250:, left:right] = 6
    found = black_below(light_of(pixels), ground)
    true = np.zeros_like(ground)
    true[250:, left:right] = True
    assert found[true & ground].mean() > 0.97
    assert (found & ~true).sum() < 0.25 * true.sum()


def test_what_is_black_and_ends_above_the_lower_edge_is_not() -> None:
    pixels, ground = road()
    pixels[200:240, 200:300] = 6  # a pothole, or what lies below a car
    assert not black_below(light_of(pixels), ground).any()


def test_a_shadow_at_the_lower_edge_is_not_black() -> None:
    pixels, ground = road()
    pixels[240:, 100:400] = (pixels[240:, 100:400] * 0.5).astype(np.uint8)
    assert not black_below(light_of(pixels), ground).any()


def test_by_night_a_black_road_stays_ground() -> None:
    street = draw_street((WIDTH, HEIGHT), night=True, things=False).to_draw_on()
    street.pixels[250:, 150:400] = 3
    assert black_below(street.light, street.layout().ground)[-20:, 155:395].any()
    assert street.layout().ground[-20:].mean() > 0.95


def test_by_day_neither_is_ground() -> None:
    street = draw_street((WIDTH, HEIGHT), things=False).to_draw_on()
    street.pixels[250:, 180:330] = 5
    layout = street.layout()
    assert not layout.ground[255:, 185:325].any()
    assert layout.ground[255:, :150].all()
    assert layout.ground[:235].sum() > 0.9 * (street.regions == Region.GROUND)[:235].sum()


@EXAMPLES
@given(scenes())
def test_any_picture_has_a_mask_of_its_size(drawn: tuple[Pixels, Scene]) -> None:
    pixels, _ = drawn
    ground = pixels[..., 0] > 60
    for find in (bonnet, black_below):
        found = find(to_linear(pixels), ground)
        assert found.shape == ground.shape
        assert found.dtype == np.bool_
