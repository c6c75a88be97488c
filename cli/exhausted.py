"""Tell an error that nobody foresaw, because the machine or a limit of it had no more to give, from a fault."""

import errno

from tpsence.errors import first_line

_MEMORY = (
    "cannot allocate memory",
    "can't allocate memory",
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
    """Return a message and a hint for an error by lack of memory, threads or processes; None for any other.

    Args:
        error: What Python, the system or a library has raised.
    """
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
    if isinstance(error, OSError):
        return error.errno in numbers
    return isinstance(error, RuntimeError | ImportError | SystemError) and any(one in text.lower() for one in texts)
