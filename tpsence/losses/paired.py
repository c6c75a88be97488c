"""Losses towards a target of the same scene, where a picture has one. They are not TPSeNCE's.

They teach G a first, coarse light from rendered targets, and hold it there while it learns from real rain. Both are
means over the batch, in which a picture without a target counts 0: so parts of a batch add up to the whole.
"""

from collections.abc import Sequence

import torch
from torch import Tensor

_EPSILON = 1e-6


def paired_loss(generated: Tensor, wanted: Tensor, has_target: Tensor) -> Tensor:
    """Mean absolute difference of images.

    Args:
        generated: (N, 3, H, W), G(x).
        wanted: (N, 3, H, W), the targets; anything finite where there is none.
        has_target: (N,) float32, 1 where there is one, else 0.

    Returns:
        A scalar, float32, at least 0.
    """
    return ((generated.float() - wanted).abs().mean((1, 2, 3)) * has_target).mean()


def perceptual_loss(generated: Sequence[Tensor], wanted: Sequence[Tensor], has_target: Tensor) -> Tensor:
    """Mean absolute difference of a frozen network's feature maps, each map in units of the target's mean size.

    After Johnson et al., "Perceptual Losses for Real-Time Style Transfer and Super-Resolution", ECCV 2016
    (arXiv 1603.08155).

    Args:
        generated: For each scale (N, C_s, H_s, W_s), the features of G(x).
        wanted: Of the targets, of the same shapes.
        has_target: (N,) float32, 1 where there is one, else 0.

    Returns:
        A scalar, float32, at least 0: the mean over the scales.
    """
    scales = []
    for ours, theirs in zip(generated, wanted, strict=True):
        size = theirs.float().abs().mean((1, 2, 3))
        scales.append((ours.float() - theirs.float()).abs().mean((1, 2, 3)) / (size + _EPSILON))
    return (torch.stack(scales).mean(0) * has_target).mean()
