"""Whether a segmentation network sees the same scene before and after: mPA, mIoU, pixels that keep their class."""

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.evaluate.figures import Figure, Group, Unit
from pipeline.metrics.agreement import ClassIds, confusion_of, intersection_over_union, pixel_accuracy
from pipeline.metrics.ratio import SIGMAS, Ratio, jackknife_variance

PARTS = 20
"""Groups of pictures that the interval is by: each is left out once. Whole confusions of all pictures would fill the
memory."""
NEARLY_ALL, MOST = 0.9, 0.75
NOTE = (
    "Classes kept compares what a segmentation network says of both pictures: it falls where the scene has changed, "
    "and also where the network does not know such weather."
)

Confusion = NDArray[np.int64]


class ClassesKept:
    """Label maps of the same pictures before and after.

    Args:
        names: Of the classes by id.
    """

    def __init__(self, names: Sequence[str]) -> None:
        self._names = names
        self._parts = np.zeros((PARTS, len(names), len(names)), dtype=np.int64)
        self._pictures = 0

    def add(self, before: ClassIds, after: ClassIds) -> None:
        """Compare the maps (H, W) of one picture."""
        self._parts[self._pictures % PARTS] += confusion_of([before], [after], len(self._names))
        self._pictures += 1

    def figures(self) -> list[Figure]:
        """Return what is kept; a class that is not in the maps before does not count."""
        confusion = self._parts.sum(0)
        if not confusion.sum():
            return []
        pixels = self._ratio(lambda counts: float(counts.trace() / counts.sum()))
        accuracy = self._ratio(lambda counts: float(np.nanmean(pixel_accuracy(counts))))
        overlap = self._ratio(lambda counts: float(np.nanmean(intersection_over_union(counts)[counts.sum(1) > 0])))
        there = f"of {int((confusion.sum(1) > 0).sum())} classes, each counts alike"
        figures = [
            self._figure("pixels that keep their class", pixels, _judged(pixels.value)),
            self._figure("mPA", accuracy, there),
            self._figure("mIoU", overlap, there),
        ]
        shares = pixel_accuracy(confusion)
        return figures + [
            Figure(
                group=Group.CLASSES,
                name="pixels of a class of the map that keep it",
                category=name,
                value=float(share),
                unit=Unit.SHARE,
                pictures=self._pictures,
            )
            for name, share in zip(self._names, shares, strict=True)
            if np.isfinite(share)
        ]

    def _ratio(self, of: Callable[[Confusion], float]) -> Ratio:
        """Return a share with its interval by the jackknife over groups of pictures."""
        whole = self._parts.sum(0)
        value = of(whole)
        without = [whole - part for part in self._parts if part.any()]
        if len(without) < 2:
            return Ratio(value, 0.0, 1.0)
        reach = SIGMAS * float(np.sqrt(jackknife_variance(np.array([of(counts) for counts in without]))))
        return Ratio(value, max(0.0, value - reach), min(1.0, value + reach))

    def _figure(self, name: str, ratio: Ratio, judgement: str) -> Figure:
        """Return a figure with its interval."""
        return Figure.of(
            ratio,
            group=Group.CLASSES,
            name=name,
            unit=Unit.SHARE,
            pictures=self._pictures,
            judgement=judgement,
        )


def _judged(share: float) -> str:
    """Say how much of the scene the network sees again."""
    if share >= NEARLY_ALL:
        return "the network sees nearly the same scene"
    return (
        "the network sees most of the same scene" if share >= MOST else "the network sees another scene in many places"
    )
