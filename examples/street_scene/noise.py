"""Tiling noise textures."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]


def spectral(rng: np.random.Generator, size: int, power: float, lowest: float = 1.0) -> Floats:
    """Make cloud-like noise that repeats without a seam.

    Args:
        rng: Source of the noise.
        size: Side of the square texture in pixels.
        power: Fall of the amplitude with frequency; 0 is white, 2 is very soft.
        lowest: Frequencies below this many waves per texture are damped.

    Returns:
        Texture (size, size), mean 0, standard deviation 1.
    """
    waves = np.fft.fft2(rng.standard_normal((size, size)))
    cycles = np.fft.fftfreq(size, 1.0 / size)
    radius = np.hypot(cycles[:, None], cycles[None, :])
    waves *= np.where(radius > 0, np.maximum(radius, lowest), np.inf) ** -power
    texture = np.fft.ifft2(waves).real
    return np.asarray(texture / texture.std(), np.float32)


def sample(texture: Floats, u: Floats, v: Floats) -> Floats:
    """Look a tiling texture up, nearest pixel.

    Args:
        texture: Square texture (N, N).
        u: Column positions in pixels, any shape, any sign.
        v: Row positions in pixels, same shape.

    Returns:
        Values of the shape of ``u``.
    """
    size = texture.shape[0]
    rows = np.floor(v).astype(np.int64) % size
    cols = np.floor(u).astype(np.int64) % size
    return np.asarray(texture[rows, cols], np.float32)


def smoothstep(low: float, high: float, value: Floats) -> Floats:
    """Rise softly from 0 at ``low`` to 1 at ``high``; works elementwise."""
    t = np.clip((value - low) / (high - low), 0.0, 1.0)
    return np.asarray(t * t * (3.0 - 2.0 * t), dtype=np.float32)
