"""Sizes: from a picture to what the generator runs on, and back.

All sizes here are (W, H) in pixels, as in Pillow and in label files; arrays are (H, W, 3).
"""

import math

import numpy as np
from numpy.typing import NDArray

from pipeline.images.size import Size as Size
from pipeline.images.skips import PictureError, Reason
from tpsence.architectures import PUBLISHED, InputSizes

TALLEST = 4
"""A picture higher than this many times its width runs at a smaller width, so that memory stays bounded."""

LONGEST = 20
"""How many times as long as wide a picture may be where its short side is scaled to a size wanted. Without a bound a
line of 100,000 pixels would take the memory."""


def size_text(size: Size) -> str:
    """Write a size (W, H) as ``1280x720``."""
    return f"{size[0]}x{size[1]}"


def refuse_long(size: Size) -> None:
    """Refuse a picture that is much longer than wide.

    Raises:
        PictureError: One side is over ``LONGEST`` times the other.
    """
    if max(size) > LONGEST * min(size):
        raise PictureError(Reason.WRONG_SIZE, f"{size_text(size)}: one side is over {LONGEST} times the other")


def working_size(size: Size, width: int) -> Size:
    """Return the size that a picture is scaled to before the generator.

    The aspect is kept; the height is rounded down as in the published test preprocessing (``scale_width``).

    Args:
        size: (W, H) of the picture.
        width: Width that the generator was trained at, or 0 for the picture's own size.

    Returns:
        (W, H), each at least 1.
    """
    own_width, own_height = size
    if width == 0:
        return size
    if own_height > TALLEST * own_width:
        width = max(1, math.isqrt(TALLEST * width * width * own_width // own_height))
    return width, max(1, width * own_height // own_width)


def padded_size(size: Size, taken: InputSizes = PUBLISHED.input_sizes) -> Size:
    """Return the size after padding: the least that the generator can run on.

    Args:
        size: (W, H) before padding.
        taken: Which sizes the generator takes.
    """
    width, height = (max(taken.least, -(-side // taken.stride) * taken.stride) for side in size)
    return width, height


def pad_by_reflection(pixels: NDArray[np.uint8], taken: InputSizes = PUBLISHED.input_sizes) -> NDArray[np.uint8]:
    """Pad right and below by reflection to ``padded_size``; ``crop`` undoes it.

    Unlike a network's padding layer, a picture smaller than its padding is reflected back and forth.

    Args:
        pixels: (H, W, 3).
        taken: Which sizes the generator takes.

    Returns:
        (H', W', 3), the picture in its upper left corner.
    """
    height, width = pixels.shape[:2]
    new_width, new_height = padded_size((width, height), taken)
    if (new_width, new_height) == (width, height):
        return pixels
    return np.pad(pixels, ((0, new_height - height), (0, new_width - width), (0, 0)), mode="reflect")


def crop(pixels: NDArray[np.float32], size: Size) -> NDArray[np.float32]:
    """Cut the padding off again.

    Args:
        pixels: (H', W', 3).
        size: (W, H) before padding.

    Returns:
        (H, W, 3), a view.
    """
    width, height = size
    return pixels[:height, :width]
