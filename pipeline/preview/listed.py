"""Settings that are lists, as they stand on the command line: ``0.5,1,1.5``. Importing this module is quick."""

import math
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TypeVar

from pipeline.effects.water_options import WaterLevel
from pipeline.files.text import one_line
from tpsence.errors import InputError

T = TypeVar("T")


def numbers(value: object) -> object:
    """Read numbers; what is no text stays as it is, for the schema to check, but for a number alone.

    Raises:
        InputError: One is no number.
    """

    def number(word: str) -> float:
        try:
            found = float(word)
        except ValueError:
            found = math.nan
        if not math.isfinite(found):
            raise InputError(_not(word, "strengths", "a number"), "Give numbers, as in 0.5,1,1.5")
        return found

    if isinstance(value, int | float):
        return (float(value),)
    return _read(value, number)


def levels(value: object) -> object:
    """Read levels of water; what is no text stays as it is, for the schema to check, but for a level alone.

    Raises:
        InputError: One is no level.
    """

    def level(word: str) -> WaterLevel:
        try:
            return WaterLevel(word)
        except ValueError:
            known = ", ".join(one.value for one in WaterLevel)
            raise InputError(_not(word, "water", "a level"), f"There are {known}.") from None

    return (value,) if isinstance(value, WaterLevel) else _read(value, level)


def places(value: object) -> object:
    """Read names and paths of weights, a text or several; a text that is the path of something is one.

    Raises:
        InputError: One is empty.
    """

    def named(word: str) -> str:
        if not word:
            raise InputError("`weights`: an empty name", "Give names or paths with commas between them.")
        return word

    if isinstance(value, Path):
        return (str(value),)
    if not isinstance(value, str | list | tuple):
        return value
    texts = [value] if isinstance(value, str) else [str(one) if isinstance(one, Path) else one for one in value]
    if not all(isinstance(text, str) for text in texts):
        return value
    words = [word for text in texts for word in ([text] if Path(text).exists() else _words(text))]
    return _once(map(named, words))


def _read(value: object, read: Callable[[str], T]) -> object:
    """Read the words of a text, or leave what is none as it is."""
    if isinstance(value, list | tuple) and all(isinstance(one, str) for one in value):
        value = ",".join(value)
    return _once(map(read, _words(value))) if isinstance(value, str) else value


def _words(text: str) -> list[str]:
    """Split a text at its commas."""
    return [word.strip() for word in text.split(",")]


def _once(values: Iterable[T]) -> tuple[T, ...]:
    """Leave out what was there before."""
    return tuple(dict.fromkeys(values))


def _not(word: str, setting: str, what: str) -> str:
    """Return the message about a word."""
    return one_line(f"`{setting}` {word[:60]!r}: not {what}")
