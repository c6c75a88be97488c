"""What the ground mirrors: sharp in puddles and near the line where things stand on it, long and soft farther down."""

from dataclasses import dataclass
from functools import cache
from typing import Any

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.effects.layout import Layout
from pipeline.effects.linear_light import Linear, Plane, brightest, luminance, saturation, smooth_step
from pipeline.effects.noise import endless_noise
from pipeline.images.size import Size

_SMALLER = 2
"""Mirror images are soft: they are found at the working size divided by this."""
_LEVELS = ((1, 0.8, 2.5), (1, 1.8, 7.0), (2, 3.2, 16.0), (2, 5.2, 30.0), (4, 7.2, 42.0))
"""Ever softer copies of the picture: how much smaller they are, and the deviations of the blur across and along, in
pixels at a width of 640. A rough film spreads mirror images along the line of sight, many times as far as across."""
_SHARPER = 0.8
"""Levels by which puddles are sharper."""
_WAVER = 1.2
"""Pixels at a width of 640 by which waves move a mirror image aside, from 40 pixels below the contact line on."""
_LAMP = 0.7
"""Linear light from which on a pixel counts as a source of light, which is brighter than the picture can hold."""
_LAMP_BY_DAY, _LAMP_BY_NIGHT, _SKY_BY_DAY = 3.0, 3.0, 0.4
"""How many times brighter, more: lamps, and a clouded sky that is white in the picture."""
_LAMP_SIZE = 10
"""Pixels at a width of 640: what is bright and larger is no lamp but a window, a wall or the sky."""
_GLITTER = (0.6, 26.0)
"""Deviations across and along, in pixels at a width of 640, of what waves send of a lamp from all along the ground."""
_SEAM_BY_DAY, _SEAM_BY_NIGHT = 6.0, 2.0
"""The same, across, by which the ends of mirror images are softened; by night lamps leave narrow streaks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Places:
    """Where in a picture each pixel of a mirror image comes from, in shares of its width and height, 0 to 1."""

    x: Plane
    y: Plane

    def sampled(self, source: Linear, smaller: int, across: float, along: float) -> Linear:
        """Blur a picture (h, w, 3), ``smaller`` times as small, by deviations in its own pixels, and sample it."""
        height, width = source.shape[:2]
        size = max(1, width // smaller), max(1, height // smaller)
        small = source if smaller == 1 else cv2.resize(source, size, interpolation=cv2.INTER_AREA)
        wide, high = (max(0.3, sigma / smaller) for sigma in (across, along))
        blurred = cv2.GaussianBlur(small, (0, 0), sigmaX=wide, sigmaY=high)
        x, y = (place * side - np.float32(0.5) for place, side in ((self.x, size[0]), (self.y, size[1])))
        return np.asarray(cv2.remap(blurred, x, y, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE), np.float32)


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
    rows, (height, width) = band.stop - band.start, layout.ground.shape
    size = max(1, width // _SMALLER), max(1, rows // _SMALLER)
    contact, wet, puddles = (_scaled(plane, size) for plane in (layout.contact[band], layout.ground[band], puddle))
    row = (np.arange(size[1], dtype=np.float32)[:, None] + 0.5) * (rows / size[1]) - 0.5 + band.start
    below = np.maximum(row - contact, 0)  # in pixels of the working size
    reach = below / layout.unit
    places = _places(contact, below, layout, seed)
    small = _scaled(light, (size[0], max(1, height // _SMALLER)))
    source, lamps = light_sources(small, _scaled(layout.sky, (size[0], len(small))), layout)
    softness = np.clip(np.log2(1 + reach / 8) - _SHARPER * puddles, 0, len(_LEVELS) - 1)
    pixel = layout.unit * size[0] / width  # of a width of 640, in pixels of the small size
    image = np.zeros((size[1], size[0], 3), dtype=np.float32)
    for level, (smaller, across, along) in enumerate(_LEVELS):
        weight = np.maximum(1 - np.abs(softness - level), 0)
        if weight.any():
            image += weight[..., None] * places.sampled(source, smaller, across * pixel, along * pixel)
    seam = _SEAM_BY_NIGHT if layout.is_night else _SEAM_BY_DAY
    image = _without_seams(image, wet, np.minimum(reach / 50, 1), seam * pixel)
    image += places.sampled(lamps, 2, _GLITTER[0] * pixel, _GLITTER[1] * pixel)
    return np.asarray(cv2.resize(image, (width, rows), interpolation=cv2.INTER_LINEAR), dtype=np.float32)


def _places(contact: Plane, below: Plane, layout: Layout, seed: int) -> _Places:
    """Return where mirror images come from.

    Args:
        contact: (n, m), rows of the contact lines, in pixels of the working size.
        below: (n, m), how far below them a pixel is, in the same.
        layout: Where things are.
        seed: Places the waves.
    """
    height, width = layout.ground.shape
    waver = _waves(below.shape, seed) * np.minimum(below / (40 * layout.unit), 1) * (_WAVER * layout.unit / width)
    x = (np.arange(below.shape[1], dtype=np.float32) + 0.5) / below.shape[1] + waver
    y = (np.clip(contact - below - 1, 0, height - 1) + 0.5) / height
    return _Places(x=x.astype(np.float32), y=y.astype(np.float32))


def _scaled(values: NDArray[Any], size: Size) -> NDArray[np.float32]:
    """Scale down to a (W, H) by averages."""
    return np.asarray(cv2.resize(values.astype(np.float32, copy=False), size, interpolation=cv2.INTER_AREA), np.float32)


def _without_seams(image: Linear, ground: Plane, share: Plane, sigma: float) -> Linear:
    """Blur a mirror image across, where it is far below what it shows.

    Where one thing ends beside another that stands farther away, the image would end in a straight upright line, which
    waves never leave.

    Args:
        image: (n, m, 3).
        ground: (n, m), 0 to 1; what is none is no part of the image.
        share: (n, m), how much to blur.
        sigma: Deviation in pixels.
    """
    total = cv2.GaussianBlur(image * ground[..., None], (0, 0), sigmaX=sigma, sigmaY=0.3)
    weight = cv2.GaussianBlur(ground, (0, 0), sigmaX=sigma, sigmaY=0.3)
    mixed = (share * (weight > 0.05))[..., None]
    return np.asarray(image + mixed * (total / np.maximum(weight, 1e-3)[..., None] - image), dtype=np.float32)


def light_sources(light: Linear, sky: Plane, layout: Layout) -> tuple[Linear, Linear]:
    """Return light with what the picture has cut off of lamps and sky, and what it has cut off of lamps alone.

    Args:
        light: (h, w, 3).
        sky: (h, w), 0 to 1.
        layout: Tells night from day, and the unit.

    Returns:
        Both (h, w, 3); the first goes above 1.
    """
    bright = smooth_step(brightest(light), _LAMP, 1.0)
    side = max(3, int(_LAMP_SIZE * layout.unit / _SMALLER) | 1)  # an opening by an even one moves things
    large = cv2.morphologyEx(bright, cv2.MORPH_OPEN, np.ones((side, side), dtype=np.uint8))
    lamp = (bright - large) * (1 - sky)
    if layout.is_night:
        lamps = light * (lamp * np.float32(_LAMP_BY_NIGHT))[..., None]
        return light + lamps, lamps
    colour = smooth_step(saturation(light), 0.3, 0.7)  # what is bright and white by day mostly lies in the sun
    lamps = light * (lamp * colour * np.float32(_LAMP_BY_DAY))[..., None]
    cut = smooth_step(luminance(light), 0.5, 1.0) * sky * np.float32(_SKY_BY_DAY)
    return light * (1 + cut)[..., None] + lamps, lamps


def _waves(shape: tuple[int, ...], seed: int) -> Plane:
    """Return noise (n, m) of deviation 1, wider than high, by which mirror images waver."""
    noise = _wave_noise()
    first = np.random.default_rng(seed + 1).integers(0, len(noise), 2)
    rows, columns = ((start + np.arange(side)) % len(noise) for start, side in zip(first, shape, strict=True))
    return np.asarray(noise[rows[:, None], columns])


@cache
def _wave_noise() -> Plane:
    """Return such noise (512, 512) that continues at its edges."""
    return endless_noise(1, 512, across=3, along=0.7)
