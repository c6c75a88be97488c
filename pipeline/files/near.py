"""What lies nearest to a path that is not there: for the hint of a message."""

import os
from difflib import get_close_matches
from itertools import islice
from pathlib import Path

from pipeline.files.text import some

_MOST_NAMES = 10_000
"""Names of a folder that are looked at."""
_SHOWN = 3


def near_hint(path: Path, setting: str) -> str:
    """Return a hint for a path that is not there: where it ends, and which names are like the one that is missing.

    Args:
        path: As it was given; absolute.
        setting: Where it was given.
    """
    there = next(place for place in path.parents if place.is_dir())
    missing = path.relative_to(there).parts[0]
    check = f"Check the path after `{setting}`"
    if os.path.lexists(there / missing):  # a link to nowhere, or a file with something behind its name
        return f"{check}."
    where = f"{check}: no {missing!r} in {there}"
    found = _like(missing, there)
    return f"{where}, but {some(found)}." if found else f"{where}."


def _like(name: str, folder: Path) -> list[str]:
    """Return the names in a folder that are most like one, upper and lower case being alike."""
    try:
        names = {entry.name.casefold(): entry.name for entry in islice(folder.iterdir(), _MOST_NAMES)}
    except OSError:  # it may not be listed
        return []
    return [names[like] for like in get_close_matches(name.casefold(), names, n=_SHOWN)]
