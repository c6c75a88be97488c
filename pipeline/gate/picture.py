"""What a whole picture has become, measured at a small size, so that it costs little beside the translation."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.gate.measures import PictureMeasure

DIGITS = 3
"""Measures are rounded: what is written, compared with the threshold and shown is the same number."""
_LONGEST = 160
"""Longer side at which pictures are compared, in pixels."""
_WHITE = 250.0
"""Mean of the three channels, in levels, from which a pixel counts as white."""
_EVEN = 2.0
"""Standard deviation in levels under which an original has no contrast to keep."""


def picture_measure(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> PictureMeasure:
    """Compare a picture with what became of it.

    Args:
        before: (H, W, 3), uint8 RGB.
        after: Of the same shape.

    Raises:
        ValueError: The pictures differ in size.
    """
    if before.shape != after.shape:
        raise ValueError(f"pictures of different sizes: {before.shape} and {after.shape}")
    return small_measure(small(before), small(after))


def small_measure(before: NDArray[np.uint8], after: NDArray[np.uint8]) -> PictureMeasure:
    """Compare what ``small`` has made of two pictures, (h, w, 3)."""
    small_before, small_after = before.astype(np.float32), after.astype(np.float32)
    grey_before, grey_after = small_before.mean(axis=-1), small_after.mean(axis=-1)
    deviation = float(grey_before.std())
    white = float(((grey_after >= _WHITE) & (grey_before < _WHITE)).mean())
    return PictureMeasure(
        contrast=round(float(grey_after.std()) / deviation, DIGITS) if deviation >= _EVEN else None,
        clipped=round(white, DIGITS),
        change=round(float(np.abs(small_after - small_before).mean()), DIGITS),
    )


def small(pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """Scale a picture (H, W, 3) down by area."""
    height, width = pixels.shape[:2]
    factor = min(1.0, _LONGEST / max(height, width))
    size = max(1, round(width * factor)), max(1, round(height * factor))
    return cv2.resize(pixels, size, interpolation=cv2.INTER_AREA).astype(np.uint8, copy=False)
