"""How much of a box's colour is left: chroma along the original hue, whatever the brightness.

For classes whose colour is their meaning: a lamp that turns grey, or from red to green, has lost its object though all
its edges are where they were.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.gate.planes import Plane

_LONGEST = 32
"""Longer side of a box when it is compared, in pixels."""
_COLOURED = 20.0
"""Chroma in CIELAB, of the most colourful part of a box, under which it has no colour to keep."""
_GREY = 16
"""Difference of the channels in levels under which nothing has such a chroma."""
_PART = 0.04
"""That part, as a share of the pixels: a lamp fills little of its box."""
_NEAR = 0.5
"""Pixels with so much of that chroma count, each by the square of its chroma: not the trees behind a lamp."""
_TURN = 1.5
"""A hue that has turned by an angle keeps the cosine of so many times the angle: 0.55 at 38 degrees, nothing at 60."""
_ENOUGH = 0.73
"""Share of the expected saturation that is as good as all: 0.4 of it is then under the threshold."""
_LEAST_OF_LIGHT = 0.45
"""Saturation that light and mist may leave of a colour: where less is left, it is lost, whatever the light."""
_SMOOTHING = 0.8
"""Standard deviation of a smoothing in pixels: noise has a hue in each pixel."""


@dataclass(frozen=True, slots=True)
class Tint:
    """The colours of a picture, each array (h, w, 2) or (h, w)."""

    saturation: Plane
    """(h, w, 2): a* and b* divided by L* + 16, which does not change where linear light is scaled."""
    chroma: Plane
    """(h, w): chroma in CIELAB."""


def tint(pixels: NDArray[np.uint8]) -> Tint:
    """Return the colours of a picture (h, w, 3), uint8 RGB."""
    lab: Plane = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB).astype(np.float32, copy=False)
    return Tint(lab[..., 1:] / (lab[..., :1] + 16), np.hypot(lab[..., 1], lab[..., 2]))


def colour_kept(
    before: NDArray[np.uint8], after: NDArray[np.uint8], levels: NDArray[np.uint8], saturation: float
) -> float | None:
    """Compare the colours that a box shows in two pictures of one scene.

    Args:
        before: (h, w, 3), uint8 RGB, the box in the original.
        after: Of the same shape, the box in the translated picture.
        levels: (256,), what becomes of each level in the light of the whole picture.
        saturation: Share of the saturation that the whole picture keeps beside that, 0..1.

    Returns:
        0 (grey, or another hue) to 1 (as colourful as the light allows), or None where the original has no colour.
    """
    original = _small(before)
    if int((original.max(axis=-1) - original.min(axis=-1)).max()) < _GREY:
        return None  # quicker than to look at its chroma
    first = tint(original)
    strongest = np.sort(first.chroma, axis=None)[-max(1, round(_PART * first.chroma.size)) :].mean()
    if strongest < _COLOURED:
        return None
    counts = first.chroma >= _NEAR * strongest
    weight = first.chroma[counts] ** 2
    own = first.saturation[counts]
    lit, other = (tint(pixels[counts][None]).saturation[0] for pixels in (levels[original], _small(after)))
    length, lit_length, other_length = (np.hypot(*one.T) for one in (own, lit, other))
    turn = np.arccos(np.clip((own * other).sum(axis=-1) / np.maximum(length * other_length, 1e-9), -1, 1))
    expected = np.maximum(np.minimum(saturation * lit_length, length), _LEAST_OF_LIGHT * length)
    left = np.minimum(other_length / np.maximum(_ENOUGH * expected, 1e-9), 1)
    hue = np.cos(np.minimum(_TURN * turn, np.pi / 2))
    return min(1.0, max(0.0, float((weight * left * hue).sum() / weight.sum())))


def _small(crop: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a crop (h, w, 3) down, and take the noise of single pixels away."""
    step = max(1, max(crop.shape[:2]) // (2 * _LONGEST))
    crop = np.ascontiguousarray(crop[::step, ::step])  # quick, and what is left is still twice as large
    factor = min(1.0, _LONGEST / max(crop.shape[:2]))
    if factor < 1:
        size = max(1, round(crop.shape[1] * factor)), max(1, round(crop.shape[0] * factor))
        crop = cv2.resize(crop, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
    smooth = cv2.GaussianBlur(crop, (3, 3), _SMOOTHING, borderType=cv2.BORDER_REPLICATE)
    return smooth.astype(np.uint8, copy=False)
