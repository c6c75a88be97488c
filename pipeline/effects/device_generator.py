"""Run the generator on batches of equal shape."""

import torch
from torch import Tensor, nn

from pipeline.engine.device import SHARE_OF_MEMORY, autocast_dtype, memory_layout, total_memory
from pipeline.engine.resources import Precision
from pipeline.images.geometry import Size
from tpsence.architectures import InputSizes
from tpsence.networks.interface import GeneratorNetwork
from tpsence.precision import autocast


class DeviceGenerator:
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
            self._network = generator.to(device).to(memory_format=memory_layout(device))

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
        x = network_input(batch.to(self.device))  # (N, 3, H, W) in [-1, 1]
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
    """Turn uint8 (N, H, W, 3) to float32 (N, 3, H, W) in [-1, 1], in the layout of the networks on its device."""
    channels_first = pixels.permute(0, 3, 1, 2).contiguous(memory_format=memory_layout(pixels.device))
    return channels_first.float() / 127.5 - 1
