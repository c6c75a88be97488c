"""The generators of a run: loaded one after the other, each with its own width and way back."""

import gc
import weakref
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
import torch

from pipeline.augment import generators
from pipeline.augment.generators import drawn_weights, load_generators
from pipeline.augment.options import AugmentOptions
from pipeline.augment.weights_choice import ChosenWeights, chosen_weights
from pipeline.effects.detail import Detail
from pipeline.effects.generator import GeneratorEffect
from pipeline.effects.mixed import Mixed
from pipeline.effects.water_options import WaterLevel
from pipeline.engine.place import Place
from pipeline.engine.resources import Precision
from pipeline.weights.packaged import RAIN
from tests.pipeline.augment.second_weights import end_of, second_weights
from tpsence.weights import LoadedGenerator, load_generator

HERE = Place(device=torch.device("cpu"), precision=Precision.FP32)


def loaded(
    chosen: list[ChosenWeights],
    place: Place = HERE,
    **told: Any,  # noqa: ANN401 (settings)
) -> tuple[GeneratorEffect | Mixed | None, list[generators.UsedGenerator]]:
    return load_generators(chosen, AugmentOptions(**told), place, None)


def test_none_and_one_are_no_mixture(tiny_weights: Path) -> None:
    assert loaded([]) == (None, [])
    effect, (one,) = loaded([*chosen_weights(tiny_weights)])
    assert isinstance(effect, GeneratorEffect)
    assert (one.name, one.share, one.width, one.detail) == (str(tiny_weights), 1.0, 640, Detail.RESIDUAL)
    assert [drawn.name for drawn in drawn_weights([one])] == [end_of(tiny_weights)]


def test_each_of_several_has_what_it_asks_for(tiny_weights: Path) -> None:
    effect, used = loaded([*chosen_weights(f"rain=3,{tiny_weights}=1")])
    assert isinstance(effect, Mixed)
    rain, tiny = used
    assert (rain.width, rain.detail, rain.asks, rain.sha256) == (256, Detail.LIGHT, "moderate", RAIN.sha256)
    assert (tiny.width, tiny.detail, tiny.asks) == (640, Detail.RESIDUAL, None)
    assert [one.width for one in effect.generators] == [256, 640]
    assert [(one.name, one.share, one.level) for one in drawn_weights(used)] == [
        ("rain", 0.75, WaterLevel.MODERATE),
        (end_of(tiny_weights), 0.25, WaterLevel.NONE),
    ]


def test_what_is_told_counts_for_all(tiny_weights: Path) -> None:
    _, used = loaded([*chosen_weights(f"rain=3,{tiny_weights}=1")], width=96, detail=Detail.MODEL)
    assert [(one.width, one.detail) for one in used] == [(96, Detail.MODEL)] * 2


@pytest.mark.parametrize("place", [HERE, replace(HERE, is_here=False)], ids=["here", "elsewhere"])
def test_no_more_than_one_is_in_memory_beside_what_works(
    place: Place, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen: list[weakref.ref[Any]] = []

    def watched(path: Path) -> LoadedGenerator:
        gc.collect()
        assert all(one() is None for one in seen)
        found = replace(load_generator(path))
        seen.append(weakref.ref(found))
        seen.append(weakref.ref(found.generator))
        return found

    monkeypatch.setattr(generators, "load_generator", watched)
    files = [tiny_weights, *(second_weights(tmp_path / f"{seed}.pth", seed) for seed in (1, 2))]
    effect, used = loaded([*chosen_weights(",".join(f"{file}=1" for file in files))], place)
    assert isinstance(effect, Mixed)
    gc.collect()
    assert (len(used), [one() for one in seen]) == (3, [None] * 6)
