"""The features that the kernel distance to real rain is measured on.

They are the spatial mean and deviation of EfficientNet-Lite0's last map, with ImageNet weights. A checkpoint is chosen
by them; what is reported is measured by ``tpsence evaluate``, on another network.
"""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import torch
from PIL import Image

from lite0 import imagenet_network, normalise
from pipeline.metrics.distance import Features

SIZE = (480, 270)
"""(W, H) that the frames are scaled to."""


@torch.inference_mode()
def features(files: Sequence[Path]) -> Features:
    """Return mean and deviation of the last map's 1,280 channels, (N, 2560)."""
    network = imagenet_network()
    rows = []
    for file in files:
        pixels = np.asarray(Image.open(file).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC))
        images = normalise(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float())
        (last,) = network(images)
        rows.append(torch.cat([last.mean((2, 3)), last.std((2, 3))], 1)[0].numpy())
    return np.stack(rows)
