"""Label maps: which class each pixel of a picture belongs to.

A map is a lossless picture (H, W): gray or palette, where a pixel's value is its class id, or in colours, where
``pipeline.classes.palettes`` tells the class.
"""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.classes.palettes import Palette
from pipeline.images.codec import opened_image
from pipeline.images.geometry import Size, size_text
from pipeline.images.skips import PictureError, Reason

LOSSLESS = ("PNG", "TIFF", "BMP")
"""Formats of label maps. A WebP does not tell whether it is lossless."""
MOST_COLOURS = 256
"""A picture with more colours is no label map: the largest palette has 151."""

_LAST_ID = 65535
_LOSSY_TIFF = frozenset({"jpeg", "tiff_jpeg", "webp"})
_LOW_DEPTH = {"L;2": 85, "L;4": 17}
"""Factors by which Pillow spreads gray samples of few bits over 0 to 255; a class id is the sample itself."""


@dataclass(frozen=True, slots=True)
class LabelMap:
    """A label map as the file has it."""

    values: NDArray[np.int32]
    """(H, W): class ids 0 to 65,535, or colours 0xRRGGBB."""
    in_colour: bool
    """Whether the values are colours."""

    def colours(self) -> frozenset[int]:
        """Return the colours 0xRRGGBB of the map, none if it has class ids.

        Raises:
            PictureError: There are too many for a label map.
        """
        if not self.in_colour:
            return frozenset()
        row = self.values.ravel()
        # Neighbours are mostly equal: one value for each run leaves little to sort.
        found = np.unique(row[np.flatnonzero(np.diff(row, prepend=-1))])
        if len(found) > MOST_COLOURS:
            raise PictureError(Reason.BAD_LABEL, f"{len(found)} colours, too many for a label map")
        return frozenset(found.tolist())

    def class_ids(self, palette: Palette | None) -> NDArray[np.int32]:
        """Return the class ids (H, W).

        Args:
            palette: What the colours mean; needed for maps in colour only.

        Raises:
            PictureError: A colour is not in the palette, or there is none.
        """
        if not self.in_colour:
            return self.values
        if palette is None:
            raise PictureError(Reason.BAD_LABEL, "the map is in colour; when the data was checked, none was")
        return palette.class_ids(self.values)


def read_label_map(path: Path, max_pixels: int, expected: Size | None) -> LabelMap:
    """Read a label map, upright.

    Transparency is dropped. Of a file with several pictures the first is read.

    Args:
        path: The file.
        max_pixels: Largest W * H; checked in the header, before decoding.
        expected: (W, H) of its picture, or None for any.

    Raises:
        PictureError: Missing, unreadable, truncated, too many pixels, lossy, of a kind that holds no classes, or of
            another size than its picture.
    """
    with opened_image(path, max_pixels) as image:
        _refuse_lossy(image)
        step = _LOW_DEPTH.get(_raw_mode(image), 1)
        image.load()
        ImageOps.exif_transpose(image, in_place=True)
        if expected is not None and image.size != expected:
            sizes = f"the map is {size_text(image.size)}, its picture {size_text(expected)}"
            raise PictureError(Reason.WRONG_SIZE, sizes)
        return _values(image, step)


def scale_nearest(values: NDArray[np.int32], size: Size) -> NDArray[np.int32]:
    """Scale a label map; every pixel of the result is one of the source, nothing is mixed.

    The pixels lie as in ``pipeline.images.resize.scale``, so that a map scaled like its picture still fits it.

    Args:
        values: (H, W).
        size: (W, H) wanted.
    """
    if (values.shape[1], values.shape[0]) == size:
        return values
    return np.asarray(Image.fromarray(values).resize(size, Image.Resampling.NEAREST))


def _refuse_lossy(image: Image.Image) -> None:
    """Refuse files whose pixels are near what was saved, not equal."""
    if image.format not in LOSSLESS or image.info.get("compression") in _LOSSY_TIFF:
        found = {"MPO": "JPEG", "WEBP": "WebP", "TIFF": "TIFF with lossy compression"}.get(str(image.format), "JPEG")
        raise PictureError(Reason.BAD_LABEL, f"{found} can blur the classes; save as PNG")


def _raw_mode(image: Image.Image) -> str:
    """Return Pillow's name for the samples as the file stores them; empty if it tells none."""
    tiles = getattr(image, "tile", ())
    arguments = tiles[0].args if tiles else ""
    return str(arguments[0]) if isinstance(arguments, tuple) and arguments else str(arguments)


def _values(image: Image.Image, step: int) -> LabelMap:
    """Take the values of a loaded image; those of a palette image are the indices, its colours do not matter."""
    pixels: NDArray[Any] = np.asarray(image)
    if image.mode in {"RGB", "RGBA", "RGBX"}:
        red, green, blue = (pixels[..., channel].astype(np.int32) for channel in range(3))
        return LabelMap(red << 16 | green << 8 | blue, in_colour=True)
    if image.mode in {"LA", "PA"}:
        pixels = pixels[..., 0]
    elif image.mode not in {"1", "L", "P", "I"} and not image.mode.startswith("I;16"):
        raise PictureError(Reason.BAD_LABEL, f"mode {image.mode} holds no classes; save as gray or palette PNG")
    ids = pixels.astype(np.int32)
    if not 0 <= ids.min(initial=0) <= ids.max(initial=0) <= _LAST_ID:
        raise PictureError(Reason.BAD_LABEL, f"class ids go from 0 to {_LAST_ID}")
    return LabelMap(ids // step, in_colour=False)
