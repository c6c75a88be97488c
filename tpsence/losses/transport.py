"""The pushing weights of the negatives: an entropic optimal transport plan between patches.

Zhan et al., "Modulated Contrast for Versatile Image Synthesis", CVPR 2022 (arXiv 2203.09333), section 3.2; the mixture
by semantic similarity is TPSeNCE's (arXiv 2311.00660), section 3.2. The iterations are Sinkhorn's (Cuturi,
arXiv 1306.0895).
"""

from typing import Any

import torch
from torch import Tensor
from torch.autograd.function import once_differentiable

_DIAGONAL = -10.0
"""A patch is no negative of itself: its cost keeps the plan away from the diagonal."""
_EPSILON = 1e-8


def pushing_weights(similarity: Tensor, semantic: Tensor, epsilon: float, iterations: int) -> Tensor:
    """Weigh the negatives of each patch.

    With C the similarity and m the pair's semantic similarity, the kernel is ``exp(((1 - m) C + m (1 - C)) / epsilon)``
    with -10 on the diagonal before the exponential. m = 0 pushes most from the hardest negatives (MoNCE), m = 1 from
    the easiest. The gradient flows through the plan to the similarity.

    Args:
        similarity: (B, P, P) float32, C: cosine similarity of generated patches (rows) and source patches (columns).
        semantic: (B,) float32 in [0, 1], m.
        epsilon: Strength of the entropy.
        iterations: Sinkhorn iterations.

    Returns:
        (B, P, P), positive: the plan times P - 1, plus 1e-8. Without the diagonal a row has mean about 1.
    """
    patches = similarity.shape[1]
    m = semantic[:, None, None]  # (B, 1, 1)
    mixed = (1 - m) * similarity + m * (1 - similarity)
    mixed = mixed.masked_fill(diagonal(patches, mixed.device), _DIAGONAL)
    return sinkhorn(torch.exp(mixed / epsilon), iterations) * (patches - 1) + _EPSILON


def diagonal(size: int, device: torch.device) -> Tensor:
    """Return the mask (P, P) of the diagonal."""
    return torch.eye(size, dtype=torch.bool, device=device)


def sinkhorn(kernel: Tensor, iterations: int) -> Tensor:
    """Scale rows and columns of positive matrices until both sum to 1.

    From u = v = 1, one iteration is ``u = 1 / (K v)``, then ``v = 1 / (K^T u)``; the plan is ``u K v``.

    Args:
        kernel: (B, Q, K) float32 or float64, positive.
        iterations: Number of iterations, at least 1.

    Returns:
        (B, Q, K). The columns sum to 1 exactly, the rows ever more nearly.
    """
    plan: Tensor = _Sinkhorn.apply(kernel, iterations)
    return plan


class _Sinkhorn(torch.autograd.Function):
    """Sinkhorn's iterations with a gradient that keeps vectors alone.

    Automatic differentiation would add a matrix to the gradient of the kernel at each half iteration. These matrices
    are outer products, so their sum is one product of the stacked vectors.
    """

    @staticmethod
    def forward(ctx: Any, kernel: Tensor, iterations: int) -> Tensor:  # noqa: ANN401 (torch gives it no type)
        transposed = kernel.transpose(1, 2)
        v = kernel.new_ones(kernel.shape[0], kernel.shape[2], 1)  # (B, K, 1)
        rows, columns = [], [v]
        for _ in range(iterations):
            u = torch.bmm(kernel, v).reciprocal_()  # (B, Q, 1)
            v = torch.bmm(transposed, u).reciprocal_()  # (B, K, 1)
            rows.append(u)
            columns.append(v)
        ctx.save_for_backward(kernel, torch.cat(rows, 2), torch.cat(columns, 2))
        return u * kernel * v.transpose(1, 2)

    @staticmethod
    @once_differentiable
    def backward(ctx: Any, grad: Tensor) -> tuple[Tensor, None]:  # noqa: ANN401
        kernel, rows, columns = ctx.saved_tensors  # (B, Q, K), (B, Q, T), (B, K, T + 1)
        transposed = kernel.transpose(1, 2)
        u, v = rows[:, :, -1:], columns[:, :, -1:]
        weighted = grad * kernel
        grad_u, grad_v = torch.bmm(weighted, v), torch.bmm(weighted.transpose(1, 2), u)
        row_terms, column_terms = [], []
        for index in reversed(range(rows.shape[2])):
            u, v = rows[:, :, index : index + 1], columns[:, :, index + 1 : index + 2]
            column = grad_v * v.square()  # minus the gradient of K^T u
            row = (grad_u - torch.bmm(kernel, column)) * u.square()  # minus the gradient of K v
            grad_u, grad_v = torch.zeros_like(u), -torch.bmm(transposed, row)
            row_terms.append(row)
            column_terms.append(column)
        left = torch.cat([rows, *reversed(row_terms)], 2)  # (B, Q, 2 T)
        right = torch.cat([*reversed(column_terms), columns[:, :, :-1]], 2)  # (B, K, 2 T)
        scaled = grad * rows[:, :, -1:] * columns[:, :, -1:].transpose(1, 2)
        return torch.baddbmm(scaled, left, right.transpose(1, 2), alpha=-1), None
