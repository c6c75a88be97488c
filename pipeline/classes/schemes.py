"""Class schemes: which classes a data set has, in which order and colours, and how one becomes another."""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.classes.scheme_tables import SCHEME_NAMES, TABLES, TITLES
from tpsence.conventions import IGNORE
from tpsence.errors import InputError

Colour = tuple[int, int, int]
"""Red, green, blue, 0 to 255."""

_CAMVID: Mapping[str, Colour] = {
    "sky": (128, 128, 128),
    "building": (128, 0, 0),
    "pole": (192, 192, 128),
    "road": (128, 64, 128),
    "pavement": (60, 40, 222),
    "tree": (128, 128, 0),
    "sign": (192, 128, 128),
    "fence": (64, 64, 128),
    "car": (64, 0, 128),
    "pedestrian": (64, 64, 0),
    "bicyclist": (0, 128, 192),
}
"""The 11 classes of SegNet, in its order and colours; mmsegmentation does not have them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scheme:
    """The classes of a data set."""

    name: str
    """Name as the user writes it: one of ``SCHEME_NAMES``."""
    title: str
    """Name as its authors write it, for messages."""
    classes: tuple[str, ...]
    """Class names by class id."""
    palette: tuple[Colour, ...]
    """One colour for each class."""


@cache
def find_scheme(name: str) -> Scheme:
    """Return a known scheme.

    The first call for Cityscapes or ADE20K takes seconds, it imports mmsegmentation.

    Raises:
        InputError: The name is not in ``SCHEME_NAMES``.
    """
    if name not in TITLES:
        raise InputError(f"class scheme {name!r} is not known", f"The known ones: {', '.join(SCHEME_NAMES)}.")
    if name == "camvid":
        return Scheme(name=name, title=TITLES[name], classes=tuple(_CAMVID), palette=tuple(_CAMVID.values()))
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mmseg.utils import get_classes, get_palette
    classes = tuple(text.strip() for text in get_classes(name))  # one of ADE20K's has a blank behind it
    palette = tuple((red, green, blue) for red, green, blue in get_palette(name))
    return Scheme(name=name, title=TITLES[name], classes=classes, palette=palette)


def scheme_of(classes: Sequence[str]) -> Scheme | None:
    """Return the known scheme that has just these classes in this order, or None.

    Args:
        classes: Class names by class id, as a network's checkpoint tells them; case and outer blanks do not matter.
    """
    wanted = tuple(text.strip().casefold() for text in classes)
    return next((scheme for scheme in map(find_scheme, SCHEME_NAMES) if scheme.classes == wanted), None)


def scheme_in_colours(colours: Sequence[int]) -> Scheme | None:
    """Return the known scheme whose colours a picture has in its palette, or None.

    Args:
        colours: Red, green and blue of each class id, one after the other, as Pillow's ``getpalette`` gives them.
    """
    found = tuple(tuple(colours[start : start + 3]) for start in range(0, len(colours), 3))
    return next(
        (scheme for scheme in map(find_scheme, SCHEME_NAMES) if found[: len(scheme.palette)] == scheme.palette), None
    )


def conversion(source: Scheme, target: Scheme) -> NDArray[np.uint8]:
    """Return the table from class ids of one scheme to those of another.

    Args:
        source: The scheme of the ids that are looked up.
        target: The scheme of the result.

    Returns:
        (256,) class ids, ``IGNORE`` for classes without a counterpart and for everything that is no class.

    Raises:
        InputError: There is no table for these two.
    """
    lookup = np.full(256, IGNORE, dtype=np.uint8)
    if source == target:
        lookup[: len(source.classes)] = np.arange(len(source.classes))
        return lookup
    table = TABLES.get((source.name, target.name))
    if table is None:
        raise InputError(
            f"no table from the classes of {source.title} to those of {target.title}", f"There is: {_known_tables()}."
        )
    for target_class, source_classes in table.items():
        for source_class in source_classes:
            lookup[source.classes.index(source_class)] = target.classes.index(target_class)
    return lookup


def _known_tables() -> str:
    """Name the tables, for messages."""
    return ", ".join(f"{TITLES[source]} to {TITLES[target]}" for source, target in TABLES)
