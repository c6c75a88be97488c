"""What is asked for each picture."""

from typing import Any

import numpy as np
import pytest
import torch

from pipeline.augment.scenes import seed_of
from pipeline.translate.asked import Asked
from tests.pipeline.augment.wet_set import CLASSES, street_map
from tpsence.errors import InputError

ONE, TWO = [(96, 64)], [(96, 64), (48, 32)]


def test_a_single_picture_has_the_seed_as_it_is() -> None:
    (scene,) = Asked(seed=7).scenes(ONE, is_list=False)
    assert scene.seed == 7
    assert scene.regions is None
    assert not scene.objects


def test_pictures_of_a_list_have_seeds_of_their_own() -> None:
    assert [scene.seed for scene in Asked(seed=7).scenes(TWO, is_list=True)] == [7, 8]
    assert [scene.seed for scene in Asked(seed=list(np.array([3, 1]))).scenes(TWO, is_list=True)] == [3, 1]


def test_with_names_the_lot_falls_as_in_a_data_set() -> None:
    scenes = Asked(seed=7, name=["a.jpg", "deep/b.jpg"]).scenes(TWO, is_list=True)
    assert [scene.seed for scene in scenes] == [seed_of("a.jpg", 7), seed_of("deep/b.jpg", 7)]


@pytest.mark.parametrize("kind", [list, np.asarray, torch.tensor])
def test_boxes_become_objects(kind: Any) -> None:  # noqa: ANN401
    (scene,) = Asked(boxes=kind([[1, 2, 30, 40.5]])).scenes(ONE, is_list=False)
    assert [one.box for one in scene.objects] == [(1, 2, 30, 40.5)]


def test_a_batch_may_have_them_as_one() -> None:
    maps, boxes = np.stack([street_map((96, 64))] * 2), torch.tensor([[[0, 0, 9, 9]], [[5, 5, 9, 9]]])
    scenes = Asked(label_map=maps, classes=CLASSES, boxes=boxes).scenes([*ONE, *ONE], is_list=True)
    assert [one.objects[0].box for one in scenes] == [(0, 0, 9, 9), (5, 5, 9, 9)]
    assert all(one.regions is not None for one in scenes)


def test_a_list_has_maps_and_boxes_for_each() -> None:
    maps = [street_map(size) for size in TWO]
    scenes = Asked(label_map=maps, classes=CLASSES, boxes=[None, [[0, 0, 9, 9]]]).scenes(TWO, is_list=True)
    assert [len(scene.objects) for scene in scenes] == [0, 1]
    assert all(scene.regions is not None for scene in scenes)


@pytest.mark.parametrize(
    ("asked", "message"),
    [
        (Asked(seed=[1]), "`seed`: not a list of 2"),
        (Asked(seed=[1, 2.5]), "`seed`: not a whole number"),  # type: ignore[list-item]
        (Asked(name="a.jpg"), "`name`: not a list of 2"),
        (Asked(boxes=np.zeros((2, 4))), "`boxes`: not a list of 2"),
        (Asked(boxes=[[[0, 0, 1, 1]], [[0, 0, 1]]]), r"`boxes` of shape (1, 3): not (N, 4)"),
        (Asked(boxes=[None, [[0, 0, 1, float("nan")]]]), "`boxes`: not finite"),
        (Asked(boxes=[None, ["car"]]), "`boxes`: no numbers"),  # type: ignore[arg-type]
        (Asked(label_map=street_map((96, 64))), "`label_map`: not a list of 2"),
    ],
)
def test_what_does_not_fit_gets_a_line(asked: Asked, message: str) -> None:
    with pytest.raises(InputError) as caught:
        asked.scenes(TWO, is_list=True)
    assert caught.value.message == message
    assert caught.value.hint
