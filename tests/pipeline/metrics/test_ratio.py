"""Ratios with their intervals."""

import numpy as np
import pytest

from pipeline.metrics.ratio import Ratio, ratio_of_sums


def test_a_ratio_of_sums_weighs_pictures_by_what_is_in_them() -> None:
    found = ratio_of_sums([1, 6], [2, 8])
    assert found.value == 0.7
    reach = 1.96 * (6 / 8 - 1 / 2) / 2  # without either picture
    assert (found.low, found.high) == pytest.approx((0.7 - reach, 0.7 + reach))


def test_the_interval_holds_the_truth_as_often_as_it_says() -> None:
    generator = np.random.default_rng(0)
    held = 0
    for _ in range(400):
        wholes = generator.integers(1, 30, 60)
        parts = generator.binomial(wholes, 0.6)
        found = ratio_of_sums(parts, wholes)
        held += found.low <= 0.6 <= found.high
    assert 0.92 <= held / 400 <= 0.97


def test_pictures_without_anything_to_count_change_nothing() -> None:
    assert ratio_of_sums([0, 1, 0, 6], [0, 2, 0, 8]) == ratio_of_sums([1, 6], [2, 8])


def test_the_interval_stays_within_the_range() -> None:
    found = ratio_of_sums([0, 5, 5], [5, 5, 5])
    assert found.value == pytest.approx(2 / 3)
    assert found.low == pytest.approx(0.0133, abs=1e-3)
    assert found.high == 1


def test_one_picture_tells_nothing_of_others() -> None:
    assert ratio_of_sums([3, 0], [4, 0]) == Ratio(0.75, 0.0, 1.0)


@pytest.mark.parametrize(
    ("numerators", "denominators", "problem"),
    [([], [], "nothing was counted"), ([0], [0], "nothing was counted"), ([1, 2], [3], "2 numerators and 1")],
)
def test_nothing_to_measure_is_refused(numerators: list[int], denominators: list[int], problem: str) -> None:
    with pytest.raises(ValueError, match=problem):
        ratio_of_sums(numerators, denominators)
