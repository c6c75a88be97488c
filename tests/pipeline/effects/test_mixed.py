"""Several generators as one effect: each picture is what its own generator makes of it."""

import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from pipeline.effects.detail import Detail
from pipeline.effects.generator import GeneratorEffect
from pipeline.effects.interface import Effect
from pipeline.effects.mixed import Mixed
from pipeline.effects.rain import RainEffect
from pipeline.effects.scene import Region, Scene
from pipeline.effects.variant import Variant
from pipeline.effects.water import Water
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.batching import grouped
from pipeline.engine.resources import Precision
from pipeline.images.skips import PictureError
from tests.pipeline.augment.second_weights import second_weights
from tpsence.weights import load_generator

CPU = torch.device("cpu")
PICTURE = np.random.default_rng(0).integers(0, 256, (32, 48, 3), dtype=np.uint8)


@pytest.fixture
def effects(tiny_weights: Path, tmp_path: Path) -> list[GeneratorEffect]:
    """Two generators of different widths and ways back to the picture's size."""
    other = second_weights(tmp_path / "other.pth")
    return [
        GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=24, detail=Detail.RESIDUAL),
        GeneratorEffect(load_generator(other), CPU, Precision.FP32, width=32, detail=Detail.MODEL),
    ]


def test_each_picture_is_what_its_own_generator_makes_of_it(effects: list[GeneratorEffect]) -> None:
    mixed = Mixed(effects)
    made = []
    for place, effect in enumerate(effects):
        variant = Variant(strength=0.5, generator=place)
        (alone,), (one,) = effect.apply([PICTURE], variant=variant), mixed.apply([PICTURE], variant=variant)
        assert np.array_equal(one.pixels, alone.pixels)
        made.append(one.pixels)
    first, second = made
    assert not np.array_equal(first, second)


def test_a_batch_is_of_one_generator(tiny_weights: Path, tmp_path: Path) -> None:
    files = [tiny_weights, second_weights(tmp_path / "other.pth")]
    loaded = map(load_generator, files)
    mixed = Mixed([GeneratorEffect(one, CPU, Precision.FP32, width=24, batch_size=2) for one in loaded])
    places = [0, 1, 1, 0, 0]
    both: list[Effect[Any, Any]] = [mixed, RainEffect(Water(level=WaterLevel.NONE), mixed, None)]
    for effect in both:
        items = [effect.prepare(PICTURE, Variant(generator=place)) for place in places]
        assert len({item.common_size for item in items}) == 1
        groups = [group for group in grouped(items, effect.batch_size) if isinstance(group, list)]
        assert [[item.kind for item in group] for group in groups] == [[1, 1], [0, 0], [0]]
        for group in groups:
            assert not any(isinstance(one, PictureError) for one in effect.transform(group))


def test_a_batch_is_one_that_all_of_them_take(tiny_weights: Path, tmp_path: Path) -> None:
    sizes = {tiny_weights: 4, second_weights(tmp_path / "other.pth"): 3}
    mixed = Mixed(
        [
            GeneratorEffect(load_generator(file), CPU, Precision.FP32, width=24, batch_size=size)
            for file, size in sizes.items()
        ]
    )
    assert mixed.batch_size((24, 16)) == 3


def test_what_was_sent_does_the_same(effects: list[GeneratorEffect]) -> None:
    mixed = RainEffect(Water(level=WaterLevel.HEAVY), Mixed(effects), None)
    arrived = pickle.loads(pickle.dumps(mixed))  # noqa: S301 (made here)
    scene = Scene(regions=np.full((32, 48), Region.GROUND, dtype=np.uint8))
    for place in (0, 1):
        variant = Variant(generator=place)
        (one,), (other,) = (effect.apply([PICTURE], [scene], variant) for effect in (mixed, arrived))
        assert np.array_equal(one.pixels, other.pixels)
