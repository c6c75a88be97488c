"""An overcast sky and even ground: what becomes of the sun, and what stays as it is."""

from dataclasses import replace

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.classes.schemes import find_scheme
from pipeline.effects.linear_light import to_linear
from pipeline.effects.scene import Scene, SceneObject, region_table
from pipeline.effects.water import Water
from pipeline.effects.water_options import WaterAmounts, WaterLevel
from pipeline.labels.interface import Box
from pipeline.metrics.hue import HuePlanes
from tests.pipeline.effects.sunny_street import BUILDING_ID, CAR_ID, ROAD_ID, SKY_ID, TREE_ID, sunny_street

Pixels = NDArray[np.uint8]
REGIONS = region_table(find_scheme("camvid").classes)
ALONE = WaterAmounts(wet_ground=0, haze=0, streaks=0, drops=0)


def overcast(
    pixels: Pixels, ids: Pixels, *, strength: float = 1.0, camera: Pixels | None = None, night: bool | None = None
) -> Pixels:
    """Return a picture under an overcast sky, and no water on it."""
    water = Water(level=WaterLevel.LIGHT, amounts=ALONE.model_copy(update={"overcast": strength}))
    return water.render(pixels, Scene(regions=REGIONS[ids], is_night=night), camera=camera).pixels


def contrast(pixels: Pixels, one: slice, other: slice) -> float:
    """Return the logarithm of the light of some columns of the road over that of others."""
    linear = to_linear(pixels)[130:170]
    return float(np.log(linear[:, one].mean() / linear[:, other].mean()))


def test_clouds_and_blue_are_gone_and_the_sky_is_brighter_above() -> None:
    sky = overcast(*sunny_street())[2:36, 20:300].astype(int)
    assert np.ptp(sky, axis=1).max() <= 4  # along a row
    assert (sky.max(axis=2) - sky.min(axis=2)).max() < 14
    rows = sky.mean(axis=(1, 2))
    assert rows[0] > 235
    assert rows[0] > rows[-1] + 8 > 213


def test_a_wire_before_the_sky_stays() -> None:
    made = overcast(*sunny_street())
    assert made[60:61, 90:200].mean() < 0.75 * made[52:56, 90:200].mean()


def test_no_blue_is_left_beside_a_tree() -> None:
    edge = overcast(*sunny_street())[30:50, 230:310].astype(int)
    assert (edge[..., 2] - np.maximum(edge[..., 0], edge[..., 1])).max() < 16


def test_a_shadow_leaves_the_road_and_paint_stays() -> None:
    pixels, ids = sunny_street()
    made = overcast(pixels, ids)
    lit, shade = slice(100, 140), slice(180, 220)
    assert contrast(made, lit, shade) < 0.4 * contrast(pixels, lit, shade)
    for paint, beside in ((slice(81, 83), slice(90, 110)), (slice(241, 243), slice(250, 270))):
        assert contrast(made, paint, beside) > 0.6 * contrast(pixels, paint, beside)


def test_what_stands_keeps_its_pixels() -> None:
    pixels, ids = sunny_street()
    made = overcast(pixels, ids)
    for part in (ids == CAR_ID, ids == BUILDING_ID, ids == TREE_ID):
        inside = np.asarray(part & ~_near(ids == SKY_ID) & ~_near(ids == ROAD_ID))
        assert inside.sum() > 100
        assert np.abs(made[inside].astype(int) - pixels[inside]).mean() < 1
        turned, weight, _, _ = HuePlanes.of(pixels, made).values[part].sum(axis=0)
        assert turned / weight < 4


def _near(part: NDArray[np.bool_]) -> NDArray[np.bool_]:
    """Return what is within 6 pixels of a part."""
    rows = [np.roll(part, shift, 0) for shift in range(-6, 7)]
    wide = np.any(rows, axis=0)
    return np.asarray(np.any([np.roll(wide, shift, 1) for shift in range(-6, 7)], axis=0))


def test_a_piece_of_sky_on_the_road_is_none() -> None:
    pixels, ids = sunny_street()
    ids[120:150, 20:60] = SKY_ID
    assert overcast(pixels, ids)[120:150, 20:60].mean() < 190


