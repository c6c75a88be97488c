"""Stop a job gently: Ctrl-C, a scheduler's SIGTERM or the end of a terminal ends it where it can be continued."""

import os
import signal
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from types import FrameType

SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
"""What asks a program to end: Ctrl-C, a scheduler, a terminal that closes."""

STOPPED, AGAIN = "stopped", "run the same command again"
"""What is said where a signal ends the program, and what to do then."""


class Stopped(SystemExit):
    """The program ends by a signal; its code is that of a program that the signal has ended."""


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
            raise Stopped(128 + number)
        self.signal_number = number
        if not self.quiet:
            _tell(b"finishing what is in flight; once more stops at once")


@contextmanager
def signals_to(stop: Stop) -> Iterator[None]:
    """Let signals ask for a stop."""
    with _handled_by(stop.handle):
        yield


@contextmanager
def signals_that_end() -> Iterator[None]:
    """Let signals end the program with one line, where nothing can be asked to stop.

    What is being written is written whole or not at all, since the end is an exception.
    """
    with _handled_by(_end):
        yield


def _end(number: int, frame: FrameType | None) -> None:
    """End the program."""
    del frame
    _tell(f"{STOPPED}; {AGAIN}".encode())
    raise Stopped(128 + number)


@contextmanager
def _handled_by(handler: Callable[[int, FrameType | None], None]) -> Iterator[None]:
    """Let a handler have the signals; a hang-up that is ignored stays so, as ``nohup`` wants it."""
    numbers = [number for number in SIGNALS if number != signal.SIGHUP or signal.getsignal(number) != signal.SIG_IGN]
    before = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    finally:
        for number, one in zip(numbers, before, strict=True):
            signal.signal(number, one)


def _tell(line: bytes) -> None:
    """Write a line on stderr from within a handler; the terminal may be gone."""
    with suppress(OSError):
        os.write(2, b"\n" + line + b"\n")
