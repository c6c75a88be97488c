"""YOLO in the registry. The data set itself, which needs yaml, is imported when labels are opened."""

from itertools import islice
from pathlib import Path

from pipeline.files.names import without_extension
from pipeline.labels.companions import is_companion
from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.interface import LabelSet
from pipeline.labels.locate import pictures_among
from pipeline.labels.yolo.texts import begins_as_yolo

_YAML = (".yaml", ".yml")
_USUAL_NAMES = ("data.yaml", "dataset.yaml", "data.yml")
_LOOKED_AT = 200
"""Text files whose first line is looked at, to tell YOLO's from others."""


def _find(place: Place) -> Path | None:
    """Find a YAML file, or in a data set's folder its ``data.yaml`` or else its folder ``labels``."""
    path = place.path
    if not path.is_dir():
        return path if path.suffix.lower() in _YAML else None
    for name in _USUAL_NAMES:
        if (path / name).is_file():
            return path / name
    labels = place.below("labels")
    return labels.path if labels.path.is_dir() and _recognise(labels) else None


def _recognise(place: Place) -> bool:
    """Tell whether a folder holds text files of YOLO: beside their pictures, or by their first lines.

    Other texts lie beside any labels: what a tool says of itself, lists.
    """
    texts = [name for name in place.names if name.lower().endswith(".txt")]
    stems = {without_extension(name) for name in pictures_among(place.names)} if texts else set()
    if any(without_extension(name) in stems for name in texts):
        return True
    unowned = (name for name in texts if not is_companion(name))
    return any(begins_as_yolo(place.path / name) for name in islice(unowned, _LOOKED_AT))


def _open(place: Place, images: Path | None) -> LabelSet:
    """Open a ``data.yaml`` or a folder of text files."""
    from pipeline.labels.yolo.labels import YoloLabels

    if place.path.suffix.lower() in _YAML:
        return YoloLabels.from_yaml(place.path, images, follow_links=place.follow_links)
    return YoloLabels.from_folder(place.folder(YOLO.name), images, follow_links=place.follow_links)


YOLO = LabelFormat(
    name="yolo",
    title="YOLO",
    given_as=("a data.yaml", "a folder of YOLO txt"),
    extensions=(".txt", *_YAML, ".names", ".labels", ".data"),
    find=_find,
    recognise=_recognise,
    open_set=_open,
)
