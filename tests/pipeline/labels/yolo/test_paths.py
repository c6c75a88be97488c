"""Paths in ``data.yaml`` and in lists: links, patterns, backslashes, other encodings, other computers.

Where something is refused, the remedy that the error names is followed, and all labels are there.
"""

import os
from pathlib import Path

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.errors import LabelError, UnsafeNameError
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import all_kept, names, put, tree
from tpsence.errors import InputError

BOX = b"0 0.5 0.5 0.25 0.25\n"
PLAIN = {"images/train/a.jpg": b"x", "labels/train/a.txt": BOX}


def opened(folder: Path, *, follow_links: bool = False, images: Path | None = None) -> LabelSet:
    return open_labels(folder / "data.yaml", images, None, follow_links=follow_links)


def written(labels: LabelSet, out: Path) -> dict[str, bytes]:
    labels.write(put(out, {}), all_kept(labels))
    return tree(out)


LINKED = {
    "images": ("images", "../disk/images"),
    "a folder in images": ("images/train", "../../disk/images/train"),
    "labels": ("labels", "../disk/labels"),
    "a picture": ("images/train/a.jpg", "../../../disk/images/train/a.jpg"),
    "a text": ("labels/train/a.txt", "../../../disk/labels/train/a.txt"),
}


@pytest.mark.parametrize("kind", LINKED)
def test_links_that_lead_outside_are_taken_on_demand_under_their_own_names(tmp_path: Path, kind: str) -> None:
    root = put(tmp_path / "set", {**PLAIN, "data.yaml": b"train: images/train\n"})
    put(tmp_path / "disk", PLAIN)
    link, target = LINKED[kind]
    (root / link).rename(tmp_path / "aside")
    (root / link).symlink_to(target)
    with pytest.raises(UnsafeNameError) as caught:
        planned(root)
    assert "`follow_links`" in str(caught.value.hint)
    labels = opened(root, follow_links=True)
    assert names(labels) == ["images/train/a.jpg"]
    assert labels.inventory.annotations == 1
    assert set(written(labels, tmp_path / "out")) == {"data.yaml", "labels/train/a.txt"}


def planned(folder: Path) -> None:
    """Open a data set, and make a plan, which checks the pictures too."""
    make_plan(opened(folder), AugmentOptions(), folder.parent / "elsewhere")


def test_a_store_of_hidden_files_keeps_the_names_of_the_links(tmp_path: Path) -> None:
    root = put(tmp_path / "snapshots" / "abc", {"data.yaml": b"train: images\n"})
    put(tmp_path / "blobs", {"0001": b"x", "0002": BOX})
    for name, blob in (("images/a.jpg", "0001"), ("labels/a.txt", "0002")):
        (root / name).parent.mkdir()
        (root / name).symlink_to(f"../../../blobs/{blob}")
    labels = opened(root, follow_links=True)
    assert names(labels) == ["images/a.jpg"]
    assert set(written(labels, tmp_path / "out")) == {"data.yaml", "labels/a.txt"}


def test_images_beside_labels_may_be_a_link_within_the_data_set(tmp_path: Path) -> None:
    root = put(tmp_path / "set", {"JPEGImages/a.jpg": b"x", "labels/a.txt": BOX})
    (root / "images").symlink_to("JPEGImages")
    labels = open_labels(root / "labels", None, None)
    assert (labels.image_prefix, names(labels)) == ("images", ["a.jpg"])
    assert set(written(labels, tmp_path / "out")) == {"labels/a.txt"}


def test_a_root_that_leaves_the_labels_behind_is_refused_with_what_works(tmp_path: Path) -> None:
    put(tmp_path / "images", {"train/a.jpg": b"x"})
    root = put(tmp_path / "poly", {"data.yaml": b"path: .\ntrain: images/train\n", "labels/train/a.txt": BOX})
    (root / "images").symlink_to("../images")
    with pytest.raises(LabelError, match="none of the 1 text files") as caught:
        opened(root, images=tmp_path)
    assert caught.value.hint == "Leave `images` out, and give `follow_links`."
    assert opened(root, follow_links=True).inventory.annotations == 1


@pytest.mark.parametrize(
    "text",
    [
        "train: images/train/*.jpg\n",
        "train: images/*/\n",
        "train: images/**/*.jpg\n",
        "train: images/tr[a]in\n",
        "train: images\\train\n",
        "train: .\\images\\train\n",
        "path: images\\..\ntrain: images\\train\n",
        "path: nowhere\ntrain: images\\train\n",
        'train: ["images/train/?.jpg"]\n',
    ],
)
def test_patterns_and_backslashes_are_read(tmp_path: Path, text: str) -> None:
    labels = opened(put(tmp_path / "set", {**PLAIN, "data.yaml": text.encode()}))
    assert names(labels) == ["images/train/a.jpg"]
    out = tmp_path / "out"
    assert written(labels, out)["labels/train/a.txt"] == BOX
    put(out, {"images/train/a.jpg": b"x"})
    assert names(opened(out)) == ["images/train/a.jpg"]


