"""Preview grids: a few pictures of A, their translations, and pictures of B beside them."""

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.effects.compose import compose
from pipeline.effects.detail import Detail
from pipeline.effects.device_generator import DeviceGenerator
from pipeline.images.codec import encode
from pipeline.images.geometry import crop, pad_by_reflection, working_size
from pipeline.images.resize import scale
from pipeline.train.unpaired import UnpairedData, first_readable

_ROWS = 4
_GAP = 4


class Preview:
    """Draws the grids of a run, always of the same pictures: from the test folders, else from the training folders.

    Args:
        data: The data set.
        width: Width in pixels that the generator runs at.
        max_pixels: Larger pictures are passed over.
    """

    def __init__(self, data: UnpairedData, width: int, max_pixels: int) -> None:
        sources = [*data.test_source, *(picture.image for picture in data.source)]
        targets = [*data.test_target, *(picture.image for picture in data.target)]
        self._sources = [_scaled(picture, width) for picture in first_readable(sources, _ROWS, max_pixels)]
        self._targets = [_scaled(picture, width) for picture in first_readable(targets, _ROWS, max_pixels)]

    def draw(self, on_device: DeviceGenerator) -> bytes:
        """Translate the pictures and return the grid as PNG: a row for each, with A, G(A) and B."""
        from torchvision.utils import make_grid  # takes seconds

        size = self._sources[0].shape[1], self._sources[0].shape[0]
        cells = [
            _fitted(picture, size)
            for a, b in zip(self._sources, self._targets, strict=False)
            for picture in (a, _translated(a, on_device), b)
        ]
        grid = make_grid(torch.from_numpy(np.stack(cells)).permute(0, 3, 1, 2), nrow=3, padding=_GAP, pad_value=255)
        return encode(grid.permute(1, 2, 0).numpy(), "PNG", quality=100)


def _translated(picture: NDArray[np.uint8], on_device: DeviceGenerator) -> NDArray[np.uint8]:
    """Translate a picture (H, W, 3)."""
    size = picture.shape[1], picture.shape[0]
    padded = np.array(pad_by_reflection(picture, on_device.input_sizes))  # a copy that may be written
    change = crop(on_device.change(torch.from_numpy(padded)[None])[0].numpy(), size)
    return compose(picture, picture, change, Detail.MODEL, 1.0)


def _scaled(picture: NDArray[np.uint8], width: int) -> NDArray[np.uint8]:
    """Scale a picture (H, W, 3) to a width, as the test preprocessing does."""
    return scale(picture, working_size((picture.shape[1], picture.shape[0]), width))


def _fitted(picture: NDArray[np.uint8], size: tuple[int, int]) -> NDArray[np.uint8]:
    """Bring a picture to a size (W, H) with its aspect, on white."""
    return np.asarray(ImageOps.pad(Image.fromarray(picture), size, color="white"))
