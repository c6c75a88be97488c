"""Networks as bytes: the same maps elsewhere, and a name for what goes wrong on the way."""

import pickle
import sys
from pathlib import Path
from types import ModuleType

import numpy as np
import pytest
import torch
from torch import nn

from pipeline.engine.resources import Precision
from pipeline.errors import ConfigError, RunError
from pipeline.segment.mmseg.network import build_network
from pipeline.segment.mmseg.packed import PackedNetwork
from pipeline.segment.mmseg.segmenter import Segmenter
from tests.pipeline.segment.mmseg.tiny_model import write_tiny_model
from tpsence.errors import InputError


def sent(packed: PackedNetwork) -> PackedNetwork:
    arrived = pickle.loads(pickle.dumps(packed))  # noqa: S301 (made here)
    assert isinstance(arrived, PackedNetwork)
    return arrived


def test_a_network_that_was_sent_makes_the_same_maps(tmp_path: Path) -> None:
    config, weights = write_tiny_model(tmp_path, mode="slide")
    network = build_network(config, weights, {}, whole=False)
    arrived = sent(PackedNetwork(network.network, "tiny.py")).unpacked()
    pixels = np.random.default_rng(1).integers(0, 256, (70, 110, 3), dtype=np.uint8)
    inputs = [network.preparation(pixels)]
    one, other = (
        Segmenter(module, torch.device("cpu"), Precision.FP32, 19).class_ids(inputs, (110, 70))
        for module in (network.network, arrived)
    )
    assert np.array_equal(one, other)
    assert not arrived.training
    assert not any(parameter.requires_grad for parameter in arrived.parameters())


def test_it_is_packed_once_and_sent_without_a_copy() -> None:
    packed = PackedNetwork(nn.Linear(500, 500), "x.py")
    apart: list[pickle.PickleBuffer] = []
    assert len(pickle.dumps(packed, protocol=5, buffer_callback=apart.append)) < 1000
    assert 1_000_000 < sum(one.raw().nbytes for one in apart) < 1_010_000


def test_what_cannot_be_sent_is_refused_before_anything_begins() -> None:
    network = nn.Linear(2, 2)
    network.own = lambda x: x  # type: ignore[assignment]
    with pytest.raises(InputError, match=r"^x\.py: the network cannot be sent to other machines: ") as caught:
        PackedNetwork(network, "x.py")
    assert caught.value.hint == "Leave `engine` out: on one machine nothing has to be sent."


def test_a_module_that_is_missing_where_it_arrives_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    module = ModuleType("parts_of_the_user")
    exec("from torch import nn\nclass Own(nn.Module):\n    pass\n", module.__dict__)  # noqa: S102 (of this test)
    with monkeypatch.context() as patch:
        patch.setitem(sys.modules, module.__name__, module)
        packed = PackedNetwork(module.Own(), "x.py")
    with pytest.raises(ConfigError, match=r"^x\.py: needs the module parts_of_the_user, which is not installed"):
        sent(packed).unpacked()


def test_a_class_that_is_another_where_it_arrives_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    packed = PackedNetwork(nn.Identity(), "x.py")
    monkeypatch.delattr("torch.nn.modules.linear.Identity")
    with pytest.raises(RunError, match=r"^x\.py: the network cannot be built where it was sent: .*Identity") as caught:
        sent(packed).unpacked()
    assert caught.value.hint is not None
    assert caught.value.hint.startswith("Install the same versions ")
