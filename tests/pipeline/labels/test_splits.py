"""The splits of the formats: lists and folders of YOLO, lists of VOC, the names of JSON files."""

import json
from collections.abc import Sequence
from pathlib import Path

import pytest

from pipeline.errors import LabelError
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import open_labels
from pipeline.labels.splits import split_names
from tests.pipeline.labels.label_sets import names, put

ONE = b"0 .5 .5 .2 .2\n"


def splits(labels: LabelSet) -> dict[str, list[str]]:
    return {split: sorted(found) for split, found in labels.splits.items()}


@pytest.mark.parametrize(
    ("path", "found"),
    [
        ("annotations/instances_train2017.json", ("train", "train2017")),
        ("det_train.json", ("train",)),
        ("bdd100k_labels_images_val.json", ("val",)),
        ("det_v2_train_release.json", ("train",)),
        ("valid/_annotations.coco.json", ("valid",)),
        ("test/Train-Labels.json", ("train",)),
        ("image_info_test-dev2017.json", ("test", "dev", "dev2017")),
        ("train/labels_of_trainees.json", ("train",)),
        ("contest/coco.json", ()),
    ],
)
def test_the_name_of_a_file_tells_its_split(path: str, found: Sequence[str]) -> None:
    assert split_names(Path("/data") / path) == tuple(found)


# JSON


def coco(*pictures: str) -> bytes:
    images = [{"id": index, "file_name": name} for index, name in enumerate(pictures)]
    return json.dumps({"images": images, "annotations": [], "categories": []}).encode()


def scalabel(*pictures: str) -> bytes:
    return json.dumps([{"name": name, "labels": []} for name in pictures]).encode()


@pytest.fixture
def ms_coco(tmp_path: Path) -> Path:
    """A folder as that of MS COCO."""
    files = {
        "annotations/instances_train2017.json": coco("a.jpg", "b.jpg"),
        "annotations/captions_train2017.json": coco("a.jpg", "b.jpg"),
        "annotations/instances_val2017.json": coco("c.jpg"),
        "annotations/captions_test2017.json": coco("d.jpg"),
        "annotations/person_keypoints_test2017.json": coco("d.jpg"),
        **{f"{folder}2017/{name}.jpg": b"x" for folder, name in (("train", "a"), ("train", "b"), ("val", "c"))},
        "test2017/d.jpg": b"x",
    }
    return put(tmp_path, files)


@pytest.mark.parametrize("label_format", [None, "coco"])
@pytest.mark.parametrize(("split", "found"), [("train", ["a.jpg", "b.jpg"]), ("val2017", ["c.jpg"])])
def test_of_a_folder_the_file_of_the_split_is_opened(
    ms_coco: Path, split: str, found: list[str], label_format: str | None
) -> None:
    labels = open_labels(ms_coco / "annotations", None, label_format, split=split)
    assert names(labels) == found
    assert sorted(labels.splits[split]) == found
    assert labels.identity()["labels"] == str(ms_coco / f"annotations/instances_{split.removesuffix('2017')}2017.json")
    again = open_labels(Path(labels.identity()["labels"]), Path(labels.identity()["images"]), "coco")
    assert splits(again) == splits(labels)


def test_more_than_one_file_of_a_split_is_for_the_user_to_choose(ms_coco: Path) -> None:
    with pytest.raises(LabelError, match="more than one label file of `split` 'test': captions_test2017") as caught:
        open_labels(ms_coco / "annotations", None, None, split="test")
    assert "`labels`" in str(caught.value.hint)


def test_of_a_folder_without_the_split_those_that_there_are_are_named(ms_coco: Path) -> None:
    there = "test, test2017, train, train2017, val, val2017"
    with pytest.raises(LabelError, match=rf"(?m)no `split` 'dev'; it has {there}$"):
        open_labels(ms_coco / "annotations", None, None, split="dev")


