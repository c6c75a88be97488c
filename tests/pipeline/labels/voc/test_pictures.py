"""Which pictures belong to VOC annotations, however both are laid out, and what lies beside them."""

from pathlib import Path

import pytest

from pipeline.errors import CollisionError, UnsafeNameError
from pipeline.images.skips import Reason
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import all_kept, names, put, tree


def xml(filename: str = "") -> bytes:
    return f"<annotation><filename>{filename}</filename><object><name>car</name></object></annotation>".encode()


def opened(tmp_path: Path, files: dict[str, bytes], labels: str = "Annotations") -> LabelSet:
    return open_labels(put(tmp_path / "set", files) / labels, None, None)


@pytest.mark.parametrize(
    "filename", ["C:\\Users\\someone\\pics\\a.jpg", "/home/x/a.jpg", "../a.jpg", "a\0.jpg", "https://host/a.jpg", "a/"]
)
def test_a_filename_that_nothing_asks_for_stops_nothing(tmp_path: Path, filename: str) -> None:
    content = xml(filename.replace("\0", "&#9;"))
    labels = opened(tmp_path, {"JPEGImages/a.jpg": b"x", "Annotations/a.xml": content})
    assert (names(labels), labels.inventory.annotations) == (["a.jpg"], 1)
    labels.write(put(tmp_path / "out", {}), all_kept(labels))
    assert tree(tmp_path / "out") == {"Annotations/a.xml": content}


@pytest.mark.parametrize("folder", ["pics", "."])
def test_backgrounds_stay_where_annotations_lie_beside_the_pictures(tmp_path: Path, folder: str) -> None:
    labels = opened(tmp_path, {"pics/a.jpg": b"x", "pics/a.xml": xml("a.jpg"), "pics/background.jpg": b"x"}, folder)
    assert [name.rpartition("/")[2] for name in names(labels)] == ["a.jpg", "background.jpg"]


def test_a_picture_whose_annotation_cannot_be_read_is_no_background(tmp_path: Path) -> None:
    files = {"JPEGImages/a.jpg": b"x", "JPEGImages/b.jpg": b"x", "Annotations/a.xml": xml(), "Annotations/b.xml": b"<"}
    labels = opened(tmp_path, files)
    assert names(labels) == ["a.jpg"]
    assert [(skip.file, skip.reason) for skip in labels.skips] == [("b.xml", Reason.BAD_LABEL)]


def test_flat_annotations_find_pictures_in_folders(tmp_path: Path) -> None:
    files = {
        "JPEGImages/x/a.jpg": b"x",
        "JPEGImages/y/b.jpg": b"x",
        "Annotations/a.xml": xml(),
        "Annotations/b.xml": xml(),
    }
    labels = opened(tmp_path, files)
    assert names(labels) == ["x/a.jpg", "y/b.jpg"]
    assert labels.annotations_of("x/a.jpg") == 1


def test_flat_annotations_are_refused_where_two_folders_have_the_picture(tmp_path: Path) -> None:
    files = {"JPEGImages/x/a.jpg": b"x", "JPEGImages/y/a.jpg": b"x", "Annotations/a.xml": xml()}
    with pytest.raises(CollisionError, match=r"x/a\.jpg and y/a\.jpg"):
        opened(tmp_path, files)
    assert names(opened(tmp_path, {"Annotations/a.xml": xml("y/a.jpg")}))[0] == "y/a.jpg"


@pytest.mark.parametrize("name", ["Annotations/classes.txt", "labelmap.txt", "Annotations/sub/notes.json"])
def test_lists_of_classes_are_carried(tmp_path: Path, name: str) -> None:
    labels = opened(tmp_path, {"JPEGImages/a.jpg": b"x", "Annotations/a.xml": xml(), name: b"car\n"})
    labels.write(put(tmp_path / "out", {}), all_kept(labels))
    assert tree(tmp_path / "out")[name] == b"car\n"
    assert labels.inventory.class_lists == (name,)


def test_anything_else_beside_annotations_is_named(tmp_path: Path) -> None:
    labels = opened(tmp_path, {"JPEGImages/a.jpg": b"x", "Annotations/a.xml": xml(), "Annotations/a.json": b"{}"})
    assert labels.inventory.left_behind == ("a.json",)


@pytest.mark.parametrize("link", ["JPEGImages", "Annotations/b.xml"])
def test_links_that_lead_outside_are_taken_on_demand(tmp_path: Path, link: str) -> None:
    put(tmp_path / "disk", {"a.jpg": b"x", "b.jpg": b"x", "b.xml": xml()})
    files = {"Annotations/a.xml": xml()} | ({} if link == "JPEGImages" else {"JPEGImages/a.jpg": b"x"})
    root = put(tmp_path / "set", files)
    (root / link).symlink_to(tmp_path / "disk" / ("b.xml" if link.endswith("xml") else ""))
    if link != "JPEGImages":  # a folder of pictures that is a link is the user's own, like one given by hand
        with pytest.raises(UnsafeNameError) as caught:
            open_labels(root, None, None)
        assert "`follow_links`" in str(caught.value.hint)
    labels = open_labels(root, None, None, follow_links=True)
    assert labels.image_prefix == "JPEGImages"
    assert "a.jpg" in names(labels)


def test_split_lists_follow_backgrounds_too(tmp_path: Path) -> None:
    lists = {"ImageSets/Main/train.txt": b"a\nfree\nother\n"}
    pictures = {f"JPEGImages/{stem}.jpg": b"x" for stem in ("a", "free", "other")}
    labels = opened(tmp_path, {**pictures, "Annotations/a.xml": xml(), **lists})
    labels.write(put(tmp_path / "out", {}), {"a.jpg": "_rain", "free.jpg": "_rain"})
    assert (tmp_path / "out" / "ImageSets/Main/train.txt").read_bytes() == b"a_rain\nfree_rain\n"


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16"])
def test_a_split_list_in_another_encoding_stays_in_it(tmp_path: Path, encoding: str) -> None:
    lists = {"ImageSets/Main/train.txt": "a\r\nb\r\n".encode(encoding)}
    files = {f"JPEGImages/{stem}.jpg": b"x" for stem in "ab"} | {f"Annotations/{stem}.xml": xml() for stem in "ab"}
    labels = opened(tmp_path, {**files, **lists})
    labels.write(put(tmp_path / "out", {}), {"b.jpg": "_rain"})
    assert (tmp_path / "out" / "ImageSets/Main/train.txt").read_bytes() == "b_rain\r\n".encode(encoding)
