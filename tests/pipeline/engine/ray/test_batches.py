"""The plan goes out in batches, made when they are asked for and kept until they are back."""

import pickle
from collections.abc import Iterator

import pytest

from pipeline.engine.ray.batches import MANY, PORTION, Portions, batch_length, batches_of_items
from pipeline.engine.ray.jobs import Batch


@pytest.mark.parametrize(
    ("items", "workers", "device", "expected"),
    [
        (6, 3, "cpu", 1),  # each worker has something to do
        (200, 3, "cpu", 9),
        (20_000, 2, "cpu", 16),
        (20_000, 20, "cuda", 125),
        (1_000_000, 20, "cuda", 256),
        (300, 20, "cuda", 2),
        (MANY, 2, "cpu", 64),  # the conductor has to do with each of them
        (1, 0, "cpu", 1),
    ],
)
def test_the_length_of_a_batch(items: int, workers: int, device: str, expected: int) -> None:
    assert batch_length(items, workers, device) == expected


def portions(number: int) -> tuple[Portions, list[int]]:
    """Portions of batches of one item each, and the items that were made so far."""
    made: list[int] = []

    def batches() -> Iterator[Batch]:
        for one in batches_of_items(iter(range(number)), 1):
            made.extend(one.items)
            yield one

    return Portions(batches(), number), made


def items_of(content: bytes) -> list[int]:
    batch: Batch = pickle.loads(content)  # noqa: S301 (made above)
    return list(batch.items)


def test_no_portion_is_made_before_it_is_asked_for() -> None:
    plan, made = portions(3 * PORTION + 5)
    assert plan.portions == 4
    assert made == []
    assert [place for place, _ in plan.of(0)] == list(range(PORTION))
    assert made == list(range(PORTION))
    last = plan.of(3)
    assert [(place, items_of(content)) for place, content in last] == [(place, [place]) for place in range(96, 101)]


def test_a_portion_that_is_asked_for_again_has_the_same_batches_those_that_are_back_without_items() -> None:
    plan, _ = portions(PORTION)
    plan.of(0)
    assert plan.note(3)
    again = plan.of(0)
    assert len(again) == PORTION  # a task of Ray's that is repeated has to yield as many rows
    assert [place for place, content in again if not content] == [3]


def test_a_batch_counts_once() -> None:
    plan, _ = portions(PORTION)
    plan.of(0)
    assert [plan.note(7), plan.note(7), plan.note(8)] == [True, False, True]
    assert plan.came_back == 2


def test_portions_are_due_as_batches_come_back() -> None:
    plan, _ = portions(10 * PORTION)
    workers = 2
    assert plan.is_due(0, workers)
    assert plan.is_due(1, workers)
    assert not plan.is_due(2, workers)
    plan.of(1)
    for batch in range(PORTION):
        plan.note(batch)
    assert plan.is_due(2, workers)
    assert not plan.is_due(3, workers)


def test_what_is_kept_does_not_grow_with_the_plan() -> None:
    plan, _ = portions(100 * PORTION)
    for number in range(100):
        for place, _ in plan.of(number):
            plan.note(place)
    assert plan.came_back == 100 * PORTION
    assert all(not content for number in range(100) for _, content in plan.of(number))
