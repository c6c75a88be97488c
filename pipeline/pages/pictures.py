"""Pictures within a page: scaled down, as WebP, and the boxes that are drawn in them."""

import io

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.images.size import Size
from pipeline.labels.interface import Box

QUALITY = 72
"""Of a picture that is one of many."""


def clipped(box: Box | None, size: Size) -> Box | None:
    """Return the part of a box that is inside a picture (W, H), or None where there is none."""
    if box is None:
        return None
    x0, y0 = (max(0.0, side) for side in box[:2])
    x1, y1 = (min(float(most), side) for side, most in zip(box[2:], size, strict=True))
    return (x0, y0, x1, y1) if x0 < x1 and y0 < y1 else None


def fitting(size: Size, longest: int, *, enlarge: bool = False) -> Size:
    """Return (W, H) of the same shape whose longer side is at most, or with ``enlarge`` exactly, so many pixels."""
    factor = longest / max(size)
    if factor >= 1 and not enlarge:
        return size
    return max(1, round(size[0] * factor)), max(1, round(size[1] * factor))


def scaled(pixels: NDArray[np.uint8], size: Size) -> Image.Image:
    """Scale a picture (H, W, 3) to (W, H)."""
    picture = Image.fromarray(np.ascontiguousarray(pixels))
    return picture.resize(size, Image.Resampling.LANCZOS, reducing_gap=3.0)


def webp(picture: Image.Image, quality: int = QUALITY) -> bytes:
    """Encode a picture."""
    buffer = io.BytesIO()
    picture.save(buffer, "WEBP", quality=quality, method=4)
    return buffer.getvalue()
