"""How many boxes of each class other libraries read of a data set and of the output that was made of it.

COCO is read by pycocotools and supervision, YOLO by ultralytics (its own check of a data set, and what it trains on)
and supervision, VOC by supervision; a library that is not installed is named and passed over:

    pip install ultralytics pycocotools supervision
    python benchmarks/readers.py data/coco.json rainy/coco.json --images data/images rainy/images

What is read is a copy, because ultralytics writes beside labels and mends pictures; nothing is changed in that of the
output. Ends with 1 where a library reads another number of boxes of the output, or reads the input and not the output.
"""

import argparse
import contextlib
import importlib
import io
import os
import shutil
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

Counts = Counter[str]
"""Boxes by split and class."""


def main() -> None:
    """Read both, print the table, and end with 1 where they differ."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("before", type=Path, help="a COCO file, a data.yaml, or a folder of VOC XML")
    parser.add_argument("after", type=Path, help="the same of the output")
    parser.add_argument("--images", type=Path, nargs=2, metavar="FOLDER", help="of the pictures, before and after")
    parser.add_argument("--root", type=Path, help="folder that holds all of the input (that of its labels)")
    parser.add_argument("--copies", type=int, default=1, help="copies of each picture in the output (1)")
    args = parser.parse_args()
    os.environ.setdefault("YOLO_VERBOSE", "False")
    images = args.images or (args.before.parent, args.after.parent)
    table = Table(title="boxes read")
    for column in ("library", "class", "before", "after", ""):
        table.add_column(column, justify="left" if column in {"library", "class"} else "right")
    is_equal = True
    for library, read in readers_of(args.before).items():
        try:
            importlib.import_module(library)
        except ImportError as error:
            table.add_row(library, f"not installed ({error})", "", "", "")
            continue
        before = in_a_copy(read, args.before, images[0], args.root or args.before.parent, mends_paths=True)
        after = in_a_copy(read, args.after, images[1], args.after.parent)
        expected = before if isinstance(before, str) else Counter({key: args.copies * n for key, n in before.items()})
        is_equal &= _add_rows(table, library, expected, after)
    Console(width=110).print(table)
    sys.exit(not is_equal)


def readers_of(labels: Path) -> Mapping[str, Callable[[Path, Path], Counts]]:
    """Return what reads such labels, by library; each takes the labels and the folder of the pictures."""
    if labels.is_dir():
        return {"supervision": _voc_by_supervision}
    if labels.suffix.lower() == ".json":
        return {"pycocotools": _coco_by_pycocotools, "supervision": _coco_by_supervision}
    return {"ultralytics": _yolo_by_ultralytics, "supervision": _yolo_by_supervision}


def in_a_copy(
    read: Callable[[Path, Path], Counts], labels: Path, images: Path, root: Path, *, mends_paths: bool = False
) -> Counts | str:
    """Read a copy of a data set, or say why that cannot be.

    Args:
        read: One of ``readers_of``.
        labels: The labels, inside the root.
        images: The folder of the pictures, inside it too, or elsewhere.
        root: What is copied; its links are followed.
        mends_paths: Absolute paths in YAML files lead into the copy.
    """
    labels, images, root = labels.absolute(), images.absolute(), root.absolute()
    with tempfile.TemporaryDirectory(prefix="tpsence-readers-") as folder:
        copy = Path(folder) / "data"
        shutil.copytree(root, copy, ignore_dangling_symlinks=True, ignore=shutil.ignore_patterns(".tpsence"))
        for file in [one for one in copy.glob("*.y*ml") if one.is_file() and mends_paths]:
            file.write_bytes(file.read_bytes().replace(str(root.resolve()).encode(), str(copy.resolve()).encode()))
        place = copy / images.relative_to(root) if images.is_relative_to(root) else images
        said = io.StringIO()
        try:
            with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
                return read(copy / labels.relative_to(root), place)
        except (Exception, SystemExit) as error:  # other libraries raise any type
            return f"{type(error).__name__}: {' '.join(str(error).split())[:60]}"


def _coco_by_pycocotools(labels: Path, images: Path) -> Counts:
    """Count the annotations that belong to a picture, as evaluation asks for them."""
    del images
    coco = importlib.import_module("pycocotools.coco").COCO(str(labels))
    names = {one["id"]: str(one.get("name")) for one in coco.dataset.get("categories", [])}
    found = coco.loadAnns(coco.getAnnIds(imgIds=coco.getImgIds()))
    return Counter(names.get(one.get("category_id"), f"category {one.get('category_id')}") for one in found)


def _coco_by_supervision(labels: Path, images: Path) -> Counts:
    """Count the boxes of a COCO file."""
    return _of_supervision(_supervision().from_coco(str(images), str(labels)))


def _yolo_by_ultralytics(labels: Path, images: Path) -> Counts:
    """Count the boxes that a training would see, in each split."""
    del images
    data = importlib.import_module("ultralytics.data.utils").check_det_dataset(str(labels), autodownload=False)
    dataset = importlib.import_module("ultralytics.data.dataset").YOLODataset
    found: Counts = Counter()
    for split in ("train", "val", "test"):
        if data.get(split):
            for one in dataset(img_path=data[split], data=data, augment=False, imgsz=64).labels:
                found.update(f"{split}: {data['names'].get(int(number), number)}" for number in one["cls"].ravel())
                found[f"{split}: (pictures)"] += 1
    return found


def _yolo_by_supervision(labels: Path, images: Path) -> Counts:
    """Count the boxes below the pictures' folder, whose text files are in the folder ``labels`` beside."""
    parts = ["labels" if part == "images" else part for part in images.parts]
    return _of_supervision(_supervision().from_yolo(str(images), str(Path(*parts)), str(labels)))


def _voc_by_supervision(labels: Path, images: Path) -> Counts:
    """Count the objects of VOC annotations."""
    return _of_supervision(_supervision().from_pascal_voc(str(images), str(labels)))


def _supervision() -> Any:  # noqa: ANN401 (a library without types here)
    """The class that reads data sets."""
    return importlib.import_module("supervision").DetectionDataset


def _of_supervision(dataset: Any) -> Counts:  # noqa: ANN401
    """Count the boxes of a data set, without reading its pictures."""
    found: Counts = Counter()
    for one in dataset.annotations.values():
        found.update(dataset.classes[number] for number in one.class_id)
        found["(pictures)"] += 1
    return found


def _add_rows(table: Table, library: str, before: Counts | str, after: Counts | str) -> bool:
    """Put what was read into the table; tell whether both are the same."""
    if isinstance(before, str) or isinstance(after, str):
        texts = [one if isinstance(one, str) else f"{sum(one.values())} read" for one in (before, after)]
        is_as_before = isinstance(before, str)
        table.add_row(library, "", *texts, "" if is_as_before else "not read")
        return is_as_before
    for name in sorted(before.keys() | after.keys()):
        differs = "" if before[name] == after[name] else "differs"
        table.add_row(library, name, str(before[name]), str(after[name]), differs)
    return before == after


if __name__ == "__main__":
    main()
