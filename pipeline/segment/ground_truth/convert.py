"""Ground truth of data sets as class ids: which file is the label map of a picture, and what is in it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.classes.label_maps import read_label_map
from pipeline.classes.palettes import palette_of
from pipeline.classes.schemes import Scheme, find_scheme
from pipeline.files.jail import absolute
from pipeline.files.text import one_line, some
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError, Reason
from pipeline.segment.ground_truth.detect import detect_convention
from pipeline.segment.ground_truth.enums import TruthFormat
from pipeline.segment.ground_truth.naming import CONVENTIONS, NAMED, Convention, MapFolder, Match, none_found
from tpsence.errors import InputError

_UNKNOWN = -1
_HINT_AMBIGUOUS = "Give the folder that holds one map of each picture with `ground_truth`."


@dataclass(frozen=True, slots=True, kw_only=True)
class GroundTruth:
    """The label maps of some pictures."""

    root: Path
    """The folder of the maps, absolute."""
    convention: Convention
    """Its data set's rules."""
    matches: Mapping[str, Match]
    """What was found for each picture, for some more than one file."""
    scheme: Scheme
    """The data set's own classes."""

    @property
    def format(self) -> str:
        """The name of the format, as the user writes it."""
        return self.convention.format.value

    @property
    def found(self) -> int:
        """Number of pictures that have a map."""
        return sum(len(match.files) == 1 for match in self.matches.values())

    def identity(self) -> dict[str, str]:
        """Return what the maps are made from, for the record of a run."""
        return {"ground_truth": str(self.root), "ground_truth_format": self.format}

    def file_of(self, picture: str) -> Path | None:
        """Return the map of a picture; None if there is none, or it is open which of several files it is.

        Args:
            picture: POSIX path below the folder of the pictures.
        """
        match = self.matches.get(picture)
        return self.root / match.files[0] if match and len(match.files) == 1 else None

    def found_for(self, pictures: Iterable[str]) -> dict[str, Match]:
        """Return what was found for some pictures.

        Args:
            pictures: POSIX paths below the folder of the pictures.
        """
        return {picture: self.matches[picture] for picture in pictures if picture in self.matches}

    def refuse(self, picture: str) -> None:
        """Refuse a picture without a map of its own.

        Args:
            picture: POSIX path below the folder of the pictures.

        Raises:
            PictureError: There is no map, or more than one.
        """
        if self.file_of(picture) is None:
            raise _no_single_map(self.convention, picture, self.matches.get(picture))

    def read(self, picture: str, size: Size, max_pixels: int) -> NDArray[np.uint8]:
        """Read the map of a picture.

        Args:
            picture: POSIX path below the folder of the pictures.
            size: (W, H) of the picture, upright.
            max_pixels: Largest W * H; checked in the header, before decoding.

        Returns:
            (H, W) class ids of ``scheme``, ``IGNORE`` for what has none.

        Raises:
            PictureError: There is no map, or more than one; it cannot be read; it has another size than its picture,
                or values that the format does not have.
        """
        self.refuse(picture)
        match = self.matches[picture]
        label_map = read_label_map(self.root / match.files[0], max_pixels, size)
        if label_map.in_colour:
            return label_map.class_ids(palette_of(self.scheme)).astype(np.uint8)
        if not match.kind.ids:
            raise PictureError(
                Reason.BAD_LABEL, f"{some(match.files, NAMED)}: class ids, where this name means colours"
            )
        return _translated(label_map.values, match, self.convention.title)


def open_ground_truth(root: Path, pictures: Sequence[str], truth_format: TruthFormat, max_pixels: int) -> GroundTruth:
    """Find the label maps of pictures. Nothing is decoded, but where colours must tell the data set.

    Args:
        root: The folder of the maps; they may be in its sub-folders.
        pictures: POSIX paths below the folder of the pictures.
        truth_format: Whose rules they follow, or ``auto``.
        max_pixels: Largest W * H of a map.

    Raises:
        InputError: The folder cannot be read, none of the pictures has a map in it, or it is open which data set it is.
        UnsafeNameError: A map is a link that leads out of the folder.
    """
    if not pictures:
        raise InputError(one_line(f"{root}: no pictures to find label maps for"), "Check `images`.")
    folder = MapFolder(root)
    if truth_format is TruthFormat.AUTO:
        convention = detect_convention(folder, pictures, max_pixels)
    else:
        convention = CONVENTIONS[truth_format]
    matches = folder.find_all(convention, pictures)
    if not matches:
        raise none_found(root, pictures, [convention])
    scheme = find_scheme(convention.scheme)
    truth = GroundTruth(root=absolute(root), convention=convention, matches=matches, scheme=scheme)
    if not truth.found:
        picture, match = next(iter(matches.items()))
        raise InputError(one_line(f"{root}: {picture}: {_which_one(match)}"), _HINT_AMBIGUOUS)
    return truth


def _translated(values: NDArray[np.int32], match: Match, title: str) -> NDArray[np.uint8]:
    """Look up the class of each value.

    Args:
        values: (H, W).
        match: The file that they are from, and their meaning.
        title: Of the data set, for messages.

    Raises:
        PictureError: The data set does not have a value.
    """
    lookup = np.full(257, _UNKNOWN, dtype=np.int16)
    for value, number in match.kind.ids.items():
        lookup[value] = number
    found = lookup[values.clip(max=256)]
    strange = found == _UNKNOWN
    if strange.any():
        value = int(values[strange][0])
        raise PictureError(
            Reason.BAD_LABEL, f"{some(match.files, NAMED)}: such maps of {title} have no class id {value}"
        )
    result: NDArray[np.uint8] = found.astype(np.uint8)
    return result


def _no_single_map(convention: Convention, picture: str, match: Match | None) -> PictureError:
    """Return the reason why a picture has no map."""
    if match:
        return PictureError(Reason.BAD_LABEL, _which_one(match))
    return PictureError(Reason.MISSING, f"no ground truth; looked for {some(convention.examples(picture), NAMED)}")


def _which_one(match: Match) -> str:
    """Name the files that can be the map of a picture."""
    return f"which is its label map? {some(match.files, NAMED)}"
