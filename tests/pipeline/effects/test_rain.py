"""Rain as an effect: a generator, regions from the device and water, each where it is wanted."""

import pickle
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.effects.generator import Change, GeneratorEffect, Scaled
from pipeline.effects.interface import Composed, Pixels
from pipeline.effects.rain import RainEffect
from pipeline.effects.scene import Region, Regions, Scene
from pipeline.effects.variant import Variant
from pipeline.effects.water import Water
from pipeline.effects.water_options import GROUND, NIGHT, WaterLevel
from pipeline.engine.batching import Batchable
from pipeline.engine.resources import Precision
from pipeline.images.size import Size
from pipeline.images.skips import PictureError, Reason
from tests.pipeline.augment.wet_set import ROAD, street, street_map
from tpsence.weights import load_generator

CPU = torch.device("cpu")
HEAVY = Water(level=WaterLevel.HEAVY)


@dataclass(frozen=True)
class _Shown(Batchable):
    pixels: Pixels

    @property
    def common_size(self) -> Size:
        return self.pixels.shape[1], self.pixels.shape[0]


class _LowerHalf:
    """Takes the lower half of every picture for ground; takes no picture that is 30 wide, fails for one 20 wide."""

    def __init__(self) -> None:
        self.groups: list[int] = []

    def prepare(self, pixels: Pixels) -> _Shown | None:
        return None if pixels.shape[1] == 30 else _Shown(pixels)

    def batch_size(self, size: Size) -> int:
        return 3

    def transform(self, group: Sequence[_Shown]) -> list[Regions | PictureError]:
        self.groups.append(len(group))
        return [self._one(item.pixels) for item in group]

    @staticmethod
    def _one(pixels: Pixels) -> Regions | PictureError:
        if pixels.shape[1] == 20:
            return PictureError(Reason.OUT_OF_MEMORY, "no map")
        regions = np.full(pixels.shape[:2], Region.OTHER, dtype=np.uint8)
        regions[len(regions) // 2 :] = Region.GROUND
        return regions


def picture(size: Size = (96, 64), seed: int = 0, *, night: bool = False) -> Pixels:
    return street(street_map(size), seed, night=night)


def ground(size: Size = (96, 64)) -> Regions:
    return np.where(street_map(size) == ROAD, Region.GROUND, Region.SKY).astype(np.uint8)


def test_water_alone_is_what_water_renders() -> None:
    scene = Scene(regions=ground(), seed=3)
    (made,) = RainEffect(HEAVY, None, None).apply([picture()], [scene])
    assert np.array_equal(made.pixels, HEAVY.render(picture(), scene).pixels)
    assert made.clean is None
    assert made.noted == {GROUND: True, NIGHT: False}


def test_what_is_noted_is_of_the_picture() -> None:
    scenes = [Scene(regions=np.full((64, 96), Region.OTHER, dtype=np.uint8)), Scene(regions=ground()), Scene()]
    made = RainEffect(HEAVY, None, None).apply([picture(), picture(night=True), picture()], scenes)
    assert [one.noted for one in made] == [
        {GROUND: False, NIGHT: False},
        {GROUND: True, NIGHT: True},
        {GROUND: False, NIGHT: False},
    ]


def test_the_clean_picture_has_the_same_light_without_what_falls() -> None:
    scene = Scene(regions=ground(), seed=3)
    (made,) = RainEffect(HEAVY, None, None, with_clean=True).apply([picture()], [scene])
    assert made.clean is not None
    wanted = HEAVY.render(picture(), scene, with_clean=True)
    assert made.clean is not None
    assert wanted.clean is not None
    assert np.array_equal(made.clean, wanted.clean)
    assert not np.array_equal(made.clean, made.pixels)


def test_a_generator_comes_before_the_water(tiny_weights: Path) -> None:
    generator = GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=48)
    scene = Scene(regions=ground(), seed=3)
    (light,) = generator.apply([picture()])
    (made,) = RainEffect(HEAVY, generator, None).apply([picture()], [scene])
    assert np.array_equal(made.pixels, HEAVY.render(light.pixels, scene, camera=picture()).pixels)


class _Brighter(GeneratorEffect):
    """A generator that makes a day of every picture."""

    def compose(self, pixels: Pixels, prepared: Scaled, transformed: Change, scene: Scene) -> Composed:
        """Return a bright picture."""
        return Composed(pixels=np.full_like(pixels, 180))


