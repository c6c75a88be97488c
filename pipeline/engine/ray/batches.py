"""The plan in batches: how many items are sent together, and which of them are made ready at a time."""

import math
import pickle
from collections.abc import Iterable, Iterator, Sequence
from itertools import islice
from typing import Any

from pipeline.engine.interface import Work
from pipeline.engine.ray.jobs import Batch
from pipeline.engine.tasks import Task

MOST_ON_CPU, MOST_ON_GPU = 16, 256
"""Items of a batch: some seconds of work, which is lost whole where its worker dies. The network waits while the last
pictures of a batch are rendered and written, so that few of them would leave a GPU idle."""
FOR_EACH_WORKER = 8
"""Batches that a worker gets at least where there are enough items: the last ones end together."""
MANY, MOST_OF_MANY = 200_000, 64
"""Items from which on batches are larger on a CPU too: each costs the conductor some milliseconds."""
PORTION = 32
"""Batches that are made ready together."""


def batch_length(items: int, workers: int, device: str) -> int:
    """Return how many items are sent together.

    Args:
        items: Number of all items.
        workers: Number of workers.
        device: Type of the device that they work on.
    """
    most = MOST_ON_GPU if device != "cpu" else MOST_OF_MANY if items >= MANY else MOST_ON_CPU
    return max(1, min(most, math.ceil(items / (FOR_EACH_WORKER * max(1, workers)))))


class Portions:
    """The batches of a job, made portion by portion when they are asked for.

    A portion is kept until all of its batches have come back: where a node is lost it may be asked for again.

    Args:
        batches: In their order.
        number: How many there are.
    """

    def __init__(self, batches: Iterable[Batch], number: int) -> None:
        self._batches = iter(batches)
        self.number = number
        self._made = 0
        self._kept: dict[int, bytes] = {}
        self.portions = math.ceil(number / PORTION)
        self.came_back = 0

    def of(self, number: int) -> list[tuple[int, bytes]]:
        """Return the batches of a portion, the same ones each time: those that have come back without their items."""
        end = min((number + 1) * PORTION, self.number)
        while self._made < end:
            self._kept[self._made] = pickle.dumps(next(self._batches), protocol=5)
            self._made += 1
        return [(place, self._kept.get(place, b"")) for place in range(number * PORTION, end)]

    def is_due(self, number: int, workers: int) -> bool:
        """Tell whether a portion is to be made ready by now: the memory of all does not grow with the plan.

        Args:
            number: Of the portion.
            workers: Number of workers.
        """
        return number * PORTION <= self.came_back + PORTION + 4 * workers

    def note(self, batch: int) -> bool:
        """Note that a batch has come back, and return whether it is the first time."""
        is_first = self._kept.pop(batch, None) is not None
        self.came_back += is_first
        return is_first


def batches_of_tasks(work: Work[Any, Any], tasks: Sequence[Task], length: int) -> Iterator[Batch]:
    """Yield tasks in batches, each with what the work knows of them.

    Args:
        work: It knows all of the tasks.
        tasks: In their order.
        length: Of a batch.
    """
    for start in range(0, len(tasks), length):
        some = tasks[start : start + length]
        yield Batch(items=some, own=work.own_of(some))


def batches_of_items(items: Iterable[Any], length: int) -> Iterator[Batch]:
    """Yield items in batches.

    Args:
        items: In their order.
        length: Of a batch.
    """
    stream = iter(items)
    while some := list(islice(stream, length)):
        yield Batch(items=some)
