"""What can be chosen in the method. Importing this module is quick: it needs no torch."""

from dataclasses import dataclass
from enum import Enum


class Weighting(str, Enum):
    """Which negatives of the contrastive loss push most."""

    SEMANTIC = "semantic"
    """SeNCE: the more alike the two scenes, the more the easy ones. Needs label maps."""
    HARD = "hard"
    """MoNCE: the ones most alike."""
    EASY = "easy"
    """The ones least alike."""
    NONE = "none"
    """PatchNCE: all the same."""


class SimilarityMeasure(str, Enum):
    """How alike two label maps are."""

    MPA = "mpa"
    """Share of pixels with the same class."""
    MIOU = "miou"
    """Mean intersection over union of the classes."""


@dataclass(frozen=True, kw_only=True)
class ContrastiveSettings:
    """The contrastive loss; the defaults are the published settings."""

    weighting: Weighting = Weighting.SEMANTIC
    """Which negatives push most."""
    temperature: float = 0.07
    """Divides the logits."""
    epsilon: float = 1.0
    """Strength of the entropy in the transport plan."""
    iterations: int = 50
    """Sinkhorn iterations."""


@dataclass(frozen=True, kw_only=True)
class LossSettings:
    """The losses of one training step; the defaults are the published settings."""

    contrastive: ContrastiveSettings = ContrastiveSettings()
    """The contrastive loss and the identity loss."""
    adversarial_weight: float = 1.0
    """Of the adversarial loss."""
    tps_weight: float = 1.0
    """Of the triangular probability similarity."""
    contrastive_weight: float = 1.0
    """Of the contrastive part: the mean of the contrastive and the identity loss."""
    identity: bool = True
    """Whether G(y) is held to y."""
    reconstruction_weight: float = 0.0
    """Of the mean absolute difference between x and G(x), and between y and G(y) with identity. It is not TPSeNCE's:
    alone it teaches G to reproduce its input, which is a better start than random weights where data are few."""
    layers: tuple[int, ...] = (0, 4, 8, 12, 16)
    """Module indices of the generator whose outputs are compared."""
    patches: int = 256
    """Positions compared in each feature map."""
