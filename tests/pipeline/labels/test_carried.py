"""Success is judged by what the source had: nothing of it goes without a word."""

from dataclasses import replace
from pathlib import Path

import pytest

from pipeline.errors import LabelError, ProofError
from pipeline.labels.carried import balance, described, refuse_nothing_to_carry
from pipeline.labels.interface import NO_MARKS, LabelSet, Marks
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import all_kept, names, put

BOX = b"0 0.5 0.5 0.25 0.25\n"
XML = b"<annotation><object><name>car</name></object><object><name>bus</name></object></annotation>"
YOLO = {"images/a.jpg": b"x", "images/b.jpg": b"x", "labels/a.txt": BOX * 3, "labels/b.txt": BOX}
VOC = {"JPEGImages/a.jpg": b"x", "Annotations/a.xml": XML}


def opened(tmp_path: Path, files: dict[str, bytes], labels: str, images: str | None = None) -> LabelSet:
    root = put(tmp_path / "set", files)
    return open_labels(root / labels, None if images is None else root / images, None)


def test_every_annotation_is_accounted_for(tmp_path: Path) -> None:
    labels = opened(tmp_path, {**YOLO, "labels/lost.txt": BOX * 2}, "labels")
    marks = Marks(drop=True, kept={"a.jpg": {1: 0.1}})
    proof = labels.write(put(tmp_path / "out", {}), {"a.jpg": ""}, marks)
    found = balance(labels, {"a.jpg"}, marks, proof)
    assert (found.annotations, found.left_out, found.dropped, found.ownerless, found.files) == (6, 1, 1, 2, 3)
    assert proof.annotations == 2


def test_an_annotation_that_went_without_a_word_is_an_error(tmp_path: Path) -> None:
    labels = opened(tmp_path, YOLO, "labels")
    proof = labels.write(put(tmp_path / "out", {}), all_kept(labels))
    assert balance(labels, names(labels), NO_MARKS, proof).left_out == 0
    with pytest.raises(ProofError, match="4 annotations"):
        balance(labels, names(labels), NO_MARKS, replace(proof, annotations=3))


@pytest.mark.parametrize(
    ("files", "labels"),
    [
        ({"images/z.jpg": b"x", "labels/a.txt": BOX}, "labels"),
        ({"images/z.jpg": b"x", "labels/a.txt": BOX, "data.yaml": b"train: images\n"}, "data.yaml"),
        ({"set/images/z.jpg": b"x", "set/labels/a.txt": BOX, "data.yaml": b"train: set/images\n"}, "data.yaml"),
    ],
)
def test_text_files_none_of_which_belongs_to_a_picture_are_refused(
    tmp_path: Path, files: dict[str, bytes], labels: str
) -> None:
    with pytest.raises(LabelError, match="1 annotation in 1 label file, and none belongs to a picture"):
        refuse_nothing_to_carry(opened(tmp_path, files, labels))


@pytest.mark.parametrize(("files", "labels"), [(YOLO, "labels"), (VOC, "Annotations")])
def test_pictures_none_of_which_is_there_are_refused(tmp_path: Path, files: dict[str, bytes], labels: str) -> None:
    found = opened(tmp_path, files, labels)
    for name in names(found):
        (found.image_root / name).unlink()
    with pytest.raises(LabelError, match=r"of the labels is there, for example 'a\.jpg'") as caught:
        refuse_nothing_to_carry(found)
    assert "`images`" in str(caught.value.hint)


def test_backgrounds_alone_are_no_error(tmp_path: Path) -> None:
    files = {"images/a.jpg": b"x", "images/b.jpg": b"x", "labels/a.txt": b"", "labels/b.txt": b"\n"}
    labels = opened(tmp_path, files, "labels")
    refuse_nothing_to_carry(labels)
    assert (labels.inventory.annotations, labels.inventory.files) == (0, 2)


@pytest.mark.parametrize(
    ("files", "labels", "expected"),
    [
        (YOLO, "labels", "source: 4 annotations in 2 label files"),
        (
            {**YOLO, "labels/classes.txt": b"car\n"},
            "labels",
            "source: 4 annotations in 2 label files, 1 file beside them",
        ),
        (VOC, "Annotations", "source: 2 annotations in 1 label file"),
    ],
)
def test_the_plan_states_what_the_source_has(
    tmp_path: Path, files: dict[str, bytes], labels: str, expected: str
) -> None:
    assert described(opened(tmp_path, files, labels)) == [expected]
