"""Tell an error that nobody foresaw, because the machine or a limit of it had no more to give, from a fault.

Or because it lacks a library that OpenCV asks for.
"""

import errno
from collections.abc import Iterator

from pipeline.engine.opencv import opencv_lack
from tpsence.errors import InputError, first_line

_MEMORY = (
    "cannot allocate memory",
    "can't allocate memory",
    "could not create a primitive",  # oneDNN, where there is no room for the code that it makes
    "failed to map segment",
    "failed to allocate",
    "insufficient memory",
    "not enough memory",
    "out of memory",
    "std::bad_alloc",
    "unable to mmap",
)
_THREADS = (
    "can't start new thread",
    "thread creation failed",
    "thread constructor failed",
    "temporarily unavailable",
)
_CONTINUES = "The same command, run again, continues."


def explained(error: Exception) -> tuple[str, str] | None:
    """Return a message and a hint for an error by lack of memory, threads, processes or OpenCV; None for any other.

    An error that blames the input is looked behind: a file that could not be read for lack of memory may be a good one.

    Args:
        error: What the project, Python, the system or a library has raised.
    """
    for cause in _causes(error) if isinstance(error, InputError) else (error,):
        if lack := _lack(cause):
            return lack
    return opencv_lack(error)


def _causes(error: BaseException) -> Iterator[Exception]:
    """Yield the errors behind one, as a traceback would show them."""
    cause = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    if isinstance(cause, Exception):
        yield cause
        yield from _causes(cause)


def _lack(error: Exception) -> tuple[str, str] | None:
    """Return the message and the hint for what a single error says is lacking."""
    text = first_line(error)
    if isinstance(error, MemoryError) or _is_about(error, text, (errno.ENOMEM,), _MEMORY):
        hint = (
            "Give the command less at once (--workers 0, --batch-size 1), or it more: ulimit -v, the container, memory."
        )
        return f"not enough memory: {text}", f"{hint} {_CONTINUES}"
    if _is_about(error, text, (errno.EAGAIN,), _THREADS):
        hint = "Set OMP_NUM_THREADS=1 and give --workers 0, or raise the limit: ulimit -u, the container."
        return f"no more threads or processes can be started: {text}", f"{hint} {_CONTINUES}"
    return None


def _is_about(error: Exception, text: str, numbers: tuple[int, ...], texts: tuple[str, ...]) -> bool:
    """Tell by its number or its text what an error of the system or of a library is about."""
    if isinstance(error, OSError) and error.errno is not None:
        return error.errno in numbers
    # The loader of shared objects raises an OSError without a number.
    kinds = RuntimeError | ImportError | SystemError | OSError
    return isinstance(error, kinds) and any(one in text.lower() for one in texts)
