"""Smoothing that knows where it may smooth: within a mask, or along the edges of a picture.

Source: He, Sun and Tang, "Guided Image Filtering", TPAMI 35, 2013, and "Fast Guided Filter", arXiv:1505.00996.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float32]
"""(H, W) or (H, W, 3)."""


def odd(length: float) -> int:
    """Return the nearest odd number, at least 3, as OpenCV wants the sides of kernels."""
    return max(3, int(length) | 1)


def gaussian(values: Array, sigma: float) -> Array:
    """Blur; a wide blur at a smaller size, which takes a fraction of the time and looks the same.

    Args:
        values: (H, W) or (H, W, 3).
        sigma: In pixels.
    """
    height, width = values.shape[:2]
    factor = max(1, min(int(sigma / 4), min(height, width) // 4))
    if factor == 1:
        return np.asarray(cv2.GaussianBlur(values, (0, 0), sigma), dtype=np.float32)
    small = resized(values, (max(1, width // factor), max(1, height // factor)))
    return resized(np.asarray(cv2.GaussianBlur(small, (0, 0), sigma / factor), dtype=np.float32), (width, height))


def averaged(values: Array, weight: Array, sigma: float) -> Array:
    """Return the weighted mean around each pixel; far from any weight that of wider surroundings, at last of all.

    Args:
        values: (H, W) or (H, W, 3).
        weight: (H, W), 0 or more.
        sigma: Of the surroundings, in pixels.
    """
    height, width = weight.shape
    factor = max(1, min(int(sigma / 3), min(height, width) // 4))
    small = max(1, width // factor), max(1, height // factor)
    share = resized(weight, small)
    total = resized(values * (weight if values.ndim == 2 else cv2.merge([weight] * 3)), small)
    whole = total.mean(axis=(0, 1)) / max(float(share.mean()), 1e-6)
    result = np.broadcast_to(whole.astype(np.float32), total.shape)
    # A grain of the wider mean keeps the quotient in order where the narrow weight runs out.
    for wider in (4.0, 1.0):
        near, there = (gaussian(plane, max(0.5, wider * sigma / factor)) for plane in (total, share))
        there = there if values.ndim == 2 else there[..., None]
        result = (near + 1e-3 * result) / (there + 1e-3)
    return np.asarray(cv2.resize(result, (width, height), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def summed(values: Array) -> Array:
    """Return the sum (H, W) of the three values of each pixel (H, W, 3), as OpenCV does it in a fifth of the time."""
    return np.asarray(cv2.transform(values, np.ones((1, 3), dtype=np.float32)), dtype=np.float32)


def box(side: int) -> NDArray[np.uint8]:
    """Return a square kernel (side, side)."""
    return np.ones((side, side), dtype=np.uint8)


def resized(values: Array, size: tuple[int, int]) -> Array:
    """Scale (H, W) or (H, W, 3) to a (width, height)."""
    smaller = size[0] < values.shape[1]
    return np.asarray(
        cv2.resize(values, size, interpolation=cv2.INTER_AREA if smaller else cv2.INTER_LINEAR), np.float32
    )


def guided(guide: Array, values: Array, radius: float, eps: float, every: int = 2) -> Array:
    """Smooth values along the edges of a guide.

    Args:
        guide: (H, W), about 0 to 1.
        values: (H, W).
        radius: In pixels.
        eps: Variance of the guide below which it has no edge.
        every: The coefficients are found on one of so many pixels each way.
    """
    height, width = guide.shape
    small = max(1, width // every), max(1, height // every)
    one, other = resized(guide, small), resized(values, small)
    side = odd(2 * radius / every), odd(2 * radius / every)
    mean, target = _box_mean(one, side), _box_mean(other, side)
    slope = (_box_mean(one * other, side) - mean * target) / (_box_mean(one * one, side) - mean * mean + eps)
    planes = np.asarray(slope, dtype=np.float32), np.asarray(target - slope * mean, dtype=np.float32)
    steep, level = (resized(_box_mean(plane, side), (width, height)) for plane in planes)
    return np.asarray(steep * guide + level, dtype=np.float32)


def _box_mean(values: Array, side: tuple[int, int]) -> Array:
    """Return the mean of (H, W) in a (width, height) around each pixel."""
    return np.asarray(cv2.blur(values, side), dtype=np.float32)
