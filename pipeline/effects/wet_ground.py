"""Wet ground: darker than dry, and a mirror that is better the flatter one looks along it.

Sources: where mirror images lie follows from geometry; the share of light that water mirrors is Schlick's approximation
of Fresnel's equations ("An Inexpensive BRDF Model for Physically-based Rendering", Computer Graphics Forum 13, 1994);
that wet surfaces are darker, Lekner and Dorf, "Why some things are darker when wet", Applied Optics 27, 1988.
"""

from functools import cache

import cv2
import numpy as np

from pipeline.effects.change import Change, unchanged
from pipeline.effects.distances import Mask, ground_distance
from pipeline.effects.layout import Layout
from pipeline.effects.linear_light import Linear, Plane, brightest, smooth_step
from pipeline.effects.mirror import mirrored
from pipeline.effects.noise import endless_noise

_WATER = 0.02
"""Share of light that water mirrors when it is looked at from above."""
_ROUGH = 0.08
"""Slope by which a wet road's film is tilted on average: it mirrors less along itself than still water."""
_DARKER = 0.85
"""Share of its own light that thoroughly wet asphalt loses."""
_WIDEST_PAINT = 25
"""Pixels at a width of 640: lane markings are narrower."""
_CELLS = 10.0
"""Of the noise that places puddles, for each metre across the road. Along it they are longer."""
_LONGER = 2.5
_NOISE_SIZE = 256
_SHORE = 0.8
"""Standard deviations of the noise from the edge of a puddle to its full depth."""
_NOTHING_FINE = 40.0
"""Metres from which on puddles are finer than a pixel."""


def wet_ground(light: Linear, layout: Layout, wetness: float, seed: int) -> Change:
    """Make the ground wet.

    A pixel of ground at row r below a contact line at row c mirrors what stands at row 2 c - r. Where there is no
    ground nothing changes.

    Args:
        light: (h, w, 3), the picture at the working size.
        layout: Where things are in it.
        wetness: 0 dry, 0.45 damp, 0.8 wet with puddles, 1 under water.
        seed: Places the puddles.
    """
    change = unchanged(light)
    soft = _softened(layout)
    found = np.flatnonzero(soft.any(axis=1))
    if wetness == 0 or not len(found):
        return change
    band = slice(int(found[0]), int(found[-1]) + 1)  # mirror images are looked for in these rows alone
    rows = np.arange(band.start, band.stop, dtype=np.float32)[:, None]
    film, puddle = _film(layout, rows, wetness, seed)
    image = mirrored(light, layout, band, puddle, seed)
    share = _mirroring(layout, rows, puddle) * film * soft[band]
    change.added[band] = image * share[..., None]
    change.gain[band] = 1 - soft[band] * film * _loses(light[band], layout.ground[band], layout.unit)
    return change


def _softened(layout: Layout) -> Plane:
    """Return the ground with a soft edge, which at labelled objects is outside of them.

    Water grows beside a box from its sides on: its upright edges are none of the object's, and would be seen.
    """
    unit = layout.unit
    soft = cv2.GaussianBlur(layout.ground.astype(np.float32), (0, 0), 1.2 * unit)
    if not layout.objects.any():
        return np.asarray(soft, dtype=np.float32)
    beside = cv2.GaussianBlur(layout.objects.astype(np.float32), (0, 0), sigmaX=6 * unit, sigmaY=0.8 * unit)
    return np.asarray(soft * np.clip(1 - 2 * beside, 0, 1) * ~layout.objects, dtype=np.float32)


def _film(layout: Layout, rows: Plane, wetness: float, seed: int) -> tuple[Plane, Plane]:
    """Return how much water is on each pixel, 0 to 1, and how much it is a puddle, 0 to 1.

    Puddles and damp spots lie on the ground: their noise is sampled in metres along and across the road.

    Args:
        layout: Where things are.
        rows: (n, 1), the rows that are wanted.
        wetness: 0 to 1.
        seed: Places the puddles.
    """
    width = layout.ground.shape[1]
    away = ground_distance(rows, layout.horizon, layout.focal)
    across = (np.arange(width, dtype=np.float32) - width / 2) * away / layout.focal
    start = np.random.default_rng(seed).uniform(0, _NOISE_SIZE, 2)
    where_x = (across * _CELLS + start[0]) % _NOISE_SIZE
    where_y = np.broadcast_to((away * _CELLS / _LONGER + start[1]) % _NOISE_SIZE, where_x.shape)
    maps = where_x.astype(np.float32), where_y.astype(np.float32)
    field = cv2.remap(puddle_noise(), *maps, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    near = smooth_step(_NOTHING_FINE - away, 0.0, 0.6 * _NOTHING_FINE)
    limit = 2.3 - 1.9 * wetness  # in standard deviations: the wetter, the more lies under water
    puddle = smooth_step(np.asarray(field, dtype=np.float32), limit, limit + _SHORE) * near
    film = wetness * (0.88 + 0.12 * np.tanh(field) * near)
    return np.asarray(np.maximum(film, puddle * min(1.0, 1.25 * wetness)), dtype=np.float32), puddle


@cache
def puddle_noise() -> Plane:
    """Return smooth noise (256, 256) of mean 0 and deviation 1 that continues at its edges."""
    total = np.zeros((_NOISE_SIZE, _NOISE_SIZE), dtype=np.float32)
    for sigma, weight in ((10.0, 1.0), (4.5, 0.5), (2.0, 0.3)):
        total += weight * endless_noise(0, _NOISE_SIZE, sigma, sigma)
    return np.asarray((total - total.mean()) / total.std(), dtype=np.float32)


def _mirroring(layout: Layout, rows: Plane, puddle: Plane) -> Plane:
    """Return the share of light that water mirrors in each row, by Schlick; a rough film less far along itself."""
    below = np.maximum(rows - layout.horizon, 0)
    cosine = below / np.hypot(below, layout.focal)
    cosine = np.hypot(cosine, _ROUGH * (1 - 0.7 * puddle))
    return np.asarray(_WATER + (1 - _WATER) * (1 - np.minimum(cosine, 1)) ** 5, dtype=np.float32)


def _loses(light: Linear, ground: Mask, unit: float) -> Plane:
    """Return the share of its own light that thoroughly wet ground loses: paint, which takes no water, less."""
    bright = brightest(light)  # by which yellow paint is as bright as white
    weight = ground.astype(np.float32)
    small = tuple(max(1, side // 8) for side in reversed(bright.shape))
    sums = [cv2.resize(plane, small, interpolation=cv2.INTER_AREA) for plane in (bright * weight, weight)]
    total, share = (cv2.GaussianBlur(plane, (0, 0), max(0.5, 3 * unit)) for plane in sums)
    around = cv2.resize(total / (share + 1e-3), bright.shape[::-1], interpolation=cv2.INTER_LINEAR)
    # A patch that lies in the sun is as bright as paint, but wide.
    side = max(3, int(_WIDEST_PAINT * unit) | 1)
    kernel = np.ones((side, side), dtype=np.uint8)
    narrow = cv2.morphologyEx(bright / (around + 0.01), cv2.MORPH_TOPHAT, kernel)
    paint = smooth_step(np.asarray(narrow, dtype=np.float32), 0.25, 0.8)
    return np.asarray(_DARKER * (1 - 0.8 * paint), dtype=np.float32)
