"""What becomes of freed memory. Importing this module is quick: it needs no torch."""

import ctypes
import os

_M_TRIM_THRESHOLD, _M_MMAP_THRESHOLD, _M_MMAP_MAX = -1, -3, -4
"""Parameters of glibc's ``mallopt``."""
_LARGEST_INT = 2**31 - 1
_OF_A_GUEST = (_M_MMAP_THRESHOLD, 32 * 2**20), (_M_TRIM_THRESHOLD, 256 * 2**20)
_OF_OUR_OWN = (_M_MMAP_MAX, 0), (_M_TRIM_THRESHOLD, _LARGEST_INT)


def keep_freed_memory(device_type: str, *, guest: bool = False) -> None:
    """Let this process use the memory of freed tensors again, where its networks run on a CPU under glibc.

    By itself glibc gives every large block back to the system at once, and the next layer gets it anew, page by page
    and zeroed: a sixth of the time of a forward pass (``docs/performance.md``). Freed memory over 2 GiB at the end of
    the heap still goes back. What glibc's own environment variables say stays; other C libraries are left alone.

    Args:
        device_type: Where the networks run: ``cpu``, ``cuda`` or ``mps``.
        guest: The process is another's: blocks over 32 MiB go back to the system as before, and freed memory over
            256 MiB at the end of the heap too.
    """
    tuned = any(name.startswith("MALLOC_") for name in os.environ) or "GLIBC_TUNABLES" in os.environ
    if device_type != "cpu" or tuned or not _has_glibc():
        return
    libc = ctypes.CDLL(None)
    for parameter, value in _OF_A_GUEST if guest else _OF_OUR_OWN:
        libc.mallopt(parameter, value)


def _has_glibc() -> bool:
    """Tell whether the C library is glibc."""
    return "CS_GNU_LIBC_VERSION" in getattr(os, "confstr_names", {}) and bool(os.confstr("CS_GNU_LIBC_VERSION"))
