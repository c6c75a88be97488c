"""The ResNet of TPSeNCE that gives a light in place of a picture: a gain and an offset for each pixel and channel.

What a rainy day does to a picture is nearly that, locally: He et al., "Guided Image Filtering", TPAMI 2013, and Gharbi
et al., "Deep Bilateral Learning for Real-Time Image Enhancement", SIGGRAPH 2017 (arXiv 1707.02880), rest on it. Where
the published generator has to paint all detail anew, and loses hues that it has no need of, this one keeps what it does
not change, and a cloud is gone where the gain is 0. It begins with nothing but an exposure, so that few pictures are
enough.

Instance norm takes from the network how bright a picture is and how much contrast it has; so gain and offset are of the
picture at a fixed exposure, or a sunny street could not be told to get darker than a shady one.
"""

from torch import Tensor, nn

from tpsence.architectures import Affine
from tpsence.networks.generator import resnet_modules
from tpsence.networks.interface import GeneratorNetwork

_MEAN, _DEVIATION = -0.18, 0.48
"""Of the values in [-1, 1] of a picture on an overcast day; means of what ``models/light.py`` renders."""
_LEAST_DEVIATION = 0.05
"""Noise of a black picture is not made a picture."""


class AffineGenerator(GeneratorNetwork):
    """The network of ``Affine``: the modules of ``Generator`` with six channels at the end.

    Args:
        ngf: Channels after the first convolution.
        blocks: Residual blocks.
    """

    def __init__(self, ngf: int, blocks: int) -> None:
        super().__init__(Affine(blocks=blocks, ngf=ngf), resnet_modules(ngf, blocks, channels_out=6))

    def finish(self, x: Tensor, out: Tensor) -> Tensor:
        """Apply gain and offset (N, 6, H, W) in (-1, 1) to images (N, 3, H, W) in [-1, 1] at a fixed exposure."""
        changed = relit(exposed(x), out)
        # In training what is too bright must still be felt; clipped, it would have no gradient.
        return changed if self.training else changed.clamp(-1, 1)


class RelightingForCpu(nn.Module):
    """A rebuilt network with its light applied.

    Args:
        network: From (N, 3, H, W) in [-1, 1] to gain and offset (N, 6, H, W) in (-1, 1).
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, x: Tensor) -> Tensor:
        """Translate (N, 3, H, W) in [-1, 1] of any type to float32: the light alone is in half precision."""
        return relit(exposed(x), self.network(x)).clamp(-1, 1)


def exposed(x: Tensor) -> Tensor:
    """Return images at a fixed exposure: with the mean and the deviation of an overcast picture, over all channels.

    Args:
        x: (N, 3, H, W) in [-1, 1].

    Returns:
        (N, 3, H, W), float32; it does not change where x is made brighter, or given more contrast.
    """
    x = x.float()
    centred = x - x.mean((1, 2, 3), keepdim=True)
    deviation = centred.square().mean((1, 2, 3), keepdim=True).sqrt()
    return centred * (_DEVIATION / deviation.clamp_min(_LEAST_DEVIATION)) + _MEAN


def relit(x: Tensor, light: Tensor) -> Tensor:
    """Return images in another light.

    Args:
        x: (N, 3, H, W) in [-1, 1].
        light: (N, 6, H, W) in (-1, 1): for each channel what its gain is more than 1, then its offset, both for pixels
            in [0, 1]. Zeros change nothing.

    Returns:
        (N, 3, H, W), of the wider type of both; in [-1, 1] where the light is not too strong.
    """
    gain, offset = light.chunk(2, 1)
    return (x + 1) * (gain + 1) + 2 * offset - 1
