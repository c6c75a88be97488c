"""What a file is that is no JSON, told from its first bytes."""

import csv
import json
import re
from collections.abc import Callable
from itertools import islice
from pathlib import Path

from pipeline.labels.hints.told import Told

_HEAD = 1 << 16
_ROWS = 5
_PICTURES = (".jpg", ".JPG", ".jpeg", ".png", ".PNG", ".bmp")
_MAGIC = (
    (b"\x1f\x8b", "compressed with gzip", "Unpack it (gunzip), and give the unpacked file."),
    (b"BZh", "compressed with bzip2", "Unpack it (bunzip2), and give the unpacked file."),
    (b"\xfd7zXZ\x00", "compressed with xz", "Unpack it (unxz), and give the unpacked file."),
    (b"\x28\xb5\x2f\xfd", "compressed with zstd", "Unpack it (unzstd), and give the unpacked file."),
    (b"PK\x03\x04", "a ZIP archive", "Unpack it (unzip), and give the folder or the label file in it."),
    (b"7z\xbc\xaf\x27\x1c", "a 7z archive", "Unpack it, and give the folder or the label file in it."),
    (b"Rar!\x1a\x07", "a RAR archive", "Unpack it, and give the folder or the label file in it."),
    (b"\xff\xd8\xff", "a picture (JPEG)", ""),
    (b"\x89PNG\r\n", "a picture (PNG)", ""),
    (b"GIF8", "a picture (GIF)", ""),
    (b"II*\x00", "a picture (TIFF)", ""),
    (b"MM\x00*", "a picture (TIFF)", ""),
    (b"%PDF", "a PDF", ""),
    (b"\x89HDF", "an HDF5 file", ""),
    (b"\x80\x02", "a pickle", ""),
    (b"\x80\x04", "a pickle", ""),
    (b"\x80\x05", "a pickle", ""),
    (b"SQLite format 3\x00", "a database", ""),
    (b"PAR1", "a Parquet file", "Export it as COCO or YOLO, and give that."),
    (b"\x93NUMPY", "a NumPy array", ""),
)
"""First bytes, what they tell, and what to do where that is more than to give something else."""
_WEIGHTS = frozenset({".pth", ".pt", ".ckpt", ".onnx", ".safetensors"})


def told_by_bytes(path: Path, raw: bytes) -> Told | None:
    """Tell what a file is that is no JSON.

    Args:
        path: Where it is.
        raw: Its content.

    Returns:
        What it is, or None where nothing is known of it.
    """
    if not raw.strip():
        return Told("empty", "Export the labels once more, or check the path after `labels`.")
    if path.suffix.lower() in _WEIGHTS:
        return Told(
            "the weights of a network, no label file", "Give them with `weights`, and the labels with `labels`."
        )
    for start, what, hint in _MAGIC:
        if raw.startswith(start):
            return Told(f"{what}, no label file", hint)
    if raw[257:262] == b"ustar":
        return Told("a tar archive, no label file", "Unpack it (tar -xf), and give the folder or the label file in it.")
    text = raw[:_HEAD].decode(json.detect_encoding(raw), errors="replace").lstrip()
    tellers: tuple[Callable[[Path, str], Told | None], ...] = (_xml, _lines_of_json, _darknet, _table)
    return next((told for teller in tellers if (told := teller(path, text)) is not None), None)


def _xml(path: Path, text: str) -> Told | None:
    """Tell CVAT's XML, VOC's and others."""
    if not text.startswith("<"):
        return None
    if re.search(r"<annotations[\s>]", text):
        return Told("the XML of CVAT, not read here", "Export from CVAT as COCO 1.0, YOLO 1.1 or Pascal VOC 1.1.")
    if re.search(r"<annotation[\s>]", text):
        return Told("the VOC labels of one picture", f"Give the folder with `labels`: {path.parent}.")
    if re.match(r"(?i)<!doctype html|<html", text):
        return Told("a page of the web, no label file", "Download it once more: this is what a server said instead.")
    return Told("XML that is not VOC")


def _lines_of_json(path: Path, text: str) -> Told | None:
    """Tell lines that are a JSON value each."""
    del path
    lines = text.split("\n", 2)[:2]
    if len(lines) > 1 and all(re.fullmatch(r"[{\[].*[}\]]", line.strip()) for line in lines):
        return Told("JSON lines, a value on each", "They are not read: export the labels as one COCO file.")
    return None


def _darknet(path: Path, text: str) -> Told | None:
    """Tell Darknet's ``obj.data``."""
    settings = dict(re.findall(r"(?m)^[ \t]*(\w+)[ \t]*=[ \t]*(\S+)[ \t]*\r?$", text))
    if not {"train", "valid", "names"} & set(settings):
        return None
    folder = _folder_of_texts(path.parent)
    where = "" if folder is None else f", here {folder}"
    return Told("the settings of Darknet, no labels", f"Give the folder of the texts with `labels`{where}.")


def _folder_of_texts(folder: Path) -> Path | None:
    """Find the folder beside Darknet's settings that has texts beside pictures, as CVAT and Darknet lay it out."""
    for one in (folder / "obj_train_data", *sorted(folder.glob("*/"))):
        texts = islice(one.glob("*.txt"), _ROWS)
        if any(text.with_suffix(end).is_file() for text in texts for end in _PICTURES):
            return one
    return folder / "obj_train_data" if any((folder / "obj_train_data").rglob("*.txt")) else None


def _table(path: Path, text: str) -> Told | None:
    """Tell a table."""
    rows = text.splitlines()[:_ROWS]
    try:
        widths = {len(row) for row in csv.reader(rows)}
    except csv.Error:
        widths = set()
    alike = len(rows) > 1 and len(widths) == 1 and max(widths) > 2
    if path.suffix.lower() in {".csv", ".tsv"} or (alike and text[:1] not in "{["):
        return Told("a table (CSV), not read here", "Convert it to COCO or YOLO, and give that.")
    return None
