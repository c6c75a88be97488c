"""Pillow and the libraries under it keep what they think of a damaged picture to themselves: it becomes a skip."""

import contextlib
import ctypes
import logging
from functools import cache
from importlib import import_module


@cache
def hush() -> None:
    """Let nothing be written past Python's ``sys.stderr``, or by Pillow's loggers where nobody listens; once is enough.

    libtiff writes its complaints to the terminal by itself. Its handlers are of the whole process, so that no thread
    loses anything else, as it would if the terminal were taken away meanwhile.
    """
    logging.getLogger("PIL").addHandler(logging.NullHandler())
    with contextlib.suppress(OSError, AttributeError):  # a Pillow that is built otherwise: its complaints are seen
        library = ctypes.CDLL(import_module("PIL._imaging").__file__)
        for name in ("TIFFSetErrorHandler", "TIFFSetWarningHandler"):
            take = getattr(library, name)
            take.argtypes, take.restype = [ctypes.c_void_p], ctypes.c_void_p
            take(None)
