"""The time that a training run is given. Importing this module is quick: it needs no torch."""

import math
import re
import reprlib
import sys
import time
from collections.abc import Callable

from tpsence.errors import InputError

_NUMBER = r"(\d+(?:\.\d+)?)"
_TIME = re.compile(rf"(?:{_NUMBER}h)?(?:{_NUMBER}m)?(?:{_NUMBER}s)?|{_NUMBER}", re.ASCII)
_SECONDS = (3600, 60, 1, 1)
"""Of the numbers in a time."""


def parse_time(value: object) -> float | None:
    """Return the seconds of a time: ``45s``, ``9m``, ``1h30m``, ``1.5h``, or a number of seconds.

    Args:
        value: A text or a number, or None, which stays.

    Raises:
        InputError: It is neither, or not above zero.
    """
    if value is None:
        return None
    seconds = 0.0
    if isinstance(value, str) and (found := _TIME.fullmatch(value.strip())):
        seconds = sum(float(part) * unit for part, unit in zip(found.groups(), _SECONDS, strict=True) if part)
    elif isinstance(value, int | float) and not isinstance(value, bool) and 0 < value <= sys.float_info.max:
        seconds = float(value)
    if not 0 < seconds < math.inf:
        raise InputError(
            f"`max_time` {reprlib.repr(value)}: not a time above zero",
            "Give for example 45s, 9m, 1h30m, or a number of seconds.",
        )
    return seconds


class TimeLimit:
    """Tells when a run has to end so that its last save still falls inside the time it is given.

    The time counts from here on. How long a step and a save take is measured; the longest of each is what the next one
    is expected to take. The first step counts until there is a second: it waits for the first pictures and for a GPU to
    get ready, ten seconds where the others take a tenth of one.

    Args:
        seconds: The time, or None for no end.
        clock: Tells the seconds since some moment.
    """

    def __init__(self, seconds: float | None, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._end = None if seconds is None else clock() + seconds
        self._mark = 0.0
        self._longest_step = 0.0
        self._steps = 0
        self._longest_save: float | None = None

    @property
    def wants_a_save(self) -> bool:
        """Whether a save should be made soon, because how long one takes is not known yet."""
        return self._end is not None and self._longest_save is None

    def start(self) -> None:
        """Take note that the first step begins."""
        self._mark = self._clock()

    def stepped(self) -> None:
        """Take note that a step has ended."""
        self._steps += 1
        lap = self._lap()
        self._longest_step = lap if self._steps <= 2 else max(self._longest_step, lap)  # the second replaces the first

    def saved(self) -> None:
        """Take note that a save has ended, and that the next step begins."""
        self._longest_save = max(self._longest_save or 0.0, self._lap())

    def is_over(self) -> bool:
        """Tell whether another step, and a save after it, might not fit any more."""
        needed = self._longest_step + (self._longest_save or 0.0)
        return self._end is not None and self._clock() + needed > self._end

    def _lap(self) -> float:
        """Return the seconds since the last mark, and set it anew."""
        before, self._mark = self._mark, self._clock()
        return self._mark - before
