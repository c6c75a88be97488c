"""Small data sets of every format, one file of which is then changed."""

import io
import json
import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

from PIL import Image

from benchmarks.fuzzing.json_text import mutate_json, written
from benchmarks.fuzzing.line_text import mutate_labels, mutate_list
from benchmarks.fuzzing.xml_text import mutate_xml
from benchmarks.fuzzing.yaml_text import mutate_yaml

Mutate = Callable[[random.Random, bytes], bytes]
SIZE = 8, 6
"""(W, H) of all pictures."""
_STEMS = ("a", "b", "deep/c")


@dataclass(frozen=True, kw_only=True)
class DataSet:
    """Files, which of them are labels, and how each can be changed by one who knows its format."""

    name: str
    labels: str
    """What is given to ``--labels``, below the folder."""
    files: Mapping[str, bytes]
    mutable: Mapping[str, Mutate] = field(default_factory=dict)

    def write(self, folder: Path) -> None:
        """Write all files."""
        for name, content in self.files.items():
            path = folder / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content)


@cache
def data_sets() -> tuple[DataSet, ...]:
    """Return all data sets."""
    return (_coco(), _coco(), _scalabel(), _yolo_yaml(), _yolo_lists(), _yolo_folder(), _voc(), _voc())


def _coco() -> DataSet:
    """A COCO file beside ``images``."""
    images = [
        {"id": 10 + place, "file_name": f"{stem}.png", "width": SIZE[0], "height": SIZE[1], "date_captured": None}
        for place, stem in enumerate(_STEMS)
    ]
    annotations = [
        {
            "id": number,
            "image_id": 10 + number % 3,
            "category_id": 1 + number % 2,
            "bbox": [1, 1.5, 3, 2],
            "area": 6.0,
            "iscrowd": 0,
            "segmentation": [[1, 1, 4, 1, 4, 3.5]],
        }
        for number in range(5)
    ]
    categories = [{"id": 1, "name": "car", "supercategory": ""}, {"id": 2, "name": "bus"}]
    tree = {"info": {"year": 2026}, "images": images, "annotations": annotations, "categories": categories}
    files = {**_pictures("images"), "coco.json": json.dumps(tree).encode()}
    return DataSet(name="coco", labels="coco.json", files=files, mutable={"coco.json": _json})


def _scalabel() -> DataSet:
    """A Scalabel file beside ``images``."""
    box = {"x1": 1.0, "y1": 1.0, "x2": 4.5, "y2": 3}
    poly = [{"vertices": [[1, 1], [4, 1], [4, 3]], "types": "LLL", "closed": True}]
    frames = [
        {
            "name": f"{stem}.png",
            "videoName": "" if stem == "a" else None,
            "attributes": {"weather": "clear"},
            "labels": [
                {"id": str(place), "category": "car", "box2d": box, "poly2d": poly},
                {"id": 7, "category": "bus"},
            ],
        }
        for place, stem in enumerate(_STEMS)
    ]
    tree = {"config": {"imageSize": {"width": SIZE[0], "height": SIZE[1]}}, "frames": frames}
    files = {**_pictures("images"), "frames.json": json.dumps(tree).encode()}
    return DataSet(name="scalabel", labels="frames.json", files=files, mutable={"frames.json": _json})


def _yolo_yaml() -> DataSet:
    """A ``data.yaml`` over folders."""
    text = "# pictures\npath: .\ntrain: images/train\nval:\n  - images/val\nnc: 2\nnames:\n  0: car\n  1: bus\n"
    files = {**_yolo_files("train"), **_yolo_files("val"), "data.yaml": text.encode()}
    return DataSet(name="yolo yaml", labels="data.yaml", files=files, mutable=_mutable(files))


def _yolo_lists() -> DataSet:
    """A ``data.yaml`` over lists of pictures."""
    names = [f"images/train/{stem}.png" for stem in _STEMS]
    text = "train: train.txt\nval: images/val\nnames: [car, bus]\n"
    lists = {"train.txt": ("\n".join(names) + "\n").encode(), "data.yaml": text.encode()}
    files = {**_yolo_files("train"), **_yolo_files("val"), **lists}
    return DataSet(name="yolo lists", labels="data.yaml", files=files, mutable=_mutable(files))


def _yolo_folder() -> DataSet:
    """A folder of text files beside ``images``, with the names of the classes."""
    texts = {name.replace("/train", ""): content for name, content in _yolo_files("train").items()}
    files = {**texts, "labels/classes.txt": b"car\nbus\n"}
    return DataSet(name="yolo folder", labels="labels", files=files, mutable=_mutable(files))


def _voc() -> DataSet:
    """Annotations, pictures and the lists of a split."""
    objects = "".join(
        f"\n  <object>\n    <name>{name}</name>\n    <difficult>0</difficult>\n    <bndbox><xmin>1</xmin><ymin>1</ymin>"
        "<xmax>4.5</xmax><ymax>3</ymax></bndbox>\n  </object>"
        for name in ("car", "bus")
    )
    size = f"<size><width>{SIZE[0]}</width><height>{SIZE[1]}</height><depth>3</depth></size>"
    files: dict[str, bytes] = {**_pictures("JPEGImages")}
    for stem in _STEMS:
        name = stem.rpartition("/")[2]
        text = f"<annotation>\n  <filename>{name}.png</filename>\n  {size}{objects}\n</annotation>\n"
        files[f"Annotations/{stem}.xml"] = text.encode()
    files["ImageSets/Main/train.txt"] = b"a\nb 1\ndeep/c -1\n"
    return DataSet(name="voc", labels="Annotations", files=files, mutable=_mutable(files))


def _yolo_files(split: str) -> dict[str, bytes]:
    """Pictures and text files of a split."""
    line = "0 0.5 0.5 0.25 0.25\n1 0.1 0.1 0.9 0.1 0.9 0.9 0.1 0.9\n"
    return {**_pictures(f"images/{split}"), **{f"labels/{split}/{stem}.txt": line.encode() for stem in _STEMS}}


def _pictures(folder: str) -> dict[str, bytes]:
    """The pictures of a folder."""
    return {f"{folder}/{stem}.png": picture() for stem in _STEMS}


@cache
def picture() -> bytes:
    """Return a PNG."""
    stream = io.BytesIO()
    Image.new("RGB", SIZE, (120, 130, 140)).save(stream, "PNG")
    return stream.getvalue()


def _mutable(files: Mapping[str, bytes]) -> dict[str, Mutate]:
    """What can be changed of a data set in folders."""
    found: dict[str, Mutate] = {}
    for name in files:
        if name.endswith(".xml"):
            found[name] = _of_text(mutate_xml)
        elif name.endswith(".yaml"):
            found[name] = _of_text(mutate_yaml)
        elif name.endswith(".txt"):
            is_list = "labels/" not in name or name.endswith("classes.txt")
            found[name] = _of_text(mutate_list if is_list else mutate_labels)
    return found


def _of_text(mutate: Callable[[random.Random, str], str]) -> Mutate:
    """Change bytes as text."""
    return lambda draw, content: mutate(draw, content.decode("utf-8", "surrogateescape")).encode(
        "utf-8", "surrogateescape"
    )


def _json(draw: random.Random, content: bytes) -> bytes:
    """Change a place of a JSON file; what is none any more stays."""
    try:
        tree: Any = json.loads(content)
    except (ValueError, RecursionError):
        return content
    mutate_json(draw, tree)
    return written(tree).encode("utf-8", "surrogatepass")
