"""A clock that the tests move, so that no test measures time."""

from dataclasses import dataclass


@dataclass
class MovedClock:
    """Stands still until ``now`` is changed."""

    now: float = 5000.0

    def __call__(self) -> float:
        """Return the time in seconds."""
        return self.now
