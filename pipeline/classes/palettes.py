"""What the colours of label maps mean: the palettes of known data sets.

A colour can be in several palettes (road is the same in Cityscapes and CamVid, with another id), so one palette is
chosen for all maps of a data set together. Colours are packed to 0xRRGGBB.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache

import numpy as np
from numpy.typing import NDArray

from pipeline.classes.scheme_tables import SCHEME_NAMES
from pipeline.classes.schemes import Colour, Scheme, find_scheme
from pipeline.images.skips import PictureError, Reason
from tpsence.conventions import IGNORE

__all__ = ["Colour", "Palette", "choose_palette", "known_palettes", "palette_of", "why_not"]

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
_CAMVID_PARTS: Mapping[Colour, str] = {
    (192, 0, 128): "building",  # archway
    (0, 128, 64): "building",  # bridge
    (64, 0, 64): "building",  # tunnel
    (64, 192, 0): "building",  # wall
    (0, 0, 64): "pole",  # traffic cone
    (128, 0, 192): "road",  # lane markings, driving
    (192, 0, 64): "road",  # lane markings, not driving
    (0, 0, 192): "pavement",  # sidewalk, which SegNet paints in another colour
    (64, 192, 128): "pavement",  # parking block
    (128, 128, 192): "pavement",  # road shoulder
    (192, 192, 0): "tree",  # other vegetation
    (128, 128, 64): "sign",  # other text
    (0, 64, 64): "sign",  # traffic light
    (64, 128, 192): "car",  # SUV, pick-up truck
    (192, 128, 192): "car",  # truck, bus
    (192, 64, 128): "car",  # train
    (128, 64, 64): "car",  # other moving things
    (192, 128, 64): "pedestrian",  # child
    (64, 0, 192): "pedestrian",  # cart, luggage, pram
    (64, 128, 64): "pedestrian",  # animal
    (192, 0, 192): "bicyclist",  # motorcycle, scooter
}
"""CamVid's own maps have 32 labels: the class, as SegNet grouped them, of those that are not a class by themselves."""


@dataclass(frozen=True, slots=True)
class Palette:
    """The colours of a data set's classes."""

    name: str
    """Name of the data set for messages: ``Cityscapes``."""
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
    return tuple(palette_of(find_scheme(name)) for name in SCHEME_NAMES)


@cache
def palette_of(scheme: Scheme) -> Palette:
    """Return the palette of a scheme's maps: its own colours, and others that its data set's files have."""
    more: dict[Colour, int] = {(0, 0, 0): IGNORE}  # in all three, what nobody labelled
    if scheme.name == "cityscapes":
        more |= dict.fromkeys(_CITYSCAPES_VOID, IGNORE)
    if scheme.name == "camvid":
        more |= {colour: scheme.classes.index(name) for colour, name in _CAMVID_PARTS.items()}
    table = more | _numbered(scheme.palette)
    return Palette(scheme.title, {_packed(colour): number for colour, number in table.items()})


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


def _numbered(colours: Sequence[Colour]) -> dict[Colour, int]:
    """Number colours by their place; where one stands twice, as in ADE20K, its first place counts."""
    return {colour: number for number, colour in reversed(list(enumerate(colours)))}
