"""The adversarial losses: least squares.

Mao et al., "Least Squares Generative Adversarial Networks", ICCV 2017 (arXiv 1611.04076).
"""

from torch import Tensor


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
