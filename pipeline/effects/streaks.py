"""Falling rain: drops that move while the shutter is open.

Sources: sizes, Marshall and Palmer, "The distribution of raindrops with size", Journal of Meteorology 5, 1948; speeds,
Atlas, Srivastava and Sekhon, "Doppler radar characteristics of precipitation at vertical incidence", Reviews of
Geophysics 11, 1973; how a moving drop mixes its light with the background's, Garg and Nayar, "Vision and Rain", IJCV
75, 2007.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.distances import focal_length
from pipeline.effects.layout import Layout
from pipeline.images.size import Size

EXPOSURE_BY_DAY, EXPOSURE_BY_NIGHT = 1 / 250, 1 / 60
"""Seconds that the shutter is open."""
FULL = 0.6
"""The share of its light that a pixel with the opacity 255 takes from the drop."""
_SMALLEST, _LARGEST = 0.8, 5.0
"""Diameters in mm of drops that are drawn; finer ones are haze."""
_NEAREST, _FARTHEST = 0.4, 3.0
"""Distances in metres between which drops are drawn: nearer is the glass, farther ones are finer than a pixel."""
_IN_FOCUS = 1.6
"""Metres from which on a camera that looks far away draws drops sharply."""
_WIDER = 1.7
"""Times that streaks are drawn fainter: 1.35 because a line of OpenCV with soft edges is wider than it is said to be,
the rest because a detector lost more by them than the pictures gained."""
_MARGIN = 0.1
"""Share of the picture's sides by which drops are placed outside, whose streaks reach into it."""
_SUBPIXEL = 4
"""Bits of a fraction of a pixel."""


@dataclass(frozen=True, slots=True)
class Drops:
    """Falling drops, all arrays (n,)."""

    diameter: NDArray[np.float64]
    """In mm."""
    distance: NDArray[np.float64]
    """From the camera in metres."""
    x: NDArray[np.float64]
    """Place in shares of the picture's width; a little outside too."""
    y: NDArray[np.float64]
    """Place in shares of its height."""


def streaks(size: Size, layout: Layout, rain_rate: float, amount: float, seed: int) -> NDArray[np.uint8]:
    """Draw falling rain.

    Args:
        size: (W, H) of the picture.
        layout: Where things are: drops behind an object are not seen.
        rain_rate: In mm/h.
        amount: Times the opacity.
        seed: Places the drops, and slants their fall by the wind.

    Returns:
        (H, W), opacity of the drops: 0 none, 255 ``FULL``.
    """
    width, height = size
    opacity = np.zeros((height, width), dtype=np.uint8)
    if rain_rate == 0 or amount == 0:
        return opacity
    random = np.random.default_rng(seed + 2)
    slant = np.tan(np.radians(random.normal(0, 7)))  # of the wind, the same for the whole picture
    focal = focal_length(size)
    drops = _seen(falling(random, rain_rate, (width / focal, height / focal)), layout)
    exposure = EXPOSURE_BY_NIGHT if layout.is_night else EXPOSURE_BY_DAY
    length = focal * fall_speed(drops.diameter) * exposure / drops.distance
    thickness = focal * drops.diameter / 1000 / drops.distance
    # Garg and Nayar: a drop covers a pixel for the time that it takes to fall by its own height.
    covers = np.minimum(1, drops.diameter / 1000 / (fall_speed(drops.diameter) * exposure))
    level = np.clip(255 * amount * covers * np.minimum(1, thickness) / (_WIDER * FULL), 0, 255)
    near = drops.distance < _IN_FOCUS
    _draw(opacity, drops, length, thickness, level, slant, near)
    blurred = max(0.3, 0.0009 * width)
    opacity = np.asarray(cv2.GaussianBlur(opacity, (0, 0), blurred)) if near.any() else opacity
    _draw(opacity, drops, length, thickness, level, slant, ~near)
    return opacity


def falling(random: np.random.Generator, rain_rate: float, view: tuple[float, float]) -> Drops:
    """Draw by lot the drops that are in the air before the camera.

    Args:
        random: Where chance comes from.
        rain_rate: In mm/h.
        view: How wide and how high a part of the air is seen at a distance of one metre, in metres.
    """
    slope = 4.1 * rain_rate**-0.21  # Marshall and Palmer: N(D) = 8000 exp(-slope D) per m^3 and mm
    density = 8000 / slope * (np.exp(-slope * _SMALLEST) - np.exp(-slope * _LARGEST))
    wider = 1 + 2 * _MARGIN
    volume = wider**2 * view[0] * view[1] * (_FARTHEST**3 - _NEAREST**3) / 3
    count = int(random.poisson(density * volume))
    share = random.uniform(np.exp(-slope * _LARGEST), np.exp(-slope * _SMALLEST), count)
    distance = random.uniform(_NEAREST**3, _FARTHEST**3, count) ** (1 / 3)
    x, y = random.uniform(-_MARGIN, 1 + _MARGIN, (2, count))
    return Drops(-np.log(share) / slope, distance, x, y)


def fall_speed(diameter: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the speed in m/s at which drops of a diameter in mm fall (Atlas, Srivastava and Sekhon 1973)."""
    return np.asarray(np.maximum(9.65 - 10.3 * np.exp(-0.6 * diameter), 0.5))


def _seen(drops: Drops, layout: Layout) -> Drops:
    """Return the drops that are before what stands at their place in the picture."""
    height, width = layout.distance.shape
    rows = np.clip((drops.y * height).astype(int), 0, height - 1)
    columns = np.clip((drops.x * width).astype(int), 0, width - 1)
    seen = drops.distance < layout.distance[rows, columns]
    return Drops(drops.diameter[seen], drops.distance[seen], drops.x[seen], drops.y[seen])


def _draw(
    opacity: NDArray[np.uint8],
    drops: Drops,
    length: NDArray[np.float64],
    thickness: NDArray[np.float64],
    level: NDArray[np.float64],
    slant: float,
    chosen: NDArray[np.bool_],
) -> None:
    """Draw some of the drops as slanted lines."""
    height, width = opacity.shape
    wanted = np.flatnonzero(chosen & (level >= 4))
    half = length[wanted] / 2
    places = np.stack([drops.x[wanted] * width, drops.y[wanted] * height], axis=1)
    reach = np.stack([half * slant, half], axis=1)
    scale = 1 << _SUBPIXEL
    starts, ends = (np.rint((places + sign * reach) * scale).astype(int).tolist() for sign in (-1, 1))
    widths = np.maximum(1, np.rint(thickness[wanted])).astype(int).tolist()
    levels = level[wanted].tolist()
    for start, end, line, value in zip(starts, ends, widths, levels, strict=True):
        cv2.line(opacity, start, end, (value,), line, cv2.LINE_AA, _SUBPIXEL)
