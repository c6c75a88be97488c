"""Texts of unknown origin on one line."""

import re
from collections.abc import Iterable, Sequence

_FORMULA = ("=", "+", "-", "@")
"""What a spreadsheet takes a text for a formula by."""
_PART = re.compile(r'\s*(?:"((?:[^"]|"")*)"|([^",\s][^,]*|))\s*(?:,|\Z)')
"""One of several texts, with what ends it: in quotation marks, where two are one of its own, or as it is."""


def one_line(text: str) -> str:
    """Make a text safe for a line: what is no printable character, and a name may hold any, becomes an escape."""
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def some(names: Sequence[str], most: int = 5) -> str:
    """Write the first few names, on one printable line, and how many more there are.

    Args:
        names: At least one.
        most: How many are written.
    """
    more = f" and {len(names) - most} more" if len(names) > most else ""
    return one_line(", ".join(names[:most])) + more


def of_several(place: int, total: int, noun: str) -> str:
    """Write which of several things what follows is about, ``picture 2 of 3: ``; nothing where there is one alone.

    Args:
        place: Counted from 0.
        total: How many there are.
        noun: What they are.
    """
    return f"{noun} {place + 1} of {total}: " if total > 1 else ""


def table_cell(text: str) -> str:
    """Make a text safe for a cell of a table that a spreadsheet reads: on one line, and never a formula."""
    safe = one_line(text)
    return f"'{safe}" if safe.startswith(_FORMULA) else safe


def count(number: int, noun: str) -> str:
    """Write a number with its noun: ``1 picture``, ``2,000 pictures``."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def comma_separated(parts: Iterable[str]) -> str:
    """Write texts with commas between them, as ``comma_parts`` reads them: one that has a comma in quotation marks."""
    return ",".join(map(_quoted, parts))


def comma_parts(text: str) -> list[str]:
    """Read texts with commas between them, each without the blanks around it; one with a comma has quotation marks.

    Raises:
        ValueError: A quotation mark has no other.
    """
    parts, start = list[str](), 0
    while start < len(text):
        found = _PART.match(text, start)
        if found is None:
            raise ValueError("a quotation mark has no other")
        quoted, plain = found.groups()
        parts.append((plain if quoted is None else quoted.replace('""', '"')).strip())
        start = found.end()
    return parts


def _quoted(text: str) -> str:
    """Put a text into quotation marks where it needs them to be one of several."""
    return '"' + text.replace('"', '""') + '"' if "," in text or text.lstrip().startswith('"') else text
