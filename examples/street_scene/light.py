"""Light of a scene: colours of sun, sky and haze for each weather and hour."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import numpy as np

from street_scene.noise import Floats

Colour = tuple[float, float, float]


class Weather(str, Enum):
    """How the same street is to be seen."""

    CLEAR = "clear"
    RAIN = "rain"


@dataclass(frozen=True)
class Hour:
    """The sky of a time of day, dry or wet.

    Attributes:
        zenith: Colour of the upper sky, 0-1, like all colours here.
        horizon: Colour of the lower sky; distant things fade into it.
        sun: Strength and tint of direct light.
        fill: Light from the sky.
        lamps: How far lamps and windows are lit, 0-1.
    """

    zenith: Colour
    horizon: Colour
    sun: Colour
    fill: Colour
    lamps: float


CLEAR_HOURS: dict[str, Hour] = {
    "morning": Hour((0.36, 0.58, 0.86), (0.86, 0.87, 0.85), (0.78, 0.66, 0.50), (0.56, 0.60, 0.68), 0.0),
    "noon": Hour((0.25, 0.50, 0.84), (0.78, 0.87, 0.93), (0.74, 0.71, 0.64), (0.58, 0.62, 0.68), 0.0),
    "evening": Hour((0.40, 0.52, 0.76), (0.97, 0.82, 0.64), (0.84, 0.64, 0.44), (0.54, 0.55, 0.63), 0.12),
    "hazy": Hour((0.60, 0.70, 0.80), (0.88, 0.89, 0.88), (0.34, 0.32, 0.29), (0.74, 0.75, 0.77), 0.0),
}
RAIN_HOURS: dict[str, Hour] = {
    "morning": Hour((0.52, 0.56, 0.60), (0.66, 0.69, 0.71), (0.0, 0.0, 0.0), (0.56, 0.60, 0.64), 0.55),
    "noon": Hour((0.56, 0.60, 0.63), (0.72, 0.74, 0.76), (0.0, 0.0, 0.0), (0.64, 0.67, 0.70), 0.4),
    "evening": Hour((0.28, 0.32, 0.39), (0.43, 0.46, 0.52), (0.0, 0.0, 0.0), (0.38, 0.41, 0.47), 1.0),
    "hazy": Hour((0.42, 0.46, 0.50), (0.56, 0.59, 0.61), (0.0, 0.0, 0.0), (0.48, 0.51, 0.55), 0.75),
}


@dataclass(frozen=True)
class Light:
    """All that shading and haze need.

    Attributes:
        hour: Colours of the sky and of the lamps.
        towards: Unit vector (x, y, z) from the street to the sun.
        haze: Distance in metres over which haze takes about two thirds of the contrast.
        wet: Whether surfaces are wet.
    """

    hour: Hour
    towards: Colour
    haze: float
    wet: bool

    def on(self, normal: Floats) -> Floats:
        """Light (3,) that reaches a surface with this unit normal (3,), around 0.4-1.4."""
        facing = max(0.0, float((normal * np.array(self.towards, np.float32)).sum()))
        up = 0.5 + 0.5 * float(normal[1])
        fill = np.array(self.hour.fill, np.float32)
        side = 1.0 + 0.07 * float(normal[0]) - 0.05 * float(normal[2])
        sun = np.array(self.hour.sun, np.float32)
        return np.asarray((fill * (0.62 + 0.5 * up) * side + sun * facing), np.float32)


def light_for(weather: Weather, hour: str, azimuth: float, elevation: float, haze: float) -> Light:
    """Set the light of a scene up.

    Args:
        weather: Clear or rain.
        hour: Key of the hour tables.
        azimuth: Direction of the sun in radians; 0 ahead, positive to the right.
        elevation: Height of the sun in radians.
        haze: Factor on the usual reach of sight, around 1.

    Returns:
        The light.
    """
    flat = float(np.cos(elevation))
    towards = (flat * float(np.sin(azimuth)), float(np.sin(elevation)), flat * float(np.cos(azimuth)))
    wet = weather is Weather.RAIN
    table = RAIN_HOURS if wet else CLEAR_HOURS
    return Light(table[hour], towards, haze * (85.0 if wet else 520.0), wet)
