"""Instance norm as the networks of TPSeNCE use it: no parameters, no running statistics.

Ulyanov, Vedaldi, Lempitsky, "Instance Normalization", arXiv 1607.08022.
"""

import torch
import torch.nn.functional as F
from torch import Tensor, nn


class InstanceNorm(nn.Module):
    """Give each channel of each image zero mean and unit variance over its pixels, as ``nn.InstanceNorm2d`` does.

    On a CPU each image goes through batch norm on its own. That keeps the channels-last layout, which torch's own
    instance norm gives up, and is several times as fast, backward too (``benchmarks/train.py`` measures the whole).
    """

    def forward(self, x: Tensor) -> Tensor:
        """Normalise.

        Args:
            x: (N, C, H, W).

        Returns:
            (N, C, H, W).
        """
        if x.device.type != "cpu" or torch.compiler.is_exporting():  # an exported graph takes any number of images
            return F.instance_norm(x)
        if len(x) == 1:
            return F.batch_norm(x, None, None, training=True)
        return torch.cat([F.batch_norm(image, None, None, training=True) for image in torch.split(x, 1)])
