"""Pillow and the libraries under it keep what they think of a damaged picture to themselves: it becomes a skip."""

import contextlib
import ctypes
import logging
from functools import cache
from importlib.util import find_spec


@cache
def hush() -> None:
    """Let nothing be written past Python's ``sys.stderr``, or by Pillow's loggers where nobody listens; once is enough.

    libtiff writes its complaints to the terminal by itself. Its handlers are of the whole process, so that no thread
    loses anything else, as it would if the terminal were taken away meanwhile.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    decoders = find_spec("PIL._imaging")
    with contextlib.suppress(OSError, AttributeError):  # a Pillow that is built otherwise: its complaints are seen
        library = ctypes.CDLL(decoders.origin if decoders else None)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            take = getattr(library, name)
            take.argtypes, take.restype = [ctypes.c_void_p], ctypes.c_void_p
            take(None)