@pytest.mark.parametrize(("level", "night"), [(5, True), (150, False)])
def test_night_is_told_from_the_picture_and_not_from_what_the_generator_makes_of_it(
    tiny_weights: Path, level: int, night: bool
) -> None:
    generator = _Brighter(load_generator(tiny_weights), CPU, Precision.FP32, width=32)
    pixels = np.full((64, 96, 3), level, dtype=np.uint8)
    (made,) = RainEffect(HEAVY, generator, None).apply([pixels], [Scene(regions=ground())])
    assert made.noted[NIGHT] is night


def test_regions_from_the_device_count_before_none_and_go_through_together() -> None:
    source = _LowerHalf()
    effect = RainEffect(HEAVY, None, source)
    made = effect.apply([picture(seed=seed) for seed in range(4)])
    assert source.groups == [3, 1]
    assert all(one.noted[GROUND] for one in made)
    lower = np.full((64, 96), Region.OTHER, dtype=np.uint8)
    lower[32:] = Region.GROUND
    assert np.array_equal(made[0].pixels, HEAVY.render(picture(), Scene(regions=lower)).pixels)


def test_a_picture_that_gets_no_map_has_water_without_ground(tiny_weights: Path) -> None:
    generator = GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=0)
    for first in (None, generator):
        made = RainEffect(HEAVY, first, _LowerHalf()).apply([picture((30, 20)), picture((96, 64))])
        assert [one.noted[GROUND] for one in made] == [False, True]


def test_in_a_group_of_one_size_those_without_a_map_keep_their_places(tiny_weights: Path) -> None:
    generator = GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=32, batch_size=4)
    effect = RainEffect(HEAVY, generator, _LowerHalf())
    group = [effect.prepare(picture(size)) for size in ((30, 20), (96, 64), (60, 40), (30, 20))]
    made = effect.transform(group)
    assert not any(isinstance(one, PictureError) for one in made)
    shapes = [one.regions is not None and one.regions.shape for one in made if not isinstance(one, PictureError)]
    assert shapes == [False, (64, 96), (40, 60), False]


def test_a_failure_on_the_device_is_that_of_its_picture() -> None:
    with pytest.raises(PictureError, match="no map"):
        RainEffect(HEAVY, None, _LowerHalf()).apply([picture((20, 20))])


def test_an_effect_that_was_sent_does_the_same(tiny_weights: Path) -> None:
    generator = GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=48)
    effect = RainEffect(HEAVY, generator, _LowerHalf(), with_clean=True)
    arrived = pickle.loads(pickle.dumps(effect))  # noqa: S301 (made here)
    (one,), (other,) = effect.apply([picture()]), arrived.apply([picture()])
    assert np.array_equal(one.pixels, other.pixels)
    assert one.clean is not None
    assert other.clean is not None
    assert np.array_equal(one.clean, other.clean)


def test_how_hard_it_rains_is_said_for_each_picture() -> None:
    scene = Scene(regions=ground(), seed=3)
    effect = RainEffect(HEAVY, None, None)
    for level in (WaterLevel.LIGHT, WaterLevel.MODERATE, WaterLevel.HEAVY):
        (made,) = effect.apply([picture()], [scene], Variant(level=level))
        assert np.array_equal(made.pixels, Water(level=level).render(picture(), scene).pixels)


def test_where_it_does_not_rain_nothing_is_rendered_and_no_map_is_made(tiny_weights: Path) -> None:
    generator = GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=48)
    source, dry = _LowerHalf(), Variant(level=WaterLevel.NONE, strength=0.5)
    (light,) = generator.apply([picture()], variant=dry)
    (made,) = RainEffect(HEAVY, generator, source, with_clean=True).apply([picture()], variant=dry)
    assert np.array_equal(made.pixels, light.pixels)
    assert np.array_equal(made.clean, light.pixels) if made.clean is not None else False
    assert (source.groups, made.noted) == ([], {})
    (same,) = RainEffect(HEAVY, None, source).apply([picture()], variant=dry)
    assert np.array_equal(same.pixels, picture())


def test_pictures_with_and_without_rain_go_through_together(tiny_weights: Path) -> None:
    generator = GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=48, batch_size=3)
    effect = RainEffect(HEAVY, generator, _LowerHalf())
    levels = (WaterLevel.NONE, WaterLevel.HEAVY, WaterLevel.NONE)
    made = effect.transform([effect.prepare(picture(), Variant(level=level)) for level in levels])
    assert [isinstance(one, PictureError) or one.regions is None for one in made] == [True, False, True]
