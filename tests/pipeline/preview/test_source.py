"""What is previewed, and which of its pictures."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.augment.choice import choose as choose_share
from pipeline.augment.options import AugmentOptions
from pipeline.labels.registry import open_labels
from pipeline.preview.options import PreviewOptions
from pipeline.preview.source import Source, choose, open_source
from tests.conftest import Painter
from tpsence.errors import InputError

NAMES = [f"{letter}.png" for letter in "abcdefgh"]


def opened(source: Path, **settings: Any) -> Source:  # noqa: ANN401 (checked by the schema)
    return open_source(PreviewOptions(source=source, **settings))


def chosen(source: Path, **settings: Any) -> tuple[list[str], list[str]]:  # noqa: ANN401 (checked by the schema)
    options = PreviewOptions(source=source, **settings)
    found = choose(open_source(options), options)
    return [one.name for one in found.pictures], [one.file for one in found.skips]


@pytest.fixture
def images(tmp_path: Path, paint: Painter) -> Path:
    """A folder of pictures."""
    for seed, name in enumerate(NAMES):
        paint(tmp_path / "set" / "images" / name, seed=seed)
    return tmp_path / "set" / "images"


def put_coco(file: Path, names: Sequence[str] = NAMES) -> Path:
    """Write labels of pictures."""
    records = [{"id": number, "file_name": name, "width": 24, "height": 16} for number, name in enumerate(names)]
    boxes = [{"id": number, "image_id": number, "category_id": 1, "bbox": [1, 1, 5, 5]} for number in range(len(names))]
    file.write_text(json.dumps({"images": records, "annotations": boxes, "categories": [{"id": 1, "name": "car"}]}))
    return file


def test_a_picture_is_one_picture(images: Path) -> None:
    source = opened(images / "b.png")
    assert source.is_single
    assert source.labels.format == "none"
    assert source.told["images"] == images / "b.png"
    assert chosen(images / "b.png") == (["b.png"], [])


def test_a_link_to_a_picture_elsewhere_is_a_picture_as_for_augment(images: Path, tmp_path: Path) -> None:
    (tmp_path / "links").mkdir()
    link = tmp_path / "links" / "linked.png"
    link.symlink_to(images / "b.png")
    assert chosen(link) == (["linked.png"], [])


def test_a_folder_of_pictures_is_one_without_labels(images: Path) -> None:
    source = opened(images)
    assert not source.is_single
    assert source.told == {"images": images, "follow_links": False}
    assert len(source.labels.pictures) == len(NAMES)


def test_labels_are_labels(images: Path) -> None:
    source = opened(put_coco(images.parent / "coco.json"))
    assert source.labels.format == "coco"
    assert (source.told["labels"], source.told["images"]) == (images.parent / "coco.json", None)


def test_of_a_folder_the_labels_are_found_that_it_holds(images: Path) -> None:
    labels = put_coco(images.parent / "coco.json")
    assert opened(images.parent).told["labels"] == labels
    assert opened(images.parent).labels.format == "coco"


def test_of_several_labels_one_is_to_be_given(images: Path) -> None:
    for name in ("coco.json", "val.json"):
        put_coco(images.parent / name)
    with pytest.raises(InputError, match=r"holds label files: coco.json, val.json") as caught:
        opened(images.parent)
    assert caught.value.hint == f"Give one of them to SOURCE: {images.parent / 'coco.json'}"


def test_a_data_sets_folder_of_another_format_is_found_by_its_names(images: Path) -> None:
    folder = images.parent / "labels"
    folder.mkdir()
    for name in NAMES:
        (folder / name).with_suffix(".txt").write_text("0 0.5 0.5 0.2 0.2\n")
    source = opened(images.parent)
    assert source.labels.format == "yolo"
    assert source.told["labels"] == images.parent


def test_the_pictures_are_the_first_that_augment_takes_a_share_of(images: Path) -> None:
    first = choose_share(open_labels(None, images, None), AugmentOptions(fraction=3 / len(NAMES), seed=5))
    names, skips = chosen(images, seed=5, number=3)
    assert set(names) == first
    assert not skips
    assert chosen(images, seed=5, number=2)[0] == names[:2]


def test_the_choice_depends_on_the_seed_and_not_on_the_order(images: Path) -> None:
    one, other = (put_coco(images.parent / f"{name}.json", names) for name, names in (("a", NAMES), ("b", NAMES[::-1])))
    assert chosen(one)[0] == chosen(other)[0] == chosen(images)[0]
    assert len({tuple(chosen(one, seed=seed)[0]) for seed in range(5)}) > 1


def test_a_picture_that_is_named_twice_is_shown_once(images: Path) -> None:
    names = chosen(put_coco(images.parent / "coco.json", [*NAMES, *NAMES]), number=50)[0]
    assert sorted(names) == NAMES


def test_a_picture_that_cannot_be_read_is_passed_over_with_its_reason(images: Path) -> None:
    first, *others = chosen(images, number=4)[0]
    (images / first).write_bytes(b"no picture")
    assert chosen(images) == (others, [first])


def test_where_none_can_be_read_that_is_said(images: Path) -> None:
    for name in NAMES:
        (images / name).write_bytes(b"")
    with pytest.raises(InputError, match=r"none of 8 pictures can be read, for example .*: unsupported format"):
        chosen(images)
    with pytest.raises(InputError, match=r"a.png: unsupported format, the file is empty"):
        chosen(images / "a.png")


def test_a_link_that_leads_elsewhere_is_refused_until_it_is_trusted(images: Path, tmp_path: Path) -> None:
    (images / "a.png").rename(tmp_path / "elsewhere.png")
    (images / "a.png").symlink_to(tmp_path / "elsewhere.png")
    with pytest.raises(InputError, match="a symbolic link leads out of"):
        chosen(images, number=8)
    assert len(chosen(images, number=8, follow_links=True)[0]) == 8


@pytest.mark.parametrize(
    ("name", "settings", "message"),
    [
        ("none", {}, "none: no such file or folder"),
        ("a.png", {"images": Path()}, "a.png: a picture"),
        ("a.png", {"format": "coco"}, "a.png: a picture"),
        ("../notes.txt", {}, "notes.txt"),
        ("../empty", {}, "no pictures in this folder"),
    ],
)
def test_what_is_nothing_to_preview_is_refused(images: Path, name: str, settings: dict[str, Any], message: str) -> None:
    (images.parent / "notes.txt").write_text("Dear reader")
    (images.parent / "empty").mkdir()
    with pytest.raises(InputError) as caught:
        opened(images / name, **settings)
    assert message in caught.value.message
    assert "`labels`" not in f"{caught.value.message} {caught.value.hint}"


def test_what_is_read_is_the_same_as_augment_opens(images: Path) -> None:
    labels = put_coco(images.parent / "coco.json")
    found = opened(labels).labels
    assert found.identity() == open_labels(labels, None, None).identity()