def test_a_blue_car_under_the_sky_is_none() -> None:
    pixels, ids = sunny_street()
    truck = slice(20, 90), slice(250, 310)
    pixels[truck], ids[truck] = (70, 130, 225), CAR_ID
    made = overcast(pixels, ids)
    assert np.abs(made[30:80, 262:300].astype(int) - pixels[30:80, 262:300]).max() <= 12


def test_a_labelled_lorry_that_the_map_takes_for_sky_stays() -> None:
    pixels, ids = sunny_street()
    pixels[20:75, 120:200] = (70, 130, 225)
    box = SceneObject(box=(120, 20, 200, 78))
    water = Water(level=WaterLevel.LIGHT, amounts=ALONE)
    with_label, without = (
        water.render(pixels, Scene(regions=REGIONS[ids], objects=objects)).pixels for objects in ((box,), ())
    )
    assert np.array_equal(with_label[24:56, 124:196], pixels[24:56, 124:196])
    assert with_label[5:15, 130:190].mean() > 200
    assert without[24:56, 124:196].mean() > 200


@pytest.mark.parametrize("box", [(-90, 20, -5, 78), (20, -90, 300, -5), (400, 0, 500, 80), (0, 0, 0, 0)])
def test_a_label_outside_of_the_picture_keeps_no_sky(box: Box) -> None:
    pixels, ids = sunny_street()
    water = Water(level=WaterLevel.LIGHT, amounts=ALONE)
    scene = Scene(regions=REGIONS[ids], objects=(SceneObject(box=box),))
    assert water.render(pixels, scene).pixels[5:30, 20:300].min() > 200


def test_the_sky_around_a_labelled_lamp_becomes_grey() -> None:
    pixels, ids = sunny_street()
    pixels[20:50, 150:170] = (20, 22, 20)
    ids[20:50, 150:170] = 2
    water = Water(level=WaterLevel.LIGHT, amounts=ALONE)
    made = water.render(pixels, Scene(regions=REGIONS[ids], objects=(SceneObject(box=(147, 18, 173, 52)),))).pixels
    assert made[18:20, 147:173].mean() > 200
    assert made[24:46, 154:166].mean() < 60


def test_the_sky_is_found_in_the_picture_of_the_camera() -> None:
    """A generator that has made a bright patch of a part of the sky does not hide it."""
    camera, ids = sunny_street()
    changed = camera.copy()
    changed[:35, 20:215] = 250
    made = overcast(changed, ids, camera=camera)[2:30, 30:205].astype(int)
    assert np.ptp(made, axis=1).max() <= 4


@pytest.mark.parametrize("strength", [0.25, 0.5, 1.0])
def test_it_grows_with_its_strength(strength: float) -> None:
    pixels, ids = sunny_street()
    less, more = (np.abs(overcast(pixels, ids, strength=one).astype(int) - pixels).mean() for one in (0.1, strength))
    assert 0 < less < more


def test_more_than_all_of_it_is_all_of_it() -> None:
    pixels, ids = sunny_street()
    assert np.array_equal(overcast(pixels, ids, strength=2.0), overcast(pixels, ids))


def test_a_night_and_a_picture_without_a_map_stay() -> None:
    pixels, ids = sunny_street()
    assert np.array_equal(overcast(pixels, ids, night=True), pixels)
    water = Water(level=WaterLevel.HEAVY, amounts=ALONE)
    assert np.array_equal(water.render(pixels, Scene()).pixels, pixels)
    dry = replace(water, level=WaterLevel.NONE)
    assert np.array_equal(dry.render(pixels, Scene(regions=REGIONS[ids])).pixels, pixels)


def test_an_evening_gets_a_dim_sky() -> None:
    pixels, ids = sunny_street()
    dusk = pixels // 3
    day, evening = (overcast(one, ids, night=False)[5:35, 20:215].mean() for one in (pixels, dusk))
    assert day > 210
    assert evening < dusk[5:35, 20:215].max(axis=2).mean() + 10


def test_a_large_picture_is_as_a_small_one() -> None:
    small, large = sunny_street(), sunny_street((2560, 1440))
    means = [overcast(*one).reshape(18, one[1].shape[0] // 18, 32, one[1].shape[1] // 32, 3) for one in (small, large)]
    first, second = (one.astype(float).mean(axis=(1, 3)) for one in means)
    assert np.median(np.abs(first - second)) < 3
