"""The similarity of label maps against a slow version, pixel by pixel and class by class."""

from collections.abc import Callable

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

from tpsence.conventions import IGNORE
from tpsence.similarity import mean_iou, mean_pixel_accuracy

Map = list[list[int]]
Measure = Callable[[Tensor, Tensor], Tensor]


def slow_accuracy(source: Map, target: Map) -> float:
    same = counted = 0
    for row, other in zip(source, target, strict=True):
        for s, t in zip(row, other, strict=True):
            if s != 255 and t != 255:
                counted += 1
                same += s == t
    return same / counted if counted else 0.0


def slow_iou(source: Map, target: Map) -> float:
    pixels = [(s, t) for row, other in zip(source, target, strict=True) for s, t in zip(row, other, strict=True)]
    pairs = [pair for pair in pixels if 255 not in pair]
    shares = []
    for label in {label for pair in pairs for label in pair}:
        both = sum(s == label and t == label for s, t in pairs)
        either = sum(s == label or t == label for s, t in pairs)
        shares.append(both / either)
    return sum(shares) / len(shares) if shares else 0.0


MEASURES: dict[Measure, Callable[[Map, Map], float]] = {mean_pixel_accuracy: slow_accuracy, mean_iou: slow_iou}
BOTH = pytest.mark.parametrize("measure", list(MEASURES), ids=["mpa", "miou"])


@st.composite
def label_maps(draw: st.DrawFn) -> tuple[list[Map], list[Map]]:
    """Two batches of one to three small maps, with ignored pixels."""
    images, height, width = draw(st.integers(1, 3)), draw(st.integers(1, 3)), draw(st.integers(1, 4))
    label = st.sampled_from([0, 1, 2, 254, 255])
    row = st.lists(label, min_size=width, max_size=width)
    batch = st.lists(st.lists(row, min_size=height, max_size=height), min_size=images, max_size=images)
    return draw(batch), draw(batch)


@BOTH
@pytest.mark.parametrize("dtype", [torch.int64, torch.uint8], ids=["int64", "uint8"])
@settings(max_examples=80, deadline=None, derandomize=True, database=None)
@given(maps=label_maps())
def test_similarity_equals_the_slow_version(
    measure: Measure, dtype: torch.dtype, maps: tuple[list[Map], list[Map]]
) -> None:
    source, target = (torch.tensor(batch, dtype=dtype) for batch in maps)
    slow = [MEASURES[measure](s, t) for s, t in zip(*maps, strict=True)]
    value = measure(source, target)
    torch.testing.assert_close(value, torch.tensor(slow), atol=1e-6, rtol=0)
    assert value.dtype == torch.float32
    assert float(value.min()) >= 0
    assert float(value.max()) <= 1
    torch.testing.assert_close(measure(target, source), value, atol=1e-6, rtol=0)


def test_measures_of_a_small_example() -> None:
    source = torch.tensor([[[0, 0, 0, 1], [1, 2, IGNORE, 2]]])
    target = torch.tensor([[[0, 0, 1, 1], [3, 2, 2, IGNORE]]])
    assert float(mean_pixel_accuracy(source, target)) == pytest.approx(4 / 6)
    assert float(mean_iou(source, target)) == pytest.approx((2 / 3 + 1 / 3 + 1 + 0) / 4)


@BOTH
def test_the_ignored_class_is_255(measure: Measure) -> None:
    assert IGNORE == 255
    source, target = torch.tensor([[[7, 255, 3]]]), torch.tensor([[[7, 4, 255]]])
    assert float(measure(source, target)) == 1
    assert float(measure(torch.tensor([[[254]]]), torch.tensor([[[254]]]))) == 1


@BOTH
def test_nothing_counted_is_no_similarity(measure: Measure) -> None:
    ignored, labels = torch.full((2, 3, 3), IGNORE), torch.zeros(2, 3, 3, dtype=torch.int64)
    for source, target in ((ignored, labels), (labels, ignored), (ignored, ignored)):
        assert torch.equal(measure(source, target), torch.zeros(2))


@BOTH
def test_equal_maps_are_fully_alike_and_disjoint_ones_not_at_all(measure: Measure) -> None:
    labels = torch.randint(0, 19, (2, 8, 9), generator=torch.Generator().manual_seed(0))
    assert torch.equal(measure(labels, labels), torch.ones(2))
    assert torch.equal(measure(labels, labels + 19), torch.zeros(2))


@BOTH
def test_each_pair_of_a_batch_stands_alone(measure: Measure) -> None:
    generator = torch.Generator().manual_seed(0)
    source, target = (torch.randint(0, 4, (3, 5, 6), generator=generator) for _ in range(2))
    together = measure(source, target)
    for index in range(3):
        assert torch.equal(together[index, None], measure(source[index, None], target[index, None]))
    assert len(set(together.tolist())) == 3
