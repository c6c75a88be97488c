"""Between 8-bit sRGB and linear light, in which light adds up.

Source: IEC 61966-2-1 (sRGB). A picture that is turned to linear light and back is the same to the bit.
"""

import cv2
import numpy as np
from numpy.typing import NDArray

from pipeline.images.size import Size

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
    """Return the 8-bit level of the middle of each step of linear light, (_STEPS,)."""
    light = (np.arange(_STEPS, dtype=np.float64) + 0.5) / _STEPS
    curve = np.where(light <= 0.0031308, light * 12.92, 1.055 * light ** (1 / 2.4) - 0.055)
    return np.asarray(np.rint(curve * 255), dtype=np.uint8)


_DECODED, _ENCODED = _decoded(), _encoded()


def to_linear(pixels: NDArray[np.uint8]) -> Linear:
    """Turn 8-bit sRGB (H, W, 3) to linear light."""
    return np.asarray(cv2.LUT(pixels, _DECODED), dtype=np.float32)


def light_at(pixels: NDArray[np.uint8], size: Size) -> Linear:
    """Scale 8-bit sRGB (H, W, 3) to a smaller (W, H), and turn it to linear light."""
    return to_linear(np.asarray(cv2.resize(pixels, size, interpolation=cv2.INTER_AREA)))


def to_pixels(light: Linear) -> NDArray[np.uint8]:
    """Turn linear light (H, W, 3) to 8-bit sRGB; what is brighter than 1 is white. The argument is used up."""
    np.multiply(light, _STEPS, out=light)
    np.minimum(light, _STEPS - 1, out=light)
    return np.take(_ENCODED, light.astype(np.uint16))


def luminance(light: Linear) -> Plane:
    """Return the luminance (H, W) of linear light (H, W, 3), by the weights of ITU-R BT.709."""
    return np.asarray(cv2.transform(light, np.array([[0.2126, 0.7152, 0.0722]], dtype=np.float32)), dtype=np.float32)


def apply(light: Linear, gain: Plane, added: Linear) -> None:
    """Change light (H, W, 3), in place, to light times ``gain`` (H, W) plus ``added`` (H, W, 3)."""
    # OpenCV takes a tenth of the time that NumPy takes to spread one plane over three.
    cv2.multiply(light, cv2.merge([gain, gain, gain]), dst=light)
    cv2.add(light, added, dst=light)


def brightest(light: Linear) -> Plane:
    """Return the largest of the three values of each pixel, (H, W)."""
    red, green, blue = cv2.split(light)
    return np.asarray(cv2.max(cv2.max(red, green), blue), dtype=np.float32)


def saturation(light: Linear) -> Plane:
    """Return how colourful each pixel is, (H, W): 0 grey, 1 where one of the three values is 0."""
    red, green, blue = cv2.split(light)
    most, least = cv2.max(cv2.max(red, green), blue), cv2.min(cv2.min(red, green), blue)
    return np.asarray(1 - least / np.maximum(most, 1e-6), dtype=np.float32)


def smooth_step(values: Plane, low: float, high: float) -> Plane:
    """Return 0 below ``low``, 1 above ``high``, and a smooth way between them."""
    share = np.subtract(values, low, dtype=np.float32)
    share /= high - low
    np.clip(share, 0, 1, out=share)
    rest = np.multiply(share, -2)
    rest += 3
    share *= share
    share *= rest
    return share
