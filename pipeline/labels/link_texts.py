"""Links that have become small text files: git writes them so where the system or its settings know no links."""

import os
from pathlib import Path

_LONGEST = 1024
"""Bytes of a link's text that are looked at."""


def link_as_text(path: Path, *, to_folder: bool = True) -> str | None:
    """Tell what to do where a path, or a folder on its way, is a link that was written as a text file.

    Args:
        path: The path; it need not exist.
        to_folder: It should be a folder. A list of one picture looks like a link to that picture.

    Returns:
        The remedy, or None where there is no such file on the way.
    """
    for place in (path, *path.parents):
        target = _target(place, to_folder=to_folder or place != path)
        if target is not None:
            make = f"ln -sfn {target} {place}"
            return f"{place} is a link that was written as a text: it says {target!r}. Make it a link again: {make}"
        if place.is_dir():
            return None
    return None


def _target(file: Path, *, to_folder: bool) -> str | None:
    """Return where a file that is a link's text leads, or None where it is none: the target must be there."""
    try:
        if file.is_symlink() or not file.is_file() or file.stat().st_size > _LONGEST:
            return None
        text = os.fsdecode(file.read_bytes()).strip()
    except OSError:
        return None
    if not text or not text.isprintable() or Path(text).is_absolute():
        return None
    try:
        place = file.parent / text
        is_there = place.is_dir() if to_folder else place.is_file() and not place.samefile(file)
    except OSError:
        return None
    return text if is_there else None
