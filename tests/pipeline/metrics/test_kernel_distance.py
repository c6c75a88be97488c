"""The kernel distance, against its sums written out, and its ratio with the interval."""

from collections.abc import Sequence

import numpy as np
import pytest
from numpy.typing import NDArray

from pipeline.metrics.kernel_distance import distance_ratio, kernel_distance
from pipeline.metrics.ratio import Ratio

Rows = NDArray[np.float64]


def cloud(count: int, shift: float, seed: int) -> Rows:
    return np.random.default_rng(seed).normal(shift, 1, (count, 6))


def slow_distance(x: Rows, y: Rows) -> float:
    """The unbiased squared MMD, pair by pair."""

    def kernel(one: Rows, other: Rows) -> float:
        return float((sum(a * b for a, b in zip(one, other, strict=True)) / 6 + 1) ** 3)

    def within(rows: Sequence[Rows]) -> float:
        pairs = [kernel(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j]
        return sum(pairs) / len(pairs)

    between = sum(kernel(a, b) for a in x for b in y) / (len(x) * len(y))
    return within(list(x)) + within(list(y)) - 2 * between


def slow_ratio(changed: Rows, unchanged: Rows, target: Rows) -> Ratio:
    """The ratio, measured again for every picture that is left out."""

    def ratio(one: Rows, other: Rows, goal: Rows) -> float:
        return slow_distance(one, goal) / slow_distance(other, goal)

    def variance(values: Sequence[float]) -> float:
        mean = sum(values) / len(values)
        return (len(values) - 1) / len(values) * sum((value - mean) ** 2 for value in values)

    pictures = [
        ratio(np.delete(changed, index, 0), np.delete(unchanged, index, 0), target) for index in range(len(changed))
    ]
    targets = [ratio(changed, unchanged, np.delete(target, index, 0)) for index in range(len(target))]
    reach = 1.96 * (variance(pictures) + variance(targets)) ** 0.5
    value = ratio(changed, unchanged, target)
    return Ratio(value, value - reach, value + reach)


def true_distance(one: float, other: float) -> float:
    """The distance of two whole populations that ``cloud`` draws from, by the moments of normal variables."""

    def kernel(a: float, b: float) -> float:
        squares, product = 6 * b * b, 6 * a * b
        second = 6 + 6 * a * a + squares + product**2
        third = product**3 + 3 * product * (6 * a * a + squares + 6 + 2)
        return third / 6**3 + 3 * second / 6**2 + 3 * product / 6 + 1

    return kernel(one, one) + kernel(other, other) - 2 * kernel(one, other)


def test_the_mean_of_many_distances_is_that_of_the_populations() -> None:
    found = [kernel_distance(cloud(40, 0.5, seed), cloud(30, 0, 500 + seed)) for seed in range(300)]
    error = float(np.std(found)) / len(found) ** 0.5
    assert abs(float(np.mean(found)) - true_distance(0.5, 0)) < 3 * error < 0.1


def test_the_distance_is_the_unbiased_mmd_of_the_cubic_kernel() -> None:
    x, y = cloud(4, 0, 0), cloud(5, 1, 1)
    assert kernel_distance(x, y) == pytest.approx(slow_distance(x, y))


def test_two_pictures_a_set_are_enough_for_a_distance() -> None:
    x, y = cloud(2, 0, 0), cloud(2, 1, 1)
    assert kernel_distance(x, y) == pytest.approx(slow_distance(x, y))


def test_the_distance_of_like_sets_is_about_zero_on_either_side() -> None:
    found = [kernel_distance(cloud(20, 0, seed), cloud(20, 0, 100 + seed)) for seed in range(40)]
    assert abs(float(np.mean(found))) < 0.1
    assert min(found) < 0 < max(found)


def test_a_set_is_no_farther_from_itself_than_from_its_like_and_a_shifted_one_is_farther() -> None:
    rows = cloud(200, 0, 0)
    near, far = kernel_distance(rows, rows), kernel_distance(rows, rows + 1)
    assert abs(near) < 0.2 < 1 < far


def test_the_distance_is_symmetric_and_knows_no_order() -> None:
    x, y = cloud(7, 0, 0), cloud(9, 0.5, 1)
    assert kernel_distance(y, x) == pytest.approx(kernel_distance(x, y))
    assert kernel_distance(x[::-1], np.roll(y, 3, axis=0)) == pytest.approx(kernel_distance(x, y))


def test_the_ratio_and_its_interval_are_those_of_the_jackknife_picture_by_picture() -> None:
    sets = cloud(5, 0.5, 1), cloud(5, 1, 2), cloud(4, 0, 3)
    found, wanted = distance_ratio(*sets), slow_ratio(*sets)
    assert (found.value, found.low, found.high) == pytest.approx((wanted.value, wanted.low, wanted.high))


def test_the_ratio_is_of_the_distances_and_its_interval_narrows_with_more_pictures() -> None:
    def ratio(count: int) -> Ratio:
        return distance_ratio(cloud(count, 0.5, 1), cloud(count, 1, 2), cloud(count, 0, 3))

    small, large = ratio(20), ratio(200)
    wanted = kernel_distance(cloud(20, 0.5, 1), cloud(20, 0, 3)) / kernel_distance(cloud(20, 1, 2), cloud(20, 0, 3))
    assert small.value == pytest.approx(wanted)
    assert small.low < small.value < small.high
    assert large.high - large.low < 0.5 * (small.high - small.low)
    target = cloud(900, 0, 6)
    truth = kernel_distance(cloud(900, 0.5, 4), target) / kernel_distance(cloud(900, 1, 5), target)
    assert large.low < truth < large.high


def test_nineteen_of_twenty_intervals_hold_the_truth() -> None:
    truth = true_distance(0.5, 0) / true_distance(1, 0)
    found = [
        distance_ratio(cloud(60, 0.5, seed), cloud(60, 1, 200 + seed), cloud(60, 0, 400 + seed)) for seed in range(100)
    ]
    held = sum(ratio.low < truth < ratio.high for ratio in found)
    assert 88 <= held <= 99


def test_unchanged_pictures_have_the_ratio_one() -> None:
    found = distance_ratio(cloud(20, 1, 1), cloud(20, 1, 1), cloud(20, 0, 3))
    assert (found.value, found.high - found.low) == pytest.approx((1, 0))


def test_a_ratio_is_written_with_its_interval() -> None:
    assert str(Ratio(0.5, 0.254, 0.75)) == "0.50 (0.25 to 0.75)"


def test_too_few_pictures_and_sets_that_do_not_fit_are_refused() -> None:
    two, three, four = cloud(2, 0, 0), cloud(3, 0, 1), cloud(4, 0, 2)
    with pytest.raises(ValueError, match="a set of 1 pictures; at least 2"):
        kernel_distance(two, three[:1])
    with pytest.raises(ValueError, match="a set of 2 pictures; at least 3"):
        distance_ratio(three, three, two)
    with pytest.raises(ValueError, match="3 changed and 4 unchanged"):
        distance_ratio(three, four, four)
    with pytest.raises(ValueError, match="different lengths: 6, 5"):
        kernel_distance(three, four[:, :5])
