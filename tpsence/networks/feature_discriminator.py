"""A discriminator on the features of a frozen network: it needs far fewer pictures than one that begins with nothing.

Sauer et al., "Projected GANs Converge Faster", NeurIPS 2021 (arXiv 2111.01007): the features of each scale are mixed
by a fixed random 1x1 convolution and judged by a small head of their own. The heads are spectrally normalised: Miyato
et al., ICLR 2018 (arXiv 1802.05957).
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from torch import Tensor, nn
from torch.nn.utils.parametrizations import spectral_norm

from tpsence.losses.adversarial import HINGE

_WIDTH = 64
"""Channels of the mixed features and of the heads."""


class FeatureDiscriminator(nn.Module):
    """Score an image on several scales: high for the target domain, low for generated images.

    The frozen network is not part of its state, and no ``to`` moves it.

    Args:
        features: The frozen network: (N, 3, H, W) in [-1, 1] to a map (N, C_s, H_s, W_s) for each scale.
        channels: C_s of each scale.
        seed: Chooses the mixing and the first weights of the heads.
    """

    losses = HINGE

    def __init__(self, features: nn.Module, channels: Sequence[int], seed: int = 0) -> None:
        super().__init__()
        self._held = (features,)  # in a tuple, so that it is no sub-module
        with torch.random.fork_rng(devices=[]):
            torch.default_generator.manual_seed(seed)  # that of no GPU
            self.heads = nn.ModuleList(_Head(count) for count in channels)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Score a batch of images.

        Args:
            x: (N, 3, H, W) in [-1, 1].

        Returns:
            For each scale (N, 1, H_s, W_s) unbounded, one score for each place of its map.
        """
        return [head(scale) for head, scale in zip(self.heads, self._held[0](x), strict=True)]


class _Head(nn.Module):
    """Mixes the features of a scale, which is fixed, and scores them, which is learnt."""

    mixing: Tensor

    def __init__(self, channels: int) -> None:
        super().__init__()
        self.register_buffer("mixing", nn.init.kaiming_normal_(torch.empty(_WIDTH, channels, 1, 1)))
        self.model = nn.Sequential(
            spectral_norm(nn.Conv2d(_WIDTH, _WIDTH, kernel_size=3, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(_WIDTH, _WIDTH, kernel_size=3, padding=1)),
            nn.LeakyReLU(0.2),
            spectral_norm(nn.Conv2d(_WIDTH, 1, kernel_size=1)),
        )

    def forward(self, x: Tensor) -> Tensor:
        """Score (N, C_s, H_s, W_s): (N, 1, H_s, W_s)."""
        out: Tensor = self.model(F.conv2d(x, self.mixing.to(x.dtype)))
        return out