@pytest.mark.parametrize("text", ["train: ../disk/*.jpg\n", "train: link/*.jpg\n", "train: /etc/*\n"])
def test_a_pattern_does_not_lead_outside(tmp_path: Path, text: str) -> None:
    put(tmp_path / "disk", {"a.jpg": b"secret"})
    root = put(tmp_path / "set", {**PLAIN, "data.yaml": text.encode()})
    (root / "link").symlink_to("../disk")
    with pytest.raises(InputError):
        opened(root)


@pytest.mark.parametrize("start", ["D:\\ds\\", "D:/ds/", "\\\\server\\share\\", "C:"])
def test_a_path_of_another_computer_is_refused_with_what_to_write(tmp_path: Path, start: str) -> None:
    text = f"train: {start}images\\train\n"
    root = put(tmp_path / "set", {**PLAIN, "data.yaml": text.encode()})
    with pytest.raises(InputError) as caught:
        opened(root)
    assert str(caught.value.hint).startswith("'images/train' is there")
    put(root, {"data.yaml": b"train: images/train\n"})
    assert opened(root).inventory.annotations == 1


# --- lists


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_a_list_in_another_encoding_is_read_and_stays_in_it(tmp_path: Path, encoding: str, end: str) -> None:
    mark = "\ufeff" if encoding == "utf-16-be" else ""
    lines = f"{mark}./images/train/a.jpg{end}images/train/é日.jpg{end}"
    files = {**PLAIN, "images/train/é日.jpg": b"x", "train.txt": lines.encode(encoding)}
    labels = opened(put(tmp_path / "set", {**files, "data.yaml": b"train: train.txt\n"}))
    assert names(labels) == ["images/train/a.jpg", "images/train/é日.jpg"]
    assert written(labels, tmp_path / "out")["train.txt"] == lines.encode(encoding)
    labels.write(tmp_path / "out", {"images/train/é日.jpg": "_rain"})
    expected = f"{mark}images/train/é日_rain.jpg{end}"
    assert (tmp_path / "out" / "train.txt").read_bytes().decode(encoding) == expected


@pytest.mark.parametrize(
    "line", ["/content/drive/set/images/train/a.jpg", "D:\\set\\images\\train\\a.jpg", "../other/images/train/a.jpg"]
)
def test_lines_of_another_computer_are_refused_with_what_to_take_away(tmp_path: Path, line: str) -> None:
    root = put(tmp_path / "set", {**PLAIN, "train.txt": line.encode(), "data.yaml": b"train: train.txt\n"})
    with pytest.raises(UnsafeNameError) as caught:
        opened(root)
    hint = str(caught.value.hint)
    assert hint.startswith("'images/train/a.jpg' is there")
    cut = line[: -len("images/train/a.jpg")]
    assert repr(cut) in hint
    put(root, {"train.txt": line.removeprefix(cut).encode()})
    assert opened(root).inventory.annotations == 1


def test_a_list_none_of_whose_pictures_is_there_is_refused(tmp_path: Path) -> None:
    root = put(
        tmp_path / "set", {**PLAIN, "train.txt": b"data/images/train/a.jpg\n", "data.yaml": b"train: train.txt\n"}
    )
    with pytest.raises(LabelError, match="none of its 1 pictures is there") as caught:
        opened(root)
    assert "take 'data/' away from the names" in str(caught.value.hint)
    put(root, {"train.txt": b"images/train/a.jpg\n"})
    assert opened(root).inventory.annotations == 1


def test_an_absolute_line_through_a_link_is_called_as_it_says(tmp_path: Path) -> None:
    root = put(tmp_path / "set", {".store/a.jpg": b"x", "labels/a.txt": BOX, "data.yaml": b"train: train.txt\n"})
    (root / "images").symlink_to(".store")
    put(root, {"train.txt": os.fsencode(root / "images" / "a.jpg")})
    labels = opened(root)
    assert (names(labels), labels.inventory.annotations) == (["images/a.jpg"], 1)
    assert written(labels, tmp_path / "out")["train.txt"] == b"./images/a.jpg"


# --- links that have become texts, as git writes them where there are none


@pytest.mark.parametrize("place", ["images", "data.yaml"])
def test_a_link_that_was_written_as_a_text_is_named(tmp_path: Path, place: str) -> None:
    root = put(tmp_path / "set", {"real/data.yaml": b"train: images\n", "disk/a.jpg": b"x", "labels/a.txt": BOX})
    put(root, {"data.yaml": b"train: images\n", place: b"real/data.yaml" if place == "data.yaml" else b"disk\n"})
    with pytest.raises(InputError) as caught:
        opened(root)
    command = str(caught.value.hint).rpartition(": ")[2]
    assert command.startswith("ln -sfn ")
    target, link = command.removeprefix("ln -sfn ").split(" ")
    Path(link).unlink()
    Path(link).symlink_to(target)
    put(root, {"images/a.jpg": b"x"})
    assert opened(root).inventory.annotations == 1
