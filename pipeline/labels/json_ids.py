"""Ids of records that are written several times: those of the first copy stay, those of the others are new."""

import re
from collections.abc import Hashable, Iterable, Sequence
from pathlib import Path

from pipeline.labels.json_file import Json
from pipeline.labels.json_marks import prove

_NUMBERED = re.compile(r"(_+)[0-9]+\Z")
_LARGEST = 2**63
"""Whole numbers below it are counted on from; beyond, readers take them for something else anyway."""
_ROUND = 10**12
"""Below it, the distance between two copies is a power of ten, so that a person sees whose copy an id is."""


class Ids:
    """New ids for copies: none of them is one that the file has, or one of another copy, however many there are.

    Numbers are counted on by the same distance for each copy; texts get ``_2``, ``_3``. What is neither stays.

    Args:
        used: The ids in the file, of any type.
    """

    def __init__(self, used: Iterable[Json]) -> None:
        numbers, texts = [0], list[str]()
        for one in used:
            if _is_whole(one):
                numbers.append(int(one))
            elif _is_id(one):
                texts.append(_text(one))
        span = max(numbers) - min(numbers) + 1
        self._distance = 10 ** len(str(span - 1)) if span <= _ROUND else span
        runs = [len(found[1]) for text in texts if (found := _NUMBERED.search(text))]
        self._mark = "_" * (max(runs, default=0) + 1)

    def of(self, value: Json, copy: int) -> Json:
        """Return the id of a copy.

        Args:
            value: The id in the source.
            copy: Which copy, from 1.
        """
        if copy == 1 or not _is_id(value):
            return value
        if not _is_whole(value):
            return f"{_text(value)}{self._mark}{copy}"
        number = int(value) + (copy - 1) * self._distance
        return float(number) if isinstance(value, float) and float(number) == number else number


def with_id_of(source: Json, copy: Json, target: Path, what: str) -> Json:
    """Return a written record of a copy with the id of its source, to compare the rest.

    Args:
        source: The record in the source.
        copy: As it was written.
        target: The file, for messages.
        what: Whose ids, for messages.

    Raises:
        ProofError: One of them has an id and the other has none.
    """
    prove(isinstance(copy, dict) and ("id" in source) == ("id" in copy), target, what)
    return {**copy, "id": source["id"]} if "id" in source else copy


def prove_distinct(sources: Sequence[Sequence[Json]], written: Sequence[Json], target: Path, what: str) -> None:
    """Check that no two copies share an id: in each, ids may be equal where those of its source are.

    Args:
        sources: For each copy, the ids of what it was made of.
        written: The ids of all copies.
        target: The file, for messages.
        what: Whose ids, for messages.

    Raises:
        ProofError: Two copies share one.
    """
    prove(len(_distinct(written)) == sum(len(_distinct(ids)) for ids in sources), target, f"ids of {what}")


def _distinct(ids: Iterable[Json]) -> set[Hashable]:
    """Return what can be an id, each once."""
    return set(filter(_is_id, ids))


def _is_id(value: Json) -> bool:
    """Tell whether something could be an id: no list and no object. NaN counts, as parsers have but one."""
    return isinstance(value, str | int | float)


def _is_whole(value: Json) -> bool:
    """Tell whether an id is a number that can be counted on from."""
    return isinstance(value, int | float) and abs(value) < _LARGEST and int(value) == value


def _text(value: str | float) -> str:
    """Return an id as a text, the same for equal ones."""
    if isinstance(value, str):
        return value
    return repr(int(value) if isinstance(value, float) and value.is_integer() else value)
