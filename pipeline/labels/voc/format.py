"""Pascal VOC in the registry. The data set itself, which needs defusedxml, is imported when labels are opened."""

from pathlib import Path

from pipeline.labels.format import LabelFormat, Place
from pipeline.labels.interface import LabelSet


def _find(place: Place) -> Path | None:
    """Find the folder ``Annotations`` of a data set."""
    annotations = place.below("Annotations")
    return annotations.path if annotations.path.is_dir() and ".xml" in annotations.extensions else None


def _recognise(place: Place) -> bool:
    """Tell whether a folder holds XML files."""
    return ".xml" in place.extensions


def _open(place: Place, images: Path | None) -> LabelSet:
    """Open a folder of XML files."""
    from pipeline.labels.voc.labels import VocLabels

    return VocLabels(place.folder(VOC.name), images, follow_links=place.follow_links)


VOC = LabelFormat(
    name="voc",
    title="VOC",
    given_as=("a folder of VOC XML",),
    extensions=(".xml", ".txt"),  # the lists of ImageSets are text files
    find=_find,
    recognise=_recognise,
    open_set=_open,
)
