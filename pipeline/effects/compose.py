"""Bring a change that was found at one size to a picture of another."""

import cv2
import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.effects.detail import Detail
from pipeline.effects.local_light import fitted_light
from pipeline.images.geometry import Size


def compose(
    original: NDArray[np.uint8],
    working: NDArray[np.uint8],
    change: NDArray[np.float32],
    detail: Detail,
    strength: float,
) -> NDArray[np.uint8]:
    """Apply a change found at the working size to a picture of any size.

    Args:
        original: (H, W, 3), the picture.
        working: (h, w, 3), the picture at the working size.
        change: (h, w, 3), the change in 8-bit levels.
        detail: ``residual`` adds the scaled change to the original, ``light`` what it does around each pixel;
            ``model`` scales the changed working picture.
        strength: Scale of the change.

    Returns:
        (H, W, 3), clipped to 0..255.
    """
    if detail is Detail.LIGHT:
        lit = fitted_light(working, change).change_of(original, strength)
        return np.asarray(cv2.add(original, lit, dtype=cv2.CV_8U), dtype=np.uint8)
    scaled = change if strength == 1 else change * np.float32(strength)
    size = original.shape[1], original.shape[0]
    if detail is Detail.RESIDUAL:
        # In one pass: the sum in float32, to the nearest level, clipped.
        return np.asarray(cv2.add(original, resize(scaled, size), dtype=cv2.CV_8U), dtype=np.uint8)
    result = _resize_as_published(scaled + working, size)
    # In place, because a large picture in float32 is large.
    return np.clip(np.rint(result, out=result), 0, 255, out=result).astype(np.uint8)


def resize(values: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    """Scale float values, bicubic to a larger size, by area averages to a smaller one.

    Args:
        values: (h, w, 3).
        size: (W, H) wanted.

    Returns:
        (H, W, 3).
    """
    height, width = values.shape[:2]
    if (width, height) == size:
        return values
    grows = size[0] * size[1] >= width * height
    scaled = cv2.resize(values, size, interpolation=cv2.INTER_CUBIC if grows else cv2.INTER_AREA)
    return np.asarray(scaled, dtype=np.float32).reshape(size[1], size[0], 3)


def _resize_as_published(values: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    """Scale a picture with Pillow's bicubic filter, as the published pipeline does, but in float32.

    Args:
        values: (h, w, 3).
        size: (W, H) wanted.

    Returns:
        (H, W, 3).
    """
    if (values.shape[1], values.shape[0]) == size:
        return values
    channels = [Image.fromarray(values[:, :, index]).resize(size, Image.Resampling.BICUBIC) for index in range(3)]
    return np.stack([np.asarray(channel) for channel in channels], axis=2)
