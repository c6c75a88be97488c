"""What lies beside YOLO labels and says something about them is carried or named."""

from pathlib import Path

import pytest

from pipeline.images.skips import Reason
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import all_kept, names, put, tree

BOX = b"0 0.5 0.5 0.25 0.25\n"
APART = {"images/a.jpg": b"x", "labels/a.txt": BOX}
APART_B = {"images/z.jpg": b"x", "labels/z.txt": BOX}
FLAT = {"train/a.jpg": b"x", "train/a.txt": BOX, "valid/b.jpg": b"x", "valid/b.txt": BOX}


def opened(tmp_path: Path, files: dict[str, bytes], labels: str = "labels") -> LabelSet:
    return open_labels(put(tmp_path / "set", files) / labels, None, None)


def written(tmp_path: Path, labels: LabelSet, suffix: str = "") -> dict[str, bytes]:
    labels.write(put(tmp_path / "out", {}), all_kept(labels, suffix))
    return tree(tmp_path / "out")


@pytest.mark.parametrize(
    "name", ["classes.txt", "notes.json", "obj.names", "obj.data", "_darknet.labels", "labelmap.txt", "coco.names"]
)
@pytest.mark.parametrize("folder", ["labels/", "labels/sub/", ""])
def test_what_tools_write_beside_labels_is_carried_byte_for_byte(tmp_path: Path, name: str, folder: str) -> None:
    labels = opened(tmp_path, {**APART, folder + name: b"car\r\n\xff"})
    assert list(labels.skips) == []
    assert labels.inventory.class_lists == (folder + name,)
    assert written(tmp_path, labels)[folder + name] == b"car\r\n\xff"
    assert (folder + name) in dict(labels.output_files(all_kept(labels)))


@pytest.mark.parametrize("files", [APART, FLAT])
def test_anything_else_is_named_and_never_a_skip(tmp_path: Path, files: dict[str, bytes]) -> None:
    is_flat = files is FLAT
    extra = {"README.dataset.txt": b"x"} if is_flat else {"labels/notes.md": b"#", "images/a.txt": b"a street"}
    labels = opened(tmp_path, {**files, **extra}, "." if is_flat else "labels")
    assert list(labels.skips) == []
    assert set(labels.inventory.left_behind) == ({"README.dataset.txt"} if is_flat else {"notes.md", "images/a.txt"})
    assert not set(extra) & set(written(tmp_path, labels))


def test_a_text_of_boxes_without_a_picture_is_a_skip_and_counted(tmp_path: Path) -> None:
    labels = opened(tmp_path, {**APART, "labels/lost.txt": BOX * 2})
    assert [(skip.file, skip.reason) for skip in labels.skips] == [("lost.txt", Reason.MISSING)]
    assert (labels.inventory.ownerless, labels.inventory.annotations) == (2, 3)


@pytest.mark.parametrize("kind", ["folder", "no permission", "dangling link"])
def test_a_text_that_cannot_be_read_is_noticed_before_anything_is_written(tmp_path: Path, kind: str) -> None:
    root = put(tmp_path / "set", {**APART, "images/b.jpg": b"x"})
    bad = root / "labels" / "b.txt"
    if kind == "folder":
        bad.mkdir()
    elif kind == "dangling link":
        bad.symlink_to("nowhere.txt")
    else:
        bad.write_bytes(BOX)
        bad.chmod(0)
        if bad.stat().st_uid == 0:
            bad.unlink()
            pytest.skip("root reads every file")
    labels = open_labels(root / "labels", None, None)
    assert names(labels) == ["a.jpg"]
    assert [(skip.file, skip.reason) for skip in labels.skips] == [("b.txt", Reason.BAD_LABEL)]


DARKNET = {
    "obj.data": b"classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n",
    "obj.names": b"car\n",
    "obj_train_data/a.PNG": b"x",
    "obj_train_data/a.txt": BOX,
    "obj_train_data/b.PNG": b"x",
    "obj_train_data/b.txt": b"",
}


@pytest.mark.parametrize("start", ["data/", "", "./", "/data/", "..\\"])
def test_a_list_beside_the_labels_follows_its_pictures(tmp_path: Path, start: str) -> None:
    lines = f"{start}obj_train_data/a.PNG\r\n{start}obj_train_data/b.PNG\r\nelsewhere.PNG\r\n"
    labels = opened(tmp_path, {**DARKNET, "train.txt": lines.encode()}, ".")
    assert names(labels) == ["obj_train_data/a.PNG", "obj_train_data/b.PNG"]
    assert written(tmp_path, labels)["train.txt"] == lines.encode()
    labels.write(tmp_path / "out", {"obj_train_data/a.PNG": "_rain"})
    expected = f"{start}obj_train_data/a_rain.PNG\r\nelsewhere.PNG\r\n"
    assert (tmp_path / "out" / "train.txt").read_bytes() == expected.encode()


def test_an_absolute_line_beside_the_labels_leads_to_the_new_place(tmp_path: Path) -> None:
    root = tmp_path / "set"
    lines = f"{root}/obj_train_data/a.PNG\n"
    labels = opened(tmp_path, {**DARKNET, "train.txt": lines.encode()}, ".")
    assert written(tmp_path, labels)["train.txt"] == f"{tmp_path / 'out'}/obj_train_data/a.PNG\n".encode()


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("obj.names", b"car\nbus\n"),
        ("_darknet.labels", b"car\r\nbus\r\n"),
        ("classes.txt", "car\nbus\n".encode("utf-16")),
    ],
)
def test_class_names_come_from_what_lies_beside(tmp_path: Path, name: str, content: bytes) -> None:
    labels = opened(tmp_path, {"images/a.jpg": b"x", "labels/a.txt": b"1 .5 .5 .1 .1\n", f"labels/{name}": content})
    assert [one.category for one in labels.objects("a.jpg")] == ["bus"]


@pytest.mark.parametrize(
    ("picture", "text", "said"),
    [
        ("A.jpg", "a.txt", "'A.jpg' is there"),
        ("e\u0301.jpg", "\u00e9.txt", "is there"),
        ("sub/a.png", "a.txt", "'sub/a.png' is there"),
    ],
)
def test_a_text_whose_picture_has_another_name_is_told_of_it(
    tmp_path: Path, picture: str, text: str, said: str
) -> None:
    labels = opened(tmp_path, {f"images/{picture}": b"x", f"labels/{text}": BOX, **APART_B})
    assert [skip.file for skip in labels.skips] == [text]
    assert said in labels.skips[0].detail


def test_a_folder_of_splits_without_a_data_yaml_has_its_labels_beside_images(tmp_path: Path) -> None:
    files = {"train/images/a.jpg": b"x", "train/labels/a.txt": BOX, "valid/images/b.jpg": b"x"}
    labels = opened(tmp_path, {**files, "valid/labels/b.txt": BOX * 2}, ".")
    assert (names(labels), labels.inventory.annotations) == (["train/images/a.jpg", "valid/images/b.jpg"], 3)
    assert set(written(tmp_path, labels)) == {"train/labels/a.txt", "valid/labels/b.txt"}
