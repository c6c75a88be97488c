"""Shares, confusion and intersection over union, against counts pixel by pixel."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.metrics.agreement import confusion_of, intersection_over_union, kept_share
from pipeline.metrics.ratio import Ratio
from tpsence.conventions import IGNORE

Map = NDArray[np.uint8]
EXAMPLES = settings(max_examples=100, deadline=None, derandomize=True, database=None)
CLASSES = 4


def ids(*rows: Sequence[int]) -> Map:
    return np.array(rows, dtype=np.uint8)


@st.composite
def pairs(draw: st.DrawFn) -> tuple[list[Map], list[Map]]:
    """Some pairs of maps of equal sizes: of four classes, one void id and ``IGNORE``."""
    values = st.sampled_from([0, 1, 2, 3, IGNORE])
    ones: list[Map] = []
    others: list[Map] = []
    for _ in range(draw(st.integers(1, 4))):
        height, width = draw(st.integers(1, 4)), draw(st.integers(1, 4))
        size = height * width
        for maps in (ones, others):
            flat = draw(st.lists(values, min_size=size, max_size=size))
            maps.append(np.array(flat, dtype=np.uint8).reshape(height, width))
    return ones, others


def pixels(ones: Sequence[Map], others: Sequence[Map]) -> list[tuple[int, int]]:
    """The two classes of all pixels that count."""
    both = [
        (int(one), int(other))
        for left, right in zip(ones, others, strict=True)
        for one, other in zip(left.flat, right.flat, strict=True)
    ]
    return [(one, other) for one, other in both if IGNORE not in (one, other)]


def test_the_kept_share_counts_equal_pixels() -> None:
    before = [ids([0, 1], [2, 3]), ids([5, 5])]
    after = [ids([0, 1], [2, 4]), ids([5, 6])]
    assert kept_share(before, after).value == 4 / 6


def test_ignored_pixels_are_neither_kept_nor_lost() -> None:
    share = kept_share([ids([0, 1, IGNORE, IGNORE, 2, 2])], [ids([0, 0, IGNORE, 0, IGNORE, 2])])
    assert share == Ratio(2 / 3, 0.0, 1.0)  # of one picture nothing is known of others


@EXAMPLES
@given(maps=pairs())
def test_the_kept_share_is_that_of_single_pixels_symmetric_and_in_its_interval(
    maps: tuple[list[Map], list[Map]],
) -> None:
    found = pixels(*maps)
    if not found:
        with pytest.raises(ValueError, match="no pixel has a class in both"):
            kept_share(*maps)
        return
    share = kept_share(*maps)
    assert share.value == pytest.approx(sum(one == other for one, other in found) / len(found))
    assert 0 <= share.low <= share.value <= share.high <= 1
    assert kept_share(*maps[::-1]) == share
    assert kept_share(maps[0], maps[0]).value == 1


def test_the_interval_of_the_share_is_the_jackknife_s_over_pictures() -> None:
    random = np.random.default_rng(0)
    before = [np.zeros((4, 4), np.uint8) for _ in range(6)]
    after = [(random.random((4, 4)) < 0.3).astype(np.uint8) for _ in range(6)]
    kept = np.array([np.mean(one == other) for one, other in zip(before, after, strict=True)])
    shares = [np.delete(kept, out).mean() for out in range(6)]
    reach = 1.96 * (5 / 6 * sum((share - np.mean(shares)) ** 2 for share in shares)) ** 0.5
    found = kept_share(before, after)
    assert (found.low, found.high) == pytest.approx((found.value - reach, found.value + reach))


def test_nineteen_of_twenty_intervals_of_the_share_hold_the_truth() -> None:
    held = 0
    for seed in range(200):
        random = np.random.default_rng(seed)
        kept = random.beta(8, 2, 50)  # each picture keeps its own share, 0.8 in the mean
        after = [(random.random((16, 16)) > share).astype(np.uint8) for share in kept]
        share = kept_share([np.zeros((16, 16), np.uint8)] * 50, after)
        held += share.low < 0.8 < share.high
    assert 180 <= held <= 199


def test_void_does_not_count_in_the_intersection_over_union() -> None:
    confusion = confusion_of([ids([0, 0, 0, 1, 1, 11])], [ids([0, 0, 1, 1, 0, 0])], 2)
    assert confusion.tolist() == [[2, 1], [1, 1]]
    assert intersection_over_union(confusion).tolist() == [2 / 4, 1 / 3]


@EXAMPLES
@given(maps=pairs())
def test_confusion_and_intersection_over_union_are_those_of_single_pixels(maps: tuple[list[Map], list[Map]]) -> None:
    found = pixels(*maps)
    confusion = confusion_of(*maps, CLASSES)
    iou = intersection_over_union(confusion)
    for one in range(CLASSES):
        for other in range(CLASSES):
            assert confusion[one, other] == found.count((one, other))
        both = found.count((one, one))
        either = sum(one in pair for pair in found)
        assert iou[one] == pytest.approx(both / either) if either else np.isnan(iou[one])
    assert np.array_equal(confusion_of(*maps[::-1], CLASSES), confusion.T)
    assert np.array_equal(intersection_over_union(confusion.T), iou, equal_nan=True)


def test_generators_of_maps_are_enough() -> None:
    maps = [ids([0, 1]), ids([1, 1])]
    assert kept_share(iter(maps), iter(maps)) == Ratio(1.0, 1.0, 1.0)
    assert confusion_of(iter(maps), iter(maps), 2).tolist() == [[1, 0], [0, 3]]


def test_sets_that_do_not_fit_are_refused() -> None:
    with pytest.raises(ValueError, match=r"different sizes \(H, W\): \(1, 2\) and \(2, 1\)"):
        kept_share([ids([0, 1])], [ids([0], [1])])
    with pytest.raises(ValueError, match="shorter"):
        kept_share([ids([0])] * 2, [ids([0])])
    with pytest.raises(ValueError, match="class id 2 in a map of 2 classes"):
        confusion_of([ids([0, 1])], [ids([0, 2])], 2)
