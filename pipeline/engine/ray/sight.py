"""Whether a node sees what it has to: the output folder, which it must be able to write to, and the inputs."""

import os
import secrets
import time

from pipeline.engine.ray.messages import Places
from pipeline.errors import RunError, UnsafeNameError
from pipeline.files.rooted import Rooted
from pipeline.files.whole import TEMPORARY_PREFIX, TEMPORARY_SUFFIX
from tpsence.errors import first_line

_SHARED = "Every node has to see pictures and output under the same paths: put both on storage that all of them share."
_SECONDS = 10.0
"""How long a file of another machine may take to appear: network file systems keep what they know of a folder."""


def marker_name(token: str, tag: str = "") -> str:
    """Return the name of a mark, below the output folder: one that a kill has left goes with the temporary files.

    Args:
        token: What no other mark has.
        tag: Of the shard.
    """
    return f".tpsence/{TEMPORARY_PREFIX}seen-{token}{tag}{TEMPORARY_SUFFIX}"


def unseen(places: Places, *, tries_to_write: bool = True) -> tuple[str, str] | None:
    """Return what this node does not see, and what to do about it, or None.

    Args:
        places: What it has to see.
        tries_to_write: Write to the output and remove it again. While a run ends, that could be cut off in between.
    """
    out = Rooted(places.out)
    if not _has_mark(out, places):
        return f"does not see the output folder {places.out}", _SHARED
    try:
        if tries_to_write:
            mine = marker_name(secrets.token_hex(8), places.tag)
            out.write(mine, b"\n")
            out.remove(mine)
    except (OSError, RunError, UnsafeNameError) as error:
        return f"cannot write to {places.out}: {first_line(error)}", "Give the user of Ray there the right to write."
    for folder in (places.root, *places.beside):
        if not folder.is_dir():
            return f"does not see {folder}", _SHARED
    try:
        size = (places.root / places.sample).stat().st_size if places.sample else places.sample_size
    except OSError as error:
        return f"does not see {places.root / places.sample}: {first_line(error)}", _SHARED
    if size != places.sample_size:
        return f"sees another file at {places.root / places.sample}", _SHARED
    return None


def _has_mark(out: Rooted, places: Places) -> bool:
    """Tell whether the main process's mark is in the folder, as soon as it is."""
    end = time.monotonic() + _SECONDS
    while True:
        try:
            with out.opened(places.marker, os.O_RDONLY) as file:
                return os.read(file, 100) == places.token.encode()
        except (OSError, RunError, UnsafeNameError):
            if time.monotonic() > end or not places.out.is_dir():
                return False
            time.sleep(0.2)
