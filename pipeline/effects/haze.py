"""Haze: rain in the air takes light from what is far, and puts the light of the sky in its place.

Source: Koschmieder's law; extinction 0.312 R^0.67 per km at R mm/h, as measured by optical links and used by Halder,
Lalonde and de Charette, "Physics-Based Rendering for Improving Robustness to Rain", ICCV 2019 (arXiv 1908.10335).
"""

import cv2
import numpy as np

from pipeline.effects.change import Change
from pipeline.effects.layout import Layout
from pipeline.effects.linear_light import Linear, luminance

_BRIGHTEST = 0.55
"""Linear light of the air at most: a sky that the picture has cut off is no rainy day's."""


def haze(light: Linear, layout: Layout, rain_rate: float, amount: float = 1.0) -> Change:
    """Veil what is far; the sky stays as it is, and so does a picture at no rain.

    Args:
        light: (h, w, 3), the picture at the working size.
        layout: Where things are in it.
        rain_rate: In mm/h.
        amount: Times the extinction.
    """
    extinction = amount * 0.312 * rain_rate**0.67 / 1000  # per metre
    kept = np.exp(-extinction * layout.distance).astype(np.float32)
    kept[layout.sky] = 1
    kept = np.asarray(cv2.GaussianBlur(kept, (0, 0), 2 * layout.unit))
    kept[layout.sky] = 1
    return Change(gain=kept, added=air_light(light, layout) * (1 - kept)[..., None])


def air_light(light: Linear, layout: Layout) -> Linear:
    """Return the light that the air sends to the camera, (h, w, 3) or one colour (1, 1, 3).

    By day it is the lower sky's, without most of its colour; by night what the lamps around a place send.
    """
    if layout.is_night:
        return np.asarray(cv2.GaussianBlur(light, (0, 0), 40 * layout.unit), dtype=np.float32)
    bright = luminance(light)
    if float(layout.sky.mean()) < 0.01:
        colour = np.full(3, np.quantile(bright, 0.85), dtype=np.float32)
    else:
        rows = np.arange(len(light), dtype=np.float32)[:, None] * layout.sky
        low = layout.sky & (rows >= np.quantile(rows[layout.sky], 0.5))
        colour = light[low].mean(axis=0)
        colour = colour.mean() + 0.35 * (colour - colour.mean())
    return np.asarray(np.clip(colour, 0.02, _BRIGHTEST), dtype=np.float32).reshape(1, 1, 3)
