"""Everything that the method raises on purpose. What the jobs raise besides is in ``pipeline.errors``.

The tree::

    TpsenceError             one line for the user, with a remedy
    └── InputError           refused before anything was written
        └── WeightsError     a checkpoint that cannot be used
"""

from collections.abc import Iterator


class TpsenceError(Exception):
    """A failure with a cause that the user can act on.

    From Python 3.11 on a traceback shows the hint too, as a note.

    Attributes:
        message: What is wrong, one line, naming the file.
        hint: What to do about it, one line, or None.
    """

    def __init__(self, message: str, hint: str | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        if hint and hasattr(self, "add_note"):
            self.add_note(f"hint: {hint}")

    def __reduce__(self) -> tuple[type["TpsenceError"], tuple[str, str | None]]:
        """Keep the hint when the error crosses from a worker process."""
        return type(self), (self.message, self.hint)


def chain(error: BaseException) -> Iterator[BaseException]:
    """Yield an error and those behind it, the last that was raised first; also those that a traceback leaves out."""
    behind: BaseException | None = error
    while behind is not None:
        yield behind
        behind = behind.__cause__ or behind.__context__


def first_line(error: Exception) -> str:
    """Return the first line of what a foreign exception says, at most 200 characters, or its type."""
    if isinstance(error, OSError) and error.strerror:
        return error.strerror
    lines = str(error).strip().splitlines()
    return lines[0][:200] if lines else type(error).__name__


class InputError(TpsenceError):
    """Bad usage or bad input, found before the first write."""


class WeightsError(InputError):
    """A checkpoint that is poisoned, truncated, foreign or of another architecture."""
