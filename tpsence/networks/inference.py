"""The generator rebuilt for inference on a CPU: the same result to rounding, in about half the time.

The figures of each change are in ``docs/performance.md``.
"""

import copy
from typing import cast

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tpsence.networks.generator import ResidualBlock
from tpsence.networks.interface import GeneratorNetwork
from tpsence.networks.resample import BlurUp
from tpsence.networks.winograd import F2, F4, Tile, WinogradConv

MIN_CHANNELS = 128
"""Below it the transforms of ``WinogradConv`` cost more than the multiplications that they save."""


def for_cpu(generator: GeneratorNetwork, dtype: torch.dtype, min_channels: int = MIN_CHANNELS) -> nn.Sequential:
    """Rebuild a ResNet for inference on a CPU.

    Args:
        generator: A ``Generator`` in float32; it is left as it is.
        dtype: ``float32`` or ``bfloat16``, of weights, input and output.
        min_channels: Convolutions with fewer channels, in or out, are not computed in tiles.

    Returns:
        A network from (N, 3, H, W) of that type in [-1, 1] to the same, as ``Generator.forward``.
    """
    model = copy.deepcopy(generator.model).requires_grad_(False)
    network = _rebuilt(model, F4 if dtype is torch.float32 else F2, min_channels)
    network[-2] = ConvByRows(cast(nn.Conv2d, network[-2]))  # to the three colours, before tanh
    return network.to(dtype).to(memory_format=torch.channels_last)


def copied_for_cpu(network: GeneratorNetwork, dtype: torch.dtype) -> nn.Module:
    """Copy any network for inference on a CPU, with nothing rebuilt; arguments and result as of ``for_cpu``."""
    return copy.deepcopy(network).requires_grad_(False).to(dtype).to(memory_format=torch.channels_last)


class ConvByRows(nn.Module):
    """A convolution to few channels, one row of its kernel at a time.

    A convolution to 3 channels leaves most of a vector register empty. Here each row of the kernel gives channels of
    its own, all in one convolution, and the rows are added up afterwards.

    Args:
        conv: A convolution of stride 1 without padding.
    """

    weight: Tensor
    """(k C', C, 1, k), row by row of the kernel."""
    bias: Tensor | None
    """(C', 1, 1)."""

    def __init__(self, conv: nn.Conv2d) -> None:
        super().__init__()
        self.rows = conv.kernel_size[0]
        rows = conv.weight.detach().permute(2, 0, 1, 3).flatten(0, 1)[:, :, None]  # (k C', C, 1, k)
        self.register_buffer("weight", rows.contiguous())
        self.register_buffer("bias", None if conv.bias is None else conv.bias.detach()[:, None, None])

    def forward(self, x: Tensor) -> Tensor:
        """Convolve (N, C, H + k - 1, W + k - 1) to (N, C', H, W)."""
        parts = F.conv2d(x, self.weight).chunk(self.rows, 1)  # k times (N, C', H + k - 1, W)
        height = x.shape[2] - self.rows + 1
        out = torch.stack([part[:, :, row : row + height] for row, part in enumerate(parts)]).sum(0)
        return out if self.bias is None else out + self.bias


class BilinearUp(nn.Module):
    """``BlurUp``: doubling with [1 3 3 1] x [1 3 3 1] is bilinear interpolation."""

    def forward(self, x: Tensor) -> Tensor:
        """Double (N, C, H, W)."""
        return F.interpolate(x, scale_factor=2, mode="bilinear", align_corners=False)


def _rebuilt(modules: nn.Sequential, tile: Tile, min_channels: int) -> nn.Sequential:
    """Replace what has a faster equal, and with it the padding before it."""
    rebuilt: list[nn.Module] = []
    for module in modules:
        if isinstance(module, ResidualBlock):
            module.conv_block = _rebuilt(module.conv_block, tile, min_channels)
            rebuilt.append(module)
        elif isinstance(module, BlurUp):
            rebuilt.append(BilinearUp())
        elif isinstance(module, nn.Conv2d) and _suits_tiles(module, min_channels):
            padding = "constant" if module.padding == (1, 1) else "reflect"
            if padding == "reflect":
                del rebuilt[-1]
            rebuilt.append(WinogradConv(module, padding, tile))
        else:
            rebuilt.append(module)
    return nn.Sequential(*rebuilt)


def _suits_tiles(conv: nn.Conv2d, min_channels: int) -> bool:
    """Tell whether a convolution is faster in tiles."""
    return conv.kernel_size == (3, 3) and min(conv.in_channels, conv.out_channels) >= min_channels
