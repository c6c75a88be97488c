"""Texts of any length, made short for a page."""

from pipeline.files.text import one_line

_LONGEST_TEXT = 300


def short(text: str) -> str:
    """Shorten a text that may be of any length, so that the page stays small."""
    safe = one_line(text[: 2 * _LONGEST_TEXT])
    return safe if len(safe) <= _LONGEST_TEXT else f"{safe[: _LONGEST_TEXT // 2]}…{safe[-_LONGEST_TEXT // 2 :]}"
