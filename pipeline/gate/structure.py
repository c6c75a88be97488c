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
    Twice,
    agreement,
    gradients,
    means_of,
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
_FLOORS = np.array([GRADIENT_FLOOR, VARIANCE_FLOOR], np.float32)
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
    both = np.stack((before, after), axis=-1)
    kept = _kept_twice(both, inside, width)
    if kept is None or min(kept) >= _ENOUGH:
        return None if kept is None else min(kept)
    clean = _kept_twice(_without_streaks(both, max(2, round(_STREAK * width))), inside, width)
    return min(kept) if clean is None else min(max(kept[0], clean[0]), max(kept[1], clean[1]))


def margin_of(width: int) -> int:
    """Return the pixels around a box that ``structure_kept`` wants to see in a picture of a width."""
    return margin(width) + 2 * max(2, round(_STREAK * width))


def _kept_twice(both: Twice, inside: Area, width: int) -> tuple[float, float] | None:
    """Return what is left in fine and at the width of a small generator, or None where the first is too even."""
    fine = _fine(np.ascontiguousarray(cut(both, inside)))
    if fine is None:
        return None
    if width <= WIDTH:
        return fine, 1.0
    small, mask = coarse(both, inside, width)
    common, squares = gradients(small)
    in_common, own, other = (windowed(one)[..., None] for one in (common, squares[..., 0], squares[..., 1]))
    kept = agreement(in_common, own, other, GRADIENT_FLOOR, mask)[0]
    return fine, float(min(1.0, max(0.0, kept)) ** _COARSE_POWER)


def fine_structure_kept(before: Plane, after: Plane) -> float | None:
    """Compare two crops (h, w) at a size of at most 48 and at one of at most 16 pixels; the smaller share counts.

    Returns:
        0 to 1, or None where the first is too even.
    """
    return _fine(np.stack((before, after), axis=-1))


def _fine(both: Twice) -> float | None:
    """See ``fine_structure_kept``."""
    size = both.shape[1], both.shape[0]
    fine, coarse = (_scaled_size(size, longest) for longest in _SCALES)
    kept = _kept(_scaled(both, fine))
    if kept is None or coarse == fine:
        return kept
    kept_coarse = _kept(_scaled(both, coarse))
    return kept if kept_coarse is None else min(kept, kept_coarse)


def _without_streaks(both: Twice, wide: int) -> Twice:
    """Take bright things away that are at most so many pixels wide along x."""
    return plane(cv2.morphologyEx(both, cv2.MORPH_OPEN, np.ones((1, wide), np.uint8), borderType=cv2.BORDER_REPLICATE))


def _scaled_size(size: tuple[int, int], longest: int) -> tuple[int, int]:
    """Return the (W, H) that a crop of a size (W, H) is compared at."""
    factor = min(1.0, max(longest / max(size), _NARROWEST / min(size)))
    return round(size[0] * factor), round(size[1] * factor)


def _scaled(both: Twice, size: tuple[int, int]) -> Twice:
    """Scale crops (h, w, 2) down to a size (W, H) and smooth them along x; the mean of each becomes 0."""
    smooth = plane(cv2.GaussianBlur(scaled_to(both, size), _SIDEWAYS, 1.0, borderType=cv2.BORDER_REPLICATE))
    return smooth - means_of(smooth).astype(np.float32)


def _kept(both: Twice) -> float | None:
    """Return what two crops (h, w, 2) have in common, 0..1; None where the first is too even."""
    # Each product of derivatives, and each of values, is averaged in a window around every pixel: two of what both have
    # in common, two of the first with itself, two of the second, and the means.
    common, squares = gradients(both)
    values = np.empty((*common.shape, 8), np.float32)
    values[..., 0], values[..., 1] = common, both[..., 0] * both[..., 1]
    values[..., 2:6:2], values[..., 3:6:2] = squares, both * both
    values[..., 6:] = both
    means = windowed(values)
    mean = means[..., 6:]
    means[..., 1] -= mean[..., 0] * mean[..., 1]
    means[..., 3:6:2] -= mean * mean
    in_common, first, second = (np.ascontiguousarray(means[..., start : start + 2]) for start in (0, 2, 4))
    energy, variance = means_of(first)
    if variance < _EVEN**2 or energy < GRADIENT_FLOOR:
        return None
    kept = agreement(in_common, first, second, _FLOORS).mean()
    return min(1.0, max(0.0, float(kept)))
