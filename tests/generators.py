"""Generators that yield events on their way to a result."""

from collections.abc import Generator
from typing import TypeVar

T = TypeVar("T")


def result_of(work: Generator[object, None, T], seen: list[object] | None = None) -> T:
    """Run a generator to its end and return its result.

    Args:
        work: The generator.
        seen: What it yields is put here.
    """
    while True:
        try:
            event = next(work)
        except StopIteration as end:
            result: T = end.value
            return result
        if seen is not None:
            seen.append(event)