def test_files_in_folders_that_are_called_as_the_split_are_found(tmp_path: Path) -> None:
    files = {"train/_annotations.coco.json": coco("a.jpg"), "valid/_annotations.coco.json": coco("b.jpg")}
    put(tmp_path, {**files, "train/a.jpg": b"x", "valid/b.jpg": b"x"})
    labels = open_labels(tmp_path, None, None, split="valid")
    assert (labels.format, splits(labels)) == ("coco", {"valid": ["b.jpg"]})


def test_other_json_beside_labels_does_not_count(tmp_path: Path) -> None:
    files = {"det_train.json": scalabel("a.jpg"), "train_metrics.json": b'{"loss": 1}', "a.jpg": b"x"}
    labels = open_labels(put(tmp_path, files), None, None, split="train")
    assert (labels.format, splits(labels)) == ("scalabel", {"train": ["a.jpg"]})


def test_a_file_whose_name_says_nothing_has_no_split(tmp_path: Path) -> None:
    put(tmp_path, {"street/coco.json": coco("a.jpg"), "street/a.jpg": b"x"})
    assert open_labels(tmp_path / "street/coco.json", None, None, split="train").splits == {}


# YOLO


def test_the_splits_of_a_data_yaml_are_folders_and_lists(tmp_path: Path) -> None:
    data = b"train: [images/a, images/b]\nval: val.txt\ntest: images/gone\nnames: [car]\n"
    put(tmp_path, {"data.yaml": data, "val.txt": b"images/b/2.jpg\nimages/c/3.jpg\n"})
    for place in ("a/1", "b/2", "c/3"):
        put(tmp_path, {f"images/{place}.jpg": b"x", f"labels/{place}.txt": ONE})
    labels = open_labels(tmp_path, None, None, split="train")
    assert names(labels) == ["images/a/1.jpg", "images/b/2.jpg", "images/c/3.jpg"]
    assert splits(labels) == {
        **{"train": ["images/a/1.jpg", "images/b/2.jpg"], "val": ["images/b/2.jpg", "images/c/3.jpg"]},
        "test": [],
    }


@pytest.mark.parametrize(
    ("labels", "found"),
    [
        ("", {"train": ["100k/train/a.jpg"], "val": ["val2017/b.jpg"], "val2017": ["val2017/b.jpg"]}),
        ("labels/100k/train", {"train": ["a.jpg"]}),
        ("labels/100k", {"train": ["train/a.jpg"]}),
        ("labels/val2017", {"val": ["b.jpg"], "val2017": ["b.jpg"]}),
        ("labels/other", {}),
    ],
)
def test_without_a_data_yaml_folders_tell_the_splits(tmp_path: Path, labels: str, found: dict[str, list[str]]) -> None:
    street = tmp_path / "street"
    for place in ("100k/train/a", "val2017/b", "other/c"):
        put(street, {f"images/{place}.jpg": b"x", f"labels/{place}.txt": ONE})
    assert splits(open_labels(street / labels, None, None, split="train")) == found


# VOC


def test_the_splits_of_voc_are_its_lists(tmp_path: Path) -> None:
    lists = {
        "Main/train.txt": b"a\nb\r\n\nnot_there\n",
        "Main/val.txt": "\ufeffü c\n".encode(),  # with a mark, and a name with a blank
        "Main/car_train.txt": b"a  1\nb -1\n",
        "Segmentation/train.txt": b"c\n",
        "Segmentation/trainval.txt": b"a\n",
        "Layout/test.txt": b"a 1\n",
    }
    put(tmp_path, {f"ImageSets/{name}": content for name, content in lists.items()})
    for stem in ("a", "b", "ü c"):
        xml = f"<annotation><filename>{stem}.jpg</filename></annotation>".encode()
        put(tmp_path, {f"Annotations/{stem}.xml": xml, f"JPEGImages/{stem}.jpg": b"x"})
    put(tmp_path, {"JPEGImages/c.jpg": b"x"})  # a background
    assert splits(open_labels(tmp_path, None, None)) == {
        **{"train": ["a.jpg", "b.jpg"], "val": ["ü c.jpg"], "trainval": ["a.jpg"]},
    }
