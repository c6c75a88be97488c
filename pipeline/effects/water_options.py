"""How much water is rendered, and what can be told about it. Importing this module is quick."""

from collections.abc import Mapping, Sequence
from enum import Enum
from typing import Annotated

from pydantic import ConfigDict, Field

from pipeline.engine.schema import Options, help_of
from pipeline.files.text import one_line
from tpsence.errors import InputError


class WaterLevel(str, Enum):
    """How hard it rains. The rates are in the middle of the classes that weather services use."""

    NONE = "none"
    """Nothing is rendered."""
    LIGHT = "light"
    """2 mm/h: damp ground, a few fine streaks."""
    MODERATE = "moderate"
    """5 mm/h: wet ground that mirrors, puddles."""
    HEAVY = "heavy"
    """25 mm/h: ground under water, haze, many streaks and drops."""


RAIN_RATES: Mapping[WaterLevel, float] = {
    WaterLevel.NONE: 0.0,
    WaterLevel.LIGHT: 2.0,
    WaterLevel.MODERATE: 5.0,
    WaterLevel.HEAVY: 25.0,
}
"""Rain rate in mm/h of each level."""

GROUND, NIGHT = "ground", "night"
"""What is noted of a picture: that there was ground to get wet, and that it shows a night."""

Amount = Annotated[float, Field(ge=0, le=2)]


class WaterAmounts(Options):
    """The strength of each effect: 1 is what the level makes, 0 leaves it out, at most 2."""

    model_config = ConfigDict(allow_inf_nan=False)

    overcast: Amount = 1.0
    """An even grey sky, and no sun on the ground; more than 1 is as 1."""
    wet_ground: Amount = 1.0
    """Mirror images, dark ground and puddles."""
    haze: Amount = 1.0
    """What the air between lens and scene adds."""
    streaks: Amount = 1.0
    """Falling drops."""
    drops: Amount = 1.0
    """Drops on the glass."""

    def changes(self) -> dict[str, float]:
        """Return those that are not 1, by name, in the order of the fields."""
        return {name: amount for name, amount in self.model_dump().items() if amount != 1}


AMOUNT_PREFIX = "water."
"""What stands before the name of an effect where an amount is given by its key."""
_AMOUNTS = [AMOUNT_PREFIX + name for name in WaterAmounts.model_fields]
_HINT = f"There are {', '.join(_AMOUNTS[:-1])} and {_AMOUNTS[-1]}, each from 0 to 2."


def complete_amount(begun: str) -> list[tuple[str, str]]:
    """Complete the key of an amount: each with what it is the strength of."""
    del begun  # all of them are few
    fields = WaterAmounts.model_fields
    return [(f"{AMOUNT_PREFIX}{name}=", help_of(field)) for name, field in fields.items()]


def parse_amounts(texts: Sequence[str]) -> dict[str, float]:
    """Read amounts as they stand on the command line; of two for one effect the last counts.

    Args:
        texts: ``water.haze=0.5`` each.

    Raises:
        InputError: One is not of that form, names no effect, or has no number from 0 to 2.
    """
    found: dict[str, float] = {}
    for text in texts:
        key, equals, number = (part.strip() for part in text.partition("="))
        if not equals:
            raise InputError(_refusal(text, "not of the form KEY=VALUE"), _HINT)
        if key not in _AMOUNTS:
            raise InputError(_refusal(text, "no such setting"), _HINT)
        try:
            found[key.removeprefix(AMOUNT_PREFIX)] = float(number)
        except ValueError:
            raise InputError(_refusal(text, "not a number"), _HINT) from None
    amounts_of(found)
    return found


def amounts_of(values: Mapping[str, float]) -> WaterAmounts:
    """Return the amounts that some values make with the defaults of the rest.

    Args:
        values: By the name of the effect.

    Raises:
        InputError: There is no such effect, or a value is not from 0 to 2.
    """
    for name, value in values.items():
        if name not in WaterAmounts.model_fields:
            raise InputError(_refusal(f"{AMOUNT_PREFIX}{name}", "no such setting"), _HINT)
        if not 0 <= value <= 2:
            raise InputError(_refusal(f"{AMOUNT_PREFIX}{name}={value}", "out of range"), _HINT)
    return WaterAmounts(**values)


def _refusal(text: str, reason: str) -> str:
    """Return the message about an amount."""
    return one_line(f"`set` {text[:60]}: {reason}")
