"""How many cores there are to work on. Importing this module is quick: it needs no torch."""

import os

_shared: list[int] = []


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return min([cores, *_shared])


def share_cores(most: int) -> None:
    """Let this process use no more than some cores from now on: others work beside it.

    Args:
        most: At least 1.
    """
    _shared[:] = [max(1, most)]
