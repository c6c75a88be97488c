"""Luminance of pictures, and what is reckoned in small windows of it.

Planes are luminance, float32 (H, W), 0..255.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.labels.interface import Box

Plane = NDArray[np.float32]
Twice = NDArray[np.float32]
"""(h, w, 2): the original and the translated picture on top of each other. A box is small, and most of the time goes
into calls: one for both is nearly as quick as one for each."""
Floor = NDArray[np.float32] | float
Values = NDArray[np.float64]
Area = tuple[int, int, int, int]
"""(x0, y0, x1, y1) in pixels, the last column and row excluded."""

SIDEWAYS_SHARE = 0.25
"""What squared derivatives along x count beside those along y. Rain falls: streaks are steep."""
VARIANCE_FLOOR = 0.25
GRADIENT_FLOOR = 0.02
"""Variance in a window and squared gradient under which there is hardly more than the rounding to 8 bits."""
_WINDOW = 1.5
"""Standard deviation of the Gaussian window in pixels."""
_TAPS = cv2.getGaussianKernel(13, _WINDOW, cv2.CV_32F)
"""Its taps, made once."""
_FADED = 0.15
"""Share of the original's contrast in a window; what falls below it counts as less and less of the object."""


def luminance(pixels: NDArray[np.uint8]) -> Plane:
    """Return the luminance of a picture by ITU-R BT.601.

    Args:
        pixels: (H, W, 3), RGB.

    Returns:
        (H, W), 0..255, not rounded.
    """
    weights = np.array([[0.299, 0.587, 0.114]], np.float32)
    return plane(cv2.transform(pixels.astype(np.float32), weights)).reshape(pixels.shape[:2])


def whole_pixels(box: Box, size: tuple[int, int]) -> Area | None:
    """Return the pixels that a box touches inside a picture.

    Args:
        box: In pixels.
        size: (W, H) of the picture.

    Returns:
        (x0, y0, x1, y1), the last column and row excluded; None where there are none.
    """
    if not all(map(math.isfinite, box)):
        return None
    x0, y0 = (max(0, math.floor(value)) for value in box[:2])
    x1, y1 = (min(side, math.ceil(value)) for value, side in zip(box[2:], size, strict=True))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def gradients(both: Twice) -> tuple[Plane, Twice]:
    """Return the products of the gradients of two crops (h, w, 2): of both, and of each with itself."""
    along_x, along_y = (_slope(both, axis) for axis in (0, 1))
    weighted = SIDEWAYS_SHARE * along_x
    common = weighted[..., 0] * along_x[..., 1] + along_y[..., 0] * along_y[..., 1]
    return common, weighted * along_x + along_y * along_y


def agreement(common: Plane, before: Plane, after: Plane, floor: Floor, mask: Plane | None = None) -> Values:
    """Return the mean correlation over the windows, each as weighty as it is rich in the original, -1..1.

    Args:
        common: (h, w, k), k at most 4: what both have in common, for each of k things.
        before: The same of the original with itself.
        after: Of the translated with itself.
        floor: (k,), the least values to divide by, so that noise in even places does not count.
        mask: (h, w, 1), what each window counts, 0..1; not all are 0.

    Returns:
        (k,)
    """
    weight = np.maximum(before, 0) if mask is None else np.maximum(before, 0) * mask
    before = np.maximum(before, floor)
    after = np.maximum(np.maximum(after, floor), _FADED**2 * before)
    correlation = common / np.sqrt(before * after) * weight
    return means_of(correlation) / np.maximum(means_of(weight), 1e-12)


def windowed(values: Plane) -> Plane:
    """Return the mean in a Gaussian window around each pixel, (h, w) or of several planes at once (h, w, k)."""
    return plane(cv2.sepFilter2D(values, -1, _TAPS, _TAPS, borderType=cv2.BORDER_REFLECT_101))


def means_of(values: Plane) -> Values:
    """Return the mean of each of k planes (h, w, k), k at most 4; on small ones quicker than numpy's."""
    return np.array(cv2.mean(values)[: values.shape[2]])


def scaled_to(crop: Plane, size: tuple[int, int]) -> Plane:
    """Scale a crop (h, w) or (h, w, k), k at most 4, by area to a size (W, H)."""
    return crop if crop.shape[:2] == size[::-1] else plane(cv2.resize(crop, size, interpolation=cv2.INTER_AREA))


def plane(values: cv2.typing.MatLike) -> Plane:
    """Say that what OpenCV returned is of float32."""
    return values.astype(np.float32, copy=False)


def _slope(crop: Twice, axis: int) -> Twice:
    """Return the derivative (h, w, 2) along x (0) or y (1) in levels for each pixel, by Sobel's operator."""
    scale = 1 / 8
    return plane(cv2.Sobel(crop, cv2.CV_32F, 1 - axis, axis, ksize=3, scale=scale, borderType=cv2.BORDER_REPLICATE))
