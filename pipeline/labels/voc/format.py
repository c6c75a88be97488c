"""Pascal VOC in the registry. The data set itself, which needs defusedxml, is imported when labels are opened."""

from pathlib import Path

from pipeline.labels.format import LabelFormat, Place, extensions_below
from pipeline.labels.interface import LabelSet


def _find(path: Path) -> Path | None:
    """Find the folder ``Annotations`` of a data set."""
    annotations = path / "Annotations"
    return annotations if annotations.is_dir() and ".xml" in extensions_below(annotations) else None


def _recognise(place: Place) -> bool:
    """Tell whether a folder holds XML files."""
    return ".xml" in place.extensions


def _open(place: Place, images: Path | None) -> LabelSet:
    """Open a folder of XML files."""
    from pipeline.labels.voc.labels import VocLabels

    return VocLabels(place.folder(VOC.name), images)


VOC = LabelFormat(
    name="voc",
    title="VOC",
    given_as=("a folder of VOC XML",),
    extensions=(".xml", ".txt"),  # the lists of ImageSets are text files
    find=_find,
    recognise=_recognise,
    open_set=_open,
)
