"""What is done to one picture where pictures of a run differ in it. Importing this module is quick."""

from dataclasses import dataclass

from pipeline.effects.water_options import WaterLevel


@dataclass(frozen=True, slots=True, kw_only=True)
class Variant:
    """What is done to one picture."""

    strength: float = 1.0
    """Scale of a generator's change, 0 to 1.5."""
    level: WaterLevel | None = None
    """How hard it rains, or None for what the effect is for."""
    generator: int = 0
    """Which of several generators translates it, from 0."""


PLAIN = Variant()
"""A generator's whole change, and the water that the effect is for."""
