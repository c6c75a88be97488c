"""Classes whose colour is their meaning, by words in their names. Importing this module is quick."""

import re
from collections.abc import Sequence
from functools import lru_cache

DEFAULT = "traffic light, traffic sign, sign, signal, lamp"
"""As a user would write it."""
NONE = "none"
"""Written in place of names: no class."""
_JOINT = re.compile(r"(?<=[a-z])(?=[A-Z])|[^a-zA-Z0-9]+")
"""What is between two words of a name: ``traffic light``, ``traffic_light``, ``object--traffic-light``,
``TrafficLight``."""


def words_of(text: str) -> tuple[str, ...]:
    """Read names that are separated by commas; empty for ``none``.

    Returns:
        The names in lower case, their words separated by single spaces.
    """
    names = tuple(name for part in text.split(",") if (name := _words(part)))
    return () if names == (NONE,) else names


def means_colour(category: str, names: Sequence[str]) -> bool:
    """Tell whether the colour of a class is its meaning: one of the names is in the class's name, word for word.

    Args:
        category: The class, as the labels have it.
        names: From ``words_of``.
    """
    return _has_one(category, tuple(names))


@lru_cache(maxsize=4096)
def _has_one(category: str, names: tuple[str, ...]) -> bool:
    """See ``means_colour``; a data set has few classes and many boxes."""
    words = f" {_words(category)} "
    return any(f" {name} " in words or f" {name}s " in words for name in names)


def _words(name: str) -> str:
    """Write a name in lower case, one space between two words."""
    return _JOINT.sub(" ", name).strip().lower()
