"""Between 8-bit sRGB and linear light, in which light adds up.

Source: IEC 61966-2-1 (sRGB). A picture that is turned to linear light and back is the same to the bit.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

Linear = NDArray[np.float32]
"""(H, W, 3), linear light, 0 to 1 of the brightest that the picture can hold; more before it is turned back."""
Plane = NDArray[np.float32]
"""(H, W), one number for each pixel."""

_STEPS = 1 << 14
"""Levels of linear light that are told apart: in the dark, where sRGB is finest, five for each of its levels."""


def _decoded() -> NDArray[np.float32]:
    """Return the linear light of each 8-bit level, (256,)."""
    value = np.arange(256, dtype=np.float64) / 255
    curve = np.where(value <= 0.04045, value / 12.92, ((value + 0.055) / 1.055) ** 2.4)
    return curve.astype(np.float32)


def _encoded() -> NDArray[np.uint8]:
    """Return the 8-bit level of each step of linear light, (_STEPS,)."""
    light = np.arange(_STEPS, dtype=np.float64) / (_STEPS - 1)
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(curve * 255), dtype=np.uint8)


_DECODED, _ENCODED = _decoded(), _encoded()


def to_linear(pixels: NDArray[np.uint8]) -> Linear:
    """Turn 8-bit sRGB (H, W, 3) to linear light."""
    return np.asarray(cv2.LUT(pixels, _DECODED), dtype=np.float32)


def to_pixels(light: Linear) -> NDArray[np.uint8]:
    """Turn linear light (H, W, 3) to 8-bit sRGB; what is brighter than 1 is white. The argument is used up."""
    np.multiply(light, _STEPS - 1, out=light)
    np.add(light, 0.5, out=light)
    np.clip(light, 0, _STEPS - 1, out=light)
    return np.take(_ENCODED, light.astype(np.uint16))


def luminance(light: Linear) -> Plane:
    """Return the luminance (H, W) of linear light (H, W, 3), by the weights of ITU-R BT.709."""
    return np.asarray(cv2.transform(light, np.array([[0.2126, 0.7152, 0.0722]], dtype=np.float32)), dtype=np.float32)


def smooth_step(values: Plane, low: float, high: float) -> Plane:
    """Return 0 below ``low``, 1 above ``high``, and a smooth way between them."""
    share = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(share * share * (3 - 2 * share), dtype=np.float32)
