"""The triangular probability similarity: generated images lie between both domains in the discriminator's space.

Zheng, Lu, Narasimhan, "TPSeNCE", WACV 2024 (arXiv 2311.00660), section 3.3. Where D(G(x)) lies on the segment
from D(x) to D(y), the two distances sum to the third and the loss vanishes.
"""

from torch import Tensor

_EPSILON = 1e-7


def tps_loss(source: Tensor, generated: Tensor, target: Tensor) -> Tensor:
    """Mean over the map of ``| |D(x) - D(G(x))| + |D(y) - D(G(x))| - |D(x) - D(y)| |``.

    It is a loss of the generator: the maps of x and y are taken as constants, its gradient flows through D(G(x)).

    Args:
        source: (N, 1, H', W'), D(x).
        generated: (N, 1, H', W'), D(G(x)).
        target: (N, 1, H', W'), D(y).

    Returns:
        A scalar, float32, at least 0.
    """
    x, fake, y = source.detach().float(), generated.float(), target.detach().float()
    excess = (x - fake).abs() + (y - fake).abs() - (x - y).abs()
    return (excess.abs() + _EPSILON).mean()
