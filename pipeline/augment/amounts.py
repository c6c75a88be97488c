"""Amounts that pictures and copies may differ in: one value, a range to draw from, or several in turn.

Importing this module is quick.
"""

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any, Generic, TypeVar

from pydantic import BeforeValidator, PlainSerializer
from pydantic_core import PydanticCustomError

from pipeline.effects.water_options import WaterLevel
from pipeline.engine.schema import Written, plain

if TYPE_CHECKING:
    from pipeline.augment.lot import Lot

T = TypeVar("T")

_TO, _AND = "..", ","
LEVELS = tuple(WaterLevel)
"""How hard it rains, in order."""
_DECIMALS = 4
"""Of strengths that are drawn, so that a table of them says all."""


@dataclass(frozen=True, slots=True)
class Spread(Written, Generic[T]):
    """Several values, of which each copy of a picture has one."""

    values: tuple[T, ...]
    """The least and the most of a range, or those that copies take in turn."""
    in_turn: bool
    """They are taken in turn."""

    def __str__(self) -> str:
        """Return the text that it is read from: ``0.6..1.2``, ``0.5,1``."""
        return (_AND if self.in_turn else _TO).join(map(_text, self.values))


def values_of(amount: T | Spread[T]) -> tuple[T, ...]:
    """Return the values that an amount is given by: one, the ends of a range, or those in turn."""
    return amount.values if isinstance(amount, Spread) else (amount,)


def strength_of(amount: float | Spread[float], lot: "Lot") -> float:
    """Return the strength that a copy has, in a range drawn evenly, to 4 decimals."""
    if not isinstance(amount, Spread):
        return amount
    if amount.in_turn:
        return amount.values[lot.turn("strength", len(amount.values))]
    low, high = amount.values
    return min(high, max(low, round(low + (high - low) * lot.share("strength"), _DECIMALS)))


def level_of(amount: WaterLevel | Spread[WaterLevel], lot: "Lot") -> WaterLevel:
    """Return how hard it rains on a copy, of a range each of its levels as often."""
    levels = levels_in(amount)
    if isinstance(amount, Spread) and amount.in_turn:
        return levels[lot.turn("level", len(levels))]
    return levels[int(lot.share("level") * len(levels))]


def levels_in(amount: WaterLevel | Spread[WaterLevel]) -> Sequence[WaterLevel]:
    """Return the levels that there can be; of those in turn each as often as its turn comes."""
    if not isinstance(amount, Spread) or amount.in_turn:
        return values_of(amount)
    low, high = map(LEVELS.index, amount.values)
    return LEVELS[low : high + 1]


def levels_told(amount: WaterLevel | Spread[WaterLevel] | None) -> Sequence[WaterLevel]:
    """Return the levels that there can be, none where it is not told."""
    return () if amount is None else levels_in(amount)


def _strength(value: object) -> float:
    """Read a strength; whether it is in range is not looked at here.

    Raises:
        ValueError: It is no number.
    """
    if not isinstance(value, int | float | str) or isinstance(value, bool):
        raise ValueError("no number")
    return float(value)


def _level(value: object) -> WaterLevel:
    """Read a level.

    Raises:
        ValueError: There is no such level.
    """
    return WaterLevel(value.strip() if isinstance(value, str) else value)


def _reader(
    read: Callable[[object], T], rank: Callable[[T], float], wanted: str, *, optional: bool = False
) -> Callable[[object], object]:
    """Return what reads an amount: a value, a text, or a pair, which is a range; None where it may be missing."""

    def amount(value: object) -> object:
        if isinstance(value, Spread) or (optional and value is None):
            return value
        try:
            given, in_turn = _parts(value)
            found = tuple(map(read, given))
            ranks = list(map(rank, found))
        except ValueError:
            raise PydanticCustomError("amount", "Input should be {wanted}", {"wanted": wanted}) from None
        if not all(map(math.isfinite, ranks)):
            raise PydanticCustomError("amount", "Input should be a finite number")
        if len(set(found)) == 1:
            return found[0]
        if not in_turn and not ranks[0] < ranks[1]:
            raise PydanticCustomError("amount", "Input should go from the least to the most")
        return Spread(found, in_turn)

    return amount


def _parts(value: object) -> tuple[Sequence[object], bool]:
    """Take an amount apart: its values, and whether they are taken in turn.

    Raises:
        ValueError: It is a pair of another length.
    """
    if isinstance(value, str) and _AND in value:
        return value.split(_AND), True
    if isinstance(value, str) and _TO in value:
        low, _, high = value.partition(_TO)
        return (low, high), False
    if isinstance(value, list | tuple):
        if len(value) != 2:
            raise ValueError("no pair")
        return value, False
    return (value,), False


def _text(value: object) -> str:
    """Write a value as it is read."""
    return value.value if isinstance(value, WaterLevel) else str(value)


_STRENGTHS = "a number, a range such as 0.6..1.2, or several such as 0.5,1"
_WATERS = "'none', 'light', 'moderate' or 'heavy', a range such as light..heavy, or several such as light,heavy"
_AsText = PlainSerializer(plain)
_ReadStrength: Any = BeforeValidator(_reader(_strength, float, _STRENGTHS))
_ReadWater: Any = BeforeValidator(_reader(_level, LEVELS.index, _WATERS, optional=True))

Strength = Annotated[float | Spread[float], _ReadStrength, _AsText]
"""One strength, or several that pictures and copies have."""
Water = Annotated[WaterLevel | Spread[WaterLevel] | None, _ReadWater, _AsText]
"""One level, or several that pictures and copies have; None where it is not told."""
