"""What the job needs from a label format: one class beside this file for each."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from pipeline.geometry import Size
from pipeline.skips import Skip


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture of a data set."""

    name: str
    """POSIX path relative to the image folder; safe (see ``pipeline.names``)."""
    size: Size | None
    """(W, H) that the labels state, or None."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found equal when the labels were read back."""

    files: int
    """Label files read back."""
    pictures: int
    """Pictures that the labels name."""
    annotations: int | None
    """Annotations compared, or None where the files were compared byte for byte without counting."""
    how: str
    """How they were compared, for the summary."""


class LabelSet(Protocol):
    """The labels of a data set, in the format they came in.

    Labels are passed through. Where a method takes ``kept``, it maps the name of every picture that is in the output
    to the suffix that its name gets there, mostly none; pictures that are not in it are left out with their labels.
    """

    format: str
    """Short name: ``coco``, ``yolo``, ``voc``, ``scalabel`` or ``none``."""
    image_root: Path
    """The folder that the names are relative to."""
    image_prefix: str
    """Where the pictures go below the output folder: a POSIX path, empty for the output folder itself."""

    @property
    def pictures(self) -> Sequence[LabelledPicture]:
        """All pictures, in the order of the labels."""
        ...

    @property
    def skips(self) -> Sequence[Skip]:
        """Labels that belong to no picture or cannot be read."""
        ...

    def identity(self) -> dict[str, str]:
        """Return what a run must find again to be continued: hashes, and paths as given, links not followed."""
        ...

    def inputs(self) -> Sequence[Path]:
        """Return the files and folders that the labels are read from; the output may not touch them."""
        ...

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return the label files to write as (path below the output folder, what it comes from)."""
        ...

    def check_suffix(self, suffix: str) -> None:
        """Refuse a suffix that cannot be put into these labels.

        Raises:
            LabelError: A name in the labels cannot be changed without touching the rest.
        """
        ...

    def write(self, out: Path, kept: Mapping[str, str]) -> Proof:
        """Write the labels of the kept pictures, read them back and compare.

        Args:
            out: The output folder.
            kept: Suffix of every picture in the output.

        Raises:
            LabelError: The source has changed since it was read.
            ProofError: What was written differs from the source.
        """
        ...


class NoLabels:
    """A folder of pictures without labels.

    Args:
        image_root: The folder.
        names: POSIX paths of the pictures below it.
    """

    format = "none"
    image_prefix = ""
    skips: Sequence[Skip] = ()

    def __init__(self, image_root: Path, names: Sequence[str]) -> None:
        self.image_root = image_root
        self.pictures: Sequence[LabelledPicture] = [LabelledPicture(name, None) for name in names]

    def identity(self) -> dict[str, str]:
        """Return the folder's path."""
        return {"images": str(self.image_root)}

    def inputs(self) -> Sequence[Path]:
        """Return nothing: the image folder is checked by itself."""
        return []

    def output_files(self, kept: Mapping[str, str]) -> Sequence[tuple[str, str]]:
        """Return nothing."""
        return []

    def check_suffix(self, suffix: str) -> None:
        """Accept any suffix."""

    def write(self, out: Path, kept: Mapping[str, str]) -> Proof:
        """Write nothing."""
        return Proof(files=0, pictures=len(kept), annotations=0, how="no labels")
