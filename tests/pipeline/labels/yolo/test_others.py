"""Text files of other formats are not taken for YOLO, and stray texts do not make a data set YOLO."""

from pathlib import Path

import pytest

from pipeline.errors import LabelError
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import put

KITTI = b"Car 0.00 0 1.85 387.63 181.54 423.81 203.12 1.67 1.87 3.69 -16.53 2.39 58.49 1.57\n"
OTHERS = {
    "KITTI": KITTI,
    "DOTA": b"1 2 3 4 5 6 7 8 plane 0\n",
    "commas": b"1,1,912,484,97,109,0,7,1\n",
    "a class name": b"car 0.5 0.5 0.1 0.1\n",
}


@pytest.mark.parametrize("said", OTHERS)
@pytest.mark.parametrize("label_format", [None, "yolo"])
@pytest.mark.parametrize("with_images", [True, False])
def test_other_text_formats_are_refused_by_name(
    tmp_path: Path, said: str, label_format: str | None, with_images: bool
) -> None:
    root = put(tmp_path / "set", {"images/a.jpg": b"x", "labels/a.txt": OTHERS[said]})
    with pytest.raises(LabelError, match=f"not YOLO: it begins with .*{said}") as caught:
        open_labels(root / "labels", root / "images" if with_images else None, label_format)
    assert "Convert" in str(caught.value.hint)


def test_damaged_lines_beside_good_ones_are_yolo(tmp_path: Path) -> None:
    files = {"images/a.jpg": b"x", "images/b.jpg": b"x", "labels/a.txt": b"car 1\n", "labels/b.txt": b"0 .5 .5 .1 .1\n"}
    assert open_labels(put(tmp_path / "set", files) / "labels", None, None).format == "yolo"


COCO = b'{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}'


@pytest.mark.parametrize("stray", ["README.txt", "README.dataset.txt", "licence.txt", "classes.txt", "train.txt"])
def test_a_stray_text_does_not_make_a_coco_folder_yolo(tmp_path: Path, stray: str) -> None:
    files = {"train/_annotations.coco.json": COCO, "train/a.jpg": b"x", stray: b"exported on Monday\n"}
    with pytest.raises(LabelError, match=r"holds label files: train/_annotations\.coco\.json") as caught:
        open_labels(put(tmp_path / "set", files), None, None)
    given = str(caught.value.hint).removeprefix("Give one of them to `labels`: ")
    assert open_labels(Path(given), None, None).format == "coco"


def test_a_stray_text_does_not_make_a_voc_folder_yolo(tmp_path: Path) -> None:
    xml = b"<annotation><object><name>car</name></object></annotation>"
    root = put(tmp_path / "set", {"train/a.xml": xml, "train/a.jpg": b"x", "README.roboflow.txt": b"x\n"})
    labels = open_labels(root, None, None)
    assert (labels.format, labels.inventory.left_behind) == ("voc", ("README.roboflow.txt",))


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"boxes.csv": b"ImageID,LabelName,XMin,XMax,YMin,YMax\n0,car,0,1,0,1\n"}, "a table"),
        ({"a.json": b'{"shapes": [], "imagePath": "a.jpg", "imageData": null}'}, "LabelMe"),
        ({"export.zip": b"PK\x03\x04"}, "a ZIP archive"),
        ({"project.json": b'[{"id": 1, "data": {"image": "a.jpg"}, "annotations": []}]'}, "Label Studio"),
        ({"label_2/a.txt": KITTI}, "KITTI"),
    ],
)
def test_a_folder_without_labels_is_told_by_what_is_in_it(tmp_path: Path, files: dict[str, bytes], said: str) -> None:
    root = put(tmp_path / "set", {"a.jpg": b"x", "note.md": b"#", **files})
    with pytest.raises(LabelError, match=said) as caught:
        open_labels(root, None, None)
    assert str(root / next(iter(files))) in caught.value.message
    assert caught.value.hint


def test_texts_in_utf_16_are_no_labels(tmp_path: Path) -> None:
    root = put(tmp_path / "set", {"images/a.jpg": b"x", "labels/a.txt": "0 .5 .5 .1 .1\n".encode("utf-16")})
    with pytest.raises(LabelError, match="UTF-16"):
        open_labels(root / "labels", None, None)
