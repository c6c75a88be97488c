"""The size that a picture is scaled to for its features. Importing this module is quick."""

import math
from dataclasses import dataclass

from pipeline.images.geometry import Size


@dataclass(frozen=True, slots=True)
class SameArea:
    """As many pixels for every picture, in its own shape: 480x270 for one of 16:9."""

    pixels: int
    least: int
    """Shorter side at least."""

    def __call__(self, size: Size) -> Size:
        """Return the (W, H) for a picture of (W, H)."""
        factor = math.sqrt(self.pixels / (size[0] * size[1]))
        width, height = (max(self.least, round(side * factor)) for side in size)
        return width, height


@dataclass(frozen=True, slots=True)
class Fixed:
    """One size for every picture."""

    size: Size

    def __call__(self, size: Size) -> Size:
        """Return the (W, H) for a picture of any size."""
        del size
        return self.size


Sizes = SameArea | Fixed
