"""JSON with what no writer of JSON would write: keys twice, numbers without end, ids as text."""

import json
import random
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.fuzzing.odd import ODD_NAMES, ODD_TEXTS

Json = Any
Slot = tuple[Any, Any]
"""A container, and the key or the place in it."""


@dataclass(frozen=True)
class Raw:
    """Stands in the text as it is."""

    text: str


@dataclass(frozen=True, eq=False)
class Again:
    """A key once more; no two are equal."""

    key: str


_NUMBERS = (
    '"\\ud800"',
    "1e999",
    "-0.0",
    "1e-400",
    "NaN",
    "-Infinity",
    "9" * 400,
    "9" * 5000,
    "1.0",
    "01",
    "1E5",
    "0x1",
    "1_0",
    "-",
)
_DEEP = ("[" * 60 + "]" * 60, "[" * 5_000 + "]" * 5_000, '{"a":' * 3_000 + "1" + "}" * 3_000, "[" * 100_000)


def written(value: Json) -> str:
    """Return the text of a value."""
    if isinstance(value, Raw):
        return value.text
    if isinstance(value, dict):
        return "{" + ", ".join(f"{json.dumps(_key(key))}: {written(one)}" for key, one in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ", ".join(map(written, value)) + "]"
    return json.dumps(value, ensure_ascii=False)


def mutate_json(draw: random.Random, tree: Json) -> None:
    """Change one place of a tree."""
    slots = list(_slots(tree))
    if not slots:
        return
    holder, key = draw.choice(slots)
    way = draw.randrange(8)
    if way == 0:
        del holder[key]
    elif way == 1 and isinstance(holder, dict):
        holder[Again(_key(key))] = draw.choice((holder[key], odd_value(draw)))
    elif way == 2 and isinstance(holder, list):
        holder.insert(key, holder[key])
    elif way == 3:
        other, place = draw.choice(slots)
        holder[key] = _copied(other.get(place) if isinstance(other, dict) else other[place])
    elif way == 4:
        holder[key] = _of_another_type(draw, holder[key])
    elif way == 5 and isinstance(holder, list):
        draw.shuffle(holder)
    else:
        holder[key] = odd_value(draw)


def odd_value(draw: random.Random) -> Json:
    """Return a value that a reader may stumble over."""
    plain: tuple[Json, ...] = (
        None,
        True,
        False,
        0,
        -1,
        1.5,
        10**30,
        2**63,
        [],
        {},
        [[]],
        [None],
        {"a": {}},
        Raw('"\\ud800"'),
    )
    kind = draw.randrange(5)
    if kind == 0:
        return Raw(draw.choice(_NUMBERS))
    if kind == 1:
        return draw.choice(ODD_TEXTS)
    if kind == 2:
        return draw.choice(ODD_NAMES)
    if kind == 3 and draw.random() < 0.2:
        return Raw(draw.choice(_DEEP))
    return draw.choice(plain)


def _of_another_type(draw: random.Random, value: Json) -> Json:
    """Return the same in another type, as other writers have it."""
    if isinstance(value, bool | None):
        return draw.choice((str(value), int(bool(value))))
    if isinstance(value, int):
        return draw.choice((str(value), float(value), [value], bool(value)))
    if isinstance(value, float):
        return draw.choice((str(value), int(value), [value]))
    if isinstance(value, str):
        return draw.choice(([value], {"name": value}, value.upper(), f" {value} ", value.encode().hex()))
    if isinstance(value, list):
        return draw.choice(({str(place): one for place, one in enumerate(value)}, value[:1], [value], None))
    return [value] if isinstance(value, dict) else None


def _copied(value: Json) -> Json:
    """Return a copy, so that no value holds itself."""
    if isinstance(value, dict):
        return {key: _copied(one) for key, one in value.items()}
    return [_copied(one) for one in value] if isinstance(value, list) else value


def _slots(value: Json) -> Iterator[Slot]:
    """Yield every place of a tree."""
    places = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, one in places:
        yield value, key
        yield from _slots(one)


def _key(key: str | Again) -> str:
    """The text of a key."""
    return key.key if isinstance(key, Again) else key
