"""Where networks work: here as ever, or where an engine says."""

import sys
from types import SimpleNamespace

import pytest
import torch

from pipeline.engine.place import Place, place_of
from pipeline.engine.resources import EngineName, Precision, Resources
from tpsence.errors import InputError


def test_on_this_machine_it_is_the_chosen_device() -> None:
    place = place_of(Resources(device="cpu"), Precision.AUTO)
    assert place == Place(device=torch.device("cpu"), precision=Precision.FP32, is_here=True)
    assert place_of(Resources(device="cpu"), Precision.BF16).precision is Precision.BF16
    with pytest.raises(InputError, match="not a device"):
        place_of(Resources(device="nothing"), Precision.AUTO)


def test_ray_is_asked_for_its_own(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[object] = []
    there = Place(device=torch.device("cuda"), precision=Precision.BF16, is_here=False)

    def ray_place(*told: object) -> Place:
        asked.extend(told)
        return there

    monkeypatch.setitem(sys.modules, "pipeline.engine.ray.look", SimpleNamespace(ray_place=ray_place))
    resources = Resources(engine=EngineName.RAY)
    assert place_of(resources, Precision.AUTO) is there
    assert asked == [resources, Precision.AUTO]
