"""The generator of TPSeNCE: an antialiased ResNet between two down- and two upsamplings.

Zheng, Lu, Narasimhan, "TPSeNCE", WACV 2024 (arXiv 2311.00660), after CUT (arXiv 2007.15651). The module
indices are those of the published checkpoints, whose keys begin with ``model.``.
"""

import torch
from torch import Tensor, nn

from tpsence.architectures import Resnet
from tpsence.networks.interface import GeneratorNetwork
from tpsence.networks.normalize import InstanceNorm
from tpsence.networks.resample import BlurDown, BlurUp


class ResidualBlock(nn.Module):
    """Two 3x3 convolutions with instance norm, added to their input.

    Args:
        channels: C, the number of channels in and out.
    """

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.conv_block = nn.Sequential(
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, kernel_size=3),
            InstanceNorm(),
            nn.ReLU(inplace=True),
            nn.ReflectionPad2d(1),
            nn.Conv2d(channels, channels, kernel_size=3),
            InstanceNorm(),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Return x plus its residual, both (N, C, H, W)."""
        out: Tensor = x + self.conv_block(x)
        return out


class Generator(GeneratorNetwork):
    """The network of ``Resnet``. Layer 0 of its features is the padded image.

    Args:
        ngf: Channels after the first convolution.
        blocks: Residual blocks.
    """

    def __init__(self, ngf: int, blocks: int) -> None:
        super().__init__(Resnet(blocks=blocks, ngf=ngf), resnet_modules(ngf, blocks, channels_out=3))


def resnet_modules(ngf: int, blocks: int, channels_out: int) -> nn.Sequential:
    """Return the modules of the ResNet, from (N, 3, H, W) to (N, ``channels_out``, H, W) in (-1, 1)."""
    return nn.Sequential(
        nn.ReflectionPad2d(3),
        *_conv_norm_relu(3, ngf, kernel_size=7, padding=0),
        *_conv_norm_relu(ngf, 2 * ngf),
        BlurDown(2 * ngf),
        *_conv_norm_relu(2 * ngf, 4 * ngf),
        BlurDown(4 * ngf),
        *(ResidualBlock(4 * ngf) for _ in range(blocks)),
        BlurUp(4 * ngf),
        *_conv_norm_relu(4 * ngf, 2 * ngf),
        BlurUp(2 * ngf),
        *_conv_norm_relu(2 * ngf, ngf),
        nn.ReflectionPad2d(3),
        nn.Conv2d(ngf, channels_out, kernel_size=7),
        nn.Tanh(),
    )


def init_xavier(network: nn.Module, gain: float = 0.02, generator: torch.Generator | None = None) -> None:
    """Set weights as the published training starts: Xavier normal, biases 0, in place.

    Args:
        network: Any network of convolutions and linear layers.
        gain: Scale of the weights; 0.02 in the published settings.
        generator: Source of randomness, for reproducible weights.
    """
    for module in network.modules():
        if isinstance(module, nn.Conv2d | nn.Linear):
            nn.init.xavier_normal_(module.weight, gain=gain, generator=generator)
            if module.bias is not None:
                nn.init.zeros_(module.bias)


def _conv_norm_relu(channels_in: int, channels_out: int, kernel_size: int = 3, padding: int = 1) -> list[nn.Module]:
    """One stage: convolution, instance norm without parameters, ReLU."""
    return [
        nn.Conv2d(channels_in, channels_out, kernel_size=kernel_size, padding=padding),
        InstanceNorm(),
        nn.ReLU(inplace=True),
    ]
