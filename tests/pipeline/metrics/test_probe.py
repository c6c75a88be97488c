"""The probe: it tells what can be told, and has not seen what it judges."""

import numpy as np
import pytest

from pipeline.metrics.distance import Features
from pipeline.metrics.probe import cross_validated_probe, share_above


def cloud(count: int, shift: float, seed: int, dimensions: int = 40) -> Features:
    rows: Features = np.random.default_rng(seed).normal(shift, 1, (count, dimensions)).astype(np.float32)
    return rows


def test_domains_far_apart_are_told_and_so_is_what_was_moved_from_one_to_the_other() -> None:
    clear, rainy = cloud(60, 0, 0), cloud(25, 1.5, 1)
    probe = cross_validated_probe(clear, rainy)
    assert probe.area.value > 0.99
    assert share_above(probe.one).value < 0.05
    assert share_above(probe.other).value > 0.95
    assert share_above(probe.scores(clear + np.float32(1.5), of_first=True)).value > 0.95
    assert share_above(probe.scores(clear, of_first=True)).value < 0.05


def test_domains_that_are_one_cannot_be_told() -> None:
    """With more features than pictures a probe that had seen them would tell all."""
    areas = [cross_validated_probe(cloud(40, 0, seed, 300), cloud(40, 0, 50 + seed, 300)).area for seed in range(6)]
    assert 0.4 < np.mean([area.value for area in areas]) < 0.6
    assert sum(area.low < 0.5 < area.high for area in areas) >= 4


def test_what_was_made_of_a_picture_is_judged_by_a_probe_that_has_not_seen_it() -> None:
    clear, rainy = cloud(40, 0, 0, 300), cloud(40, 0, 1, 300)
    probe = cross_validated_probe(clear, rainy)
    assert np.allclose(probe.scores(clear, of_first=True), probe.one)
    by_all = probe.scores(clear, of_first=False)
    assert by_all.mean() < probe.one.mean() - 0.1  # four of five have seen each picture


def test_few_pictures_of_one_domain_count_as_much_as_many_of_the_other() -> None:
    probe = cross_validated_probe(cloud(300, 0, 0, 10), cloud(12, 0.8, 1, 10))
    assert share_above(probe.other).value > 0.5


def test_a_seed_draws_the_same_again() -> None:
    sets = cloud(20, 0, 0), cloud(20, 1, 1)
    one, other = (cross_validated_probe(*sets, seed=2) for _ in range(2))
    assert one.area == other.area
    assert np.array_equal(one.one, other.one)


def test_a_share_has_the_interval_of_wilson() -> None:
    """7 of 10: 0.397 to 0.892, by the formula (Wilson 1927)."""
    ratio = share_above(np.array([0.9] * 7 + [0.5] * 3))
    assert ratio.value == 0.7
    assert ratio.low == pytest.approx(0.3968, abs=1e-4)
    assert ratio.high == pytest.approx(0.8922, abs=1e-4)


def test_too_few_are_refused() -> None:
    with pytest.raises(ValueError, match="a set of 9 pictures"):
        cross_validated_probe(cloud(9, 0, 0), cloud(30, 1, 1))
