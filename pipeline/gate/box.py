"""What is measured of one box: structure, contrast, colour."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.gate.coarse import cut, grown
from pipeline.gate.contrast import contrast_kept
from pipeline.gate.hue import colour_kept
from pipeline.gate.light import Light, light_of
from pipeline.gate.measures import BoxMeasure
from pipeline.gate.picture import DIGITS, small
from pipeline.gate.planes import luminance, whole_pixels
from pipeline.gate.structure import margin_of, structure_kept
from pipeline.labels.interface import Box

SMALLEST_SIDE = 8
"""A box with a side, inside the picture, of fewer pixels is not judged."""


@dataclass(frozen=True, slots=True)
class Pair:
    """A picture and what became of it, and what the light explains."""

    pixels: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    """(H, W, 3), uint8 RGB: the original, and the translated."""
    small: tuple[NDArray[np.uint8], NDArray[np.uint8]]
    """(h, w, 3), both scaled down; see ``picture.small``."""
    light: Light
    """How the light of the whole picture has changed."""

    @classmethod
    def of(cls, before: NDArray[np.uint8], after: NDArray[np.uint8]) -> "Pair":
        """Prepare two pictures (H, W, 3), uint8 RGB.

        Raises:
            ValueError: They differ in size.
        """
        if before.shape != after.shape:
            raise ValueError(f"pictures of different sizes: {before.shape} and {after.shape}")
        both = small(before), small(after)
        return cls((before, after), both, light_of(*both))


def box_measure(pair: Pair, box: Box, *, with_colour: bool = True) -> BoxMeasure | None:
    """Measure what is left of what a box shows.

    Args:
        pair: The pictures.
        box: In pixels; what lies outside the picture is cut off.
        with_colour: The colour counts; to measure it takes a quarter of the time.

    Returns:
        The shares, or None where nothing can be told: the box is too small or no box at all, or even and grey.
    """
    height, width = pair.pixels[0].shape[:2]
    area = whole_pixels(box, (width, height))
    if area is None or min(area[2] - area[0], area[3] - area[1]) < SMALLEST_SIDE:
        return None
    around = grown(area, margin_of(width), pair.pixels[0].shape)
    inside = area[0] - around[0], area[1] - around[1], area[2] - around[0], area[3] - around[1]
    before, after = (luminance(cut(pixels, around)) for pixels in pair.pixels)
    structure = structure_kept(before, after, inside, width)
    contrast = None if structure is None else contrast_kept(cut(before, inside), cut(after, inside), width, pair.light)
    own, other = (cut(pixels, area) for pixels in pair.pixels)
    colour = colour_kept(own, other, pair.light.levels, pair.light.colour) if with_colour else None
    if structure is None and colour is None:
        return None
    return BoxMeasure(*(None if share is None else round(share, DIGITS) for share in (structure, contrast, colour)))
