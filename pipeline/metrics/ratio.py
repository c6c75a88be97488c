"""A measured ratio with its interval, and the jackknife that the interval is by.

Source of the jackknife: Efron and Stein, "The jackknife estimate of variance", Annals of Statistics 9 (1981), eq. 1.3.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

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
