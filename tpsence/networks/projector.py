"""The projector of TPSeNCE: patch features to unit vectors that the contrastive losses compare.

Park et al., "Contrastive Learning for Unpaired Image-to-Image Translation", ECCV 2020 (arXiv 2007.15651), section 3.2.
The module names are those of the published checkpoints.
"""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

_NORM_EPSILON = 1e-7


class Projector(nn.Module):
    """One small perceptron for each feature layer, followed by division by the L2 norm.

    Args:
        widths: C_l, the channels of each layer.
        out: D, the length of the vectors.
    """

    def __init__(self, widths: Sequence[int], out: int) -> None:
        super().__init__()
        self.widths = tuple(widths)
        for index, width in enumerate(self.widths):
            mlp = nn.Sequential(nn.Linear(width, out), nn.ReLU(), nn.Linear(out, out))
            self.add_module(f"mlp_{index}", mlp)

    def forward(self, patches: Sequence[Tensor]) -> list[Tensor]:
        """Project the patches of each layer.

        Args:
            patches: For each layer (N, P_l, C_l).

        Returns:
            For each layer (N, P_l, D) in float32, of unit length.
        """
        return [_unit(self.get_submodule(f"mlp_{index}")(layer)) for index, layer in enumerate(patches)]


def _unit(x: Tensor) -> Tensor:
    """Divide vectors (..., D) by their L2 norm, in float32 whatever the precision of the layers."""
    x = x.float()
    length: Tensor = torch.linalg.vector_norm(x, dim=-1, keepdim=True)
    return x / (length + _NORM_EPSILON)


def draw_positions(sizes: Sequence[tuple[int, int]], patches: int, generator: torch.Generator) -> list[Tensor]:
    """Draw positions in feature maps, without repetition.

    Args:
        sizes: For each layer (H_l, W_l).
        patches: P, the number wanted; a smaller map gives all its positions.
        generator: Source of randomness, on the CPU.

    Returns:
        For each layer (min(P, H_l W_l),) int64: row times W_l plus column.
    """
    return [torch.randperm(height * width, generator=generator)[:patches] for height, width in sizes]


def gather_patches(features: Tensor, positions: Tensor) -> Tensor:
    """Take the feature vectors at some positions of each image.

    Args:
        features: (N, C, H, W).
        positions: (N, P) int64, row times W plus column.

    Returns:
        (N, P, C).
    """
    width = features.shape[3]
    images = torch.arange(len(features), device=features.device)[:, None]  # (N, 1)
    return features[images, :, positions // width, positions % width]
