"""What a chain compares: every file that labels are in, and no other."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.engine.place import place_of
from pipeline.engine.resources import Precision, Resources
from pipeline.labels import registry
from pipeline.labels.registry import open_labels
from pipeline.output.chain_folder import ChainFolder
from pipeline.run.config import ChainConfig
from pipeline.run.enums import StageName
from pipeline.run.fingerprints import Fingerprints
from pipeline.train.presets import load_config
from tests.pipeline.labels.label_sets import put
from tests.pipeline.labels.toy_format import TOY

BOX = b"0 .5 .5 .1 .1\n"
XML = b"<annotation><filename>a.jpg</filename></annotation>"
VOC = {"Annotations/a.xml": XML, "ImageSets/Main/train.txt": b"a\n", "JPEGImages/a.jpg": b"x"}
PANOPTIC = {
    "x.json": b'{"images": [{"id": 1, "file_name": "a.jpg"}], '
    b'"annotations": [{"image_id": 1, "file_name": "a.png", "segments_info": []}]}',
    "x/a.png": b"x",
    "a.jpg": b"x",
}
YOLO = {"data.yaml": b"train: images\n", "labels/a.txt": BOX, "images/a.jpg": b"x"}


def prints_of(folder: Path, labels: str, copies: int = 1, **told: Any) -> Fingerprints:  # noqa: ANN401 (of any setting)
    """The fingerprints of a chain on a data set's folder."""
    clear, rainy = (put(folder.parent / name, {f"{name}.jpg": b"x"}) for name in ("clear", "rainy"))
    opened = open_labels(folder / labels, None, None)
    out = folder.parent / "out"
    return Fingerprints(
        config=ChainConfig(clear=clear, rainy=rainy, out=out, **told),
        training=load_config("tiny", []),
        labels=opened,
        plan=make_plan(opened, AugmentOptions(copies=copies), out),
        network=None,
        folder=ChainFolder(out),
        place=place_of(Resources(), Precision.AUTO),
    )


def of_labels(folder: Path, labels: str, copies: int = 1) -> object:
    """The fingerprint of the labels in a data set's folder."""
    return prints_of(folder, labels, copies).data()["labels"]


@pytest.mark.parametrize(
    ("files", "labels", "changed"),
    [
        ({"x.json": b'{"images": [{"id": 1, "file_name": "a.jpg"}]}', "a.jpg": b"x"}, "x.json", "x.json"),
        ({"x.json": b'[{"name": "a.jpg"}]', "a.jpg": b"x"}, "x.json", "x.json"),
        (YOLO, "data.yaml", "data.yaml"),
        (YOLO, "data.yaml", "labels/a.txt"),
        (YOLO, "labels", "labels/a.txt"),
        (VOC, "Annotations", "Annotations/a.xml"),
        (VOC, "Annotations", "ImageSets/Main/train.txt"),
        ({"x.toy": b"a.jpg", "a.jpg": b"x"}, "", "x.toy"),
        (PANOPTIC, "x.json", "x/a.png"),
        ({**YOLO, "labels/_darknet.labels": b"car\n"}, "labels", "labels/_darknet.labels"),
        ({**YOLO, "train.txt": b"images/a.jpg\n", "data.yaml": b"train: train.txt\n"}, "data.yaml", "train.txt"),
    ],
)
def test_a_changed_label_file_is_seen(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, files: dict[str, bytes], labels: str, changed: str
) -> None:
    monkeypatch.setattr(registry, "FORMATS", (*registry.FORMATS, TOY))
    folder = put(tmp_path / "set", files)
    before = of_labels(folder, labels)
    assert of_labels(folder, labels) == before
    (folder / changed).write_bytes(files[changed] + b" ")
    assert of_labels(folder, labels) != before


@pytest.mark.parametrize("copies", [1, 2])
def test_a_changed_mask_is_seen(tmp_path: Path, copies: int) -> None:
    folder = put(tmp_path / "set", {**VOC, "SegmentationClass/a.png": b"mask"})
    before = of_labels(folder, "Annotations", copies)
    (folder / "SegmentationClass" / "a.png").write_bytes(b"musk")
    assert of_labels(folder, "Annotations", copies) != before


def test_a_file_that_is_no_label_does_not_count(tmp_path: Path) -> None:
    folder = put(tmp_path / "set", {**VOC, "Annotations/a.jpg": b"x"})
    before = of_labels(folder, "Annotations")
    put(folder, {"Annotations/a.jpg": b"y", "Annotations/note.md": b"y"})
    assert of_labels(folder, "Annotations") == before


@pytest.mark.parametrize("stage", StageName)
def test_with_another_engine_no_stage_runs_anew(tmp_path: Path, stage: StageName) -> None:
    folder = put(tmp_path / "set", {"labels/a.txt": BOX, "images/a.jpg": b"x"})
    place: dict[str, Any] = {"device": "cpu", "precision": "fp32"}
    here = prints_of(folder, "labels", **place)
    elsewhere = prints_of(folder, "labels", **place, engine="ray", address="auto", gpus_per_worker=0, workers=9)
    assert here.inputs(stage, lambda _: None) == elsewhere.inputs(stage, lambda _: None)
