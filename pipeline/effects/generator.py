"""Run the generator on batches of equal shape, and bring its change back to the pictures' own sizes."""

import cv2
import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image
from torch import Tensor, nn

from pipeline.effects.detail import Detail
from pipeline.engine.device import SHARE_OF_MEMORY, autocast_dtype, total_memory
from pipeline.engine.resources import Precision
from pipeline.images.geometry import Size
from tpsence.architectures import InputSizes
from tpsence.networks.interface import GeneratorNetwork
from tpsence.precision import autocast


class Translator:
    """A generator on its device.

    On a CPU it has weights of its own (``Architecture.for_cpu``): later changes of the generator do not reach it.

    Args:
        generator: The network, in evaluation mode.
        device: Where it runs.
        precision: Its arithmetic; not ``auto``.
    """

    def __init__(self, generator: GeneratorNetwork, device: torch.device, precision: Precision) -> None:
        self.device = device
        self.precision = precision
        self._architecture = generator.architecture
        self._fitting: dict[Size, int] = {}
        self._autocast = autocast_dtype(precision)
        self._input_dtype = torch.float32
        self._network: nn.Module
        if device.type == "cpu" and precision is not Precision.FP16:  # which CPUs do not multiply in
            self._autocast, self._input_dtype = None, self._autocast or torch.float32
            self._network = generator.architecture.for_cpu(generator, self._input_dtype)
        else:
            self._network = generator.to(device).to(memory_format=torch.channels_last)

    @property
    def input_sizes(self) -> InputSizes:
        """Which pictures the generator takes; ``padded_size`` makes them so."""
        return self._architecture.input_sizes

    @torch.inference_mode()
    def change(self, batch: Tensor) -> Tensor:
        """Translate a batch and return what changes.

        Args:
            batch: (N, H, W, 3) uint8 RGB, H and W as ``padded_size`` makes them.

        Returns:
            (N, H, W, 3) float32 on the CPU: the translated minus the given picture, in 8-bit levels.
        """
        x = network_input(batch.to(self.device))  # (N, 3, H, W) in [-1, 1], channels last
        with autocast(self.device, self._autocast):
            y: Tensor = self._network(x.to(self._input_dtype))  # (N, 3, H, W) in [-1, 1]
        change: Tensor = ((y.float() - x) * 127.5).permute(0, 2, 3, 1)  # (N, H, W, 3)
        return change.contiguous().cpu()

    def fitting_batch(self, size: Size) -> int:
        """Return how many pictures of a padded (W, H) to run together.

        On a CPU one: larger batches are not faster there. On a GPU as many as half of the free memory holds, up to 32.
        """
        if self.device.type != "cuda":
            return 1
        if size not in self._fitting:  # asked for every picture, and torch keeps what the first batch has taken
            free, _ = torch.cuda.mem_get_info(self.device)
            per_picture = size[0] * size[1] * self._architecture.bytes_per_pixel
            self._fitting[size] = max(1, min(32, int(free // 2 // per_picture)))
        return self._fitting[size]

    def most_pixels(self) -> int | None:
        """Return how many pixels at the working size the device can hold at once, or None where that is not known."""
        memory = total_memory(self.device)
        return None if memory is None else int(SHARE_OF_MEMORY * memory / self._architecture.bytes_per_pixel)


def network_input(pixels: Tensor) -> Tensor:
    """Turn uint8 (N, H, W, 3) to float32 (N, 3, H, W) in [-1, 1], channels last in memory."""
    return pixels.permute(0, 3, 1, 2).float() / 127.5 - 1


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
        detail: ``residual`` adds the scaled change to the original; ``model`` scales the changed working picture.
        strength: Scale of the change.

    Returns:
        (H, W, 3), clipped to 0..255.
    """
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
