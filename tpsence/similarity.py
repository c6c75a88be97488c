"""How alike two scenes are, from their label maps.

Zheng, Lu, Narasimhan, "TPSeNCE", WACV 2024 (arXiv 2311.00660), section 3.2.
"""

import torch
from torch import Tensor

from tpsence.conventions import IGNORE


def mean_pixel_accuracy(source: Tensor, target: Tensor) -> Tensor:
    """Share of the pixels with the same class at the same place (mPA).

    Args:
        source: (N, H, W) integer class ids.
        target: (N, H, W) integer class ids.

    Returns:
        (N,) float32 in [0, 1]; 0 where no pixel counts.
    """
    counts = (source != IGNORE) & (target != IGNORE)
    same = (source == target) & counts
    return same.sum((1, 2)) / counts.sum((1, 2)).clamp(min=1)


def mean_iou(source: Tensor, target: Tensor) -> Tensor:
    """Mean intersection over union of the classes that are present in either map (mIoU).

    Args:
        source: (N, H, W) integer class ids.
        target: (N, H, W) integer class ids.

    Returns:
        (N,) float32 in [0, 1]; 0 where no pixel counts.
    """
    return torch.stack([_iou(s, t) for s, t in zip(source, target, strict=True)])


def _iou(source: Tensor, target: Tensor) -> Tensor:
    """MIoU of one pair (H, W)."""
    counts = (source != IGNORE) & (target != IGNORE)
    s, t = source[counts], target[counts]
    classes, ids = torch.unique(torch.cat([s, t]), return_inverse=True)
    size = len(classes)
    both = torch.bincount(ids[: len(s)][s == t], minlength=size)
    either = torch.bincount(ids[: len(s)], minlength=size) + torch.bincount(ids[len(s) :], minlength=size) - both
    return (both / either).mean() if size else torch.zeros((), device=source.device)
