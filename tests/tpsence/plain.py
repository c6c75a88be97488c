"""The method written out plainly in float64, one image and one patch after another, to compare with.

Everything here follows the formulas of the papers; gradients are torch's own.
"""

from collections.abc import Mapping, Sequence
from copy import deepcopy
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from tpsence.model import MicroBatch, Networks, Positions
from tpsence.settings import ContrastiveSettings, LossSettings, Weighting

FIXTURES = Path(__file__).parent / "fixtures"


def arrays(path: Path) -> dict[str, Tensor]:
    """Read an npz file as tensors."""
    with np.load(path) as file:
        return {name: torch.from_numpy(file[name]) for name in file.files}


def sinkhorn(kernel: Tensor, iterations: int) -> Tensor:
    """Scale one matrix (Q, K): u = 1 / (K v), v = 1 / (K^T u), and so on."""
    v = torch.ones(kernel.shape[1], dtype=torch.float64)
    for _ in range(iterations):
        u = torch.stack([1 / (row * v).sum() for row in kernel])
        v = torch.stack([1 / (column * u).sum() for column in kernel.T])
    return torch.stack([u[row] * kernel[row] * v for row in range(len(u))])


def pushing_weights(similarity: Tensor, m: float, epsilon: float, iterations: int) -> Tensor:
    """Weigh the negatives of one image (P, P)."""
    patches = len(similarity)
    rows = []
    for i in range(patches):
        mixed = [(1 - m) * similarity[i, j] + m * (1 - similarity[i, j]) for j in range(patches)]
        mixed[i] = torch.tensor(-10.0, dtype=torch.float64)
        rows.append(torch.stack(mixed))
    return sinkhorn(torch.exp(torch.stack(rows) / epsilon), iterations) * (patches - 1) + 1e-8


def contrastive(query: Tensor, key: Tensor, semantic: float, settings: ContrastiveSettings) -> Tensor:
    """Loss of each patch (P,) of one image, from unit vectors (P, D)."""
    patches, t = len(query), settings.temperature
    similarity = query.double() @ key.detach().double().T
    weights = torch.ones_like(similarity)
    if settings.weighting is not Weighting.NONE:
        m = {Weighting.HARD: 0.0, Weighting.EASY: 1.0}.get(settings.weighting, semantic)
        weights = pushing_weights(similarity, m, settings.epsilon, settings.iterations)
    losses = []
    for i in range(patches):
        logits = [similarity[i, i] / t]
        for j in range(patches):
            negative = similarity[i, j] + t * weights[i, j].log()
            logits.append((negative if j != i else torch.full_like(negative, -10.0)) / t)
        losses.append(torch.logsumexp(torch.stack(logits), 0) - logits[0])
    return torch.stack(losses)


def tps(source: Tensor, generated: Tensor, target: Tensor) -> Tensor:
    """Triangular probability similarity of three maps, score by score."""
    total = torch.zeros((), dtype=torch.float64)
    scores = [scores.double().flatten() for scores in (source.detach(), generated, target.detach())]
    for x, fake, y in zip(*scores, strict=True):
        total = total + ((x - fake).abs() + (y - fake).abs() - (x - y).abs()).abs() + 1e-7
    return total / source.numel()


def squared_distance(scores: Tensor, goal: float) -> Tensor:
    """Mean squared distance of the scores to a goal."""
    total = torch.zeros((), dtype=torch.float64)
    for score in scores.double().flatten():
        total = total + (score - goal) ** 2
    return total / scores.numel()


def instance_norm(x: Tensor) -> Tensor:
    """Give each channel of each image mean 0 and variance 1."""
    images = []
    for image in x:
        channels = []
        for channel in image:
            centred = channel - channel.sum() / channel.numel()
            channels.append(centred / ((centred**2).sum() / channel.numel() + 1e-5).sqrt())
        images.append(torch.stack(channels))
    return torch.stack(images)


def blur_down(x: Tensor) -> Tensor:
    """Blur with [1 2 1] x [1 2 1] / 16 after reflection and keep every second row and column."""
    height, width = x.shape[2:]
    padded = F.pad(x, (1, 1, 1, 1), mode="reflect")
    total = torch.zeros_like(x[:, :, ::2, ::2])
    for i, above in enumerate((1, 2, 1)):
        for j, left in enumerate((1, 2, 1)):
            total = total + above * left / 16 * padded[:, :, i : i + height : 2, j : j + width : 2]
    return total


