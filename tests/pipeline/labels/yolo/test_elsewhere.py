"""Where no picture has a label file and there are some elsewhere, it is said, and what is said works."""

import re
from pathlib import Path

import pytest

from pipeline.errors import LabelError
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import names, put

BOX = b"0 .5 .5 .1 .1\n"
YAML = b"train: %s\nval: %s\n"


def data(images: str, files: dict[str, bytes]) -> dict[str, bytes]:
    return {"data.yaml": YAML % (images.encode(), images.encode()), **files}


@pytest.mark.parametrize("given", ["data.yaml", ""])
@pytest.mark.parametrize(
    ("files", "text"),
    [
        (data("Images", {"Images/a.jpg": b"x", "Labels/a.txt": BOX}), "Labels/a.txt"),
        (data("JPEGImages", {"JPEGImages/a.jpg": b"x", "annots/a.txt": BOX}), "annots/a.txt"),
        (data("train/img", {"train/img/s/a.jpg": b"x", "train/ann/s/a.txt": BOX}), "train/ann/s/a.txt"),
        (data("img", {"img/a.jpg": b"x", "x/b.txt": BOX, "x/a.txt": BOX, "a.txt": b"two words\n"}), "x/a.txt"),
    ],
)
def test_text_files_elsewhere_are_told_and_the_remedy_works(
    tmp_path: Path, given: str, files: dict[str, bytes], text: str
) -> None:
    put(tmp_path, files)
    with pytest.raises(LabelError) as caught:
        open_labels(tmp_path / given, None, "yolo")
    assert "none of the pictures has a label file" in caught.value.message
    assert f"{text!r} is there" in caught.value.message
    found = re.search(r"Or give (.+) with `labels` and (.+) with `images`", caught.value.hint or "")
    assert found is not None
    labels = open_labels(Path(found[1]), Path(found[2]), None)
    assert sum(map(labels.annotations_of, names(labels))) == 1


@pytest.mark.parametrize("given", ["data.yaml", ""])
def test_an_extension_in_upper_case_is_told(tmp_path: Path, given: str) -> None:
    put(tmp_path, data("images", {"images/a.jpg": b"x", "labels/a.TXT": BOX}))
    with pytest.raises(LabelError, match=r"'labels/a\.TXT' is there") as caught:
        open_labels(tmp_path / given, None, "yolo")
    assert caught.value.hint == "Upper and lower case count: rename it, and the others."
    (tmp_path / "labels" / "a.TXT").rename(tmp_path / "labels" / "a.txt")
    labels = open_labels(tmp_path / given, None, "yolo")
    assert labels.inventory.annotations == 1


@pytest.mark.parametrize(
    "others",
    [
        {},
        {"notes/a.txt": b"a sunny street\n"},
        {"labels/b.txt": BOX},
        {"elsewhere/a.txt": b"\n"},
    ],
)
def test_pictures_that_are_backgrounds_alone_are_taken(tmp_path: Path, others: dict[str, bytes]) -> None:
    put(tmp_path, data("images", {"images/a.jpg": b"x", **others}))
    assert names(open_labels(tmp_path / "data.yaml", None, None)) == ["images/a.jpg"]
