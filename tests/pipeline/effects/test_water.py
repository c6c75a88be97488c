"""All of the water on one picture: what is kept, what follows from the seed alone, and how much memory it takes."""

import tracemalloc
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.effects.scene import Region, Scene
from pipeline.effects.water import Water
from pipeline.effects.water_options import RAIN_RATES, WaterAmounts, WaterLevel
from pipeline.gate.box import Pair, box_measure
from pipeline.gate.verdict import losses_of
from tests.pipeline.effects.drawn_streets import EXAMPLES, HORIZON, Street, draw_street, random_picture, scenes
from tpsence.errors import InputError

NOTHING = WaterAmounts(overcast=0, wet_ground=0, haze=0, streaks=0, drops=0)
STILL = WaterAmounts(streaks=0, drops=0)
WET = [WaterLevel.LIGHT, WaterLevel.MODERATE, WaterLevel.HEAVY]
FEW = settings(EXAMPLES, max_examples=20)


def rendered(
    street: Street, level: WaterLevel, amounts: WaterAmounts | None = None, seed: int = 0
) -> NDArray[np.uint8]:
    """Return a street in rain."""
    water = Water(level=level, amounts=amounts or WaterAmounts(), horizon=HORIZON)
    return water.render(street.pixels, street.scene(seed)).pixels


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("level", WET)
def test_no_strength_is_no_change(level: WaterLevel, *, night: bool) -> None:
    street = draw_street((320, 180), night=night)
    np.testing.assert_array_equal(rendered(street, level, NOTHING), street.pixels)


@EXAMPLES
@given(scenes(), st.booleans())
def test_nor_is_no_rain_in_any_scene(drawn: tuple[NDArray[np.uint8], Scene], is_none: bool) -> None:
    pixels, scene = drawn
    water = Water(level=WaterLevel.NONE) if is_none else Water(level=WaterLevel.HEAVY, amounts=NOTHING)
    found = water.render(pixels, scene, with_clean=True)
    np.testing.assert_array_equal(found.pixels, pixels)
    np.testing.assert_array_equal(found.clean, pixels)


@FEW
@given(scenes(), st.sampled_from(WET))
def test_what_holds_for_any_scene(drawn: tuple[NDArray[np.uint8], Scene], level: WaterLevel) -> None:
    """No warning either, which an overflow would give."""
    pixels, scene = drawn
    before = pixels.copy()
    water = Water(level=level)
    found = water.render(pixels, scene, with_clean=True)
    np.testing.assert_array_equal(pixels, before)
    for one in (found.pixels, found.clean):
        assert one is not None
        assert one.shape == pixels.shape
        assert one.dtype == np.uint8
    np.testing.assert_array_equal(water.render(pixels, scene).pixels, found.pixels)
    assert water.render(pixels, scene).clean is None


@pytest.mark.parametrize("name", ["overcast", "wet_ground", "haze", "streaks", "drops"])
def test_each_effect_does_something_alone(name: str) -> None:
    street = draw_street((320, 180))
    assert (rendered(street, WaterLevel.HEAVY, NOTHING.model_copy(update={name: 1.0})) != street.pixels).any()


@pytest.mark.parametrize("night", [False, True])
def test_harder_rain_changes_more(*, night: bool) -> None:
    street = draw_street((320, 180), night=night)
    changes = [float(np.abs(rendered(street, level).astype(int) - street.pixels).mean()) for level in WET]
    assert 0 < changes[0] < changes[1] < changes[2]
    assert [RAIN_RATES[level] for level in WET] == sorted(RAIN_RATES[level] for level in WET)


def test_the_picture_and_its_regions_are_not_written_to() -> None:
    """Their arrays refuse it."""
    street = draw_street((320, 180))
    assert not street.pixels.flags.writeable
    assert not street.regions.flags.writeable
    rendered(street, WaterLevel.HEAVY)


@pytest.mark.parametrize("night", [False, True])
def test_the_same_again_and_something_else_with_another_seed(*, night: bool) -> None:
    street = draw_street((320, 180), night=night)
    for level in WET:
        first, again, other = (rendered(street, level, seed=seed) for seed in (1, 1, 2))
        np.testing.assert_array_equal(first, again)
        assert (first != other).any()


@pytest.mark.parametrize("name", ["wet_ground", "streaks", "drops"])
def test_the_seed_places_each_effect(name: str) -> None:
    street = draw_street((320, 180))
    amounts = NOTHING.model_copy(update={name: 1.0})
    first, other = (rendered(street, WaterLevel.HEAVY, amounts, seed) for seed in (1, 2))
    assert (first != other).any()


def test_threads_do_not_get_in_each_other_s_way() -> None:
    streets = [draw_street((320, 180), night=night) for night in (False, True)]
    jobs = [(street, level, seed) for street in streets for level in WET for seed in (0, 7)]
    alone = [rendered(street, level, seed=seed) for street, level, seed in jobs]
    with ThreadPoolExecutor(4) as pool:
        futures = [pool.submit(rendered, street, level, None, seed) for _ in range(2) for street, level, seed in jobs]
        for place, future in enumerate(futures):
            np.testing.assert_array_equal(future.result(), alone[place % len(jobs)])


