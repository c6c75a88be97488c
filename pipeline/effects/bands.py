"""Bring what was found at a small size to bands of rows of a large picture, so that it never exists whole."""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.images.size import Size


def rows_at(values: NDArray[np.float32], band: slice, size: Size) -> NDArray[np.float32]:
    """Scale bilinearly, and return some rows of the result.

    Args:
        values: (h, w) or (h, w, 3).
        band: The n rows wanted, of the large size.
        size: (W, H), the large size.

    Returns:
        (n, W) or (n, W, 3).
    """
    if band == slice(0, size[1]):
        return np.asarray(cv2.resize(values, size, interpolation=cv2.INTER_LINEAR), dtype=np.float32)
    height = values.shape[0]
    place = (np.arange(band.start, band.stop, dtype=np.float32) + 0.5) * np.float32(height / size[1]) - 0.5
    place = np.clip(place, 0, height - 1)
    above = place.astype(np.intp)
    below = np.minimum(above + 1, height - 1)
    share = (place - above).reshape(-1, *[1] * (values.ndim - 1))
    upper = values[above]
    mixed = upper + share * (values[below] - upper)
    return np.asarray(cv2.resize(mixed, (size[0], len(mixed)), interpolation=cv2.INTER_LINEAR), dtype=np.float32)
