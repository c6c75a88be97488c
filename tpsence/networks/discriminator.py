"""The discriminator of TPSeNCE: an antialiased 70x70 PatchGAN.

Isola et al., "Image-to-Image Translation with Conditional Adversarial Networks", CVPR 2017 (arXiv 1611.07004), with
the strides replaced by blurs (Zhang, arXiv 1904.11486). The module indices are those of the published checkpoints.
"""

from torch import Tensor, nn

from tpsence.losses.adversarial import LEAST_SQUARES
from tpsence.networks.normalize import InstanceNorm
from tpsence.networks.resample import BlurDown


class Discriminator(nn.Module):
    """Score overlapping patches of an image: high for the target domain, low for generated images.

    Args:
        ndf: Channels after the first convolution.
    """

    losses = LEAST_SQUARES

    def __init__(self, ndf: int) -> None:
        super().__init__()
        self.ndf = ndf
        self.model = nn.Sequential(
            nn.Conv2d(3, ndf, kernel_size=4, padding=1),
            nn.LeakyReLU(0.2, inplace=True),
            BlurDown(ndf),
            *_conv_norm_relu(ndf, 2 * ndf),
            BlurDown(2 * ndf),
            *_conv_norm_relu(2 * ndf, 4 * ndf),
            BlurDown(4 * ndf),
            *_conv_norm_relu(4 * ndf, 8 * ndf),
            nn.Conv2d(8 * ndf, 1, kernel_size=4, padding=1),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Score a batch of images.

        Args:
            x: (N, 3, H, W) in [-1, 1]; H and W at least 24.

        Returns:
            (N, 1, H', W') unbounded, one score for each patch; H' is about H / 8 - 2.
        """
        out: Tensor = self.model(x)
        return out


def _conv_norm_relu(channels_in: int, channels_out: int) -> list[nn.Module]:
    """One stage: convolution, instance norm without parameters, leaky ReLU."""
    return [
        nn.Conv2d(channels_in, channels_out, kernel_size=4, padding=1),
        InstanceNorm(),
        nn.LeakyReLU(0.2, inplace=True),
    ]
