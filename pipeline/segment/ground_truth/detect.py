"""Tell which data set label maps are of: by their names, else by their colours."""

from collections.abc import Sequence
from pathlib import Path

from pipeline.classes.label_maps import read_label_map
from pipeline.classes.palettes import choose_palette, palette_of, why_not
from pipeline.classes.schemes import find_scheme
from pipeline.files.text import one_line
from pipeline.images.skips import PictureError
from pipeline.segment.ground_truth.enums import TruthFormat
from pipeline.segment.ground_truth.naming import CONVENTIONS, Convention, MapFolder, none_found
from tpsence.errors import InputError

LOOKED_AT = 50
"""How many maps are decoded at most, spread over all."""

_HINT_FORMAT = (
    "Say which with `ground_truth_format`: bdd100k (the 19 train ids of Cityscapes) or camvid (SegNet's 11 classes)."
)
_HINT_SUPPORTED = "Ground truth can be that of Cityscapes, BDD100K or CamVid."


def detect_convention(folder: MapFolder, pictures: Sequence[str], max_pixels: int) -> Convention:
    """Return the rules that the label maps of pictures follow.

    Args:
        folder: The maps.
        pictures: POSIX paths below the folder of the pictures, at least one.
        max_pixels: Largest W * H of a map.

    Raises:
        InputError: There are no maps, or what there is does not tell.
        UnsafeNameError: A map is a link that leads out of the folder.
    """
    return _by_names(folder, pictures) or _by_colours(folder, pictures, max_pixels)


def _by_names(folder: MapFolder, pictures: Sequence[str]) -> Convention | None:
    """Return the rules whose own names fit the most pictures, the first of several; None if none fit."""
    best, most = None, 0
    for convention in CONVENTIONS.values():
        rules = convention.unmistakable()
        count = len(folder.find_all(rules, pictures))
        if count > most:
            best, most = convention, count
    return best


def _by_colours(folder: MapFolder, pictures: Sequence[str], max_pixels: int) -> Convention:
    """Return the rules that the colours of maps tell which are named like their pictures.

    Raises:
        InputError: There are none, they cannot be read, or they do not tell.
    """
    matches = folder.find_all(CONVENTIONS[TruthFormat.BDD100K], pictures)
    if not matches:
        raise none_found(folder.root, pictures, [*CONVENTIONS.values()])
    files = [file for match in matches.values() for file in match.files]
    step = -(-len(files) // LOOKED_AT)
    colours = _colours_of(folder.root, files[::step], max_pixels)
    palette = choose_palette(colours)
    if palette is None:
        raise InputError(one_line(f"{folder.root}: cannot tell which data set the class ids are of"), _HINT_FORMAT)
    strange = [reason for found in colours if (reason := why_not(palette, found))]
    if len(strange) == len(colours):
        raise InputError(one_line(f"{folder.root}: {strange[0]}"), _HINT_SUPPORTED)
    for convention in (CONVENTIONS[TruthFormat.BDD100K], CONVENTIONS[TruthFormat.CAMVID]):
        if palette_of(find_scheme(convention.scheme)) is palette:
            return convention
    raise InputError(one_line(f"{folder.root}: the maps have the colours of {palette.name}"), _HINT_SUPPORTED)


def _colours_of(root: Path, files: Sequence[str], max_pixels: int) -> list[frozenset[int]]:
    """Return the colours of the maps that can be read, nothing if one of them has class ids.

    Raises:
        InputError: None can be read.
    """
    colours: list[frozenset[int]] = []
    unreadable: list[str] = []
    for file in files:
        try:
            label_map = read_label_map(root / file, max_pixels, None)
            if not label_map.in_colour:
                return []
            colours.append(label_map.colours())
        except PictureError as error:
            unreadable.append(f"{file} ({error.reason.value}: {error.detail})")
    if not colours:
        count = len(unreadable)
        raise InputError(one_line(f"{root}: of {count} label maps none can be used: {unreadable[0]}"), _HINT_SUPPORTED)
    return colours
