"""How much of an object's structure is left in a translated picture, for one box.

Rain may darken, grey and streak an object; it may not take away its edges. The two crops are compared by their
gradients and by the structure term of SSIM, in small windows, so that brightness and contrast do not count
(docs/gate.md has the formulas and how the threshold was found).

Pictures are luminance, float32 (H, W), 0..255.
"""

import cv2
import numpy as np

from pipeline.gate.coarse import WIDTH, coarse, cut, margin
from pipeline.gate.planes import (
    GRADIENT_FLOOR,
    VARIANCE_FLOOR,
    Area,
    Plane,
    agreement,
    gradient_products,
    mean_of,
    plane,
    scaled_to,
    windowed,
)

_SCALES = (48, 16)
"""Longer side of a crop in pixels when it is compared; larger ones are scaled down. What is left of the object must be
left at both: a generator that works at a small size can wipe out the object and leave its fine lines."""
_NARROWEST = 6
"""Shorter side of a crop that is scaled down, in pixels: a long box stays longer than ``_SCALES``."""
_SIDEWAYS = (9, 1)
"""(W, H) of a smoothing of deviation 1 along x. Rain falls: streaks are steep, and it takes more from them than
from the rest."""
_EVEN = 2.0
"""Root mean square of the contrast in the windows, in levels, under which a crop has no structure to keep."""
_ENOUGH = 0.8
"""Where less is left, the crops are also compared without what looks like streaks."""
_STREAK = 9 / 1280
"""Width along x of what looks like a streak, as a share of the picture's: bright things as narrow are taken away."""
_COARSE_POWER = 1.7
"""A share at that width is raised to this power, so that one threshold does for all: streaks, which spoil the fine
lines, take less from it."""


def structure_kept(before: Plane, after: Plane, inside: Area, width: int) -> float | None:
    """Compare what a box shows in two pictures of one scene.

    Args:
        before: (h, w), luminance of the original: the box with ``margin_of(width)`` around it.
        after: Of the same shape, of the translated picture.
        inside: The box in them.
        width: Of the whole picture, in pixels.

    Returns:
        0 (nothing of the original's structure is there) to 1 (all of it), or None where that cannot be told: the
        original is too even in the box.
    """
    kept = _both(before, after, inside, width)
    if kept is None or min(kept) >= _ENOUGH:
        return None if kept is None else min(kept)
    narrow = max(2, round(_STREAK * width))
    clean = _both(_without_streaks(before, narrow), _without_streaks(after, narrow), inside, width)
    return min(kept) if clean is None else min(max(kept[0], clean[0]), max(kept[1], clean[1]))


def margin_of(width: int) -> int:
    """Return the pixels around a box that ``structure_kept`` wants to see in a picture of a width."""
    return margin(width) + 2 * max(2, round(_STREAK * width))


def _both(before: Plane, after: Plane, inside: Area, width: int) -> tuple[float, float] | None:
    """Return what is left in fine and at the width of a small generator, or None where the first is too even."""
    fine = fine_structure_kept(cut(before, inside), cut(after, inside))
    if fine is None:
        return None
    if width <= WIDTH:
        return fine, 1.0
    small = coarse(before, after, inside, width)
    kept = agreement(*gradient_products(small.before, small.after), GRADIENT_FLOOR, small.mask)
    return fine, float(min(1.0, max(0.0, kept)) ** _COARSE_POWER)


def fine_structure_kept(before: Plane, after: Plane) -> float | None:
    """Compare two crops (h, w) at a size of at most 48 and at one of at most 16 pixels; the smaller share counts.

    Returns:
        0 to 1, or None where the first is too even.
    """
    size = before.shape[1], before.shape[0]
    fine, coarse = (_scaled_size(size, longest) for longest in _SCALES)
    kept = _kept(*(_scaled(crop, fine) for crop in (before, after)))
    if kept is None or coarse == fine:
        return kept
    kept_coarse = _kept(*(_scaled(crop, coarse) for crop in (before, after)))
    return kept if kept_coarse is None else min(kept, kept_coarse)


def _without_streaks(crop: Plane, wide: int) -> Plane:
    """Take bright things away that are at most so many pixels wide along x."""
    return plane(cv2.morphologyEx(crop, cv2.MORPH_OPEN, np.ones((1, wide), np.uint8), borderType=cv2.BORDER_REPLICATE))


def _scaled_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return the (W, H) that a crop of a size (W, H) is compared at."""
    factor = min(1.0, max(longest / max(size), _NARROWEST / min(size)))
    return round(size[0] * factor), round(size[1] * factor)


def _scaled(crop: Plane, size: tuple[int, int]) -> Plane:
    """Scale a crop (h, w) down to a size (W, H) and smooth it along x; its mean becomes 0."""
    smooth = plane(cv2.GaussianBlur(scaled_to(crop, size), _SIDEWAYS, 1.0, borderType=cv2.BORDER_REPLICATE))
    return plane(smooth - mean_of(smooth))


def _kept(before: Plane, after: Plane) -> float | None:
    """Return what two crops (h, w) of one size have in common, 0..1; None where the first is too even."""
    # Each product of derivatives, and each of values, is averaged in a window around every pixel.
    both, energy, after_energy = gradient_products(before, after)
    mean, after_mean = windowed(before), windowed(after)
    variance = windowed(before * before) - mean * mean
    after_variance = windowed(after * after) - after_mean * after_mean
    covariance = windowed(before * after) - mean * after_mean
    if mean_of(variance) < _EVEN**2 or mean_of(energy) < GRADIENT_FLOOR:
        return None
    gradients = agreement(both, energy, after_energy, GRADIENT_FLOOR)
    structure = agreement(covariance, variance, after_variance, VARIANCE_FLOOR)
    return min(1.0, max(0.0, (gradients + structure) / 2))
