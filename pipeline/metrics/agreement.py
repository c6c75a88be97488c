"""How well label maps agree: the share of pixels that keep their class, confusion, intersection over union.

A map is (H, W) of class ids; pixels of ``IGNORE`` do not count. The maps of a set may differ in size, those of a pair
may not. They are read one pair at a time, so that a generator of maps is enough.

Source of the intersection over union: Everingham et al., "The PASCAL Visual Object Classes Challenge: A Retrospective",
IJCV 2015, section 4.3.
"""

from collections.abc import Iterable, Iterator

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.ratio import Ratio, ratio_of_sums
from tpsence.conventions import IGNORE

ClassIds = NDArray[np.uint8]
"""(H, W) class ids."""


def kept_share(before: Iterable[ClassIds], after: Iterable[ClassIds]) -> Ratio:
    """Return the share of all pixels that have the same class in two sets of maps.

    The interval is by the jackknife over the pictures, for the pixels of one are no independent samples. One picture
    tells nothing of others: its interval is the whole range.

    Args:
        before: Maps (H, W).
        after: As many, in the same order, of the same sizes.

    Returns:
        In [0, 1], and so is the interval.

    Raises:
        ValueError: Not as many maps, maps of different sizes, or no pixel counts.
    """
    same, counted = [], []
    for one, other in _pairs(before, after):
        counts = (one != IGNORE) & (other != IGNORE)
        same.append(np.count_nonzero((one == other) & counts))
        counted.append(np.count_nonzero(counts))
    if not any(counted):
        raise ValueError("no pixel has a class in both maps")
    return ratio_of_sums(same, counted)


def confusion_of(truth: Iterable[ClassIds], found: Iterable[ClassIds], classes: int) -> NDArray[np.int64]:
    """Count pixels by true class (row) and found class; what is no class of the truth does not count.

    Args:
        truth: Maps (H, W); ids from ``classes`` on are void.
        found: As many, in the same order, of the same sizes, of ids below ``classes`` or ``IGNORE``.
        classes: How many there are, C, at most ``IGNORE``.

    Returns:
        (C, C).

    Raises:
        ValueError: Not as many maps, maps of different sizes, or a found id that is no class.
    """
    counts = np.zeros(classes * classes, dtype=np.int64)
    for one, other in _pairs(truth, found):
        known = (one < classes) & (other != IGNORE)
        right, guess = one[known].astype(np.int64), other[known].astype(np.int64)
        if guess.max(initial=0) >= classes:
            raise ValueError(f"class id {guess.max()} in a map of {classes} classes")
        counts += np.bincount(right * classes + guess, minlength=classes * classes)
    return counts.reshape(classes, classes)


def intersection_over_union(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the intersection over union of every class out of their confusion.

    Args:
        confusion: (C, C), pixels by true class and found class.

    Returns:
        (C,) in [0, 1]; not a number for a class that is neither in the truth nor found.
    """
    hits = confusion.diagonal()
    either = confusion.sum(0) + confusion.sum(1) - hits
    iou = np.full(len(hits), np.nan)
    np.divide(hits, either, out=iou, where=either > 0)
    return iou


def pixel_accuracy(confusion: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return the share of every true class's pixels that are found as it.

    Args:
        confusion: (C, C), pixels by true class and found class.

    Returns:
        (C,) in [0, 1]; not a number for a class that is not in the truth.
    """
    truth = confusion.sum(1)
    accuracy = np.full(len(truth), np.nan)
    np.divide(confusion.diagonal(), truth, out=accuracy, where=truth > 0)
    return accuracy


def _pairs(ones: Iterable[ClassIds], others: Iterable[ClassIds]) -> Iterator[tuple[ClassIds, ClassIds]]:
    """Yield the maps by twos.

    Raises:
        ValueError: Not as many, or of different sizes.
    """
    for one, other in zip(ones, others, strict=True):
        if one.shape != other.shape:
            raise ValueError(f"maps of different sizes (H, W): {one.shape} and {other.shape}")
        yield one, other
