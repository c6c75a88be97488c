"""How far two sets of pictures are from each other, by torchmetrics: kernel and Fréchet distance of their features.

Sources: Binkowski, Sutherland, Arbel, Gretton, "Demystifying MMD GANs", ICLR 2018 (arXiv 1801.01401): the unbiased
squared maximum mean discrepancy with the kernel (x.y / D + 1)^3, averaged over subsets of equal size. Heusel et al.,
"GANs Trained by a Two Time-Scale Update Rule", NeurIPS 2017 (arXiv 1706.08500): the Fréchet distance. The intervals:
Shao and Wu, "A General Theory for Jackknife Variance Estimation", Annals of Statistics 17 (1989): what an estimate
varies by between random halves of a sample is what it varies by between samples.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.ratio import SIGMAS, Ratio

if TYPE_CHECKING:
    from torch import Tensor, nn

Features = NDArray[np.float32]
"""(N, D), a row for each picture; which network's, is the caller's choice."""
Values = NDArray[np.float64]

LEAST = 4
"""Fewer pictures than this have no halves with distances within them."""
SUBSETS = 100
"""Random halves that are drawn."""
LARGEST_SUBSET = 1000
"""Pictures in one, at most, as published: with twice as many and more, the interval is that of twice as many."""
ENOUGH_FOR_FID = 2048
"""With fewer pictures on a side, the bias of the Fréchet distance is larger than what is to be measured."""
_RESAMPLES = 8
"""Samples that the interval of a Fréchet distance is by: each takes a decomposition of D x D."""


@dataclass(frozen=True, slots=True)
class Distances:
    """Kernel distances to a target, over the same subsets."""

    changed: Ratio
    """Of the changed pictures. About 0 where the sets are alike, and then as often below as above."""
    unchanged: Ratio
    """Of the same pictures before the change."""
    difference: Ratio
    """Of the two, subset by subset: above 0 where the change leads away from the target."""
    ratio: Ratio | None
    """Of the two; None where the unchanged pictures may be no farther from the target than chance."""
    target: Ratio
    """Of one half of the target to the other: what chance gives."""


def kernel_distances(changed: Features, unchanged: Features, target: Features, seed: int = 0) -> Distances:
    """Measure how far pictures are from a target before and after a change.

    Args:
        changed: (N, D).
        unchanged: (N, D), the same pictures in the same order.
        target: (M, D).
        seed: Draws the subsets.

    Raises:
        ValueError: A set has too few rows, or the sets do not fit.
    """
    if len(changed) != len(unchanged):
        raise ValueError(f"{len(changed)} changed and {len(unchanged)} unchanged pictures")
    smallest = min(len(changed), len(target))
    if smallest < LEAST:
        raise ValueError(f"a set of {smallest} pictures; at least {LEAST} are needed")
    size = min(LARGEST_SUBSET, smallest // 2)
    found = np.array(list(_over_subsets(changed, unchanged, target, size, np.random.default_rng(seed))))  # (S, 3)
    after, before, chance = found.T
    low = np.quantile(before, 0.025)
    ratio = None
    if low > 0:
        ratio = _interval(after.mean() / before.mean(), after / before)
    return Distances(
        changed=_interval(after.mean(), after),
        unchanged=_interval(before.mean(), before),
        difference=_interval((after - before).mean(), after - before),
        ratio=ratio,
        target=_interval(chance.mean(), chance),
    )


def frechet_distance(one: Features, other: Features, seed: int = 0) -> Ratio:
    """Measure the Fréchet distance of two sets.

    Args:
        one: (N, D), N at least ``ENOUGH_FOR_FID``.
        other: (M, D), likewise.
        seed: Draws the bootstrap samples.

    Returns:
        At least 0; the interval is the bootstrap's standard error to both sides, since resampling adds bias.

    Raises:
        ValueError: A set has too few rows.
    """
    smallest = min(len(one), len(other))
    if smallest < ENOUGH_FOR_FID:
        raise ValueError(f"a set of {smallest} pictures; at least {ENOUGH_FOR_FID} are needed")
    random = np.random.default_rng(seed)
    value = _frechet(one, other)
    again = [
        _frechet(*(rows[random.integers(0, len(rows), len(rows))] for rows in (one, other))) for _ in range(_RESAMPLES)
    ]
    reach = SIGMAS * float(np.std(again, ddof=1))
    return Ratio(value, max(0.0, value - reach), value + reach)


def _over_subsets(
    changed: Features, unchanged: Features, target: Features, size: int, random: np.random.Generator
) -> Iterator[tuple[float, float, float]]:
    """Yield the distances of changed, unchanged, and of one half of the target to the other, over random subsets."""
    half = min(LARGEST_SUBSET, len(target) // 2)
    for _ in range(SUBSETS):
        places = random.permutation(len(changed))[:size]
        order = random.permutation(len(target))
        goal = target[order[:size]]
        within = _kernel(target[order[:half]], target[order[half : 2 * half]])
        yield _kernel(changed[places], goal), _kernel(unchanged[places], goal), within


def _kernel(one: Features, other: Features) -> float:
    """Return the squared MMD of two sets (m, D) of one size."""
    import torch
    from torchmetrics.image.kid import poly_mmd

    return float(poly_mmd(torch.from_numpy(one.astype(np.float64)), torch.from_numpy(other.astype(np.float64))))


def _frechet(one: Features, other: Features) -> float:
    """Return the Fréchet distance of two sets (N, D) and (M, D)."""
    import torch
    from torchmetrics.image.fid import FrechetInceptionDistance

    metric = FrechetInceptionDistance(feature=_given_features(one.shape[1]))
    for rows, real in ((one, True), (other, False)):
        metric.update(torch.from_numpy(np.ascontiguousarray(rows)), real=real)
    distance: Tensor = metric.compute()
    return float(distance)


def _given_features(dimensions: int) -> "nn.Module":
    """Return what torchmetrics takes for a network, for features that are there already."""
    from torch import nn

    network = nn.Identity()
    network.num_features = dimensions  # type: ignore[assignment]  # torchmetrics asks for it
    return network


def _interval(value: float, values: Values) -> Ratio:
    """Return a value with what 95 % of the subsets lie between, which never leaves the value out."""
    low, high = np.quantile(values, [0.025, 0.975])
    return Ratio(float(value), float(min(low, value)), float(max(high, value)))
