"""The standard streams of the program: work does not end because nobody can read what is said of it."""

import io
import os
import sys
from contextlib import suppress
from typing import TYPE_CHECKING

from pipeline.errors import RunError
from tpsence.errors import first_line

if TYPE_CHECKING:
    from typing_extensions import Buffer

_HINT = "Send it to a file or a pipe that takes it, and run the same command again."


class _Lossy(io.FileIO):
    """Standard error that loses what it cannot write: on a full disk, or where nobody listens any more."""

    def write(self, data: "Buffer", /) -> int:
        """Write all, or as much as can be written."""
        whole = left = memoryview(data).cast("B")
        with suppress(OSError):
            while left and (written := super().write(left)):
                left = left[written:]
        return len(whole)


def secure_streams() -> None:
    """Let no file that is opened later be taken for a closed stream, and no trouble of standard error end the work.

    A standard error that is not the program's own stays as it is.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # the lowest free number, which is this one
    if sys.stderr is sys.__stderr__:
        encoding = sys.stderr.encoding if sys.stderr else "utf-8"
        stream = _Lossy(2, "w", closefd=False)
        sys.stderr = io.TextIOWrapper(stream, encoding, "backslashreplace", write_through=True)


def write_out(text: str) -> None:
    """Write text on standard output, now; with no text, write what is not yet written.

    Raises:
        RunError: It is closed or full. From then on what is written there is lost without a word.
    """
    try:
        if sys.stdout is not None:
            sys.stdout.write(text)
            sys.stdout.flush()
            return
        reason = "it is closed"
    except (OSError, ValueError) as error:
        reason = first_line(error)
        _lose_stdout()
    if text or sys.stdout is not None:
        raise RunError(f"standard output: {reason}; what belongs there is lost, all else is done", _HINT)


def _lose_stdout() -> None:
    """Send to nowhere what is still to be written, which Python would try again at the end."""
    with suppress(OSError, ValueError):
        nowhere = os.open(os.devnull, os.O_WRONLY)
        os.dup2(nowhere, sys.stdout.fileno())
        os.close(nowhere)
