"""Which class of a data set is which of a detector: by name, or as the user says.

Case, underscores, hyphens and blanks in names are ignored. Several classes of a data set may be one of the detector's:
a detector of persons does not tell a rider from one.
"""

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from tpsence.errors import InputError

_IGNORED = re.compile(r"[\s_-]+")
_SHOWN = 12
"""Names in a message."""


@dataclass(frozen=True, slots=True)
class ClassMatch:
    """Classes of a data set among those of a detector."""

    places: Mapping[str, int]
    """Of each class of the data set that the detector knows, its place among the detector's."""
    unmatched: tuple[str, ...]
    """Classes of the data set that the detector does not know, in the order of the data set."""


def match_classes(data_set: Iterable[str], detector: Sequence[str], entries: Sequence[str] = ()) -> ClassMatch:
    """Find the classes of a data set among those of a detector.

    Args:
        data_set: Its classes; named again they count once.
        detector: The detector's.
        entries: What the user says, each as ``car=vehicle``: the data set's ``car`` is the detector's ``vehicle``.

    Raises:
        InputError: An entry cannot be read, names a class that is not there or one twice, or no class is found.
    """
    wanted = list(dict.fromkeys(data_set))
    places = _said(wanted, detector, entries)
    known = {_plain(name): place for place, name in reversed(list(enumerate(detector)))}
    exact = {name: place for place, name in enumerate(detector)}
    for name in wanted:
        place = exact.get(name, known.get(_plain(name)))
        if place is not None:
            places.setdefault(name, place)
    if not places:
        raise InputError(
            f"the detector knows none of the classes of the labels: {_listed(wanted) or 'there are none'}",
            f"Give `map`, as in car=vehicle; the detector knows {_listed(detector)}.",
        )
    return ClassMatch(places, tuple(name for name in wanted if name not in places))


def _said(data_set: Sequence[str], detector: Sequence[str], entries: Sequence[str]) -> dict[str, int]:
    """What the user says, as a table.

    Raises:
        InputError: An entry cannot be read, or names a class that is not there or one twice.
    """
    places: dict[str, int] = {}
    for entry in entries:
        own, equals, theirs = (part.strip() for part in entry.partition("="))
        if not (own and equals and theirs):
            raise InputError(
                f"`map`: {entry!r} is no pair of classes", "Give the labels' and the detector's: car=vehicle."
            )
        name = data_set[_find(own, data_set, "the labels have")]
        if name in places:
            raise InputError(f"`map`: {name!r} is given twice", "Give each class of the labels once.")
        places[name] = _find(theirs, detector, "the detector knows")
    return places


def _find(name: str, names: Sequence[str], whose: str) -> int:
    """The place of a name, exact or else but for what is ignored.

    Raises:
        InputError: It is not there; the message lists those that are close.
    """
    if name in names:
        return names.index(name)
    plain = [_plain(other) for other in names]
    if _plain(name) in plain:
        return plain.index(_plain(name))
    close = [names[plain.index(other)] for other in get_close_matches(_plain(name), plain)]
    hint = f"Close to it: {_listed(close)}." if close else f"There are: {_listed(names)}."
    raise InputError(f"`map`: {whose} no class {name!r}", hint)


def _plain(name: str) -> str:
    """A name without what is ignored."""
    return _IGNORED.sub("", name).casefold()


def _listed(names: Sequence[str]) -> str:
    """Names for a message, the first of many."""
    more = len(names) - _SHOWN
    return ", ".join(names[:_SHOWN]) + (f" and {more} more" if more > 0 else "")
