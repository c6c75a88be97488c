"""Label maps that the user has: which there must be, what their values mean, and where they show ground and sky."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.classes.label_maps import LabelMap, read_label_map
from pipeline.classes.map_files import CLASSES_FILE, class_names
from pipeline.classes.palettes import Palette, choose_palette, why_not
from pipeline.classes.scheme_tables import SCHEME_NAMES
from pipeline.classes.schemes import Scheme, find_scheme, scheme_in_colours
from pipeline.effects.layout import working_size
from pipeline.effects.scene import Region, Regions, region_table
from pipeline.engine.command_line import quoted
from pipeline.engine.tasks import Task
from pipeline.files.jail import absolute, is_inside
from pipeline.files.names import without_extension
from pipeline.files.text import one_line, some
from pipeline.files.walk import list_files
from pipeline.images.geometry import Size
from pipeline.images.skips import PictureError
from pipeline.output.records import read_skips
from tpsence.digest import file_sha256
from tpsence.errors import InputError
from tpsence.regular import open_regular

MOST_LOOKED_AT = 16
"""Maps that are read before the run to find out what their values mean."""
_HOW_TO_MAKE = "Make them: tpsence segment --images {images} --out {maps}"


@dataclass(frozen=True, slots=True, kw_only=True)
class MapFolder:
    """A folder of label maps. It can be pickled and sent."""

    folder: Path
    table: NDArray[np.uint8]
    """(256,), the region of each class id."""
    palette: Palette | None
    """What the colours mean, of maps in colour."""
    classes_sha256: str | None
    """Hash of ``classes.json``, where there is one."""

    def regions(self, name: str, size: Size, max_pixels: int) -> Regions:
        """Read the map of a picture.

        Args:
            name: Of the picture.
            size: Its (W, H).
            max_pixels: Largest W * H of a map.

        Returns:
            (h, w), at the size that water is laid out at: other rows and columns would not be looked at.

        Raises:
            PictureError: The map cannot be read, or is of another size than the picture.
        """
        try:
            found = read_label_map(self.folder / map_name(name), max_pixels, size)
            ids = found.class_ids(self.palette)
        except PictureError as error:
            raise PictureError(error.reason, f"its label map: {error.detail}") from error
        regions = self.table[np.minimum(ids, len(self.table) - 1)]
        return np.asarray(cv2.resize(regions, working_size(size), interpolation=cv2.INTER_NEAREST), dtype=np.uint8)


def map_name(name: str) -> str:
    """Return the name of the map of a picture, as ``tpsence segment`` gives it."""
    return without_extension(name) + ".png"


def open_maps(
    folder: Path, images: Path, tasks: Sequence[Task], max_pixels: int, *, follow_links: bool = False
) -> MapFolder:
    """Find the maps of pictures, and what their values mean.

    Args:
        folder: The maps.
        images: The folder of the pictures.
        tasks: The pictures that need one.
        max_pixels: Largest W * H of a map.
        follow_links: Follow links that lead out of the folder of the maps.

    Raises:
        InputError: A map is missing that tpsence segment has not skipped, or it is not known what they mean.
    """
    folder = absolute(folder)
    if not folder.is_dir():
        problem = "not a folder" if folder.exists() else "no such folder"
        raise InputError(one_line(f"{folder}: {problem}"), _remedy(images, folder))
    there = set(list_files(folder, follow_links=follow_links))
    pictures = list(dict.fromkeys(task.source for task in tasks))
    without = {name for name in pictures if map_name(name) not in there}
    skipped = {skip.file for skip in read_skips(folder)} if without else set[str]()
    missing = [name for name in pictures if name in without - skipped]  # those skipped will be skipped here too
    if missing:
        verb = "picture has" if len(missing) == 1 else "pictures have"
        message = f"{folder}: {len(missing):,} {verb} no label map, for example {missing[0]}"
        raise InputError(one_line(message), _remedy(images, folder))
    known = [name for name in pictures if name not in without]
    step = max(1, len(known) // MOST_LOOKED_AT)
    samples = [folder / map_name(name) for name in known[::step][:MOST_LOOKED_AT]]
    return _understood(folder, samples, max_pixels)


def _understood(folder: Path, samples: Sequence[Path], max_pixels: int) -> MapFolder:
    """Find out what the values of maps mean.

    Raises:
        InputError: It is not known, or none of the classes is ground.
    """
    maps = [found for file in samples if (found := _readable(file, max_pixels)) is not None]
    palette = _palette_of(folder, maps)
    names: Sequence[str] | None = class_names(folder)
    if palette is not None:
        names = next(scheme.classes for scheme in map(find_scheme, SCHEME_NAMES) if scheme.title == palette.name)
    elif names is None:
        scheme = next((scheme for file in samples if (scheme := _scheme_in(file))), None)
        names = scheme.classes if scheme else None
    if names is None and maps:
        message = f"{folder}: there is no {CLASSES_FILE} beside the label maps, so it is not known what their ids mean"
        hint = 'Put it there, as tpsence segment writes it: {"classes": ["road", "sky", ...]}, a name for each id.'
        raise InputError(one_line(message), hint)
    table = region_table(names or ())
    if names is not None and not (table == Region.GROUND).any():
        message = f"{folder}: none of the classes of the label maps is ground: {some(names)}"
        raise InputError(message, "Give label maps with a class such as road, or leave `maps` out.")
    file = folder / CLASSES_FILE
    return MapFolder(
        folder=folder, table=table, palette=palette, classes_sha256=file_sha256(file) if file.is_file() else None
    )


def _readable(file: Path, max_pixels: int) -> LabelMap | None:
    """Read a map, or return None for one that cannot be: its picture will be skipped."""
    try:
        return read_label_map(file, max_pixels, None)
    except PictureError:
        return None


def _palette_of(folder: Path, maps: Sequence[LabelMap]) -> Palette | None:
    """Return the palette that explains maps in colour, or None where they have class ids.

    Raises:
        InputError: No palette explains them all.
    """
    try:
        colours = [found.colours() for found in maps]
        palette = choose_palette(colours)
        reasons = [reason for one in colours if palette and (reason := why_not(palette, one))]
    except PictureError as error:
        palette, reasons = None, [error.detail]
    if reasons:
        hint = f"Give maps of class ids with {CLASSES_FILE}, as tpsence segment writes them."
        raise InputError(one_line(f"{folder}: label maps in colours that are not known: {reasons[0]}"), hint)
    return palette


def _scheme_in(file: Path) -> Scheme | None:
    """Return the scheme whose colours a map has in its own palette, or None."""
    try:
        with open_regular(file) as stream, Image.open(stream) as image:
            colours: Any = image.getpalette() if image.mode == "P" else None
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return None
    return scheme_in_colours(colours) if colours else None


def _remedy(images: Path, folder: Path) -> str:
    """Return the hint that says how maps are made: in this folder, where they can be, else in another."""
    is_free = not folder.exists() or (folder / CLASSES_FILE).is_file()
    place = folder if is_free and not is_inside(folder, images) else Path("MAPS")
    told = "" if place == folder else ", with a new folder, and give that with `maps`"
    return _HOW_TO_MAKE.format(images=quoted([str(images)]), maps=quoted([str(place)])) + told
