"""Label maps in memory."""

from collections.abc import Sequence

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.classes.schemes import find_scheme
from pipeline.effects.scene import Region
from pipeline.translate.label_map import regions_of
from tests.pipeline.augment.wet_set import CLASSES, street_map
from tpsence.errors import InputError

SIZE = (96, 64)
IDS = street_map(SIZE)


def test_ids_and_names_tell_where_ground_and_sky_are() -> None:
    regions = regions_of(IDS, CLASSES, SIZE)
    assert (regions[:256] == Region.SKY).any()
    top, bottom = regions[: len(regions) // 2], regions[len(regions) // 2 :]
    assert (top == Region.SKY).all()
    assert (bottom == Region.GROUND).all()


@pytest.mark.parametrize("kind", [torch.from_numpy, lambda ids: ids.astype(np.int64), Image.fromarray])
def test_arrays_tensors_and_pictures_are_alike(kind: object) -> None:
    assert callable(kind)
    assert np.array_equal(regions_of(kind(IDS), CLASSES, SIZE), regions_of(IDS, CLASSES, SIZE))


def test_cityscapes_is_meant_where_nobody_says() -> None:
    ids = np.full((64, 96), 10, np.uint8)  # sky
    ids[32:] = 0  # road
    ids[0] = 255  # ignored
    regions = regions_of(ids, None, SIZE)
    assert (regions[-1] == Region.GROUND).all()
    assert (regions[len(regions) // 4] == Region.SKY).all()
    assert np.array_equal(regions, regions_of(ids, "cityscapes", SIZE))


def test_a_palette_tells_the_scheme() -> None:
    scheme = find_scheme("camvid")
    picture = Image.fromarray(np.where(IDS == 1, 3, 0).astype(np.uint8))  # road, sky
    picture.putpalette([value for colour in scheme.palette for value in colour])
    assert np.array_equal(regions_of(picture, None, SIZE), regions_of(IDS, CLASSES, SIZE))


@pytest.mark.parametrize(
    ("label_map", "classes", "message"),
    [
        (IDS[:10], CLASSES, "10 x 96: its picture is 96x64"),
        (IDS + 9, CLASSES, "class id 10: there are 3 classes"),
        (IDS.astype(np.int16) - 1, CLASSES, "class id -1"),
        (IDS, ("sky", "water", "building"), "none of the classes of the label map is ground: sky, water, building"),
        (IDS / 2, CLASSES, "float64: has no class ids"),
        (torch.zeros(64, 96), CLASSES, "float32: has no class ids"),
        ("maps/a.png", CLASSES, "str: has no class ids"),
        (Image.new("RGB", SIZE), CLASSES, "mode RGB: has no class ids"),
        (IDS, "kitti", "class scheme 'kitti' is not known"),
    ],
)
def test_what_is_no_label_map_gets_a_line(label_map: object, classes: str | Sequence[str], message: str) -> None:
    with pytest.raises(InputError) as caught:
        regions_of(label_map, classes, SIZE)
    assert message in caught.value.message
    assert caught.value.hint
