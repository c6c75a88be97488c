"""A change of a picture as a light: a gain and an offset for each channel, which vary slowly.

Fitted to the change at the working size by the picture itself and scaled up, they bring it to any size without a halo
at edges, and without what a network paints beside them. Source: He and Sun, "Fast Guided Filter", 2015 (arXiv
1505.00996), each channel with itself as the guide.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.images.geometry import Size

_RADIUS = 1 / 48
"""Half the side of a window, of the working width: wide enough to average what a network paints."""
_EPSILON = np.float32(1e-3 * 255**2)
"""Variance in squared 8-bit levels under which a window has no edge to follow; 8 levels are its root."""

Planes = NDArray[np.float32]
"""(h, w, 3)."""


@dataclass(frozen=True, slots=True)
class LocalLight:
    """What each value is multiplied by and what is added; the original value and 0 are in it already."""

    gain: Planes
    """How much more than the value itself is added of it."""
    offset: Planes
    """In 8-bit levels."""

    def change_of(self, original: NDArray[np.uint8], strength: float) -> NDArray[np.float32]:
        """Return the change of a picture of any size (H, W, 3), in 8-bit levels, (H, W, 3)."""
        size = original.shape[1], original.shape[0]
        change = _scaled(self.gain, size)
        np.multiply(change, original, out=change)
        np.add(change, _scaled(self.offset, size), out=change)
        return change if strength == 1 else np.multiply(change, np.float32(strength), out=change)


def fitted_light(working: NDArray[np.uint8], change: Planes) -> LocalLight:
    """Fit a light to a change, by least squares in the window around each pixel.

    Args:
        working: (h, w, 3), the picture at the working size.
        change: (h, w, 3), in 8-bit levels.
    """
    side = 2 * max(1, round(_RADIUS * working.shape[1])) + 1
    guide = working.astype(np.float32)
    mean, target = _means(guide, side), _means(change, side)
    variance = _means(guide * guide, side) - mean * mean
    covariance = _means(guide * change, side) - mean * target
    gain = np.asarray(covariance / (np.maximum(variance, 0) + _EPSILON), dtype=np.float32)
    return LocalLight(_means(gain, side), _means(target - gain * mean, side))


def _means(values: Planes, side: int) -> Planes:
    """Return the means of (h, w, 3) in a square around each pixel."""
    return np.asarray(cv2.blur(values, (side, side), borderType=cv2.BORDER_REFLECT), dtype=np.float32)


def _scaled(values: Planes, size: Size) -> Planes:
    """Scale planes that vary slowly to a size (W, H); the result may be written."""
    scaled = cv2.resize(values, size, interpolation=cv2.INTER_LINEAR)
    return np.asarray(scaled if scaled is not values else values.copy(), dtype=np.float32)
