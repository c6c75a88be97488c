"""YOLO in the registry. The data set itself, which needs yaml, is imported when labels are opened."""

from pathlib import Path

from pipeline.labels.format import LabelFormat, Place, extensions_below
from pipeline.labels.interface import LabelSet

_YAML = (".yaml", ".yml")
_USUAL_NAMES = ("data.yaml", "dataset.yaml", "data.yml")


def _find(path: Path) -> Path | None:
    """Find a YAML file, or in a data set's folder its ``data.yaml`` or else its folder ``labels``."""
    if not path.is_dir():
        return path if path.suffix.lower() in _YAML else None
    for name in _USUAL_NAMES:
        if (path / name).is_file():
            return path / name
    labels = path / "labels"
    return labels if labels.is_dir() and ".txt" in extensions_below(labels) else None


def _recognise(place: Place) -> bool:
    """Tell whether a folder holds text files."""
    return ".txt" in place.extensions


def _open(place: Place, images: Path | None) -> LabelSet:
    """Open a ``data.yaml`` or a folder of text files."""
    from pipeline.labels.yolo.labels import YoloLabels

    if place.path.suffix.lower() in _YAML:
        return YoloLabels.from_yaml(place.path, images)
    return YoloLabels.from_folder(place.folder(YOLO.name), images)


YOLO = LabelFormat(
    name="yolo",
    title="YOLO",
    given_as=("a data.yaml", "a folder of YOLO txt"),
    extensions=(".txt", *_YAML),
    find=_find,
    recognise=_recognise,
    open_set=_open,
)
