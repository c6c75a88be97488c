"""Labels that are in memory: pictures by their names, and what makes one data set another."""

from pathlib import Path

import pytest

from pipeline.labels.interface import LabelledObject
from pipeline.labels.memory import InMemory

CAR = LabelledObject("car", (1.0, 2.0, 3.0, 4.0))
ROOT = Path("/data/street")


def test_objects_are_those_of_the_picture() -> None:
    labels = InMemory(ROOT, {"a.jpg": [CAR], "d/b.jpg": []})
    assert [picture.name for picture in labels.pictures] == ["a.jpg", "d/b.jpg"]
    assert labels.objects("a.jpg") == labels.objects("a.jpg", outlines=True) == [CAR]
    assert not labels.objects("d/b.jpg")
    assert not labels.objects("c.jpg")


def test_the_order_of_pictures_makes_no_other_data_set() -> None:
    one, other = InMemory(ROOT, {"a.jpg": [CAR], "b.jpg": []}), InMemory(ROOT, {"b.jpg": [], "a.jpg": [CAR]})
    assert one.identity() == other.identity()
    assert one.identity()["images"] == "/data/street"


@pytest.mark.parametrize(
    "objects",
    [
        {"a.jpg": [CAR]},
        {"a.jpg": [CAR], "b.jpg": [CAR]},
        {"a.jpg": [CAR], "c.jpg": []},
        {"a.jpg": [LabelledObject("car", (1.0, 2.0, 3.0, 4.5))], "b.jpg": []},
        {"a.jpg": [LabelledObject("van", CAR.box)], "b.jpg": []},
        {"a.jpg": [LabelledObject("car", CAR.box, relative=True)], "b.jpg": []},
    ],
)
def test_another_picture_or_box_makes_another_data_set(objects: dict[str, list[LabelledObject]]) -> None:
    assert InMemory(ROOT, objects).identity() != InMemory(ROOT, {"a.jpg": [CAR], "b.jpg": []}).identity()


def test_a_name_that_no_encoding_has_is_taken() -> None:
    assert InMemory(ROOT, {"\udcff.jpg": [CAR]}).identity() != InMemory(ROOT, {"\udcfe.jpg": [CAR]}).identity()
