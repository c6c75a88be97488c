"""Refuse links where the tool keeps files of its own."""

import os
import stat
from collections.abc import Iterable
from pathlib import Path

from pipeline.errors import OutputError


def refuse_links(places: Iterable[Path], remedy: str) -> None:
    """Refuse a link, or what is neither a file nor a folder, in the place of a file of the tool's own.

    Args:
        places: The files and folders; they need not be there.
        remedy: What the user can do about it but remove the link, without a full stop.

    Raises:
        OutputError: A place is one.
    """
    for place in places:
        try:
            mode = os.lstat(place).st_mode
        except OSError:  # not there, or whatever uses it will say why it cannot
            continue
        if stat.S_ISLNK(mode):
            problem = "is a symbolic link, and tpsence follows none to files of its own"
            raise OutputError(f"{place}: {problem}", f"{remedy}, or remove the link.")
        if not stat.S_ISREG(mode) and not stat.S_ISDIR(mode):
            raise OutputError(f"{place}: is neither a file nor a folder", f"{remedy}, or remove it.")
