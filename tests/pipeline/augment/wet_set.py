"""A small data set on which it can rain: pictures of a street, labels with a lane among them, and label maps."""

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from pipeline.classes.map_files import CLASSES_FILE, classes_file, encode_map

CLASSES = ("sky", "road", "building")
PALETTE = ((128, 128, 128), (128, 64, 128), (128, 0, 0))
SKY, ROAD, BUILDING = range(3)


@dataclass(frozen=True)
class WetSet:
    """Where the data set is."""

    labels: Path
    images: Path
    maps: Path
    names: Sequence[str]


def make_wet_set(folder: Path, *, lane: bool = True, size: tuple[int, int] = (96, 64)) -> WetSet:
    """Write four pictures by day, one by night and one without a road, with labels and label maps.

    Args:
        folder: A new folder.
        lane: Whether a lane is among the labels of every picture.
        size: (W, H) of the pictures.
    """
    names = ["a.jpg", "b.png", "deep/c.jpg", "d.png", "night.png", "wall.png"]
    images = folder / "images"
    records: list[dict[str, Any]] = []
    boxes: list[dict[str, Any]] = []
    for index, name in enumerate(names):
        ids = street_map(size, road=name != "wall.png")
        put_picture(images / name, street(ids, seed=index, night=name == "night.png"))
        put_map(folder / "maps" / f"{name.rpartition('.')[0]}.png", ids)
        records.append({"id": index, "file_name": name, "width": size[0], "height": size[1]})
        boxes.append({"id": len(boxes), "image_id": index, "category_id": 1, "bbox": [30, 20, 20, 24]})
        if lane:
            boxes.append({"id": len(boxes), "image_id": index, "category_id": 2, "bbox": [0, 32, 96, 32]})
    (folder / "maps" / CLASSES_FILE).write_bytes(classes_file(CLASSES, PALETTE, {}))
    categories = [{"id": 1, "name": "car"}, {"id": 2, "name": "lane"}]
    labels = folder / "coco.json"
    labels.write_text(json.dumps({"images": records, "annotations": boxes, "categories": categories}))
    return WetSet(labels, images, folder / "maps", names)


def street_map(size: tuple[int, int], *, road: bool = True) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return class ids (H, W): sky above, road or buildings below."""
    ids = np.full((size[1], size[0]), SKY, dtype=np.uint8)
    ids[size[1] // 2 :] = ROAD if road else BUILDING
    return ids


def street(
    ids: np.ndarray[tuple[int, ...], np.dtype[np.uint8]], seed: int, *, night: bool = False
) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    """Return a picture (H, W, 3) of a label map, with some noise."""
    colours = np.array([[200, 210, 230], [90, 90, 95], [150, 110, 80]], dtype=np.float64)
    noise = np.random.default_rng(seed).normal(0, 12, (*ids.shape, 3))
    pixels = (colours[ids] + noise) * (0.08 if night else 1)
    return pixels.clip(0, 255).astype(np.uint8)


def put_picture(file: Path, pixels: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    """Write a picture in the format of its name."""
    file.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(pixels).save(file)


def put_map(file: Path, ids: np.ndarray[tuple[int, ...], np.dtype[np.uint8]]) -> None:
    """Write a label map as ``tpsence segment`` does."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(encode_map(ids, PALETTE))


def data_of(out: Path) -> dict[str, str]:
    """Hash every file of an output by its name, without what differs from run to run."""
    files = [file for file in sorted(out.rglob("*")) if file.is_file()]
    names = {file.relative_to(out).as_posix(): file for file in files}
    return {
        name: hashlib.sha256(file.read_bytes()).hexdigest()
        for name, file in names.items()
        if name != "run.json" and not name.startswith(".tpsence")
    }
