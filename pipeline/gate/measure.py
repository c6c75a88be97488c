"""How much of an object's structure is left in a translated picture, for one box.

Rain may darken, grey and streak an object; it may not take away its edges. The two crops are compared by their
gradients and by the structure term of SSIM, in small windows, so that brightness and contrast do not count
(docs/gate.md has the formulas and how the threshold was found).

Pictures are luminance, float32 (H, W), 0..255.
"""

import math

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.labels.interface import Box

Plane = NDArray[np.float32]

SMALLEST_SIDE = 8
"""A box with a side, inside the picture, of fewer pixels is not judged."""

_SCALES = (64, 16)
"""Longer side of a crop in pixels when it is compared; larger ones are scaled down. What is left of the object must be
left at both: a generator that works at a small size can wipe out the object and leave its fine lines."""
_NARROWEST = 6
"""Shorter side of a crop that is scaled down, in pixels: a long box stays longer than ``_SCALES``."""
_WINDOW = 1.5
"""Standard deviation of the Gaussian window in pixels of the scaled crop."""
_SIDEWAYS = (9, 1)
"""(W, H) of a smoothing of deviation 1 along x. Rain falls: streaks are steep, and it takes more from them than
from the rest."""
_SIDEWAYS_SHARE = 0.25
"""What squared derivatives along x count beside those along y, again because of streaks."""
_EVEN = 2.0
"""Root mean square of the contrast in the windows, in levels, under which a crop has no structure to keep."""
_VARIANCE_FLOOR = 0.25
_GRADIENT_FLOOR = 0.02
"""Variance in a window and squared gradient under which there is hardly more than the rounding to 8 bits."""
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
    return _plane(cv2.transform(pixels.astype(np.float32), weights)).reshape(pixels.shape[:2])


def structure_kept(before: Plane, after: Plane, box: Box) -> float | None:
    """Compare what a box shows in two pictures of one scene.

    Args:
        before: (H, W), luminance of the original.
        after: (H, W), luminance of the translated picture.
        box: In pixels; what lies outside the picture is cut off.

    Returns:
        0 (nothing of the original's structure is there) to 1 (all of it), or None where that cannot be told: the box
        is too small or no box at all, the original is too even in it, or a pixel in it is not finite.

    Raises:
        ValueError: The pictures differ in size.
    """
    if before.shape != after.shape:
        raise ValueError(f"pictures of different sizes: {before.shape} and {after.shape}")
    area = whole_pixels(box, (before.shape[1], before.shape[0]))
    if area is None or min(area[2] - area[0], area[3] - area[1]) < SMALLEST_SIDE:
        return None
    crops = [picture[area[1] : area[3], area[0] : area[2]] for picture in (before, after)]
    if not all(np.isfinite(crop).all() for crop in crops):
        return None
    size = (area[2] - area[0], area[3] - area[1])
    fine, coarse = (_scaled_size(size, longest) for longest in _SCALES)
    kept = _kept(*(_scaled(crop, fine) for crop in crops))
    if kept is None or coarse == fine:
        return kept
    kept_coarse = _kept(*(_scaled(crop, coarse) for crop in crops))
    return kept if kept_coarse is None else min(kept, kept_coarse)


def whole_pixels(box: Box, size: tuple[int, int]) -> tuple[int, int, int, int] | None:
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


def _scaled_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return the (W, H) that a crop of a size (W, H) is compared at."""
    factor = min(1.0, max(longest / max(size), _NARROWEST / min(size)))
    return round(size[0] * factor), round(size[1] * factor)


def _scaled(crop: Plane, size: tuple[int, int]) -> Plane:
    """Scale a crop (h, w) down to a size (W, H) and smooth it along x; its mean becomes 0."""
    small = crop if crop.shape == size[::-1] else _plane(cv2.resize(crop, size, interpolation=cv2.INTER_AREA))
    smooth = _plane(cv2.GaussianBlur(small, _SIDEWAYS, 1.0, borderType=cv2.BORDER_REPLICATE))
    return _plane(smooth - smooth.mean())


def _kept(before: Plane, after: Plane) -> float | None:
    """Return what two crops (h, w) of one size have in common, 0..1; None where the first is too even."""
    # Each product of derivatives, and each of values, is averaged in a window around every pixel.
    before_x, before_y, after_x, after_y = (_slope(crop, axis) for crop in (before, after) for axis in (0, 1))
    energy = _windowed(_SIDEWAYS_SHARE * before_x * before_x + before_y * before_y)
    after_energy = _windowed(_SIDEWAYS_SHARE * after_x * after_x + after_y * after_y)
    common_energy = _windowed(_SIDEWAYS_SHARE * before_x * after_x + before_y * after_y)
    mean, after_mean = _windowed(before), _windowed(after)
    variance = _windowed(before * before) - mean * mean
    after_variance = _windowed(after * after) - after_mean * after_mean
    covariance = _windowed(before * after) - mean * after_mean
    if variance.mean() < _EVEN**2 or energy.mean() < _GRADIENT_FLOOR:
        return None
    gradients = _agreement(common_energy, energy, after_energy, _GRADIENT_FLOOR)
    structure = _agreement(covariance, variance, after_variance, _VARIANCE_FLOOR)
    kept = (gradients + structure) / 2
    return min(1.0, max(0.0, kept))


def _agreement(common: Plane, before: Plane, after: Plane, floor: float) -> float:
    """Return the mean correlation over the windows (h, w), each as weighty as it is rich in the original, -1..1.

    Args:
        common: What both have in common.
        before: The same of the original with itself.
        after: Of the translated with itself.
        floor: Least value to divide by, so that noise in even places does not count.
    """
    weight = np.maximum(before, 0)
    before = np.maximum(before, floor)
    after = np.maximum(np.maximum(after, floor), _FADED**2 * before)
    correlation = common / np.sqrt(before * after)
    return float((correlation * weight).sum(dtype=np.float64) / weight.sum(dtype=np.float64))


def _slope(crop: Plane, axis: int) -> Plane:
    """Return the derivative (h, w) along x (0) or y (1) in levels for each pixel, by Sobel's operator."""
    scale = 1 / 8
    return _plane(cv2.Sobel(crop, cv2.CV_32F, 1 - axis, axis, ksize=3, scale=scale, borderType=cv2.BORDER_REPLICATE))


def _windowed(values: Plane) -> Plane:
    """Return the mean (h, w) in a Gaussian window around each pixel."""
    return _plane(cv2.GaussianBlur(values, (13, 13), _WINDOW, borderType=cv2.BORDER_REFLECT_101))


def _plane(values: cv2.typing.MatLike) -> Plane:
    """Say that what OpenCV returned is of float32."""
    return values.astype(np.float32, copy=False)
