"""The adversarial losses: least squares, of the published method, and hinge, of the discriminator on frozen features.

Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017 (arXiv 1611.04076). Lim and Ye, "Geometric GAN",
2017 (arXiv 1705.02894): the hinge.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
from torch import Tensor

Loss = Callable[[Tensor], Tensor]
"""From scores (N, 1, H', W') to a scalar, float32."""


def real_loss(scores: Tensor) -> Tensor:
    """Mean squared distance of scores to 1, what real images should get.

    D learns with it from D(y), G from D(G(x)).

    Args:
        scores: (N, 1, H', W'), the discriminator's map.

    Returns:
        A scalar, float32, at least 0.
    """
    return (scores.float() - 1).square().mean()


def fake_loss(scores: Tensor) -> Tensor:
    """Mean squared distance of scores to 0, what generated images should get.

    Args:
        scores: (N, 1, H', W'), the discriminator's map of G(x).

    Returns:
        A scalar, float32, at least 0.
    """
    return scores.float().square().mean()


def hinge_real_loss(scores: Tensor) -> Tensor:
    """How much scores of real images fall short of 1: the mean, a scalar, float32, at least 0."""
    return torch.relu(1 - scores.float()).mean()


def hinge_fake_loss(scores: Tensor) -> Tensor:
    """How much scores of generated images exceed -1: the mean, a scalar, float32, at least 0."""
    return torch.relu(1 + scores.float()).mean()


def hinge_generator_loss(scores: Tensor) -> Tensor:
    """The mean score with its sign turned, a scalar, float32: G is to raise D(G(x)) without end."""
    return -scores.float().mean()


@dataclass(frozen=True, slots=True)
class AdversarialLosses:
    """The three losses of a kind, each of one map of scores."""

    real: Loss
    """Of D, for real images."""
    fake: Loss
    """Of D, for generated images."""
    generator: Loss
    """Of G, for its images."""


LEAST_SQUARES = AdversarialLosses(real_loss, fake_loss, real_loss)
HINGE = AdversarialLosses(hinge_real_loss, hinge_fake_loss, hinge_generator_loss)


def mean_over_maps(loss: Loss, maps: Sequence[Tensor]) -> Tensor:
    """Return the mean of a loss over a discriminator's maps, one for each of its scales."""
    return torch.stack([loss(scores) for scores in maps]).mean()
