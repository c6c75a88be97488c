"""Names that differ by case or by the spelling of accents only, which some file systems take for one."""

import os
import sys
import unicodedata
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path

_MOST_NAMES = 1000
"""Names of a folder that are looked at."""


def tells_spellings_apart(folder: Path) -> bool:
    """Tell whether two names that differ by case or accents only are two files in a folder. Nothing is written.

    A name that is there is asked for in another spelling. Where no name shows it, case counts as not told apart, and
    of accents it is believed what is usual on this system.

    Args:
        folder: The folder; where it does not exist yet, what is above it is asked.
    """
    by_case = _answer(folder, str.swapcase)
    if not by_case:
        return False
    by_accents = _answer(folder, _other_accents)
    return sys.platform != "darwin" if by_accents is None else by_accents


def _answer(folder: Path, respelled: Callable[[str], str]) -> bool | None:
    """Ask for names in another spelling; None where none shows it."""
    for place, names in _known_names(folder):
        for name in names:
            other = respelled(name)
            if other != name and _same_text(name, other):
                return other in names or not _is_one(place / name, place / other)
    return None


def _known_names(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Yield folders of one file system, the nearest first, with names of files that are there."""
    real = folder.resolve()
    there = next(place for place in (real, *real.parents) if place.is_dir())
    device = there.stat().st_dev
    try:
        with os.scandir(there) as entries:
            yield there, [entry.name for entry in islice(entries, _MOST_NAMES)]
    except OSError:  # it may not be listed
        pass
    for place in (there, *there.parents):
        if place.parent.stat().st_dev != device:
            return
        yield place.parent, [place.name]


def _is_one(one: Path, other: Path) -> bool:
    """Tell whether two names are one file."""
    try:
        return os.path.samestat(one.lstat(), other.lstat())
    except OSError:
        return False


def _other_accents(name: str) -> str:
    """Return a name with its accents composed or taken apart, whichever it is not."""
    composed = unicodedata.normalize("NFC", name)
    return unicodedata.normalize("NFD", name) if composed == name else composed


def _same_text(one: str, other: str) -> bool:
    """Tell whether a file system could take two names for one."""
    return unicodedata.normalize("NFC", one.casefold()) == unicodedata.normalize("NFC", other.casefold())
