"""Smooth noise that continues at its edges, so that a picture of any size can be laid out with it."""

import cv2
import numpy as np

from pipeline.effects.linear_light import Plane

_MARGIN = 64
"""Pixels from beyond the edges that a blur may reach."""


def endless_noise(seed: int, size: int, across: float, along: float) -> Plane:
    """Return smooth noise of deviation 1.

    Args:
        seed: Where it comes from; other blurs of one seed have their hills in the same places.
        size: Of its sides in pixels.
        across: Deviation of the blur from left to right, in pixels.
        along: From top to bottom; both at most 16.

    Returns:
        (size, size), whose left edge continues its right one, and its upper edge its lower one.
    """
    noise = np.random.default_rng(seed).standard_normal((size, size)).astype(np.float32)
    padded = cv2.copyMakeBorder(noise, _MARGIN, _MARGIN, _MARGIN, _MARGIN, cv2.BORDER_WRAP)
    smooth = cv2.GaussianBlur(padded, (0, 0), sigmaX=across, sigmaY=along)[_MARGIN:-_MARGIN, _MARGIN:-_MARGIN]
    return np.asarray(smooth / smooth.std(), dtype=np.float32)
