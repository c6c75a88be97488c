"""The published training preprocessing ``scale_width_and_crop``: sizes and windows; and changes of colour.

Sizes are (W, H) in pixels; arrays are (H, W, ...).
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageEnhance

from pipeline.images.geometry import Size


def training_size(size: Size, width: int, crop: int) -> Size:
    """Return the size that a picture is scaled to before a crop is cut: the published ``scale_width_and_crop``.

    The aspect is always kept. A picture that would be too low or too narrow for the crop becomes larger than ``width``
    asks for; the published code squashes it instead, and all pictures in the phase of decay.

    Args:
        size: (W, H) of the picture.
        width: Width wanted, in pixels.
        crop: Side of the square crop, in pixels.

    Returns:
        (W, H), each at least ``crop``.
    """
    own_width, own_height = size
    width = max(width, crop)
    height = width * own_height // own_width
    if height < crop:
        return crop * own_width // own_height, crop
    return width, height


@dataclass(frozen=True, slots=True)
class Window:
    """Where to cut, and whether to flip."""

    left: int
    top: int
    side: int
    flip: bool

    @classmethod
    def drawn(cls, size: Size, side: int, random: np.random.Generator, *, flips: bool) -> "Window":
        """Draw a window within a picture.

        Args:
            size: (W, H) of the picture.
            side: Of the window, in pixels.
            random: Gives three numbers, with flips and without.
            flips: Whether half of the windows are flipped, or none.
        """
        left, top = (int(random.integers(length - side + 1)) for length in size)
        return cls(left, top, side, flip=bool(random.integers(2)) and flips)

    def of(self, pixels: NDArray[Any]) -> NDArray[Any]:
        """Cut the window out of (H, W, ...)."""
        cut = pixels[self.top : self.top + self.side, self.left : self.left + self.side]
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
