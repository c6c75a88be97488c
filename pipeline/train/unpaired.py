"""The unpaired data set: pictures of two domains that show different scenes, with label maps.

``trainA`` (clear) has the label maps ``trainS``, ``trainB`` (rainy) has ``trainT``; a map belongs to the picture of the
same sub-folder and stem. ``testA`` and ``testB`` may be there too, and ``trainP``: targets for pictures of the source,
again of the same sub-folder and stem, for as many as there are.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from pipeline.classes.map_files import class_names
from pipeline.files.names import without_extension
from pipeline.files.text import one_line, some
from pipeline.files.walk import pictures_below
from pipeline.images.codec import EXTENSIONS, read_picture
from pipeline.images.skips import PictureError
from pipeline.output.layout import SKIPPED_FILE
from pipeline.train.enums import Direction
from tpsence.errors import InputError

_TARGETS = "trainP"
_HINT_LAYOUT = "The data folder needs pictures in trainA (clear) and in trainB (rainy); sub-folders may be in them."
_HINT_TARGETS = (
    "A target has the sub-folder, the stem and the aspect of its picture of the source. Or train without: "
    "`set` loss.paired=0 `set` loss.perceptual=0."
)
_HINT_MAPS = (
    "A label map has the sub-folder and stem of its picture: trainS for trainA, trainT for trainB. "
    "tpsence segment makes them. Or train without label maps: `set` loss.weighting=hard"
)


@dataclass(frozen=True, slots=True)
class TrainingPicture:
    """A picture to train on, with its label map."""

    image: Path
    label_map: Path | None
    """None where label maps are not needed."""
    name: str
    """Name of the picture, for messages: ``trainA/day/0001.jpg``."""
    label_name: str
    """Name of the label map; empty where there is none."""
    wanted: Path | None = None
    """The target of the picture; None where it has none, or none is needed."""
    wanted_name: str = ""
    """Name of the target; empty where there is none."""

    @property
    def file_count(self) -> int:
        """Number of its files."""
        return 1 + (self.label_map is not None) + (self.wanted is not None)


@dataclass(frozen=True, slots=True)
class UnpairedData:
    """What a data folder holds; each domain is sorted by name."""

    source: tuple[TrainingPicture, ...]
    """The domain that is translated."""
    target: tuple[TrainingPicture, ...]
    """The domain that it is translated to."""
    test_source: tuple[Path, ...]
    test_target: tuple[Path, ...]

    @property
    def epoch_length(self) -> int:
        """Samples in an epoch: pictures of the larger domain."""
        return max(len(self.source), len(self.target))

    @property
    def file_count(self) -> int:
        """Number of training pictures with their label maps and targets."""
        return sum(picture.file_count for picture in (*self.source, *self.target))

    @property
    def target_count(self) -> int:
        """Number of pictures of the source that have a target of their own."""
        return sum(picture.wanted is not None for picture in self.source)


def open_unpaired(root: Path, *, direction: Direction, needs_maps: bool, needs_targets: bool = False) -> UnpairedData:
    """List a data folder and find the label map of every training picture. Nothing is decoded.

    Args:
        root: The folder of ``trainA`` and the others, which may be links to elsewhere.
        direction: Which domain is the source.
        needs_maps: Whether label maps are looked for at all.
        needs_targets: Whether targets are.

    Raises:
        InputError: A folder is missing or empty, or pictures and label maps do not go together, or the maps of the two
            domains, or a target belongs to no picture.
    """
    domains = [_Domain.listed(root, "A", "S" if needs_maps else None)]
    domains.append(_Domain.listed(root, "B", "T" if needs_maps else None))
    _refuse_unmatched(domains)
    if needs_maps:
        _refuse_other_classes(root)
    if direction == Direction.B_TO_A:
        domains.reverse()
    source, target = domains
    pictures = source.training_pictures()
    if needs_targets:
        pictures = _with_targets(root, pictures)
    return UnpairedData(pictures, target.training_pictures(), source.tests, target.tests)


def first_readable(paths: Sequence[Path], count: int, max_pixels: int) -> list[NDArray[np.uint8]]:
    """Decode the first pictures that can be decoded; the others are passed over.

    Args:
        paths: The pictures, for example ``test_source``.
        count: How many are wanted.
        max_pixels: Largest W * H.

    Returns:
        At most ``count`` pictures (H, W, 3), RGB, upright.
    """
    found: list[NDArray[np.uint8]] = []
    for path in paths:
        if len(found) >= count:
            break
        try:
            found.append(read_picture(path, max_pixels, None).pixels)
        except PictureError:
            continue
    return found


@dataclass(frozen=True, slots=True)
class _Domain:
    """The files of one domain."""

    root: Path
    folder: str
    """Folder of the pictures: ``trainA``."""
    pictures: Sequence[str]
    """POSIX paths relative to the folder, sorted."""
    map_folder: str
    """Folder of the label maps; empty where there are none."""
    maps: Mapping[str, str]
    """Label map by path without extension, both relative to their folder."""
    tests: tuple[Path, ...]

    @classmethod
    def listed(cls, root: Path, letter: str, map_letter: str | None) -> "_Domain":
        """List the folders of a domain; maps are not looked at without their letter."""
        folder, map_folder = f"train{letter}", f"train{map_letter}" if map_letter else ""
        pictures = _training_files(root / folder, _HINT_LAYOUT)
        maps: Mapping[str, str] = {}
        if map_folder:
            maps = _by_stem(root / map_folder, _training_files(root / map_folder, _HINT_MAPS))
            _by_stem(root / folder, pictures)
        test_folder = root / f"test{letter}"
        tests = tuple(test_folder / name for name in pictures_below(test_folder, EXTENSIONS))
        return cls(root, folder, pictures, map_folder, maps, tests)

    def without_map(self) -> list[str]:
        """Return the pictures that have no label map."""
        if not self.map_folder:
            return []
        return [f"{self.folder}/{name}" for name in self.pictures if without_extension(name) not in self.maps]

    def without_picture(self) -> list[str]:
        """Return the label maps that have no picture."""
        stems = {without_extension(name) for name in self.pictures}
        return [f"{self.map_folder}/{name}" for stem, name in self.maps.items() if stem not in stems]

    def has_skips(self) -> bool:
        """Tell whether ``tpsence segment`` has left pictures out."""
        file = self.root / self.map_folder / SKIPPED_FILE
        return file.is_file() and file.stat().st_size > 0

    def training_pictures(self) -> tuple[TrainingPicture, ...]:
        """Return the pictures with their label maps."""
        return tuple(self._training_picture(name) for name in self.pictures)

    def _training_picture(self, name: str) -> TrainingPicture:
        """Return one picture with its label map."""
        image = self.root / self.folder / name
        if not self.map_folder:
            return TrainingPicture(image, None, f"{self.folder}/{name}", "")
        label_name = f"{self.map_folder}/{self.maps[without_extension(name)]}"
        return TrainingPicture(image, self.root / label_name, f"{self.folder}/{name}", label_name)


def _with_targets(root: Path, pictures: Sequence[TrainingPicture]) -> tuple[TrainingPicture, ...]:
    """Return the pictures of the source with their targets, and refuse targets of no picture."""
    folder = root / _TARGETS
    targets = _by_stem(folder, _training_files(folder, _HINT_TARGETS), "target")
    names = [picture.name.partition("/")[2] for picture in pictures]
    having = [name for name in names if without_extension(name) in targets]
    known = _by_stem(root / pictures[0].name.partition("/")[0], having, "target")
    extra = [f"{_TARGETS}/{name}" for stem, name in targets.items() if stem not in known]
    if extra:
        raise InputError(one_line(f"{root}: targets without a picture ({len(extra)}): {some(extra)}"), _HINT_TARGETS)
    return tuple(
        replace(picture, wanted=folder / targets[stem], wanted_name=f"{_TARGETS}/{targets[stem]}")
        if stem in targets
        else picture
        for picture, stem in zip(pictures, map(without_extension, names), strict=True)
    )


def _refuse_unmatched(domains: Sequence[_Domain]) -> None:
    """Refuse pictures without a label map and label maps without a picture."""
    lacking = [name for domain in domains for name in domain.without_map()]
    extra = [name for domain in domains for name in domain.without_picture()]
    parts = [f"pictures without a label map ({len(lacking)}): {some(lacking)}"] if lacking else []
    parts += [f"label maps without a picture ({len(extra)}): {some(extra)}"] if extra else []
    if parts:
        root = domains[0].root
        listed = [f"{domain.map_folder}/{SKIPPED_FILE}" for domain in domains if domain.has_skips()]
        skips = f"Some may be listed in {' and '.join(listed)}: mend or remove them. " if listed else ""
        raise InputError(one_line(f"{root}: {'; '.join(parts)}"), skips + _HINT_MAPS)


def _refuse_other_classes(root: Path) -> None:
    """Refuse label maps whose ids mean other classes in the one domain than in the other, where both tell."""
    first, second = (class_names(root / folder) for folder in ("trainS", "trainT"))
    if first is None or second is None or first == second:
        return
    place, (one, other) = next(
        (place, pair) for place, pair in enumerate(zip_longest(first, second)) if pair[0] != pair[1]
    )
    raise InputError(
        one_line(f"{root}: label maps of different classes: id {place} is {one!r} in trainS, {other!r} in trainT"),
        "Make both with one model, or both with tpsence segment --scheme cityscapes.",
    )


def _training_files(folder: Path, hint: str) -> list[str]:
    """List the pictures below a folder that must have some."""
    names = pictures_below(folder, EXTENSIONS)
    if not names:
        raise InputError(one_line(f"{folder}: {'no pictures in it' if folder.is_dir() else 'no such folder'}"), hint)
    return names


def _by_stem(folder: Path, names: Sequence[str], what: str = "label map") -> dict[str, str]:
    """Return names by their stem, or refuse two that have the same."""
    found: dict[str, str] = {}
    for name in names:
        other = found.setdefault(without_extension(name), name)
        if other != name:
            raise InputError(
                one_line(f"{folder}: {other} and {name} differ by extension only: which {what} belongs to which?"),
                f"Rename one of them with its {what}, or remove it.",
            )
    return found
