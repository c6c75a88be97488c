"""What is no file, in the place of each file that labels are in: one line before the run, and nothing is waited for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import ConfigError, UnsafeNameError
from pipeline.files.python_config import Hints, run_config
from pipeline.images.skips import Reason
from pipeline.labels.carried import refuse_nothing_to_carry
from pipeline.labels.registry import open_labels
from pipeline.run.settings_file import load_chain
from tests.odd_files import ODD
from tests.pipeline.labels.label_sets import put
from tpsence.errors import InputError

XML = b"<annotation><filename>a.jpg</filename></annotation>"
YOLO = {"images/a.jpg": b"x", "labels/a.txt": b"0 0.5 0.5 0.1 0.1\n", "data.yaml": b"train: train.txt\n"}
VOC = {"Annotations/a.xml": XML, "JPEGImages/a.jpg": b"x", "ImageSets/Main/val.txt": b"a\n"}

odd = pytest.mark.parametrize(("kind", "make"), ODD.items(), ids=ODD)


@odd
@pytest.mark.parametrize(
    ("files", "place", "labels"),
    [
        ({}, "coco.json", "coco.json"),
        (YOLO, "data.yaml", "data.yaml"),
        (YOLO, "train.txt", "data.yaml"),
        (YOLO, "labels/classes.txt", "labels"),
        (VOC, "Annotations/a.xml", "Annotations"),
        (VOC, "ImageSets/Main/val.txt", "Annotations"),
    ],
)
def test_labels_are_refused_before_the_run(
    tmp_path: Path, files: dict[str, bytes], place: str, labels: str, kind: str, make: Callable[[Path], object]
) -> None:
    put(tmp_path, {name: content for name, content in files.items() if name != place})
    (tmp_path / place).parent.mkdir(parents=True, exist_ok=True)
    make(tmp_path / place)
    if kind == "a folder" and place != "data.yaml":  # in a folder of labels it is one more to look into
        return
    with pytest.raises(InputError) as caught:
        refuse_nothing_to_carry(open_labels(tmp_path / labels, None, "yolo" if files is YOLO else None))
    leads_out = kind == "a device" and place not in {"coco.json", "data.yaml"}  # it is a link here
    assert f"{tmp_path / place}: {kind}, not a file" in caught.value.message or (
        leads_out and isinstance(caught.value, UnsafeNameError)
    )
    assert caught.value.hint


@odd
def test_a_picture_is_no_concern_of_the_labels(tmp_path: Path, kind: str, make: Callable[[Path], object]) -> None:
    del kind
    put(tmp_path, {"b.jpg": b"x"})
    make(tmp_path / "a.jpg")
    labels = open_labels(None, tmp_path, None)
    assert {picture.name for picture in labels.pictures} - {"a.jpg"} == {"b.jpg"}
    assert [skip.reason for skip in labels.skips if skip.reason is not Reason.MISSING] == []


@odd
def test_the_settings_of_a_chain_are_a_file(tmp_path: Path, kind: str, make: Callable[[Path], object]) -> None:
    make(tmp_path / "chain.yaml")
    with pytest.raises(ConfigError, match=f"{kind}, not a file"):
        load_chain(tmp_path / "chain.yaml", {})


@odd
def test_a_python_config_is_a_file(tmp_path: Path, kind: str, make: Callable[[Path], object]) -> None:
    make(tmp_path / "mine.py")
    with pytest.raises(ConfigError, match=f"{kind}, not a file"):
        run_config(tmp_path / "mine.py", "mine.py", Hints(unreadable="", base="", other=""))
