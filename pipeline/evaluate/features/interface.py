"""What a network has to be, so that distances can be measured on what it sees. Importing this module is quick."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from pipeline.images.geometry import Size

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, kw_only=True)
class Extractor:
    """A network that makes a row of numbers of a picture."""

    name: str
    """Name of the features, with what they are taken of."""
    sha256: str
    """Hash of the file of weights, in hexadecimal: distances on other weights are others."""
    dimensions: int
    """Length of a row, D."""
    means: int
    """The first so many of them are means; a Fréchet distance is measured on these alone."""
    rows: Callable[["Tensor"], "Tensor"]
    """Takes (N, 3, h, w) uint8 RGB of any size on the CPU; gives (N, D) float32 on the CPU."""


def scaled(pixels: NDArray[np.uint8], size: Size) -> NDArray[np.uint8]:
    """Scale a picture with a filter that lets no detail fold back (Parmar et al., CVPR 2022, arXiv 2104.11222).

    Args:
        pixels: (H, W, 3), uint8 RGB.
        size: (W, H) wanted.

    Returns:
        (h, w, 3).
    """
    if (pixels.shape[1], pixels.shape[0]) == size:
        return pixels
    return np.asarray(Image.fromarray(np.ascontiguousarray(pixels)).resize(size, Image.Resampling.BICUBIC))