def discriminator(state: Mapping[str, Tensor], x: Tensor) -> Tensor:
    """The published discriminator from its description."""

    def conv(x: Tensor, index: int) -> Tensor:
        return F.conv2d(x, state[f"model.{index}.weight"].double(), state[f"model.{index}.bias"].double(), padding=1)

    def leaky(x: Tensor) -> Tensor:
        return torch.where(x > 0, x, 0.2 * x)

    x = blur_down(leaky(conv(x.double(), 0)))
    x = blur_down(leaky(instance_norm(conv(x, 3))))
    x = blur_down(leaky(instance_norm(conv(x, 7))))
    return conv(leaky(instance_norm(conv(x, 11))), 14)


def project(state: Mapping[str, Tensor], layer: int, patches: Tensor) -> Tensor:
    """The published projector of one layer for (P, C) patches."""
    one, bias_one, two, bias_two = (
        state[f"mlp_{layer}.{index}.{kind}"].double() for index in (0, 2) for kind in ("weight", "bias")
    )
    vectors = []
    for patch in patches.double():
        vector = two @ (one @ patch + bias_one).clamp(min=0) + bias_two
        vectors.append(vector / ((vector**2).sum().sqrt() + 1e-7))
    return torch.stack(vectors)


def patches_at(features: Tensor, positions: Tensor) -> Tensor:
    """The vectors (P, C) of one image's features (C, H, W)."""
    width = features.shape[2]
    return torch.stack([features[:, int(at) // width, int(at) % width] for at in positions])


def in_float64(networks: Networks) -> Networks:
    """Copy the networks to float64."""
    return Networks(
        generator=deepcopy(networks.generator).double(),
        discriminator=deepcopy(networks.discriminator).double(),
        projector=deepcopy(networks.projector).double(),
    )


def generator_losses(networks: Networks, batch: MicroBatch, positions: Positions, settings: LossSettings) -> Tensor:
    """The sum and its seven parts, in the order of ``LOSS_NAMES``, in float64, with a gradient; without features."""
    critic = {name: value.detach() for name, value in networks.discriminator.state_dict().items()}
    source, target = batch.source.double(), batch.target.double()
    generated = networks.generator(source)
    fake = discriminator(critic, generated)
    adversarial = squared_distance(fake, 1)
    triangle = tps(discriminator(critic, source), fake, discriminator(critic, target))
    contrastive_part = _contrast(networks, source, generated, positions.source, batch.semantic, settings)
    both, identity_part = contrastive_part, torch.zeros_like(contrastive_part)
    changes = [generated - source]
    if settings.identity:
        repeated = networks.generator(target)
        identity_part = _contrast(networks, target, repeated, positions.target, batch.semantic, settings)
        both = (contrastive_part + identity_part) / 2
        changes.append(repeated - target)
    reconstruction = torch.stack(changes).abs().mean() if settings.reconstruction_weight else torch.zeros_like(both)
    paired = torch.zeros_like(both)
    if batch.wanted is not None and batch.has_target is not None:
        for ours, theirs, weight in zip(generated, batch.wanted.double(), batch.has_target.tolist(), strict=True):
            paired = paired + weight * (ours - theirs).abs().mean() / len(generated)
    total = (
        settings.adversarial_weight * adversarial
        + settings.tps_weight * triangle
        + settings.contrastive_weight * both
        + settings.reconstruction_weight * reconstruction
        + settings.paired_weight * paired
    )
    parts = [adversarial, triangle, contrastive_part, identity_part, reconstruction, paired, torch.zeros_like(both)]
    return torch.stack([total, *parts])


def _contrast(
    networks: Networks,
    real: Tensor,
    generated: Tensor,
    positions: Sequence[Tensor],
    semantic: Tensor,
    settings: LossSettings,
) -> Tensor:
    """The contrastive loss between images and their translations, layer by layer and image by image."""
    state = dict(networks.projector.named_parameters())
    keys, queries = (networks.generator.features(images, settings.layers) for images in (real, generated))
    layers = []
    for layer, at in enumerate(positions):
        images = []
        for image, m in enumerate(semantic.tolist()):
            query = project(state, layer, patches_at(queries[layer][image], at))
            key = project(state, layer, patches_at(keys[layer][image], at))
            images.append(contrastive(query, key, m, settings.contrastive).mean())
        layers.append(torch.stack(images).mean())
    return torch.stack(layers).mean()
