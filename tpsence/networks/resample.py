"""Antialiased resampling by a factor of two.

Zhang, "Making Convolutional Networks Shift-Invariant Again", ICML 2019 (arXiv 1904.11486): a strided
convolution or a transposed one is followed by a fixed binomial filter. The filters are buffers named
``filt``, because published checkpoints hold them.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class BlurDown(nn.Module):
    """Halve the resolution: reflection pad 1, then [1 2 1] x [1 2 1] / 16 with stride 2.

    Args:
        channels: C, the number of channels in and out.
    """

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.register_buffer("filt", _depthwise((1, 2, 1), channels))

    def forward(self, x: Tensor) -> Tensor:
        """Blur and drop every second row and column.

        Args:
            x: (N, C, H, W), H and W at least 2.

        Returns:
            (N, C, ceil(H / 2), ceil(W / 2)).
        """
        x = F.pad(x, (1, 1, 1, 1), mode="reflect")  # (N, C, H + 2, W + 2)
        return F.conv2d(x, self.filt, stride=2, groups=self.channels)


class BlurUp(nn.Module):
    """Double the resolution: replicate pad 1, then a transposed [1 3 3 1] x [1 3 3 1] / 64 times 4.

    Args:
        channels: C, the number of channels in and out.
    """

    filt: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.channels = channels
        self.register_buffer("filt", _depthwise((1, 3, 3, 1), channels, gain=4))

    def forward(self, x: Tensor) -> Tensor:
        """Insert rows and columns and blur.

        Args:
            x: (N, C, H, W).

        Returns:
            (N, C, 2 H, 2 W).
        """
        x = _replicated_border(x)  # (N, C, H + 2, W + 2)
        # As published, with padding 2 and a border of 1 cut off afterwards; padding 3 cuts it without a copy.
        return F.conv_transpose2d(x, self.filt, stride=2, padding=3, groups=self.channels)  # (N, C, 2H, 2W)


def _replicated_border(x: Tensor) -> Tensor:
    """Repeat the border of (N, C, H, W) once, which gives (N, C, H + 2, W + 2)."""
    if torch.compiler.is_compiling():  # which mistakes the memory layout of the other way's gradient (torch 2.14)
        x = torch.cat([x[:, :, :1], x, x[:, :, -1:]], 2)
        return torch.cat([x[:, :, :, :1], x, x[:, :, :, -1:]], 3)
    return F.pad(x, (1, 1, 1, 1), mode="replicate")


def _depthwise(row: Sequence[int], channels: int, gain: float = 1) -> Tensor:
    """The product of a row with itself, scaled to a sum, as the (C, 1, k, k) of a depthwise convolution."""
    # By lists: on the meta device, where checkpoints are checked, arithmetic costs two seconds of torch's imports.
    kernel = [[gain * one * other / sum(row) ** 2 for one in row] for other in row]
    return torch.tensor([[kernel]] * channels)
