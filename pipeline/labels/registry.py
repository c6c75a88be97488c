"""Tell which format ``--labels`` points at, and open it."""

from enum import Enum
from pathlib import Path

from pipeline.errors import LabelError
from pipeline.files.jail import absolute
from pipeline.files.walk import list_files
from pipeline.labels.coco import CocoLabels
from pipeline.labels.interface import LabelSet
from pipeline.labels.json_file import JsonFile, read_json
from pipeline.labels.locate import pictures_among
from pipeline.labels.none import NoLabels
from pipeline.labels.scalabel import ScalabelLabels
from pipeline.labels.voc.labels import VocLabels
from pipeline.labels.yolo.labels import YoloLabels
from tpsence.errors import InputError


class LabelFormat(str, Enum):
    """The label formats."""

    COCO = "coco"
    YOLO = "yolo"
    VOC = "voc"
    SCALABEL = "scalabel"


_YAML = {".yaml", ".yml"}


def open_labels(labels: Path | None, images: Path | None, label_format: LabelFormat | None) -> LabelSet:
    """Open a data set.

    Args:
        labels: The label file or folder, or None for a folder of pictures without labels.
        images: The folder of the pictures, or None to look for it beside the labels.
        label_format: The format, or None to recognise it.

    Raises:
        InputError: Neither labels nor images, or one of them cannot be used.
    """
    if images is not None:
        images = absolute(images)
        if not images.is_dir():
            raise InputError(f"{images}: no such folder", "Check the path after `images`.")
    if labels is None:
        return _without_labels(images)
    labels = absolute(labels)
    if not labels.is_file() and not labels.is_dir():
        raise LabelError(f"{labels}: no such file or folder", "Check the path after `labels`.")
    if labels.is_dir():
        labels, label_format = _in_folder(labels, label_format)
    found = LabelFormat.YOLO if label_format is None and labels.suffix.lower() in _YAML else label_format
    if found is LabelFormat.VOC:
        return VocLabels(_folder(labels, found), images)
    if found is LabelFormat.YOLO:
        if labels.suffix.lower() in _YAML:
            return YoloLabels.from_yaml(labels, images)
        return YoloLabels.from_folder(_folder(labels, found), images)
    source = read_json(labels)
    if found is LabelFormat.SCALABEL or (found is None and _is_scalabel(source, labels)):
        return ScalabelLabels(labels, source, images)
    return CocoLabels(labels, source, images)


def _folder(path: Path, found: LabelFormat) -> Path:
    """Refuse a file where a folder is meant."""
    if not path.is_dir():
        raise LabelError(f"{path}: {found.value} labels are a folder", "Give the folder to `labels`.")
    return path


def _without_labels(images: Path | None) -> LabelSet:
    """A folder of pictures alone."""
    if images is None:
        raise InputError("neither labels nor pictures to work on", "Give `labels`, or `images` for a folder.")
    names = pictures_among(list_files(images))
    if not names:
        raise InputError(f"{images}: no pictures in this folder", "JPEG, PNG, WebP, TIFF and BMP are read.")
    return NoLabels(images, names)


def _in_folder(folder: Path, wanted: LabelFormat | None) -> tuple[Path, LabelFormat]:
    """Find the labels in a folder: the folder itself, or what a data set's folder holds under the usual names."""
    found: dict[LabelFormat, Path] = {}
    yamls = [name for name in ("data.yaml", "dataset.yaml", "data.yml") if (folder / name).is_file()]
    if yamls:
        found[LabelFormat.YOLO] = folder / yamls[0]
    elif (folder / "labels").is_dir() and ".txt" in _endings(folder / "labels"):
        found[LabelFormat.YOLO] = folder / "labels"
    if (folder / "Annotations").is_dir() and ".xml" in _endings(folder / "Annotations"):
        found[LabelFormat.VOC] = folder / "Annotations"
    if not found:
        endings = _endings(folder)
        if ".xml" in endings:
            found[LabelFormat.VOC] = folder
        if ".txt" in endings:
            found[LabelFormat.YOLO] = folder
    if wanted is not None:
        return found.get(wanted, folder), wanted
    if len(found) == 1:
        label_format, path = next(iter(found.items()))
        return path, label_format
    if not found:
        jsons = sorted(file.name for file in folder.glob("*.json"))
        hint = "Give a COCO or Scalabel JSON, a data.yaml, a folder of txt or a folder of XML."
        if jsons:
            hint = f"Give a file to `labels`, for example {folder / jsons[0]}."
        raise LabelError(f"{folder}: no labels found in this folder", hint)
    names = " and ".join(f"{path.name} ({label_format.value})" for label_format, path in found.items())
    raise LabelError(f"{folder}: holds {names}", "Choose with `format`, or point `labels` at one of them.")


def _endings(folder: Path) -> set[str]:
    """The last four characters, in lower case, of the files in a folder and its sub-folders."""
    return {name[-4:].lower() for name in list_files(folder)}


def _is_scalabel(source: JsonFile, path: Path) -> bool:
    """Tell Scalabel from COCO by what stands at the top."""
    tree = source.tree
    if isinstance(tree, dict) and "images" in tree:
        return False
    if isinstance(tree, list) or (isinstance(tree, dict) and "frames" in tree):
        return True
    raise LabelError(
        f"{path}: neither COCO ('images') nor Scalabel (a list of frames)", "Give a label file of a known format."
    )
