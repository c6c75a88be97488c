"""How much the colours of a picture have changed: hue in CIELAB, weighted by chroma, and the chroma that is left.

A grey pixel has no hue, so each counts as much as it is coloured: by the geometric mean of its chroma before and after,
as CIE's hue difference has it, dH = 2 sqrt(C1 C2) sin(dh / 2) (CIE 15, "Colorimetry"). What has lost its colour
altogether has no hue to compare and counts in the chroma alone. Sums add up over pictures and boxes.
"""

from dataclasses import dataclass

import cv2
import numpy as np
from numpy.typing import NDArray

Pixels = NDArray[np.uint8]
"""(H, W, 3), RGB."""


@dataclass(frozen=True, slots=True)
class HueSums:
    """Sums over pixels; those of parts add up."""

    turned: float = 0.0
    """Change of hue in degrees, 0 to 180, times weight."""
    weight: float = 0.0
    """Geometric mean of the chroma before and after."""
    before: float = 0.0
    """Chroma before."""
    left: float = 0.0
    """Chroma after along the hue before: what has turned by 90 degrees or more is not left."""

    def __add__(self, other: "HueSums") -> "HueSums":
        return HueSums(
            self.turned + other.turned, self.weight + other.weight, self.before + other.before, self.left + other.left
        )

    @property
    def change(self) -> float | None:
        """Mean change of hue in degrees, 0 to 180; None where nothing has a colour."""
        return self.turned / self.weight if self.weight > 0 else None

    @property
    def chroma(self) -> float | None:
        """Share of the chroma that is left with its hue, 0 or more; above 1 where colours have become stronger."""
        return self.left / self.before if self.before > 0 else None


@dataclass(frozen=True, slots=True)
class HuePlanes:
    """The same for each pixel, so that boxes can be summed without a second conversion."""

    values: NDArray[np.float32]
    """(H, W, 4): turned, weight, before, left, as in ``HueSums``."""

    @classmethod
    def of(cls, before: Pixels, after: Pixels) -> "HuePlanes":
        """Compare two pictures.

        Args:
            before: (H, W, 3), uint8 RGB.
            after: Of the same shape.

        Raises:
            ValueError: The shapes differ.
        """
        if before.shape != after.shape:
            raise ValueError(f"pictures of different sizes: {before.shape} and {after.shape}")
        (a1, b1), (a2, b2) = _opponents(before), _opponents(after)
        c1, c2 = np.hypot(a1, b1), np.hypot(a2, b2)
        along, across = a1 * a2 + b1 * b2, a1 * b2 - a2 * b1
        turned = np.degrees(np.abs(np.arctan2(across, along)))
        weight = np.sqrt(c1 * c2)
        left = np.maximum(along, 0) / np.maximum(c1, np.float32(1e-6))
        return cls(np.stack([turned * weight, weight, c1, left], axis=-1))

    def sums(self, box: tuple[int, int, int, int] | None = None) -> HueSums:
        """Add up the pixels of the picture, or of a box (x0, y0, x1, y1), the last column and row excluded."""
        x0, y0, x1, y1 = box or (0, 0, self.values.shape[1], self.values.shape[0])
        return HueSums(*map(float, self.values[y0:y1, x0:x1].sum(axis=(0, 1), dtype=np.float64)))


def hue_sums(before: Pixels, after: Pixels) -> HueSums:
    """Compare the colours of two pictures.

    Args:
        before: (H, W, 3), uint8 RGB.
        after: Of the same shape.

    Raises:
        ValueError: The shapes differ.
    """
    return HuePlanes.of(before, after).sums()


def _opponents(pixels: Pixels) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Return a* and b* of CIELAB (D65), each (H, W); the rounding to 8 bits of a grey pixel leaves less than 1."""
    lab = cv2.cvtColor(pixels.astype(np.float32) / 255, cv2.COLOR_RGB2LAB)
    return lab[..., 1].astype(np.float32, copy=False), lab[..., 2].astype(np.float32, copy=False)
