"""What can be chosen in the method. Importing this module is quick: it needs no torch.

The published settings of TPSeNCE stand here and nowhere else, as the defaults: Zheng, Lu, Narasimhan, WACV 2024 (arXiv
2311.00660). ``TrainConfig`` takes its own from them; networks and losses have none.
"""

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


class GeneratorKind(str, Enum):
    """What the generator gives."""

    RESNET = "resnet"
    """A picture, as published."""
    AFFINE = "affine"
    """A gain and an offset for each pixel, by the same ResNet: it keeps what it does not change."""


class DiscriminatorKind(str, Enum):
    """What tells real pictures from generated ones."""

    PATCH = "patch"
    """The published PatchGAN, from nothing."""
    FEATURES = "features"
    """Small heads on the features of a frozen ImageNet network; for few pictures."""


@dataclass(frozen=True, kw_only=True)
class DataSettings:
    """From pictures to crops; the defaults are the published settings."""

    width: int = 640
    """Width in pixels that pictures are scaled to."""
    crop: int = 256
    """Side in pixels of the square crops."""
    flip: bool = True
    """Whether half of the crops are mirrored."""
    similarity: SimilarityMeasure = SimilarityMeasure.MPA
    """How alike the label maps of two crops are."""


@dataclass(frozen=True, kw_only=True)
class NetworkSettings:
    """The sizes of the networks; the defaults are the published settings."""

    blocks: int = 9
    """Residual blocks of the generator."""
    ngf: int = 64
    """Channels of the generator after its first convolution."""
    ndf: int = 64
    """Channels of the discriminator after its first convolution."""
    projection: int = 256
    """Width of the projector, and length of a patch's feature vector."""


@dataclass(frozen=True, kw_only=True)
class OptimSettings:
    """Adam and its schedule; the defaults are the published settings."""

    batch_size: int = 32
    """Pictures in one step."""
    lr: float = 2e-4
    """Learning rate."""
    beta1: float = 0.5
    """Decay of Adam's mean of gradients."""
    beta2: float = 0.999
    """Decay of Adam's mean of squared gradients."""
    epochs: int = 100
    """Epochs at a constant learning rate."""
    decay_epochs: int = 100
    """Epochs after them, in which the learning rate falls to 0."""


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
    """Weight of the adversarial loss."""
    tps_weight: float = 1.0
    """Weight of the triangular probability similarity."""
    contrastive_weight: float = 1.0
    """Weight of the contrastive part: the mean of the contrastive and the identity loss."""
    identity: bool = True
    """Whether G(y) is held to y."""
    reconstruction_weight: float = 0.0
    """Weight of the mean absolute difference between x and G(x), and between y and G(y) with identity. It is not
    TPSeNCE's: alone it teaches G to reproduce its input, a better start than random weights where data are few."""
    paired_weight: float = 0.0
    """Weight of the mean absolute difference between G(x) and the target of x, where it has one. Not TPSeNCE's."""
    perceptual_weight: float = 0.0
    """Weight of the same in the features of a frozen network. Not TPSeNCE's."""
    layers: tuple[int, ...] = (0, 4, 8, 12, 16)
    """Module indices of the generator whose outputs are compared."""
    patches: int = 256
    """Positions compared in each feature map."""
