"""Haze: what it veils, how much, and with which light."""

import itertools
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.effects.change import Change
from pipeline.effects.haze import air_light, haze
from pipeline.effects.layout import lay_out
from pipeline.effects.linear_light import to_linear
from pipeline.effects.scene import Region, Scene, SceneObject
from tests.pipeline.effects.drawn_streets import CAR, EXAMPLES, HORIZON, draw_street, scenes

RATE = 30.0


def is_nothing(change: Change) -> bool:
    """Whether it changes nothing but for rounding, far below what a level of 8 bits is."""
    return bool((change.gain > 1 - 1e-6).all() and (change.added < 1e-6).all())


@EXAMPLES
@given(scenes(), st.floats(0, 100), st.floats(0, 2))
def test_what_holds_for_any_scene(drawn: tuple[NDArray[np.uint8], Scene], rate: float, amount: float) -> None:
    pixels, scene = drawn
    light = to_linear(pixels)
    layout = lay_out(light, scene, (pixels.shape[1], pixels.shape[0]))
    change = haze(light, layout, rate, amount)
    assert change.gain.shape == pixels.shape[:2]
    assert change.added.shape == pixels.shape
    assert change.gain.dtype == change.added.dtype == np.float32
    assert change.gain.min() >= 0
    assert change.gain.max() <= 1
    assert change.added.min() >= 0
    assert np.isfinite(change.added).all()
    assert (change.gain[layout.sky] == 1).all()
    assert (change.added[layout.sky] == 0).all()
    veiled = light * change.gain[..., None] + change.added
    assert veiled.max() <= max(1.0, light.max()) + 1e-5
    if rate == 0 or amount == 0:
        assert is_nothing(change)


@pytest.mark.parametrize("night", [False, True])
def test_without_rain_or_without_haze_the_air_is_clear(*, night: bool) -> None:
    street = draw_street(night=night)
    for rate, amount in ((0.0, 1.0), (RATE, 0.0)):
        assert is_nothing(haze(street.light, street.layout(), rate, amount))


def test_more_is_veiled_the_farther_it_is_and_the_harder_it_rains() -> None:
    street = draw_street(things=False)
    layout = street.layout()
    middle = layout.ground.shape[1] // 2
    below = slice(int((HORIZON + 0.04) * len(layout.ground)), None)
    columns = []
    for rate in (2.0, 8.0, 30.0, 60.0):
        gain = haze(street.light, layout, rate).gain
        assert (np.diff(gain[below, middle]) >= -1e-6).all()
        columns.append(gain[below, middle])
    assert all((more < less).all() for less, more in itertools.pairwise(columns))


@pytest.mark.parametrize("metres", [5.0, 20.0, 60.0])
def test_light_is_lost_by_koschmieder_s_law(metres: float) -> None:
    street = draw_street(things=False)
    layout = replace(street.layout(), distance=np.full(street.light.shape[:2], metres, dtype=np.float32))
    gain = haze(street.light, layout, RATE).gain
    per_metre = 0.312 * RATE**0.67 / 1000
    assert gain[-10:] == pytest.approx(np.exp(-per_metre * metres), rel=1e-3)
    assert haze(street.light, layout, RATE, 2.0).gain[-10:] == pytest.approx(np.exp(-2 * per_metre * metres), rel=1e-3)


def test_what_is_as_bright_as_the_air_stays_so() -> None:
    street = draw_street(things=False)
    layout = street.layout()
    air = air_light(street.light, layout)
    change = haze(street.light, layout, RATE)
    veiled = np.broadcast_to(air, street.light.shape) * change.gain[..., None] + change.added
    np.testing.assert_allclose(veiled, np.broadcast_to(air, veiled.shape), rtol=1e-4)


def test_no_stripes_on_a_facade_over_uneven_ground() -> None:
    """Columns below which the ground begins elsewhere, as behind parked cars and posts."""
    regions = np.full((288, 512), Region.OTHER, dtype=np.uint8)
    tops = 150 + np.random.default_rng(0).integers(0, 3, 64) * 20
    for column, top in enumerate(tops):
        regions[top:, column * 8 : column * 8 + 8] = Region.GROUND
    light = np.full((288, 512, 3), 0.2, dtype=np.float32)
    gain = haze(light, lay_out(light, Scene(regions=regions), (512, 288), 0.45), RATE).gain[:120]
    assert gain.max() < 0.999
    assert np.abs(np.diff(gain, axis=1)).max() < 0.05 * (1 - gain).max()


def test_an_object_is_veiled_evenly_by_its_own_distance() -> None:
    street = draw_street()
    gain = haze(street.light, street.layout(), RATE).gain
    height, width = gain.shape
    edge = 12
    inside = gain[
        int(CAR[1] * height) + edge : int(CAR[3] * height) - edge,
        int(CAR[0] * width) + edge : int(CAR[2] * width) - edge,
    ]
    assert np.ptp(inside) < 1e-3
    boxes = [(280.0, 100.0, 360.0, 180.0 + 30 * lower) for lower in range(4)]
    gains = []
    for box in boxes:
        one = replace(street, objects=(SceneObject(box=box),))
        gains.append(float(haze(one.light, one.layout(), RATE).gain[int(140 / 360 * height), int(0.5 * width)]))
    assert gains == sorted(gains)
    assert gains[0] < gains[-1]


def test_by_day_the_air_is_the_lower_sky_s_with_less_of_its_colour() -> None:
    street = draw_street()
    air = air_light(street.light, street.layout())
    assert air.shape == (1, 1, 3)
    sky = to_linear(np.array([[[120, 150, 200]]], dtype=np.uint8))[0, 0]
    assert air.mean() == pytest.approx(sky.mean(), rel=0.05)
    assert 0 < np.ptp(air) < 0.6 * np.ptp(sky)


def test_by_day_without_a_sky_the_air_is_as_bright_as_bright_things() -> None:
    light = np.full((90, 160, 3), 0.1, dtype=np.float32)
    light[:40] = 0.35
    air = air_light(light, lay_out(light, Scene(), (160, 90)))
    np.testing.assert_allclose(air, 0.35, rtol=1e-3)


def test_by_night_the_air_is_bright_around_lamps_alone() -> None:
    light = np.full((288, 512, 3), 0.002, dtype=np.float32)
    light[60:70, 100:110] = (1.0, 0.8, 0.5)
    layout = lay_out(light, Scene(), (512, 288))
    assert layout.is_night
    air = air_light(light, layout)
    glow = air.mean(axis=2)
    height, width = glow.shape
    lit = air[int(65 / 288 * height), int(105 / 512 * width)]
    assert lit[0] > 1.5 * lit[2] > 0
    assert lit.mean() > 3 * 0.002
    assert glow[-3:, -3:].max() < 1.1 * 0.002


def test_by_night_far_things_stay_dark() -> None:
    """Only lamps veil: without them the haze by night adds next to nothing."""
    light = np.full((288, 512, 3), 0.003, dtype=np.float32)
    regions = np.full((288, 512), Region.GROUND, dtype=np.uint8)
    regions[:140] = Region.OTHER
    layout = lay_out(light, Scene(regions=regions), (512, 288))
    assert layout.is_night
    assert haze(light, layout, RATE).added.max() < 0.003
