"""The generator as an effect: pictures of any size in, pictures of the same size out."""

import pickle
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import torch

from pipeline.effects.compose import compose
from pipeline.effects.detail import Detail
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.effects.generator import GeneratorEffect
from pipeline.effects.interface import Composed, Effect, Pixels
from pipeline.effects.scene import Region, Scene
from pipeline.effects.variant import PLAIN, Variant
from pipeline.engine.batching import Batchable
from pipeline.engine.resources import Precision
from pipeline.images.geometry import crop, pad_by_reflection, working_size
from pipeline.images.resize import scale, writable
from pipeline.images.size import Size
from pipeline.images.skips import PictureError, Reason
from tests.pipeline.augment.second_weights import second_weights
from tpsence.errors import WeightsError
from tpsence.untrusted import content_of
from tpsence.weights import load_generator

CPU = torch.device("cpu")
SIZES = [(30, 22), (64, 48), (30, 22), (9, 33), (1, 1)]


def pictures() -> list[Pixels]:
    return [
        np.random.default_rng(seed).integers(0, 256, (height, width, 3), dtype=np.uint8)
        for seed, (width, height) in enumerate(SIZES)
    ]


@pytest.mark.parametrize("detail", list(Detail))
def test_a_batch_is_translated_as_each_picture_alone(detail: Detail, tiny_weights: Path) -> None:
    weights = load_generator(tiny_weights)
    effect = GeneratorEffect(weights, CPU, Precision.FP32, width=24, detail=detail, batch_size=2)
    on_device = DeviceGenerator(load_generator(tiny_weights).generator, CPU, Precision.FP32)
    made = effect.apply(pictures(), variant=Variant(strength=0.7))
    for picture, result in zip(pictures(), made, strict=True):
        size = working_size((picture.shape[1], picture.shape[0]), 24)
        working = scale(picture, size)
        batch = torch.from_numpy(writable(pad_by_reflection(working)))[None]
        change = crop(on_device.change(batch)[0].numpy(), size)
        wanted = compose(picture, working, change, detail, 0.7)
        assert result.pixels.shape == picture.shape
        assert (
            np.abs(result.pixels.astype(int) - wanted).max() <= 1
        )  # two pictures of a batch may be summed in another order


def test_strength_0_changes_nothing(tiny_weights: Path) -> None:
    effect = GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=0)
    made = effect.apply(pictures(), variant=Variant(strength=0.0))
    for picture, result in zip(pictures(), made, strict=True):
        assert np.array_equal(picture, result.pixels)


@pytest.mark.parametrize("is_night", [None, True])
def test_a_night_keeps_its_light_where_the_generator_knows_days_alone(
    is_night: bool | None, tiny_weights: Path
) -> None:
    loaded = load_generator(tiny_weights)
    knows_days = replace(loaded, metadata=loaded.metadata.model_copy(update={"day_only": True}))
    effect, any_light = (GeneratorEffect(weights, CPU, Precision.FP32, width=24) for weights in (knows_days, loaded))
    night, day = (np.full((24, 32, 3), level, np.uint8) for level in (20, 200))
    prepared, (change,) = effect.prepare(night), effect.transform([effect.prepare(night)])
    assert not isinstance(change, PictureError)
    scene = Scene(is_night=is_night)
    assert np.array_equal(effect.compose(night, prepared, change, scene).pixels, night)
    assert not np.array_equal(any_light.compose(night, prepared, change, scene).pixels, night)
    told = effect.compose(day, prepared, change, Scene(is_night=False)).pixels
    assert not np.array_equal(told, day)


def test_an_effect_that_was_sent_does_the_same(tiny_weights: Path) -> None:
    effect = GeneratorEffect(load_generator(tiny_weights), CPU, Precision.FP32, width=24)
    arrived = pickle.loads(pickle.dumps(effect))  # noqa: S301 (made here)
    for one, other in zip(effect.apply(pictures()), arrived.apply(pictures()), strict=True):
        assert np.array_equal(one.pixels, other.pixels)


def sent_elsewhere(file: Path, content: Path) -> GeneratorEffect:
    """An effect that works where it is sent to, with the content of a file."""
    return GeneratorEffect(load_generator(file), CPU, Precision.FP32, width=24, content=content_of(content))


def test_what_a_device_holds_is_found_out_where_it_is(tiny_weights: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(DeviceGenerator, "most_pixels", lambda _: 8)
    effect = sent_elsewhere(tiny_weights, tiny_weights)
    picture = pictures()[0]
    effect.prepare(picture)
    arrived = pickle.loads(pickle.dumps(effect))  # noqa: S301 (made here)
    with pytest.raises(PictureError, match="too large at 24x17"):
        arrived.prepare(picture)


def test_weights_that_changed_before_they_were_sent_are_refused_where_they_arrive(
    tiny_weights: Path, tmp_path: Path
) -> None:
    effect = sent_elsewhere(tiny_weights, second_weights(tmp_path / "other.pth"))
    arrived = pickle.loads(pickle.dumps(effect))  # noqa: S301 (made here)
    with pytest.raises(WeightsError, match=r"other\.pth: has changed since the job was prepared"):
        arrived.apply(pictures())


class _Plain(Batchable):
    """A picture of which nothing has to be prepared."""

    def __init__(self, size: Size) -> None:
        self._size = size

    @property
    def common_size(self) -> Size:
        return self._size


class _Painted(Effect[_Plain, None]):
    """Paints the ground black: what an effect is that needs to know the scene and no device."""

    def prepare(self, pixels: Pixels, variant: Variant = PLAIN) -> _Plain:
        if pixels.shape[0] > 100:
            raise PictureError(Reason.TOO_LARGE, "too tall")
        return _Plain((pixels.shape[1], pixels.shape[0]))

    def batch_size(self, size: Size) -> int:
        return 1

    def transform(self, group: object) -> list[None | PictureError]:  # noqa: RUF036
        return [None]

    def compose(self, pixels: Pixels, prepared: _Plain, transformed: None, scene: Scene) -> Composed:
        assert scene.regions is not None
        is_ground = scene.regions[:, :, None] == Region.GROUND
        return Composed(pixels=np.where(is_ground, 0, pixels).astype(np.uint8))


def test_an_effect_is_told_the_scene_of_each_picture() -> None:
    scenes = [Scene(regions=np.full(picture.shape[:2], Region.GROUND, dtype=np.uint8)) for picture in pictures()]
    assert not any(result.pixels.any() for result in _Painted().apply(pictures(), scenes))
    with pytest.raises(ValueError, match="5 pictures and 1 scenes"):
        _Painted().apply(pictures(), scenes[:1])


def test_a_picture_that_an_effect_refuses_is_named() -> None:
    with pytest.raises(PictureError) as caught:
        _Painted().apply([np.zeros((200, 8, 3), dtype=np.uint8)])
    assert caught.value.detail == "too tall"
