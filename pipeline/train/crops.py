"""The published training preprocessing ``scale_width_and_crop``: sizes and windows; and changes of colour.

Sizes are (W, H) in pixels; arrays are (H, W, ...).
"""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from pipeline.images.geometry import Size


def frame_size(sizes: Iterable[Size], width: int, least: int) -> Size:
    """Return the one size that whole frames are brought to, so that they make a batch.

    It has the height of most pictures at that width; of two heights that are as common the larger counts.

    Args:
        sizes: (W, H) of each picture.
        width: Width wanted, in pixels, a multiple of 4.
        least: The least height that the networks take, likewise; lower pictures are then cut at their sides.

    Returns:
        (W, H), multiples of 4.
    """
    heights = Counter(max(least, round(width * own_height / own_width / 4) * 4) for own_width, own_height in sizes)
    return width, max(heights, key=lambda height: (heights[height], height))


def training_size(size: Size, width: int, window: Size) -> Size:
    """Return the size that a picture is scaled to before a window is cut: the published ``scale_width_and_crop``.

    The aspect is always kept. A picture that would be too low or too narrow for the window becomes larger than
    ``width`` asks for; the published code squashes it instead, and all pictures in the phase of decay.

    Args:
        size: (W, H) of the picture.
        width: Width wanted, in pixels.
        window: (W, H) of the window: of a square crop or a whole frame.

    Returns:
        (W, H), each at least the window's.
    """
    own_width, own_height = size
    least_width, least_height = window
    width = max(width, least_width)
    height = width * own_height // own_width
    if height < least_height:
        return max(least_width, least_height * own_width // own_height), least_height
    return width, height


@dataclass(frozen=True, slots=True)
class Window:
    """Where to cut, and whether to flip."""

    left: int
    top: int
    width: int
    height: int
    flip: bool

    @classmethod
    def drawn(cls, size: Size, window: Size, random: np.random.Generator, *, flips: bool) -> "Window":
        """Draw a window within a picture.

        Args:
            size: (W, H) of the picture.
            window: (W, H) of the window.
            random: Gives three numbers, with flips and without.
            flips: Whether half of the windows are flipped, or none.
        """
        left, top = (int(random.integers(length - side + 1)) for length, side in zip(size, window, strict=True))
        return cls(left, top, *window, flip=bool(random.integers(2)) and flips)

    def of(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Cut the window out of (H, W, ...)."""
        cut = pixels[self.top : self.top + self.height, self.left : self.left + self.width]
        return cut[:, ::-1] if self.flip else cut


@dataclass(frozen=True, slots=True)
class ColourJitter:
    """Factors of brightness, contrast and saturation; 1 changes nothing."""

    brightness: float
    contrast: float
    saturation: float

    @classmethod
    def drawn(cls, most: float, random: np.random.Generator) -> "ColourJitter":
        """Draw each factor evenly from 1 - ``most`` to 1 + ``most``."""
        brightness, contrast, saturation = (float(factor) for factor in random.uniform(1 - most, 1 + most, 3))
        return cls(brightness, contrast, saturation)

    def of(self, pixels: NDArray[np.uint8]) -> NDArray[np.uint8]:
        """Change (H, W, 3) RGB."""
        picture = Image.fromarray(pixels)
        picture = ImageEnhance.Brightness(picture).enhance(self.brightness)
        picture = ImageEnhance.Contrast(picture).enhance(self.contrast)
        return np.asarray(ImageEnhance.Color(picture).enhance(self.saturation))
