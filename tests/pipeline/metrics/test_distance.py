"""Kernel and Fréchet distances: against sums written out, closed forms, and what an interval has to hold."""

from collections.abc import Sequence

import numpy as np
import pytest

from pipeline.metrics import distance
from pipeline.metrics.distance import Features, frechet_distance, kernel_distances


def cloud(count: int, shift: float, seed: int, dimensions: int = 6) -> Features:
    rows: Features = np.random.default_rng(seed).normal(shift, 1, (count, dimensions)).astype(np.float32)
    return rows


def slow_distance(x: Features, y: Features) -> float:
    """The unbiased squared MMD, pair by pair."""

    def kernel(one: Features, other: Features) -> float:
        return float((sum(float(a) * float(b) for a, b in zip(one, other, strict=True)) / len(one) + 1) ** 3)

    def within(rows: Sequence[Features]) -> float:
        pairs = [kernel(a, b) for i, a in enumerate(rows) for j, b in enumerate(rows) if i != j]
        return sum(pairs) / len(pairs)

    between = sum(kernel(a, b) for a in x for b in y) / (len(x) * len(y))
    return within(list(x)) + within(list(y)) - 2 * between


def test_a_kernel_distance_is_the_mean_over_subsets_of_the_sums_written_out(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(distance, "SUBSETS", 3)
    changed, unchanged, target = cloud(9, 1, 0), cloud(9, 0, 1), cloud(8, 2, 2)
    random = np.random.default_rng(5)
    expected = []
    for _ in range(3):
        places, order = random.permutation(9)[:4], random.permutation(8)
        goal = target[order[:4]]
        expected.append((slow_distance(changed[places], goal), slow_distance(unchanged[places], goal)))
    found = kernel_distances(changed, unchanged, target, seed=5)
    after, before = np.mean(expected, axis=0)
    assert found.changed.value == pytest.approx(after, rel=1e-6)
    assert found.unchanged.value == pytest.approx(before, rel=1e-6)
    assert found.difference.value == pytest.approx(after - before, rel=1e-6)


def test_a_change_towards_the_target_is_told_from_one_away_from_it() -> None:
    start, target = cloud(60, 0, 0), cloud(50, 2, 1)
    nearer = kernel_distances(start + np.float32(1.5), start, target)
    farther = kernel_distances(start - np.float32(1.5), start, target)
    assert nearer.difference.high < 0 < farther.difference.low
    assert nearer.ratio is not None
    assert nearer.ratio.high < 1
    assert farther.ratio is not None
    assert farther.ratio.low > 1


def test_no_change_is_no_difference() -> None:
    start, target = cloud(30, 0, 0), cloud(30, 2, 1)
    found = kernel_distances(start, start, target)
    assert found.difference.value == found.difference.low == found.difference.high == 0


def test_sets_of_one_kind_have_a_distance_around_nothing_and_no_ratio() -> None:
    found = kernel_distances(cloud(40, 1, 0), cloud(40, 1, 1), cloud(40, 1, 2))
    for ratio in (found.changed, found.unchanged, found.target):
        assert ratio.low < 0 < ratio.high
    assert found.ratio is None


def test_the_interval_holds_the_truth_about_as_often_as_it_says(monkeypatch: pytest.MonkeyPatch) -> None:
    """Of many experiments; the truth is what very large sets have."""
    truth = slow_large(cloud(3000, 0.4, 90), cloud(3000, 1, 92))
    monkeypatch.setattr(distance, "SUBSETS", 50)
    held = 0
    for seed in range(30):
        changed, unchanged, target = (cloud(24, (0.4, 0.0, 1.0)[place], 100 * place + seed) for place in range(3))
        found = kernel_distances(changed, unchanged, target, seed).changed
        held += found.low <= truth <= found.high
    assert held >= 25


def slow_large(one: Features, other: Features) -> float:
    """The unbiased squared MMD of large sets, at once."""

    def kernel(x: Features, y: Features) -> float:
        gram = (x.astype(np.float64) @ y.T / x.shape[1] + 1) ** 3
        if x is y:
            np.fill_diagonal(gram, 0)
            return float(gram.sum() / (len(x) * (len(x) - 1)))
        return float(gram.mean())

    return kernel(one, one) + kernel(other, other) - 2 * kernel(one, other)


def test_a_seed_draws_the_same_again() -> None:
    sets = cloud(20, 1, 0), cloud(20, 0, 1), cloud(15, 2, 2)
    assert kernel_distances(*sets, seed=3) == kernel_distances(*sets, seed=3)
    assert kernel_distances(*sets, seed=3) != kernel_distances(*sets, seed=4)


def test_a_frechet_distance_is_that_of_two_normal_distributions() -> None:
    """In closed form: of N(0, 1) and N(1, 4) in three dimensions, 3 ((0 - 1)^2 + (1 - 2)^2) = 6."""
    one = cloud(6000, 0, 0, dimensions=3)
    other = 1 + 2 * cloud(5000, 0, 1, dimensions=3)
    found = frechet_distance(one, other.astype(np.float32))
    assert found.value == pytest.approx(6, rel=0.05)
    assert found.low <= found.value <= found.high
    assert found.low < 6.2
    assert found.high > 5.8


def test_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="a set of 3 pictures"):
        kernel_distances(cloud(3, 0, 0), cloud(3, 0, 1), cloud(9, 0, 2))
    with pytest.raises(ValueError, match="a set of 3 pictures"):
        kernel_distances(cloud(9, 0, 0), cloud(9, 0, 1), cloud(3, 0, 2))
    with pytest.raises(ValueError, match="9 changed and 8 unchanged"):
        kernel_distances(cloud(9, 0, 0), cloud(8, 0, 1), cloud(9, 0, 2))
    with pytest.raises(ValueError, match="at least 2048"):
        frechet_distance(cloud(2047, 0, 0), cloud(3000, 0, 1))
