"""A folder that has what the commands of the pages name, small enough that each runs in a moment."""

import json
import shutil
import sys
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from cli.main import main
from tests.cli.train_runs import TINY, paint_set
from tests.conftest import ROOT

STREET = ROOT / "examples" / "street"
SIZE = (192, 108)
"""Width and height of the pictures."""
FEW = 2
"""Pictures of each folder."""
BATCH = 32
"""Pictures to train on: the largest batch of a preset."""


def build(folder: Path, weights: Path) -> None:
    """Write all that is read by some command.

    Args:
        folder: A new folder.
        weights: A published checkpoint.
    """
    _coco(folder / "data")
    _yolo(folder / "data")
    _example(folder / "examples")
    for name in ("photos", "sun", "real_clear", "other_tool"):
        _pictures(folder / name, "trainA")
    for name in ("rain", "real_rain"):
        _pictures(folder / name, "trainB")
    shutil.copy(folder / "photos" / "street_0001.jpg", folder / "photo.jpg")
    paint_set(folder / "DATA", BATCH, BATCH)
    paint_set(folder / "scenes", FEW, FEW)
    _ground_truth(folder)
    for name in ("checkpoints/bdd100k_rain/latest_net_G.pth", "latest_net_G.pth", "my_weights.pth"):
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(weights, folder / name)
    shutil.copy(ROOT / "configs" / "segmentation" / "road_lite.py", folder / "my_config.py")
    assert tpsence(folder, [*TINY, "--data", "scenes", "--out", "runs/rain"]) == 0
    shutil.copytree(folder / "runs" / "rain", folder / "runs" / "night")


def tpsence(folder: Path, words: Sequence[str]) -> object:
    """Run a command in a folder, in this process, and return its exit code."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(folder)
        patch.setattr(sys, "argv", ["tpsence", *words])
        with pytest.raises(SystemExit) as ended:
            main()
    return ended.value.code or 0


def _pictures(folder: Path, source: str) -> list[Path]:
    """Write small pictures of the example."""
    folder.mkdir(parents=True, exist_ok=True)
    files = sorted((STREET / source).iterdir())[:FEW]
    for file in files:
        with Image.open(file) as picture:
            picture.resize(SIZE, Image.Resampling.BOX).save(folder / file.name)
    return [folder / file.name for file in files]


def _coco(folder: Path) -> None:
    """Write a COCO data set: ``coco.json``, and its pictures in ``images``."""
    names = [file.name for file in _pictures(folder / "images", "trainA")]
    _cut(STREET / "coco.json", folder / "coco.json", {f"trainA/{name}": f"images/{name}" for name in names})


def _cut(source: Path, target: Path, names: dict[str, str]) -> None:
    """Write what labels say of some pictures, at their size here."""
    tree = json.loads(source.read_text(encoding="utf-8"))
    images = [image for image in tree["images"] if image["file_name"] in names]
    factor = SIZE[0] / images[0]["width"]
    for image in images:
        image.update(file_name=names[image["file_name"]], width=SIZE[0], height=SIZE[1])
    ids = {image["id"] for image in images}
    objects = [one for one in tree["annotations"] if one["image_id"] in ids]
    for one in objects:
        one["bbox"] = [side * factor for side in one["bbox"]]
        one["area"] *= factor**2
        one["segmentation"] = [[at * factor for at in part] for part in one["segmentation"]]
    target.write_text(json.dumps({**tree, "images": images, "annotations": objects}), encoding="utf-8")


def _yolo(folder: Path) -> None:
    """Write the same pictures as a YOLO data set with two splits beside: ``data.yaml``."""
    for split in ("train", "val"):
        for file in sorted((folder / "images").glob("*.jpg")):
            (folder / split / "images").mkdir(parents=True, exist_ok=True)
            (folder / split / "labels").mkdir(parents=True, exist_ok=True)
            shutil.copy(file, folder / split / "images" / f"{split}_{file.name}")
            (folder / split / "labels" / f"{split}_{file.stem}.txt").write_text("0 0.5 0.6 0.2 0.2\n")
    (folder / "data.yaml").write_text("train: train/images\nval: val/images\nnames: [car, person]\n")


def _example(folder: Path) -> None:
    """Write a small copy of the example."""
    street = folder / "street"
    for name in ("trainA", "trainB", "testA", "testB"):
        _pictures(street / name, name)
    for labels, source in (("coco.json", "trainA"), ("coco_test.json", "testA")):
        names = {f"{source}/{file.name}": f"{source}/{file.name}" for file in (street / source).iterdir()}
        _cut(STREET / labels, street / labels, names)
    shutil.copy(ROOT / "examples" / "chain.yaml", folder)


def _ground_truth(folder: Path) -> None:
    """Write label maps by Cityscapes' rule for the pictures of ``scenes/trainA``."""
    (folder / "gtFine").mkdir()
    for file in (folder / "scenes" / "trainA").iterdir():
        with Image.open(file) as picture:
            ids = np.full((picture.height, picture.width), 7, np.uint8)
        Image.fromarray(ids).save(folder / "gtFine" / f"{file.stem}_gtFine_labelIds.png")
