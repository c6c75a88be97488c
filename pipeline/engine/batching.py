"""Group what goes through a network to batches of equal shape."""

from abc import ABC, abstractmethod
from collections.abc import Callable, Hashable, Iterable, Iterator
from typing import TypeVar

from pipeline.images.geometry import Size

T = TypeVar("T")


MOST_WAITING = 64
"""Decoded pictures that wait for others of their shape; beyond it the longest-waiting shape runs in a smaller batch."""


class Batchable(ABC):
    """A picture ready for a network, which takes several of one shape together."""

    __slots__ = ()

    @property
    @abstractmethod
    def common_size(self) -> Size:
        """The (W, H) that pictures of a batch have in common."""

    @property
    def kind(self) -> Hashable:
        """What else they have in common, where several networks take pictures of one size."""
        return None


def grouped(items: Iterable[T], batch_size: Callable[[Size], int]) -> Iterator[list[T] | T]:
    """Group what goes through a network by size and kind, in lists; what is no ``Batchable`` passes as it is.

    The groups depend on the order alone, not on timing.

    Args:
        items: In the order that they were decoded in.
        batch_size: Wanted size of a batch by the pictures' common (W, H).
    """
    waiting: dict[tuple[Size, Hashable], list[T]] = {}
    for item in items:
        if not isinstance(item, Batchable):
            yield item
            continue
        alike = item.common_size, item.kind
        group = waiting.setdefault(alike, [])
        group.append(item)
        wanted = batch_size(item.common_size)
        if len(group) >= wanted:
            yield waiting.pop(alike)
        elif sum(map(len, waiting.values())) >= max(MOST_WAITING, 2 * wanted):
            yield waiting.pop(next(iter(waiting)))
    yield from waiting.values()


def until(items: Iterator[T], stop: Callable[[], bool]) -> Iterator[T]:
    """Pass items on until a stop is asked for."""
    while not stop():
        try:
            item = next(items)
        except StopIteration:
            return
        yield item
