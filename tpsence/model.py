"""One optimisation step of TPSeNCE: first D, then G and F together.

Zheng, Lu, Narasimhan, "TPSeNCE", WACV 2024 (arXiv 2311.00660), section 3. No work is done twice: one forward pass of
the generator over x and y gives the translations, D's input and the features of the source patches; D(G(x)) serves the
adversarial loss and TPS; all layers and images share one transport plan computation.
"""

from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass

import torch
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from tpsence.losses.adversarial import AdversarialLosses, mean_over_maps
from tpsence.losses.nce import contrastive_loss
from tpsence.losses.paired import paired_loss, perceptual_loss
from tpsence.losses.tps import tps_loss
from tpsence.networks.discriminator import Discriminator
from tpsence.networks.feature_discriminator import FeatureDiscriminator
from tpsence.networks.interface import GeneratorNetwork
from tpsence.networks.projector import Projector, gather_patches
from tpsence.precision import autocast
from tpsence.settings import LossSettings
from tpsence.views import View

LOSS_NAMES = (
    *("generator", "adversarial", "tps", "contrastive", "identity", "reconstruction", "paired", "perceptual"),
    *("real", "fake"),
)
"""The losses that a step reports, in order: the sum that G and F learn from, its seven parts, and the two of D."""


@dataclass(frozen=True)
class MicroBatch:
    """What one process does at once of a step's batch.

    Attributes:
        source: (N, 3, H, W) in [-1, 1], x in A.
        target: (N, 3, H, W) in [-1, 1], y in B.
        semantic: (N,) float32 in [0, 1], semantic similarity of each pair; zeros where it is not used.
        wanted: (N, 3, H, W) in [-1, 1], the target of each x that has one; None where no loss asks for them.
        has_target: (N,) float32, 1 where x has a target, else 0; None like ``wanted``.
    """

    source: Tensor
    target: Tensor
    semantic: Tensor
    wanted: Tensor | None = None
    has_target: Tensor | None = None


@dataclass(frozen=True)
class Positions:
    """Where the patches of a step are taken, in each layer row times width plus column.

    Attributes:
        source: For each layer (P_l,) int64, in the features of x and G(x).
        target: For each layer (P_l,) int64, in the features of y and G(y).
    """

    source: Sequence[Tensor]
    target: Sequence[Tensor]


@dataclass(frozen=True)
class Translated:
    """The generator's first forward pass.

    Attributes:
        images: (N, 3, H, W), G(x), or (2 N, 3, H, W), G(x) and G(y), with identity.
        features: For each layer (N or 2 N, C_l, H_l, W_l), of x, or x and y.
    """

    images: Tensor
    features: Sequence[Tensor]


@dataclass(kw_only=True)
class Networks:
    """The three networks that learn."""

    generator: GeneratorNetwork
    discriminator: Discriminator | FeatureDiscriminator
    projector: Projector


@dataclass(kw_only=True)
class Optimizers:
    """Their optimizers, and the scaler of fp16; disabled for other precisions."""

    generator: torch.optim.Optimizer
    discriminator: torch.optim.Optimizer
    projector: torch.optim.Optimizer
    scaler: torch.amp.GradScaler


class Translation(nn.Module):
    """The generator with the features on its way, as one module, because gradients of many processes need one."""

    def __init__(self, generator: GeneratorNetwork, layers: Sequence[int]) -> None:
        super().__init__()
        self.generator = generator
        self.layers = tuple(layers)

    def forward(self, x: Tensor) -> tuple[Tensor, list[Tensor]]:
        """Translate (N, 3, H, W) and return the images and, for each layer, the features (N, C_l, H_l, W_l)."""
        return self.generator.translate(x, self.layers)


class Encoding(nn.Module):
    """The generator up to its last feature layer, as a module that can be compiled."""

    def __init__(self, generator: GeneratorNetwork, layers: Sequence[int]) -> None:
        super().__init__()
        self.generator = generator
        self.layers = tuple(layers)

    def forward(self, x: Tensor) -> list[Tensor]:
        """Encode (N, 3, H, W) and return for each layer the features (N, C_l, H_l, W_l)."""
        return self.generator.features(x, self.layers)


