"""One picture without labels."""

from pathlib import Path

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.errors import LabelError, OutputError
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import names, put
from tpsence.errors import InputError


@pytest.fixture
def photo(tmp_path: Path) -> Path:
    put(tmp_path, {"photos/one.JPG": b"x", "photos/two.jpg": b"x", "photos/notes.txt": b"x", "coco.json": b"{}"})
    return tmp_path / "photos/one.JPG"


def test_it_is_all_that_there_is(photo: Path) -> None:
    labels = open_labels(None, photo, None)
    assert (labels.format, names(labels), labels.image_root) == ("none", ["one.JPG"], photo.parent)
    assert labels.identity() == {"images": str(photo)}
    assert labels.inputs() == [photo]


def test_the_output_may_be_beside_it_and_not_around_it(photo: Path) -> None:
    labels = open_labels(None, photo, None)
    assert [task.output for task in make_plan(labels, AugmentOptions(), photo.parent / "rainy").tasks] == ["one.JPG"]
    for out in (photo.parent, photo.parent.parent, photo):
        with pytest.raises(OutputError, match="contains the input"):
            make_plan(labels, AugmentOptions(), out)


def test_a_link_to_a_picture_elsewhere_is_one(photo: Path, tmp_path: Path) -> None:
    link = tmp_path / "links/mine.jpg"
    link.parent.mkdir()
    link.symlink_to(photo)
    plan = make_plan(open_labels(None, link, None), AugmentOptions(), link.parent / "out")
    assert [task.name for task in plan.tasks] == ["mine.jpg"]


def test_labels_want_a_folder(photo: Path, tmp_path: Path) -> None:
    with pytest.raises(LabelError, match=r"one\.JPG: is a file; with `labels`, `images` is the folder") as caught:
        open_labels(tmp_path / "coco.json", photo, None)
    assert "leave `labels` out" in str(caught.value.hint)


@pytest.mark.parametrize("name", ["photos/notes.txt", "coco.json"])
def test_another_file_is_none(photo: Path, tmp_path: Path, name: str) -> None:
    del photo
    with pytest.raises(InputError, match="neither a folder nor the name of a picture") as caught:
        open_labels(None, tmp_path / name, None)
    assert "`labels`" in str(caught.value.hint)


def test_a_picture_that_is_not_there_is_answered_with_its_nearest(photo: Path) -> None:
    with pytest.raises(InputError, match=r"(?m)tow\.jpg: no such folder or picture$") as caught:
        open_labels(None, photo.parent / "tow.jpg", None)
    assert "two.jpg" in str(caught.value.hint)