@pytest.mark.parametrize("night", [False, True])
@pytest.mark.parametrize("level", WET)
def test_clean_is_the_same_light_without_what_falls(level: WaterLevel, *, night: bool) -> None:
    street = draw_street((320, 180), night=night)
    water = Water(level=level, horizon=HORIZON)
    found = water.render(street.pixels, street.scene(), with_clean=True)
    assert found.clean is not None
    np.testing.assert_array_equal(found.clean, rendered(street, level, STILL))
    assert (found.clean != street.pixels).any()
    assert (found.clean != found.pixels).any()
    same = (found.clean == found.pixels).all(axis=2)
    assert same.mean() > 0.5


@pytest.mark.parametrize("level", WET)
def test_sky_and_objects_keep_their_pixels_under_wet_ground(level: WaterLevel) -> None:
    street = draw_street((512, 288))
    wet = rendered(street, level, NOTHING.model_copy(update={"wet_ground": 1.0}))
    inside = np.zeros(street.regions.shape, dtype=bool)
    for one in street.objects:
        x0, y0, x1, y1 = (round(side) for side in one.box)
        inside[y0 + 1 : y1 - 1, x0 + 1 : x1 - 1] = True
    inside |= street.regions == Region.SKY
    np.testing.assert_array_equal(wet[inside], street.pixels[inside])
    assert (wet != street.pixels).any()


@pytest.mark.parametrize("level", [WaterLevel.LIGHT, WaterLevel.MODERATE])
@pytest.mark.parametrize("night", [False, True])
def test_the_gate_finds_every_object(level: WaterLevel, *, night: bool) -> None:
    street = draw_street(night=night)
    for seed in range(2):
        pair = Pair.of(street.pixels, rendered(street, level, seed=seed))
        for one in street.objects:
            measure = box_measure(pair, one.box)
            assert measure is not None
            assert measure.structure is not None
            assert losses_of(measure, "car", ["car"]) == ()


@pytest.mark.parametrize("size", [(1, 1), (64, 48), (65, 49), (1, 40), (900, 1), (1200, 30), (40, 400), (333, 517)])
def test_any_size(size: tuple[int, int]) -> None:
    pixels = random_picture(size, 0)
    regions = np.array([[Region.SKY], [Region.OTHER], [Region.GROUND]], dtype=np.uint8)
    found = Water(level=WaterLevel.HEAVY).render(pixels, Scene(regions=regions), with_clean=True)
    assert found.pixels.shape == pixels.shape
    assert found.clean is not None
    assert found.clean.shape == pixels.shape


def test_the_same_rain_at_twice_the_size() -> None:
    """But for what falls, the change at 640 is that at 1280."""
    small, large = (draw_street((width, width * 9 // 16)) for width in (640, 1280))
    means = []
    for street in (small, large):
        change = rendered(street, WaterLevel.MODERATE, STILL).astype(float) - street.pixels
        means.append(change.reshape(9, change.shape[0] // 9, 16, change.shape[1] // 16, 3).mean(axis=(1, 3)))
    assert np.abs(means[0] - means[1]).max() < 4
    assert np.abs(means[0]).max() > 4


@pytest.mark.parametrize("value", [0, 255])
@pytest.mark.parametrize("level", WET)
def test_black_and_white_stay_in_range(value: int, level: WaterLevel) -> None:
    """A level that ran over would be at the other end."""
    street = draw_street((320, 180))
    even = replace(street, pixels=np.full_like(street.pixels, value), objects=())
    found = rendered(even, level)
    assert np.abs(found.astype(int) - value).mean() < 128
    off = street.regions == Region.SKY
    still = rendered(even, level, STILL)
    assert (still[off] == value).all()


def test_rows_that_are_rendered_apart_fit_together(monkeypatch: pytest.MonkeyPatch) -> None:
    street = draw_street((320, 180))
    whole = rendered(street, WaterLevel.HEAVY)
    monkeypatch.setattr("pipeline.effects.water._BAND", 320 * 7)
    apart = rendered(street, WaterLevel.HEAVY)
    assert np.abs(apart.astype(int) - whole).max() <= 1
    assert (apart != whole).mean() < 0.01


def test_what_is_found_is_told() -> None:
    for night in (False, True):
        street = draw_street((320, 180), night=night)
        found = Water(level=WaterLevel.LIGHT).render(street.pixels, street.scene())
        assert found.has_ground
        assert found.is_night == night
        assert not Water(level=WaterLevel.LIGHT).render(street.pixels, Scene()).has_ground


def test_memory_beside_the_picture_is_bounded() -> None:
    """A picture of 8K, 33 megapixels: whole in linear light it would take 400 MB."""
    small = draw_street((640, 360))
    pixels = np.repeat(np.repeat(small.pixels, 12, axis=0), 12, axis=1)
    water, scene = Water(level=WaterLevel.MODERATE), Scene(regions=small.regions)
    tracemalloc.start()
    try:
        found = water.render(pixels, scene)
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert found.pixels.shape == (4320, 7680, 3)
    assert most < found.pixels.nbytes * 4 / 3 + 130e6  # the result, the opacity of streaks, and some bands


@pytest.mark.parametrize("amounts", [{"haze": -0.1}, {"streaks": 2.5}, {"drops": float("nan")}, {"rain": 1}])
def test_amounts_are_checked(amounts: dict[str, float]) -> None:
    with pytest.raises(InputError):
        WaterAmounts(**amounts)
