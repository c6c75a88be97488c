"""What the job needs from the labels of a data set: a class for each format satisfies ``LabelSet``."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol

from pipeline.images.size import Size
from pipeline.images.skips import Skip
from pipeline.labels.inventory import Inventory

Box = tuple[float, float, float, float]
"""Corners of a box: (x0, y0, x1, y1)."""
Polygon = tuple[tuple[float, float], ...]
"""Points (x, y) of a closed line, three or more; the first may stand once more at the end."""
Outline = tuple[Polygon, ...]
"""The polygons that an object consists of, none where its outline is not known."""


@dataclass(frozen=True, slots=True)
class LabelledPicture:
    """One picture of a data set."""

    name: str
    """POSIX path relative to the image folder; safe (see ``pipeline.files.names``)."""
    size: Size | None
    """(W, H) that the labels state, or None."""


NO_CLASS = "no class"
"""In the place of a class where an annotation has none that can be read."""


@dataclass(frozen=True, slots=True)
class LabelledObject:
    """One annotation of a picture. Its place in the picture's sequence is its identity."""

    category: str
    """Name of its class, as the labels have it, or ``NO_CLASS``."""
    box: Box | None
    """The box in pixels of the frame that the labels state, or None where it has none that can be read."""
    relative: bool = False
    """The box is in shares of the picture's width and height instead of pixels."""
    id: int | str | None = field(default=None, compare=False)
    """What the labels call it, where the format has ids (COCO, Scalabel)."""
    line: int | None = field(default=None, compare=False)
    """Where it begins in the picture's text file, from 1, where there is one (YOLO, VOC)."""
    outline: Outline = field(default=(), compare=False, repr=False)
    """Where the labels have it and it was asked for: polygons of finite numbers, in pixels or shares as the box is.

    They are not clipped to the picture. Without an outline the box stands for the object, but an object without a box
    may have an outline.
    """

    def in_pixels(self, size: Size) -> Box | None:
        """Return the box in pixels.

        Args:
            size: (W, H) of the picture.
        """
        if self.box is None or not self.relative:
            return self.box
        (x0, y0, x1, y1), (width, height) = self.box, size
        return x0 * width, y0 * height, x1 * width, y1 * height

    def outline_in_pixels(self, size: Size) -> Outline:
        """Return the outline in pixels.

        Args:
            size: (W, H) of the picture.
        """
        if not self.relative:
            return self.outline
        width, height = size
        return tuple(tuple((x * width, y * height) for x, y in polygon) for polygon in self.outline)


@dataclass(frozen=True, slots=True, kw_only=True)
class Marks:
    """Annotations whose object may have vanished, and what to do about them."""

    drop: bool
    """Leave them out, instead of marking them."""
    kept: Mapping[str, Mapping[int, float]]
    """By the picture's name and the place among its objects: the share of its structure that is left, 0 to 1."""

    def of(self, name: str) -> Mapping[int, float]:
        """Return those of one picture."""
        return self.kept.get(name, {})


VANISHED, KEPT = "tpsence_vanished", "tpsence_kept"
"""What a mark is called in the labels: that the object may have vanished, and the share that is left."""
NO_MARKS = Marks(drop=False, kept={})
"""Labels are passed through as they are."""


@dataclass(frozen=True, slots=True)
class Proof:
    """What was found equal when the labels were read back."""

    files: int
    """Label files read back."""
    pictures: int
    """Pictures that the labels name."""
    annotations: int
    """Annotations in the labels that were written."""
    how: str
    """How they were compared, for the summary."""


class LabelSet(Protocol):
    """The labels of a data set, in the format they came in.

    Labels are passed through. Where a method takes ``kept``, it maps the name of every picture that is in the output
    to the suffix that its name gets there, mostly none; pictures that are not in it are left out with their labels.
    """

    format: str
    """Name of the format, as its entry in the registry has it, or ``none``."""
    image_root: Path
    """The folder that the names are relative to."""
    image_prefix: str
    """Where the pictures go below the output folder: a POSIX path, empty for the output folder itself."""
    takes_marks: bool
    """Whether an annotation has a place for a mark."""
    follow_links: bool
    """Whether links that lead out of the folders of the labels and the pictures are followed."""

    @property
    def inventory(self) -> Inventory:
        """What the source has, as it was when it was opened."""
        ...

    def annotations_of(self, name: str) -> int:
        """Return how many of the inventory's annotations a picture has; none for one that is not known."""
        ...

    @property
    def pictures(self) -> Sequence[LabelledPicture]:
        """All pictures, in the order of the labels."""
        ...

    @property
    def splits(self) -> Mapping[str, Collection[str]]:
        """Names of the pictures of each split that the labels tell of, by its name: ``train``, ``val``."""
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

    def objects(self, name: str, *, outlines: bool = False) -> Sequence[LabelledObject]:
        """Return the annotations of a picture, in the order of the labels; empty for a picture that is not known.

        Several threads may ask at the same time.

        Args:
            name: The picture.
            outlines: Read outlines as well, where the format has them. Without, all are empty, which spares those who
                want boxes alone the time, and the memory of what they keep.

        Raises:
            LabelError: The source has changed since it was read.
        """
        ...

    def check_marks(self) -> None:
        """Refuse labels in which single annotations cannot be marked or dropped.

        Raises:
            LabelError: They cannot.
        """
        ...

    def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
        """Write the labels of the kept pictures, read them back and compare.

        Args:
            out: The output folder.
            kept: Suffix of every picture in the output.
            marks: Annotations to mark or to drop; the only difference to the source.

        Raises:
            LabelError: The source has changed since it was read.
            ProofError: What was written differs from the source.
        """
        ...