class Tpsence:
    """The three networks with their losses and their step.

    Args:
        networks: On their device.
        optimizers: Of those networks.
        settings: The losses.
        features: The frozen network of the perceptual loss: (N, 3, H, W) in [-1, 1] to a map (N, C_s, H_s, W_s) for
            each scale; None where that loss is off.
        dtype: Of the autocast around the networks, or None for float32; losses are always in float32.
        distributed: Average gradients over the processes of the default group.
        compile_networks: Compile the networks with ``torch.compile``.
    """

    def __init__(
        self,
        networks: Networks,
        optimizers: Optimizers,
        settings: LossSettings,
        *,
        features: nn.Module | None = None,
        dtype: torch.dtype | None = None,
        distributed: bool = False,
        compile_networks: bool = False,
    ) -> None:
        self.networks = networks
        self.optimizers = optimizers
        self.settings = settings
        self._features = features
        self._dtype = dtype
        self._device = next(networks.generator.parameters()).device
        translation = Translation(networks.generator, settings.layers)
        self._encoding = Encoding(networks.generator, settings.layers)
        if compile_networks:
            for module in (translation, self._encoding, networks.discriminator):
                module.compile()
        self._wrapped = [
            _replicated(module) if distributed else module
            for module in (translation, networks.discriminator, networks.projector)
        ]

    def step(self, micro_batches: Sequence[MicroBatch], positions: Positions, view: View | None = None) -> Tensor:
        """Do one optimisation step.

        Several micro-batches give the gradients of one batch of their sizes together, in less memory. The generator
        then runs twice over each, because D learns before G and the first graph cannot be kept.

        Args:
            micro_batches: What this process does of the batch; all of one size.
            positions: Where the patches are taken; the same for all micro-batches and processes.
            view: What D sees of the images, likewise; None for the images as they are.

        Returns:
            (10,) float32: this process's losses in the order of ``LOSS_NAMES``, averaged over its micro-batches.
        """
        kept = self.translate(micro_batches[0]) if len(micro_batches) == 1 else None
        discriminator_losses = self.update_discriminator(micro_batches, kept, view)
        generator_losses = self.update_generator(micro_batches, positions, kept, view)
        self.optimizers.scaler.update()
        return torch.cat([generator_losses, discriminator_losses])

    def translate(self, batch: MicroBatch) -> Translated:
        """Run the generator once over everything that the step needs."""
        images = torch.cat([batch.source, batch.target]) if self.settings.identity else batch.source
        with self._autocast():
            return Translated(*self._wrapped[0](images))

    def update_discriminator(
        self, micro_batches: Sequence[MicroBatch], kept: Translated | None = None, view: View | None = None
    ) -> Tensor:
        """Let D learn to tell y from G(x); where no loss asks it, it does not.

        Args:
            micro_batches: What this process does of the batch.
            kept: The translations, where they are known already.
            view: What D sees of them.

        Returns:
            (2,) float32, detached: the losses of y and of G(x).
        """
        optimizer = self.optimizers.discriminator
        optimizer.zero_grad(set_to_none=True)
        if not self._asks_discriminator:
            self._learn(optimizer)
            return torch.zeros(2, device=self._device)
        losses = []
        for batch, synchronised in self._synchronised(micro_batches, self._wrapped[1]):
            with synchronised:
                generated = self._generated(batch) if kept is None else kept.images[: len(batch.source)].detach()
                with self._autocast():
                    fake, real = _halves(self._wrapped[1](_seen(torch.cat([generated, batch.target]), view)))
                both = torch.stack(
                    [mean_over_maps(self._adversarial.real, real), mean_over_maps(self._adversarial.fake, fake)]
                )
                both = both / len(micro_batches)
                self._backward(both.mean())
            losses.append(both.detach())
        self._learn(optimizer)
        return torch.stack(losses).sum(0)

    def update_generator(
        self,
        micro_batches: Sequence[MicroBatch],
        positions: Positions,
        kept: Translated | None = None,
        view: View | None = None,
    ) -> Tensor:
        """Let G and F learn together; D does not.

        Args:
            micro_batches: What this process does of the batch.
            positions: Where the patches are taken.
            kept: The translations with their graph, where they are known already.
            view: What D sees of them.

        Returns:
            (8,) float32, detached: the first eight of ``LOSS_NAMES``.
        """
        optimizers = self.optimizers.generator, self.optimizers.projector
        for optimizer in optimizers:
            optimizer.zero_grad(set_to_none=True)
        losses = []
        with _frozen(self.networks.discriminator):
            for batch, synchronised in self._synchronised(micro_batches, self._wrapped[0], self._wrapped[2]):
                with synchronised:
                    all_losses = self.generator_losses(batch, kept or self.translate(batch), positions, view)
                    all_losses = all_losses / len(micro_batches)
                    self._backward(all_losses[0])
                losses.append(all_losses.detach())
        for optimizer in optimizers:
            self._learn(optimizer)
        return torch.stack(losses).sum(0)

    def generator_losses(
        self, batch: MicroBatch, translated: Translated, positions: Positions, view: View | None = None
    ) -> Tensor:
        """Return the first eight of ``LOSS_NAMES``, (8,) float32; the first, the weighted sum, has a gradient.

        ``update_generator`` calls it while D is kept from learning; called alone, its gradient would reach D too.
        """
        settings = self.settings
        generated = translated.images[: len(batch.source)]
        adversarial, tps = self._losses_through_discriminator(batch, generated, view)
        contrastive, identity = self._contrastive_losses(batch, translated, positions)
        both = (contrastive + identity) / 2 if settings.identity else contrastive
        reconstruction = self._reconstruction_loss(batch, translated.images)
        paired, perceptual = self._losses_to_targets(batch, generated)
        total = (
            settings.adversarial_weight * adversarial
            + settings.tps_weight * tps
            + settings.contrastive_weight * both
            + settings.reconstruction_weight * reconstruction
            + settings.paired_weight * paired
            + settings.perceptual_weight * perceptual
        )
        return torch.stack([total, adversarial, tps, contrastive, identity, reconstruction, paired, perceptual])

    def _losses_through_discriminator(
        self, batch: MicroBatch, generated: Tensor, view: View | None
    ) -> tuple[Tensor, Tensor]:
        """The adversarial loss and TPS of G(x) (N, 3, H, W), each the mean over D's maps."""
        discriminator = self.networks.discriminator
        if not self._asks_discriminator:
            zero = generated.new_zeros((), dtype=torch.float32)
            return zero, zero
        with self._autocast():
            fake = _maps(discriminator(_seen(generated, view)))
        adversarial = mean_over_maps(self._adversarial.generator, fake)
        if not self.settings.tps_weight:
            return adversarial, torch.zeros_like(adversarial)
        with self._autocast(), torch.no_grad():
            source, target = _halves(discriminator(_seen(torch.cat([batch.source, batch.target]), view)))
        return adversarial, torch.stack([tps_loss(*maps) for maps in zip(source, fake, target, strict=True)]).mean()

    def _contrastive_losses(
        self, batch: MicroBatch, translated: Translated, positions: Positions
    ) -> tuple[Tensor, Tensor]:
        """The contrastive and the identity loss; the latter is 0 where it is off."""
        pairs = len(batch.source)
        if not self.settings.contrastive_weight:
            zero = batch.semantic.new_zeros(())
            return zero, zero
        at = [_each(x, y, pairs, self.settings) for x, y in zip(positions.source, positions.target, strict=True)]
        with self._autocast():
            query = self._wrapped[2](_gathered(self._encoding(translated.images), at))
            with torch.no_grad():
                key = self.networks.projector(_gathered(translated.features, at))
        semantic = batch.semantic.repeat(len(translated.images) // pairs)
        losses = _layer_losses(query, key, semantic, self.settings)  # (L, N or 2 N)
        contrastive = losses[:, :pairs].mean()
        return contrastive, losses[:, pairs:].mean() if self.settings.identity else torch.zeros_like(contrastive)

    def _reconstruction_loss(self, batch: MicroBatch, images: Tensor) -> Tensor:
        """The mean absolute difference of G(x), or G(x) and G(y), (N or 2 N, 3, H, W), and what went in."""
        if not self.settings.reconstruction_weight:
            return batch.semantic.new_zeros(())
        given = torch.cat([batch.source, batch.target]) if self.settings.identity else batch.source
        return (images.float() - given).abs().mean()

    def _losses_to_targets(self, batch: MicroBatch, generated: Tensor) -> tuple[Tensor, Tensor]:
        """The paired and the perceptual loss of G(x) (N, 3, H, W)."""
        zero = batch.semantic.new_zeros(())
        if batch.wanted is None or batch.has_target is None:
            return zero, zero
        paired = paired_loss(generated, batch.wanted, batch.has_target)
        if self._features is None or not self.settings.perceptual_weight:
            return paired, zero
        with self._autocast():
            ours = self._features(generated)
            with torch.no_grad():
                theirs = self._features(batch.wanted)
        return paired, perceptual_loss(ours, theirs, batch.has_target)

    @property
    def _adversarial(self) -> AdversarialLosses:
        """The adversarial losses that go with D."""
        return self.networks.discriminator.losses

    @property
    def _asks_discriminator(self) -> bool:
        """Whether a loss needs D."""
        return self.settings.adversarial_weight > 0 or self.settings.tps_weight > 0

    @torch.no_grad()
    def _generated(self, batch: MicroBatch) -> Tensor:
        """G(x) without a graph."""
        with self._autocast():
            images: Tensor = self.networks.generator(batch.source)
        return images

    def _backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss."""
        torch.autograd.backward(self.optimizers.scaler.scale(loss))

    def _learn(self, optimizer: torch.optim.Optimizer) -> None:
        """Let a network learn from its gradients, or from none, where no loss reached it."""
        if _has_gradients(optimizer):
            self.optimizers.scaler.step(optimizer)
        else:  # the scaler refuses it, but the learning rate's schedule counts it
            optimizer.step()

    def _autocast(self) -> AbstractContextManager[None]:
        """The arithmetic around the networks."""
        return autocast(self._device, self._dtype)

    def _synchronised(
        self, micro_batches: Sequence[MicroBatch], *modules: nn.Module
    ) -> Iterator[tuple[MicroBatch, AbstractContextManager[object]]]:
        """Yield the micro-batches; gradients are averaged over the processes with the last one."""
        for batch in micro_batches:
            stack = ExitStack()
            for module in modules:
                if isinstance(module, DistributedDataParallel) and batch is not micro_batches[-1]:
                    stack.enter_context(module.no_sync())
            yield batch, stack


def _replicated(module: nn.Module) -> DistributedDataParallel:
    """Average the gradients of a module over the processes."""
    parameter = next(module.parameters())
    devices = [parameter.device] if parameter.device.type == "cuda" else None
    return DistributedDataParallel(module, device_ids=devices, gradient_as_bucket_view=True)


@contextmanager
def _frozen(network: nn.Module) -> Iterator[None]:
    """Keep a network from learning."""
    network.requires_grad_(False)
    try:
        yield
    finally:
        network.requires_grad_(True)


def _maps(scores: Tensor | list[Tensor]) -> list[Tensor]:
    """D's maps of scores, of one scale or several, as a list."""
    return scores if isinstance(scores, list) else [scores]


def _halves(scores: Tensor | list[Tensor]) -> tuple[list[Tensor], list[Tensor]]:
    """D's maps of two batches that went through it as one."""
    first, second = zip(*(scale.chunk(2) for scale in _maps(scores)), strict=True)
    return list(first), list(second)


def _seen(images: Tensor, view: View | None) -> Tensor:
    """What D sees of images (N, 3, H, W)."""
    return images if view is None else view.of(images)


def _has_gradients(optimizer: torch.optim.Optimizer) -> bool:
    """Tell whether any parameter of an optimizer has a gradient."""
    return any(parameter.grad is not None for group in optimizer.param_groups for parameter in group["params"])


def _each(source: Tensor, target: Tensor, pairs: int, settings: LossSettings) -> Tensor:
    """Positions (P,) of x and of y as (N, P), or (2 N, P) with identity: one row for each image."""
    rows = [source.expand(pairs, -1), target.expand(pairs, -1)] if settings.identity else [source.expand(pairs, -1)]
    return torch.cat(rows)


def _gathered(features: Sequence[Tensor], at: Sequence[Tensor]) -> list[Tensor]:
    """The patches (N, P_l, C_l) of each layer."""
    return [gather_patches(layer, positions) for layer, positions in zip(features, at, strict=True)]


def _layer_losses(query: Sequence[Tensor], key: Sequence[Tensor], semantic: Tensor, settings: LossSettings) -> Tensor:
    """The mean loss of each layer and image (L, N); layers of equally many patches share one computation."""
    images = len(semantic)
    rows: dict[int, Tensor] = {}
    for patches in {layer.shape[1] for layer in query}:
        chosen = [index for index, layer in enumerate(query) if layer.shape[1] == patches]
        q = torch.cat([query[index] for index in chosen])  # (L' N, P, D)
        k = torch.cat([key[index] for index in chosen])
        losses = contrastive_loss(q, k, semantic.repeat(len(chosen)), settings.contrastive)  # (L' N, P)
        rows.update(zip(chosen, losses.mean(1).view(len(chosen), images), strict=True))
    return torch.stack([rows[index] for index in range(len(query))])
