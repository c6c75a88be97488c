"""What the colours of label maps mean: the palettes of known data sets.

A colour can be in several palettes (road is the same in Cityscapes and CamVid, with another id), so one palette is
chosen for all maps of a data set together. Colours are packed to 0xRRGGBB.
"""

import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.skips import PictureError, Reason
from tpsence.similarity import IGNORE

Colour = tuple[int, int, int]

_CITYSCAPES_VOID: Sequence[Colour] = (
    (111, 74, 0),  # dynamic
    (81, 0, 81),  # ground
    (250, 170, 160),  # parking
    (230, 150, 140),  # rail track
    (180, 165, 180),  # guard rail
    (150, 100, 100),  # bridge
    (150, 120, 90),  # tunnel
    (0, 0, 90),  # caravan
    (0, 0, 110),  # trailer
)
"""Colours of the official Cityscapes maps outside the 19 classes of training."""
_CAMVID: Mapping[Colour, int] = {
    (128, 128, 128): 0,  # sky
    (128, 0, 0): 1,  # building
    (192, 192, 128): 2,  # pole
    (128, 64, 128): 3,  # road
    (60, 40, 222): 4,  # pavement, as SegNet paints it
    (0, 0, 192): 4,  # pavement, as CamVid paints it
    (128, 128, 0): 5,  # tree
    (192, 128, 128): 6,  # sign
    (64, 64, 128): 7,  # fence
    (64, 0, 128): 8,  # car
    (64, 64, 0): 9,  # pedestrian
    (0, 128, 192): 10,  # bicyclist
}


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a data set's classes."""

    name: str
    """For messages: ``Cityscapes``."""
    ids: Mapping[int, int]
    """Class id, or ``IGNORE``, by colour."""

    def class_ids(self, colours: NDArray[np.int32]) -> NDArray[np.int32]:
        """Translate colours.

        Args:
            colours: (H, W) of 0xRRGGBB.

        Returns:
            (H, W) class ids.

        Raises:
            PictureError: A colour is not in the palette.
        """
        known = np.array(sorted(self.ids), dtype=np.int32)
        ids = np.array([self.ids[colour] for colour in known.tolist()], dtype=np.int32)
        places = np.searchsorted(known, colours).clip(max=len(known) - 1)
        strange = known[places] != colours
        if strange.any():
            colour = _colour_text(int(colours[strange][0]))
            raise PictureError(Reason.BAD_LABEL, f"the colour {colour} is not in the palette of {self.name}")
        result: NDArray[np.int32] = ids[places]
        return result


@cache
def known_palettes() -> Sequence[Palette]:
    """Return the palettes in the order of preference.

    The first call takes seconds, it imports mmsegmentation: ask only when there is a map in colour.
    """
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        from mmseg.utils import get_palette  # type: ignore[import-untyped]
    cityscapes = _numbered(get_palette("cityscapes")) | dict.fromkeys(_CITYSCAPES_VOID, IGNORE)
    tables = {"Cityscapes": cityscapes, "CamVid": _CAMVID, "ADE20K": _numbered(get_palette("ade20k"))}
    black = {0: IGNORE}  # in all three, what nobody labelled
    return tuple(
        Palette(name, black | {_packed(colour): number for colour, number in table.items()})
        for name, table in tables.items()
    )


def choose_palette(colours: Sequence[frozenset[int]]) -> Palette | None:
    """Return the palette that explains most maps of a data set, the first of several, or None without a map in colour.

    Args:
        colours: The colours of each map; of maps with class ids, none.
    """
    if not any(colours):
        return None
    return max(known_palettes(), key=lambda palette: sum(found <= palette.ids.keys() for found in colours))


def why_not(palette: Palette, colours: frozenset[int]) -> str | None:
    """Say why a palette does not explain a map, by a colour that none has where there is one; None if it does.

    Args:
        palette: The choice for the data set.
        colours: The colours of the map.
    """
    everywhere = {colour for one in known_palettes() for colour in one.ids}
    if unknown := sorted(colours - everywhere):
        names = ", ".join(one.name for one in known_palettes())
        return f"the colour {_colour_text(unknown[0])} is in no known palette ({names})"
    if foreign := sorted(colours - palette.ids.keys()):
        return f"the colour {_colour_text(foreign[0])} is not in the palette of {palette.name}, which fits most maps"
    return None


def _colour_text(colour: int) -> str:
    """Write a colour as ``(128, 64, 128)``."""
    return str((colour >> 16, colour >> 8 & 255, colour & 255))


def _packed(colour: Colour) -> int:
    """Return a colour as 0xRRGGBB."""
    red, green, blue = colour
    return red << 16 | green << 8 | blue


def _numbered(colours: Sequence[Sequence[int]]) -> dict[Colour, int]:
    """Number colours by their place; where one stands twice, as in ADE20K, its first place counts."""
    last_to_first = reversed(list(enumerate(colours)))
    return {(red, green, blue): number for number, (red, green, blue) in last_to_first}
