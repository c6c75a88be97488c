"""How far pictures are from real rain: the kernel distance of their features, with an interval.

Source: Binkowski et al., "Demystifying MMD GANs", ICLR 2018 (arXiv 1801.01401): the unbiased squared maximum mean
discrepancy with the kernel (x.y / d + 1)^3. The features are the spatial mean and deviation of EfficientNet-Lite0's
last map, with ImageNet weights.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from numpy.typing import NDArray
from PIL import Image

from lite0 import imagenet_network, normalise

SIZE = (480, 270)
"""(W, H) that the frames are scaled to."""
_SIGMAS = 1.96

Features = NDArray[np.float64]
"""(N, D), a row for each frame."""


@dataclass(frozen=True, slots=True)
class Ratio:
    """A ratio of two distances, with the ends of its 95 % interval."""

    value: float
    low: float
    high: float

    def __str__(self) -> str:
        return f"{self.value:.2f} ({self.low:.2f} to {self.high:.2f})"


@torch.inference_mode()
def features(files: Sequence[Path]) -> Features:
    """Return mean and deviation of the last map's 1,280 channels, (N, 2560)."""
    network = imagenet_network()
    rows = []
    for file in files:
        pixels = np.asarray(Image.open(file).convert("RGB").resize(SIZE, Image.Resampling.BICUBIC))
        images = normalise(torch.from_numpy(pixels.copy()).permute(2, 0, 1)[None].float())
        (last,) = network(images)
        rows.append(torch.cat([last.mean((2, 3)), last.std((2, 3))], 1)[0].double().numpy())
    return np.stack(rows)


def kernel_distance(one: Features, other: Features) -> float:
    """Return the unbiased squared MMD of two sets; it can be below 0 where they are alike."""
    return _mmd(_gram(one, one), _gram(other, other), _gram(one, other))


def distance_ratio(changed: Features, unchanged: Features, target: Features) -> Ratio:
    """Return the distance of changed pictures to a target over that of the same pictures unchanged.

    The interval is by the jackknife: each picture is left out once, changed and unchanged together, then each of the
    target.

    Args:
        changed: (N, D).
        unchanged: (N, D), the same pictures in the same order.
        target: (M, D).
    """
    own = [_gram(changed, changed), _gram(unchanged, unchanged)]
    cross = [_gram(changed, target), _gram(unchanged, target)]
    goal = _gram(target, target)

    def ratio(pictures: NDArray[np.intp], targets: NDArray[np.intp]) -> float:
        goals = goal[np.ix_(targets, targets)]
        numerator, denominator = (
            _mmd(gram[np.ix_(pictures, pictures)], goals, between[np.ix_(pictures, targets)])
            for gram, between in zip(own, cross, strict=True)
        )
        return numerator / denominator

    pictures, targets = np.arange(len(changed)), np.arange(len(target))
    value = ratio(pictures, targets)
    variance = _jackknife([ratio(np.delete(pictures, index), targets) for index in pictures])
    variance += _jackknife([ratio(pictures, np.delete(targets, index)) for index in targets])
    reach = _SIGMAS * float(np.sqrt(variance))
    return Ratio(value, value - reach, value + reach)


def _gram(one: Features, other: Features) -> Features:
    """The cubic polynomial kernel of all pairs, (N, M)."""
    gram: Features = (one @ other.T / one.shape[1] + 1) ** 3
    return gram


def _mmd(one: Features, other: Features, between: Features) -> float:
    """The unbiased squared MMD out of the kernels within each set and between them."""
    within = sum((gram.sum() - np.trace(gram)) / (len(gram) * (len(gram) - 1)) for gram in (one, other))
    return float(within - 2 * between.mean())


def _jackknife(values: Sequence[float]) -> float:
    """The variance of an estimate out of its values with one left out."""
    return float(np.var(values) * (len(values) - 1))
