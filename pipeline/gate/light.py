"""What the light of a whole picture explains: how its levels, its contrast and its colours have changed."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.gate.hue import Tint, tint
from pipeline.gate.planes import Plane, luminance, plane

_BIN = 8
"""Levels of luminance that are looked at together."""
_FEWEST = 15
"""Pixels, of the small picture, that a bin needs."""
_COLOURED = 15.0
"""Chroma in CIELAB from which a pixel says something of the change of colours."""
_FEWEST_COLOURED = 0.01
"""Share of the pixels that must be coloured to say it."""


@dataclass(frozen=True, slots=True)
class Light:
    """How the light of a picture has changed, as most of its pixels tell."""

    tone: Plane
    """(256,), what became of each level of luminance, 0..255."""
    levels: NDArray[np.uint8]
    """The same in whole levels."""
    contrast: float
    """Share of the whole picture's contrast that is left, 0 and up."""
    colour: float
    """Share of the whole picture's saturation that is left along its hues beside what the tone explains, 0..1."""


def light_of(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> Light:
    """Find out how the light has changed.

    Args:
        before: (h, w, 3), uint8 RGB: the original, small.
        after: Of the same shape: the translated picture.
    """
    grey, grey_after = luminance(before).ravel(), luminance(after).ravel()
    deviation = float(grey.std())
    tone = _tone(grey, grey_after)
    levels = np.rint(tone).astype(np.uint8)
    return Light(
        tone=tone,
        contrast=float(grey_after.std()) / deviation if deviation > 1 else 1.0,
        levels=levels,
        colour=_colour(*(tint(pixels[::2, ::2]) for pixels in (before, levels[before], after))),
    )


def _tone(before: Plane, after: Plane) -> Plane:
    """Return what became of each level (256,), by the medians of pixels (n,) of about the same level."""
    bins, levels = (before / _BIN).astype(np.int64), np.arange(256, dtype=np.float32)
    counted = np.bincount(bins * 256 + np.rint(after).astype(np.int64), minlength=256 // _BIN * 256)
    below = counted.reshape(256 // _BIN, 256).cumsum(axis=1)
    known = np.flatnonzero(below[:, -1] >= _FEWEST)
    if len(known) < 2:
        return plane(np.clip(levels - before.mean() + after.mean(), 0, 255))
    medians = (below[known] * 2 >= below[known, -1:]).argmax(axis=1).astype(np.float64)
    middles = (known + 0.5) * _BIN
    slope = float(np.polyfit(middles, medians, 1, w=np.sqrt(below[known, -1]))[0])
    inside = np.interp(levels, middles, medians)
    beyond = np.minimum(levels - middles[0], 0) + np.maximum(levels - middles[-1], 0)  # where no pixel is, go on
    return plane(np.clip(inside + slope * beyond, 0, 255))


def _colour(before: Tint, lit: Tint, after: Tint) -> float:
    """Return the share of the saturation in another tone that is left along the hues, 0..1; 1 where there is none."""
    coloured = before.chroma >= _COLOURED
    if coloured.mean() < _FEWEST_COLOURED:
        return 1.0
    own = lit.saturation[coloured]
    common = float((own * after.saturation[coloured]).sum()) / max(float((own * own).sum()), 1e-9)
    return min(1.0, max(0.0, common))
