"""How much water is rendered, and what can be told about it. Importing this module is quick."""

from collections.abc import Mapping
from enum import Enum
from typing import Annotated

from pydantic import ConfigDict, Field

from pipeline.engine.schema import Options


class WaterLevel(str, Enum):
    """How hard it rains. The rates are in the middle of the classes that weather services use."""

    NONE = "none"
    """Nothing is rendered."""
    LIGHT = "light"
    """2 mm/h: damp ground, a few fine streaks."""
    MODERATE = "moderate"
    """5 mm/h: wet ground that mirrors, puddles."""
    HEAVY = "heavy"
    """30 mm/h: ground under water, haze, many streaks and drops."""


RAIN_RATES: Mapping[WaterLevel, float] = {
    WaterLevel.NONE: 0.0,
    WaterLevel.LIGHT: 2.0,
    WaterLevel.MODERATE: 5.0,
    WaterLevel.HEAVY: 30.0,
}
"""Rain rate in mm/h of each level."""

Amount = Annotated[float, Field(ge=0, le=2)]


class WaterAmounts(Options):
    """The strength of each effect: 1 is what the level makes, 0 leaves it out, at most 2."""

    model_config = ConfigDict(allow_inf_nan=False)

    wet_ground: Amount = 1.0
    """Mirror images, dark ground and puddles."""
    haze: Amount = 1.0
    """What the air between lens and scene adds."""
    streaks: Amount = 1.0
    """Falling drops."""
    drops: Amount = 1.0
    """Drops on the glass."""
