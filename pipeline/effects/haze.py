"""Haze: rain in the air takes light from what is far, and puts the light of the sky in its place.

Source: Koschmieder's law; extinction 0.312 R^0.67 per km at R mm/h, as measured by optical links and used by Halder,
Lalonde and de Charette, "Physics-Based Rendering for Improving Robustness to Rain", ICCV 2019 (arXiv 1908.10335).
"""

import cv2
import numpy as np

from pipeline.effects.bands import rows_at
from pipeline.effects.change import Change, unchanged
from pipeline.effects.layout import Layout
from pipeline.effects.linear_light import Linear, luminance

_GLOW = 40.0
"""Pixels at a width of 640 over which the air by night spreads the light of lamps."""
_BRIGHTEST = 0.4
"""Linear light of the air at most: a sky that the picture has cut off is no rainy day's."""


def haze(light: Linear, layout: Layout, rain_rate: float, amount: float = 1.0) -> Change:
    """Veil what is far; the sky stays as it is, and so does a picture at no rain.

    Args:
        light: (h, w, 3), the picture at the working size.
        layout: Where things are in it.
        rain_rate: In mm/h.
        amount: Times the extinction.
    """
    if rain_rate == 0 or amount == 0:
        return unchanged(light)
    extinction = amount * 0.312 * rain_rate**0.67 / 1000  # per metre
    kept = np.exp(-extinction * layout.distance).astype(np.float32)
    kept[layout.sky] = 1
    kept = np.asarray(cv2.GaussianBlur(kept, (0, 0), 2 * layout.unit))
    kept[layout.sky] = 1
    height, width = kept.shape
    air = rows_at(air_light(light, layout), slice(0, height), (width, height))
    return Change(gain=kept, added=air * (1 - kept)[..., None])


def air_light(light: Linear, layout: Layout) -> Linear:
    """Return the light that the air sends to the camera, at a size of its own: by day one colour, (1, 1, 3).

    By day it is the lower sky's, without most of its colour; by night what the lamps around a place send.
    """
    if layout.is_night:
        return _glow(light, _GLOW * layout.unit)
    light, sky = np.ascontiguousarray(light[::4, ::4]), layout.sky[::4, ::4]
    if float(sky.mean()) < 0.01:
        colour = np.full(3, np.quantile(luminance(light), 0.85), dtype=np.float32)
    else:
        rows = np.nonzero(sky)[0]
        colour = light[sky][rows >= np.median(rows)].mean(axis=0)
        colour = colour.mean() + 0.35 * (colour - colour.mean())
    return np.asarray(np.clip(colour, 0.02, _BRIGHTEST), dtype=np.float32).reshape(1, 1, 3)


def _glow(light: Linear, sigma: float) -> Linear:
    """Blur (h, w, 3) widely, and return it at an eighth of its size."""
    height, width = light.shape[:2]
    small = cv2.resize(light, (max(1, width // 8), max(1, height // 8)), interpolation=cv2.INTER_AREA)
    return np.asarray(cv2.GaussianBlur(small, (0, 0), max(0.3, sigma / 8)), dtype=np.float32)
