"""Stop a job gently: Ctrl-C, or a scheduler's SIGTERM, ends it where it can be continued."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType


@dataclass
class Stop:
    """Remembers the first signal; the second ends the program at once."""

    signal_number: int = 0
    quiet: bool = False

    def __call__(self) -> bool:
        """Tell whether a signal has come."""
        return self.signal_number != 0

    @property
    def exit_code(self) -> int:
        """The exit code of a program that a signal has ended, its own or another process's of the same run."""
        return 128 + (self.signal_number or signal.SIGINT)

    def handle(self, number: int, frame: FrameType | None) -> None:
        """Take note of a signal."""
        del frame
        if self.signal_number:
            raise SystemExit(128 + number)
        self.signal_number = number
        if not self.quiet:
            with suppress(OSError):
                os.write(2, b"\nfinishing what is in flight; once more stops at once\n")


@contextmanager
def signals_to(stop: Stop) -> Iterator[None]:
    """Let Ctrl-C and SIGTERM ask for a stop."""
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, stop.handle) for number in numbers]
    try:
        yield
    finally:
        for number, handler in zip(numbers, before, strict=True):
            signal.signal(number, handler)
