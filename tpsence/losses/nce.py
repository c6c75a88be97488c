"""The contrastive losses between patches of an image and of its translation: PatchNCE, MoNCE, SeNCE.

PatchNCE: Park et al., ECCV 2020 (arXiv 2007.15651). MoNCE: Zhan et al., CVPR 2022 (arXiv 2203.09333). SeNCE: Zheng,
Lu, Narasimhan, WACV 2024 (arXiv 2311.00660), section 3.2.
"""

import torch
import torch.nn.functional as F
from torch import Tensor

from tpsence.losses.transport import diagonal, pushing_weights
from tpsence.settings import ContrastiveSettings, Weighting


def contrastive_loss(query: Tensor, key: Tensor, semantic: Tensor, settings: ContrastiveSettings) -> Tensor:
    """Cross-entropy of finding each generated patch's own source patch among the others of the same image.

    With C = q k^T, the logits of patch i are the positive ``C_ii`` and the negatives ``C_ij + t log W_ij``, all over
    the temperature t. W are the pushing weights; without weighting they are 1.

    Args:
        query: (B, P, D) float32, q: unit vectors of generated patches.
        key: (B, P, D) float32, k: unit vectors of source patches at the same positions; no gradient flows to it.
        semantic: (B,) float32 in [0, 1], semantic similarity of each pair; read with the weighting ``semantic`` alone.
        settings: Weighting, temperature and transport.

    Returns:
        (B, P), the loss of each patch.
    """
    with torch.autocast(query.device.type, enabled=False):  # half precision would spoil the transport plan
        similarity = torch.bmm(query, key.detach().transpose(1, 2))  # (B, P, P), rows query
        logits = similarity / settings.temperature
        if settings.weighting is not Weighting.NONE:
            mixture = _mixture(semantic, settings.weighting)
            weights = pushing_weights(similarity, mixture, settings.epsilon, settings.iterations)
            own = diagonal(similarity.shape[1], similarity.device)
            logits = logits + weights.log().masked_fill(own, 0.0)  # the positive is not weighted
        own_index = torch.arange(logits.shape[1], device=logits.device).expand(logits.shape[:2])
        return F.cross_entropy(logits.transpose(1, 2), own_index, reduction="none")  # classes in dimension 1


def _mixture(semantic: Tensor, weighting: Weighting) -> Tensor:
    """Return m (B,): how much the easy negatives count."""
    if weighting is Weighting.SEMANTIC:
        return semantic.float()
    return torch.full_like(semantic, 1.0 if weighting is Weighting.EASY else 0.0, dtype=torch.float32)
