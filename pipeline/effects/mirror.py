"""What the ground mirrors: sharp in puddles and near the line where things stand on it, long and soft farther down."""

from functools import cache

import cv2
import numpy as np

from pipeline.effects.layout import Layout
from pipeline.effects.linear_light import Linear, Plane, smooth_step

_LEVELS = ((1, 0.8, 2.5), (2, 0.8, 3.5), (4, 0.65, 4.0), (4, 1.0, 7.5), (8, 0.6, 5.2))
"""Ever softer copies of the picture: how much smaller, and the deviations of the blur across and along, in its pixels.
A rough film spreads mirror images along the line of sight many times as far as across it."""
_LAMP = 0.7
"""Linear light from which on a pixel counts as a source of light, which is brighter than the picture can hold."""
_LAMP_BY_DAY, _LAMP_BY_NIGHT = 1.0, 5.0
"""How many times brighter, more."""
_LAMP_SIZE = 14
"""Pixels at a width of 640: what is bright and larger is no lamp but a window, a wall or the sky."""
_GLITTER = 0.5
"""Share of a lamp's light that waves send to the camera from all along the ground before it."""


def mirrored(light: Linear, layout: Layout, band: slice, puddle: Plane, seed: int) -> Linear:
    """Return what the ground mirrors.

    Args:
        light: (h, w, 3), the picture at the working size.
        layout: Where things are in it.
        band: The n rows that are wanted.
        puddle: (n, w), how much a pixel is of a puddle, 0 to 1.
        seed: Places the waves.

    Returns:
        (n, w, 3).
    """
    unit = layout.unit
    contact = layout.contact[band]
    rows = np.arange(band.start, band.stop, dtype=np.float32)[:, None]
    below = np.maximum(rows - contact, 0)
    where_y = np.clip(contact - below - 1, 0, len(light) - 1)
    waver = _waves(below.shape, seed) * 1.2 * unit * np.minimum(below / (40 * unit), 1)
    where_x = np.arange(light.shape[1], dtype=np.float32) + waver
    softness = np.clip(np.log2(1 + below / (8 * unit)) - 1.2 * puddle, 0, len(_LEVELS) - 1)
    source, lamps = light_sources(light, layout)
    result = np.zeros_like(light[band])
    for level, (smaller, across, along) in enumerate(_LEVELS):
        weight = np.maximum(1 - np.abs(softness - level), 0).astype(np.float32)
        if weight.any():
            result += weight[..., None] * _sampled(source, where_x, where_y, smaller, across * unit, along * unit)
    return result + _GLITTER * _sampled(lamps, where_x, where_y, 4, 0.6 * unit, 11 * unit)


def _sampled(source: Linear, where_x: Plane, where_y: Plane, smaller: int, across: float, along: float) -> Linear:
    """Blur a picture at a smaller size, and sample it at places that are told in its own size."""
    height, width = source.shape[:2]
    size = max(1, width // smaller), max(1, height // smaller)
    small = source if smaller == 1 else cv2.resize(source, size, interpolation=cv2.INTER_AREA)
    blurred = cv2.GaussianBlur(small, (0, 0), sigmaX=max(0.3, across), sigmaY=max(0.3, along))
    place_x, place_y = (
        ((where + 0.5) * (target / whole) - 0.5).astype(np.float32)
        for where, target, whole in ((where_x, size[0], width), (where_y, size[1], height))
    )
    sampled = cv2.remap(blurred, place_x, place_y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)
    return np.asarray(sampled, dtype=np.float32)


def light_sources(light: Linear, layout: Layout) -> tuple[Linear, Linear]:
    """Return light with what the picture has cut off of lamps, and what the lamps alone send.

    Args:
        light: (h, w, 3).
        layout: Where things are.

    Returns:
        Both (h, w, 3), above 1 in lamps.
    """
    bright = smooth_step(np.asarray(light.max(axis=2)), _LAMP, 1.0)
    side = max(3, int(_LAMP_SIZE * layout.unit))
    large = cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((side, side), dtype=np.uint8))
    lamp = (bright - large) * ~layout.sky
    lamps = light * (lamp * (_LAMP_BY_NIGHT if layout.is_night else _LAMP_BY_DAY))[..., None]
    return np.asarray(light + lamps, dtype=np.float32), np.asarray(lamps, dtype=np.float32)


def _waves(shape: tuple[int, ...], seed: int) -> Plane:
    """Return noise (n, w) of deviation 1, wider than high, by which mirror images waver."""
    start = np.random.default_rng(seed + 1).integers(0, 512, 2)
    noise = np.roll(_wave_noise(), tuple(start), axis=(0, 1))
    return np.asarray(np.resize(np.tile(noise, (1, -(-shape[1] // 512)))[:, : shape[1]], shape), dtype=np.float32)


@cache
def _wave_noise() -> Plane:
    """Return such noise (512, 512) that continues at its edges."""
    noise = np.random.default_rng(1).standard_normal((512, 512)).astype(np.float32)
    padded = cv2.copyMakeBorder(noise, 32, 32, 32, 32, cv2.BORDER_WRAP)
    smooth = cv2.GaussianBlur(padded, (0, 0), sigmaX=6, sigmaY=1.2)[32:-32, 32:-32]
    return np.asarray(smooth / smooth.std(), dtype=np.float32)
