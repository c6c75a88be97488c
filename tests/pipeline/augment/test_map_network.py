"""``road-lite`` in the pass of the generator: what it takes, what it finds, and that it can be sent."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.augment.map_network import MapNetwork
from pipeline.effects.scene import Region, region_table
from pipeline.engine.resources import Precision
from pipeline.images.skips import PictureError
from pipeline.segment.mmseg.segmenter import Segmenter
from tests.conftest import ROOT

pytest.importorskip("mmseg")


@pytest.fixture(scope="module")
def network() -> MapNetwork:
    return MapNetwork(torch.device("cpu"), Precision.FP32)


def scene(size: tuple[int, int]) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """A picture of the street, (H, W, 3)."""
    file = sorted((ROOT / "examples/street/trainA").iterdir())[0]
    return np.asarray(Image.open(file).convert("RGB").resize(size))


def test_ground_and_sky_are_where_they_are(network: MapNetwork) -> None:
    shown = network.prepare(scene((1280, 720)))
    assert shown is not None
    assert shown.size == (640, 360)
    (regions,) = network.transform([shown])
    assert not isinstance(regions, PictureError)
    assert regions.shape == (360, 640)
    assert (regions[300:] == Region.GROUND).mean() > 0.5
    assert (regions[:20] == Region.GROUND).mean() < 0.05


def test_pictures_of_several_sizes_come_back_in_their_order(
    network: MapNetwork, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []
    own = Segmenter.class_ids

    def counted(self: Segmenter, inputs: list[torch.Tensor], size: tuple[int, int]) -> object:
        asked.append(len(inputs))
        return own(self, inputs, size)

    monkeypatch.setattr(Segmenter, "class_ids", counted)
    monkeypatch.setattr(Segmenter, "usual_batch", 2)
    sizes = [(64, 48), (96, 64), (64, 48), (64, 48)]
    shown = [one for size in sizes if (one := network.prepare(scene(size))) is not None]
    found = network.transform(shown)
    assert asked == [2, 1, 1]
    assert [one.shape for one in found if not isinstance(one, PictureError)] == [(48, 64), (64, 96), (48, 64), (48, 64)]


def test_a_picture_that_is_much_longer_than_wide_gets_none(network: MapNetwork) -> None:
    assert network.prepare(np.zeros((8, 2000, 3), dtype=np.uint8)) is None


def test_it_is_sent_without_the_network_and_finds_the_same(network: MapNetwork, tmp_path: Path) -> None:
    data = pickle.dumps(network)
    assert len(data) < 20_000
    arrived = pickle.loads(data)  # noqa: S301 (made here)
    one, other = network.prepare(scene((96, 64))), arrived.prepare(scene((96, 64)))
    assert one is not None
    (found,), (again,) = network.transform([one]), arrived.transform([other])
    assert np.array_equal(found, again)  # type: ignore[arg-type]


def test_the_classes_of_road_lite_have_ground_and_sky(network: MapNetwork) -> None:
    table = region_table(["sky", "building", "pole", "road", "pavement"])
    assert list(table[:5]) == [Region.SKY, Region.OTHER, Region.OTHER, Region.GROUND, Region.GROUND]
    assert np.array_equal(network._table[:5], table[:5])
