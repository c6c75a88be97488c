"""How far two sets of pictures are from each other: the kernel distance of their features.

Source: Binkowski, Sutherland, Arbel, Gretton, "Demystifying MMD GANs", ICLR 2018 (arXiv 1801.01401): the unbiased
estimate of the squared maximum mean discrepancy (eq. 4) with the kernel k(x, y) = (x.y / D + 1)^3 of the kernel
inception distance. Which features, is the caller's choice: rows of any network's output.

A set of N and one of M pictures take 8 N M bytes.
"""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.ratio import SIGMAS, Ratio, jackknife_variance

Features = NDArray[np.float64]
"""(N, D), a row for each picture."""
Numbers = NDArray[np.float64]

LEAST_TO_MEASURE = 2
"""Fewer pictures than this have no distances within their set."""
LEAST_FOR_AN_INTERVAL = 3
"""With fewer pictures than this, none can be left out."""


class _Without(NamedTuple):
    """A distance between two sets, and again with one picture left out."""

    distance: float
    one: Numbers
    """(N,), without picture n of the first set."""
    other: Numbers
    """(M,), without picture m of the second set."""


def kernel_distance(one: Features, other: Features) -> float:
    """Return the squared MMD of two sets, symmetric in them.

    Args:
        one: (N, D), N at least 2.
        other: (M, D), M at least 2.

    Returns:
        About 0 where the sets are alike, and then as often below 0 as above it, because the estimate has no bias; there
        is no upper bound.

    Raises:
        ValueError: A set has too few rows, or the sets have rows of different lengths.
    """
    _refuse_few(one, other, least=LEAST_TO_MEASURE)
    return _Within.of(one).mean + _Within.of(other).mean - 2 * float(_gram(one, other).mean())


def distance_ratio(changed: Features, unchanged: Features, target: Features) -> Ratio:
    """Return the distance of changed pictures to a target over that of the same pictures unchanged.

    The interval is by the jackknife: each picture is left out once, changed and unchanged together, then each of the
    target. It says little where the unchanged pictures are no farther from the target than chance: the ratio is then
    one of noise.

    Args:
        changed: (N, D), N at least 3.
        unchanged: (N, D), the same pictures in the same order.
        target: (M, D), M at least 3.

    Returns:
        1 where the change brings nothing, about 0 where the changed pictures are as the target.

    Raises:
        ValueError: A set has too few rows, or the shapes do not fit.
    """
    _refuse_few(changed, unchanged, target, least=LEAST_FOR_AN_INTERVAL)
    if len(changed) != len(unchanged):
        raise ValueError(f"{len(changed)} changed and {len(unchanged)} unchanged pictures")
    goal = _Within.of(target)
    numerator, denominator = _without(changed, target, goal), _without(unchanged, target, goal)
    value = numerator.distance / denominator.distance
    variance = jackknife_variance(numerator.one / denominator.one)
    variance += jackknife_variance(numerator.other / denominator.other)
    reach = SIGMAS * float(np.sqrt(variance))
    return Ratio(value, value - reach, value + reach)


@dataclass(frozen=True, slots=True)
class _Within:
    """The kernel's mean over the pairs of different pictures of a set."""

    mean: float
    without: Numbers
    """(N,), the mean without picture n; not a number where two pictures are all there is."""

    @staticmethod
    def of(rows: Features) -> "_Within":
        """Measure a set (N, D)."""
        gram = _gram(rows, rows)
        np.fill_diagonal(gram, 0)
        count, sums = len(gram), gram.sum(1)
        total = float(sums.sum())
        fewer = (count - 1) * (count - 2)
        without = (total - 2 * sums) / fewer if fewer else np.full(count, np.nan)
        return _Within(total / (count * (count - 1)), without)


def _without(one: Features, other: Features, other_within: _Within) -> _Without:
    """The distance of two sets (N, D) and (M, D), and again without each of their pictures."""
    within = _Within.of(one)
    between = _gram(one, other)
    rows, columns = between.shape
    total = float(between.sum())
    without_row = (total - between.sum(1)) / ((rows - 1) * columns)
    without_column = (total - between.sum(0)) / (rows * (columns - 1))
    return _Without(
        within.mean + other_within.mean - 2 * total / (rows * columns),
        within.without + other_within.mean - 2 * without_row,
        within.mean + other_within.without - 2 * without_column,
    )


def _gram(one: Features, other: Features) -> Numbers:
    """The cubic polynomial kernel of all pairs, (N, M)."""
    gram: Numbers = (one @ other.T / one.shape[1] + 1) ** 3
    return gram


def _refuse_few(*sets: Features, least: int) -> None:
    """Refuse sets that are too small, or have rows of different lengths.

    Raises:
        ValueError: One is, or they have.
    """
    smallest = min(map(len, sets))
    if smallest < least:
        raise ValueError(f"a set of {smallest} pictures; at least {least} are needed")
    if len({rows.shape[1] for rows in sets}) > 1:
        raise ValueError(f"features of different lengths: {', '.join(str(rows.shape[1]) for rows in sets)}")
