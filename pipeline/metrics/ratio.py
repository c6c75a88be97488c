"""A measured ratio with its interval, and the jackknife that the interval is by.

Source of the jackknife: Efron and Stein, "The jackknife estimate of variance", Annals of Statistics 9 (1981), eq. 1.3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

SIGMAS = 1.96
"""Half the width of a 95 % interval, in standard deviations of a normal distribution."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two measured sums or distances, with the ends of its 95 % interval."""

    value: float
    """The ratio."""
    low: float
    """The lower end, at most ``value``."""
    high: float
    """The upper end, at least ``value``."""

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


def jackknife_variance(values: NDArray[np.float64]) -> float:
    """Return the variance of an estimate out of its values with one sample left out each.

    Args:
        values: (N,), the estimate without sample n; N at least 2.

    Returns:
        (N - 1) / N times the sum of the squared deviations from their mean, at least 0.
    """
    return float(np.var(values) * (len(values) - 1))


def ratio_of_sums(numerators: ArrayLike, denominators: ArrayLike, *, highest: float = 1.0) -> Ratio:
    """Return a share of a whole set, out of what is counted in each of its pictures.

    The interval is by the jackknife over the pictures, for what is counted within one is no independent sample. One
    picture tells nothing of others: its interval is the whole range.

    Args:
        numerators: (N,), of each picture what counts, at least 0.
        denominators: (N,), what there is; pictures of 0 are left out.
        highest: The most that the ratio can be: 1 for a share, 180 for a mean angle.

    Returns:
        The sum of the numerators over that of the denominators, in [0, highest], and so is the interval.

    Raises:
        ValueError: Every denominator is 0, or there are not as many.
    """
    parts, wholes = np.asarray(numerators, dtype=np.float64), np.asarray(denominators, dtype=np.float64)
    if parts.shape != wholes.shape:
        raise ValueError(f"{parts.size} numerators and {wholes.size} denominators")
    parts, wholes = parts[wholes > 0], wholes[wholes > 0]
    if not len(wholes):
        raise ValueError("nothing was counted in any picture")
    value = float(parts.sum() / wholes.sum())
    if len(wholes) == 1:
        return Ratio(value, 0.0, highest)
    variance = jackknife_variance((parts.sum() - parts) / (wholes.sum() - wholes))
    reach = SIGMAS * float(np.sqrt(variance))
    return Ratio(value, max(0.0, value - reach), min(highest, value + reach))


def wilson(count: int, number: int) -> Ratio:
    """Return a share of independent things with its interval.

    Source: Wilson, "Probable inference, the law of succession, and statistical inference", JASA 22 (1927).

    Args:
        count: How many are so, 0 to ``number``.
        number: How many there are, at least 1.
    """
    from scipy.stats import binomtest

    interval = binomtest(count, number).proportion_ci(0.95, method="wilson")
    return Ratio(count / number, float(interval.low), float(interval.high))
