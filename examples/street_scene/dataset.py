"""Writes the example dataset: pictures, label maps and COCO files."""

from __future__ import annotations

import json
from pathlib import Path
from typing import NamedTuple

import cv2
import numpy as np
from PIL import Image

from street_scene.draw import Instance, draw
from street_scene.labels import CATEGORIES, palette
from street_scene.light import Weather
from street_scene.raster import HEIGHT, WIDTH, Bytes
from street_scene.scene import random_scene

Json = dict[str, object]
QUALITY = 76
"""JPEG quality of the pictures, 0-95."""
LARGEST = 0.26
"""A picture in which one object's box fills more than this share is drawn anew."""
FEWEST = 5
"""A picture with fewer labelled objects is drawn anew."""


class Split(NamedTuple):
    """A folder of pictures.

    Attributes:
        name: Its name.
        weather: Weather of all its pictures.
        size: Number of pictures.
        labels: Folder for the label maps, or None.
    """

    name: str
    weather: Weather
    size: int
    labels: str | None


SPLITS = (
    Split("trainA", Weather.CLEAR, 16, "trainS"),
    Split("trainB", Weather.RAIN, 16, "trainT"),
    Split("testA", Weather.CLEAR, 6, None),
    Split("testB", Weather.RAIN, 6, None),
)


def _fits(instances: list[Instance]) -> bool:
    """Whether a picture shows enough, and nothing too close."""
    largest = max((one.box[2] * one.box[3] for one in instances), default=0)
    return len(instances) >= FEWEST and largest <= LARGEST * WIDTH * HEIGHT


def _street(key: list[int], weather: Weather) -> tuple[Bytes, Bytes, list[Instance]]:
    """Draw streets from one seed until one fits; see `draw` for what is given back."""
    rng = np.random.default_rng(key)
    while True:
        drawn = draw(random_scene(rng), weather)
        if _fits(drawn[2]):
            return drawn


def _save_picture(path: Path, picture: Bytes) -> None:
    """Save a picture (360, 640, 3) as a JPEG with fixed settings."""
    image = Image.fromarray(picture)
    image.save(path, "JPEG", quality=QUALITY, subsampling=2, optimize=True, progressive=True)


def _save_labels(path: Path, label: Bytes) -> None:
    """Save a label map (360, 640) of train ids as a PNG with the Cityscapes palette."""
    image = Image.fromarray(label, "L")
    image.putpalette(palette())
    image.save(path, "PNG", optimize=True)


def _annotation(number: int, image: int, one: Instance) -> Json:
    """Give the COCO entry of an object."""
    return {
        "id": number,
        "image_id": image,
        "category_id": CATEGORIES[one.label][0],
        "bbox": list(one.box),
        "area": one.area,
        "iscrowd": 0,
        "segmentation": [list(polygon) for polygon in one.polygons],
    }


def coco(pictures: list[tuple[str, list[Instance]]]) -> Json:
    """Build a COCO detection file.

    Args:
        pictures: File name, relative to the dataset, and labelled objects of each picture.

    Returns:
        The content of the file; ids count from 1.
    """
    images: list[Json] = []
    annotations: list[Json] = []
    for number, (name, instances) in enumerate(pictures, start=1):
        images.append({"id": number, "file_name": name, "width": WIDTH, "height": HEIGHT, "license": 1})
        for one in instances:
            annotations.append(_annotation(len(annotations) + 1, number, one))
    kinds = sorted(CATEGORIES.values())
    return {
        "info": {"description": "Drawn street scenes", "version": "1.0", "year": 2025},
        "licenses": [{"id": 1, "name": "Apache-2.0", "url": "https://www.apache.org/licenses/LICENSE-2.0"}],
        "images": images,
        "annotations": annotations,
        "categories": [{"id": n, "name": name, "supercategory": group} for n, name, group in kinds],
    }


def _dump(path: Path, content: Json) -> None:
    """Write a COCO file with one image or object to a line."""
    parts = []
    for key, value in content.items():
        if isinstance(value, list):
            lines = ",\n".join(json.dumps(item, separators=(",", ":")) for item in value)
            parts.append(f'"{key}": [\n{lines}\n]')
        else:
            parts.append(f'"{key}": {json.dumps(value)}')
    path.write_text("{\n" + ",\n".join(parts) + "\n}\n", encoding="utf-8", newline="\n")


def write_split(out: Path, split: Split, key: list[int]) -> list[tuple[str, list[Instance]]]:
    """Draw and save one folder of pictures.

    Args:
        out: Folder of the dataset.
        split: Which pictures.
        key: Seeds that tell this folder from the others.

    Returns:
        File name, relative to ``out``, and labelled objects of each picture.
    """
    (out / split.name).mkdir(parents=True, exist_ok=True)
    if split.labels:
        (out / split.labels).mkdir(exist_ok=True)
    pictures = []
    for number in range(1, split.size + 1):
        picture, label, instances = _street([*key, number], split.weather)
        name = f"{split.name}/street_{number:04d}.jpg"
        _save_picture(out / name, picture)
        if split.labels:
            _save_labels(out / split.labels / f"street_{number:04d}.png", label)
        pictures.append((name, instances))
    return pictures


def write_dataset(out: Path, seed: int) -> None:
    """Draw and save the whole dataset.

    Args:
        out: Folder to write to; files of the same names are replaced.
        seed: Seed of everything.
    """
    cv2.setNumThreads(1)
    done = [write_split(out, split, [seed, index]) for index, split in enumerate(SPLITS)]
    train, test = done[0], done[2]
    _dump(out / "coco.json", coco(train + test))
    _dump(out / "coco_test.json", coco(test))
