"""The example data set: complete, small, and labelled within its pictures."""

import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from street_scene.draw import draw
from street_scene.light import Weather
from street_scene.scene import random_scene

STREET = Path(__file__).resolve().parent.parent / "examples" / "street"
CAR = 13


def stems(folder: str) -> list[str]:
    return sorted(path.stem for path in (STREET / folder).iterdir())


def test_the_whole_is_under_two_megabytes() -> None:
    files = [path for path in STREET.parent.rglob("*") if path.is_file() and "__pycache__" not in path.parts]
    assert sum(path.stat().st_size for path in files) < 2_000_000


@pytest.mark.parametrize(("pictures", "maps"), [("trainA", "trainS"), ("trainB", "trainT")])
def test_every_training_picture_has_a_label_map_of_its_size(pictures: str, maps: str) -> None:
    assert stems(pictures) == stems(maps)
    for stem in stems(pictures):
        with Image.open(STREET / pictures / f"{stem}.jpg") as picture, Image.open(STREET / maps / f"{stem}.png") as ids:
            assert (ids.size, ids.mode) == (picture.size, "P")
            assert set(np.unique(np.asarray(ids))) <= {*range(19), 255}


@pytest.mark.parametrize("file", ["coco.json", "coco_test.json"])
def test_boxes_lie_in_pictures_that_are_there(file: str) -> None:
    tree = json.loads((STREET / file).read_text())
    sizes = {image["id"]: (image["width"], image["height"]) for image in tree["images"]}
    for image in tree["images"]:
        with Image.open(STREET / image["file_name"]) as picture:
            assert picture.size == sizes[image["id"]]
    for one in tree["annotations"]:
        x, y, width, height = one["bbox"]
        assert 0 <= x < x + width <= sizes[one["image_id"]][0]
        assert 0 <= y < y + height <= sizes[one["image_id"]][1]


def test_cars_are_where_the_label_maps_have_cars() -> None:
    tree = json.loads((STREET / "coco.json").read_text())
    car = next(category["id"] for category in tree["categories"] if category["name"] == "car")
    names = {image["id"]: image["file_name"] for image in tree["images"] if image["file_name"].startswith("trainA/")}
    checked = 0
    for one in tree["annotations"]:
        if one["category_id"] == car and one["image_id"] in names:
            with Image.open(STREET / "trainS" / f"{Path(names[one['image_id']]).stem}.png") as ids:
                x, y, width, height = (round(side) for side in one["bbox"])
                box = np.asarray(ids)[y : y + height, x : x + width]
            assert (box == CAR).mean() > 0.2
            checked += 1
    assert checked > 50


def test_a_scene_has_the_same_labels_in_both_weathers() -> None:
    scene = random_scene(np.random.default_rng(5))
    clear, rain = draw(scene, Weather.CLEAR), draw(scene, Weather.RAIN)
    assert np.array_equal(clear[1], rain[1])
    assert [one.box for one in clear[2]] == [one.box for one in rain[2]]
    assert float(np.abs(clear[0].astype(float) - rain[0]).mean()) > 10
