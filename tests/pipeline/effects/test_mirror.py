"""What the ground mirrors, before it is known how much of it."""

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.effects.layout import Layout, lay_out
from pipeline.effects.linear_light import Linear
from pipeline.effects.mirror import light_sources, mirrored
from pipeline.effects.scene import Region, Scene

WIDTH, HEIGHT, CONTACT = 320, 200, 90
BAND = slice(CONTACT, HEIGHT)


def scene_of(light: Linear) -> Layout:
    """Return the layout of ground below ``CONTACT``, a wall above it and sky above the row 20."""
    regions = np.full((HEIGHT, WIDTH), Region.OTHER, dtype=np.uint8)
    regions[CONTACT:] = Region.GROUND
    regions[:20] = Region.SKY
    return lay_out(light, Scene(regions=regions), (WIDTH, HEIGHT), (CONTACT - 10) / HEIGHT)


def even(level: float) -> Linear:
    """Return even light (h, w, 3), slightly coloured."""
    return np.full((HEIGHT, WIDTH, 3), level, dtype=np.float32) * np.array([1, 0.9, 0.8], dtype=np.float32)


def puddles(share: float) -> NDArray[np.float32]:
    """Return how much each pixel is of a puddle: everywhere the same."""
    return np.full((HEIGHT - CONTACT, WIDTH), share, dtype=np.float32)


@pytest.mark.parametrize("puddle", [0.0, 0.5, 1.0])
@pytest.mark.parametrize("level", [0.01, 0.3])
def test_the_mirror_image_of_an_even_scene_is_even(level: float, puddle: float) -> None:
    light = even(level)
    image = mirrored(light, scene_of(light), BAND, puddles(puddle), 0)
    assert image.shape == (HEIGHT - CONTACT, WIDTH, 3)
    np.testing.assert_allclose(image, light[BAND], rtol=1e-3)


def test_a_puddle_mirrors_more_sharply_than_a_film() -> None:
    light = even(0.02)
    light[:CONTACT, ::32] = 0.4
    light[:CONTACT, 1::32] = 0.4
    layout = scene_of(light)
    rough, clear = (mirrored(light, layout, BAND, puddles(share), 0) for share in (0.0, 1.0))
    far = slice(10, 60)
    assert clear[far].std() > 1.1 * rough[far].std()
    assert rough[far].mean() == pytest.approx(clear[far].mean(), rel=0.1)


def test_mirror_images_get_softer_farther_from_the_contact_line() -> None:
    light = even(0.02)
    light[:CONTACT, 160:164] = 0.4
    image = mirrored(light, scene_of(light), BAND, puddles(0.0), 0).mean(axis=2)
    tops = [float(image[rows].mean(axis=0).max()) for rows in (slice(2, 8), slice(20, 30), slice(50, 70))]
    assert tops == sorted(tops, reverse=True)
    assert tops[0] > 1.5 * tops[2]


def test_they_spread_along_the_line_of_sight_more_than_across() -> None:
    light = even(0.02)
    light[CONTACT - 42 : CONTACT - 38, 158:162] = 0.5
    layout = scene_of(light)
    image = (mirrored(light, layout, BAND, puddles(0.0), 0) - mirrored(even(0.02), layout, BAND, puddles(0.0), 0)).sum(
        2
    )
    image = np.maximum(image, 0)
    rows, columns = image.sum(axis=1), image.sum(axis=0)

    def deviation(weights: NDArray[np.float32]) -> float:
        places = np.arange(len(weights))
        middle = (weights * places).sum() / weights.sum()
        return float(np.sqrt((weights * (places - middle) ** 2).sum() / weights.sum()))

    assert deviation(rows) > 2 * deviation(columns)


def test_another_seed_waves_otherwise() -> None:
    light = even(0.02)
    light[:CONTACT, ::16] = 0.4
    layout = scene_of(light)
    first, again, other = (mirrored(light, layout, BAND, puddles(1.0), seed) for seed in (1, 1, 2))
    np.testing.assert_array_equal(first, again)
    assert np.abs(first - other).max() > 0.003


@pytest.mark.parametrize("up", [8, 30])
def test_what_is_above_the_contact_line_is_mirrored_as_far_below_it(up: int) -> None:
    bar = even(0.02)
    bar[CONTACT - up - 1 : CONTACT - up + 2] = 0.4
    rows = mirrored(bar, scene_of(bar), BAND, puddles(1.0), 0).mean(axis=(1, 2))
    assert rows.argmax() + 1 == pytest.approx(up, abs=2 + 0.1 * up)


def test_where_one_thing_ends_beside_another_the_image_has_no_edge_far_below() -> None:
    light = even(0.02)
    light[:CONTACT, WIDTH // 2 :] = 0.4
    image = mirrored(light, scene_of(light), BAND, puddles(1.0), 0).mean(axis=2)
    steps = np.abs(np.diff(image, axis=1)).max(axis=1)
    assert steps[60:].max() < 0.15 * np.ptp(light[0])
    assert steps[3] > steps[60:].max()


def test_the_glitter_of_a_lamp_by_night_goes_far_along_the_ground() -> None:
    lit = even(0.004)
    lit[CONTACT - 20 : CONTACT - 18, 160:162] = 1.0
    layout = scene_of(even(0.004))
    assert layout.is_night
    image = mirrored(lit, layout, BAND, puddles(0.0), 0).mean(axis=2)
    along = image[:, 155:167].max(axis=1)
    assert along[[5, 20, 35]].min() > 0.15 * along.max()
    assert image[:, :140].max() < 0.01


def sources(light: Linear, *, night: bool) -> tuple[Linear, Linear]:
    """Return what ``light_sources`` finds, in shares of the sky as the layout has it."""
    dark = even(0.004 if night else 0.3)
    layout = scene_of(dark)
    assert layout.is_night == night
    return light_sources(light, layout.sky.astype(np.float32), layout)


@pytest.mark.parametrize("night", [False, True])
def test_a_lamp_is_brighter_than_the_picture_can_hold(*, night: bool) -> None:
    light = even(0.05)
    light[50:52, 100:102] = (1.0, 0.05, 0.02)
    source, lamps = sources(light, night=night)
    assert source[51, 101, 0] > 1.5
    assert lamps[51, 101, 0] > 0.5
    away = np.ones((HEIGHT, WIDTH), dtype=bool)
    away[45:58, 95:108] = False
    np.testing.assert_array_equal(source[away], light[away])
    assert (lamps[away] == 0).all()


def test_by_day_what_is_small_and_white_lies_in_the_sun() -> None:
    light = even(0.1)
    light[50:52, 100:102] = 1.0
    source, lamps = sources(light, night=False)
    np.testing.assert_allclose(source, light, atol=1e-6)
    assert lamps.max() < 1e-6
    assert sources(light, night=True)[1].max() > 0.5


@pytest.mark.parametrize("night", [False, True])
def test_what_is_large_and_bright_is_no_lamp(*, night: bool) -> None:
    light = even(0.05)
    light[30:70, 100:160] = (1.0, 0.1, 0.1)
    assert sources(light, night=night)[1][32:68, 102:158].max() < 0.05


def test_the_sky_is_no_lamp_and_by_day_brighter_when_it_is_white() -> None:
    light = even(0.05)
    light[:20] = 0.98
    source, lamps = sources(light, night=False)
    assert (lamps == 0).all()
    assert (source[:20] > 1.2).all()
    np.testing.assert_array_equal(source[20:], light[20:])
    spot = even(0.05)
    spot[8:10, 100:102] = 1.0
    assert (sources(spot, night=True)[1] == 0).all()
