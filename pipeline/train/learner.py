"""Everything that training changes, built from the settings, saved and restored as one."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, cast

import numpy as np
import torch
from torch import Tensor
from torch.optim.lr_scheduler import LambdaLR
from torch.optim.swa_utils import AveragedModel, get_ema_multi_avg_fn

from pipeline.effects.device_generator import network_input
from pipeline.engine.device import autocast_dtype, choose_precision, memory_layout
from pipeline.engine.resources import Precision
from pipeline.images.geometry import Size
from pipeline.train.config import TrainConfig
from pipeline.train.frozen_features import FrozenFeatures, frozen_features_of
from pipeline.train.restored import known_part, refuse_other_form, refuse_other_moments
from pipeline.train.samples import Batch
from tpsence.model import MicroBatch, Networks, Optimizers, Positions, Tpsence
from tpsence.networks.discriminator import Discriminator
from tpsence.networks.feature_discriminator import FeatureDiscriminator
from tpsence.networks.generator import init_xavier
from tpsence.networks.interface import GeneratorNetwork
from tpsence.networks.projector import Projector, draw_positions
from tpsence.settings import ContrastiveSettings, DiscriminatorKind, LossSettings
from tpsence.views import View

_POSITIONS, _VIEWS = 3, 4
"""Keep the random numbers of patch positions and of D's views apart from those of the samples."""


class Learner:
    """The networks, their optimizers and schedules, the scaler and the average of the generator.

    Args:
        config: The settings.
        device: Where the networks are.
        window: (W, H) of the pictures; None for square crops of the settings' size.
        distributed: Whether other processes train the same networks.

    Raises:
        InputError: The settings ask for the frozen network, and a package is not installed.
    """

    def __init__(
        self, config: TrainConfig, device: torch.device, *, window: Size | None = None, distributed: bool = False
    ) -> None:
        self.config = config
        self.device = device
        self.precision = choose_precision(config.run.precision, device)
        self._window = window or (config.data.crop, config.data.crop)
        features = frozen_features_of(config)
        if features is not None:
            features.to(device).to(memory_format=memory_layout(device))
        self.networks, self._feature_sizes = _networks(config, self._window, features)
        for network in _named(self.networks).values():
            network.to(device=device, memory_format=memory_layout(device))
        self._optimizers = _optimizers(self.networks, config, device, self.precision)
        self._schedules = {name: _schedule(optimizer, config) for name, optimizer in _named(self._optimizers).items()}
        self._method = Tpsence(
            self.networks,
            self._optimizers,
            loss_settings(config),
            features=features,
            dtype=autocast_dtype(self.precision),
            distributed=distributed,
            compile_networks=config.run.compile,
        )
        self._average = _average(self.networks.generator, config.optim.ema)

    @property
    def generator(self) -> GeneratorNetwork:
        """The generator to use: its average over the steps where that is kept, else itself."""
        return self.networks.generator if self._average is None else cast(GeneratorNetwork, self._average.module)

    @property
    def lr(self) -> float:
        """The learning rate of the next step."""
        return float(self._optimizers.generator.param_groups[0]["lr"])

    def is_finite(self) -> bool:
        """Tell whether all weights are finite numbers."""
        weights = [value for network in _named(self.networks).values() for value in network.parameters()]
        return bool(torch.stack([torch.isfinite(value).all() for value in weights]).all())

    def step(self, batch: Batch, number: int) -> Tensor:
        """Learn from a batch.

        Args:
            batch: This process's share.
            number: The step's number, which chooses the patch positions; the same in all processes.

        Returns:
            (10,) float32 on the device: the losses of this share in the order of ``tpsence.model.LOSS_NAMES``.
        """
        count = self.config.optim.accumulate
        source, target, semantic = (
            self._to_device(values).chunk(count) for values in (batch.source, batch.target, batch.similarity)
        )
        micro_batches = [
            MicroBatch(network_input(x), network_input(y), m) for x, y, m in zip(source, target, semantic, strict=True)
        ]
        if batch.wanted is not None and batch.has_target is not None:
            targets = (self._to_device(values).chunk(count) for values in (batch.wanted, batch.has_target))
            micro_batches = [
                replace(part, wanted=network_input(wanted), has_target=has_target)
                for part, wanted, has_target in zip(micro_batches, *targets, strict=True)
            ]
        losses = self._method.step(micro_batches, self.positions(number), self.view(number))
        if self._average is not None:
            self._average.update_parameters(self.networks.generator)
        return losses

    def begin_with(self, generator: GeneratorNetwork) -> None:
        """Take over the weights of a generator of the same architecture, before the first step."""
        for own in (self.networks.generator, self.generator):  # the average is one of its own, if there is one
            own.load_state_dict(generator.state_dict())

    def end_epoch(self) -> None:
        """Let the learning rates follow their schedule."""
        for schedule in self._schedules.values():
            schedule.step()

    def state(self) -> dict[str, Any]:
        """Return everything that training has changed, as tensors and plain values."""
        return {
            "networks": {name: network.state_dict() for name, network in _named(self.networks).items()},
            "optimizers": {name: optimizer.state_dict() for name, optimizer in _named(self._optimizers).items()},
            "schedules": {name: schedule.state_dict() for name, schedule in self._schedules.items()},
            "scaler": self._optimizers.scaler.state_dict(),
            "average": None if self._average is None else self._average.state_dict(),
        }

    def restore(self, state: Mapping[str, Any]) -> None:
        """Take over what ``state`` has returned.

        Raises:
            KeyError, RuntimeError, ValueError, TypeError: The state is incomplete, of other networks, or has values
                that are not finite.
        """
        for name, network in _named(self.networks).items():
            refuse_other_form(network.state_dict(), state["networks"][name], f"the {name}")
            network.load_state_dict(state["networks"][name])
        for name, optimizer in _named(self._optimizers).items():
            refuse_other_moments(name, optimizer, state["optimizers"][name])
            optimizer.load_state_dict(state["optimizers"][name])
        for name, schedule in self._schedules.items():
            own, where = schedule.state_dict(), f"the schedule of the {name}"
            schedule.load_state_dict(
                {**own, **known_part(own, state["schedules"][name], ("last_epoch", "_last_lr"), where)}
            )
        if state["scaler"] and self._optimizers.scaler.is_enabled():  # empty where it was disabled
            refuse_other_form(self._optimizers.scaler.state_dict(), state["scaler"], "the scaler")
            self._optimizers.scaler.load_state_dict(state["scaler"])
        if self._average is not None:
            refuse_other_form(self._average.state_dict(), state["average"], "the average")
            self._average.load_state_dict(state["average"])

    def positions(self, number: int) -> Positions:
        """Draw the patch positions of a step, on the device; the same in all processes."""
        random = self._random(_POSITIONS, number)
        source, target = (
            [self._to_device(at) for at in draw_positions(self._feature_sizes, self.config.loss.patches, random)]
            for _ in range(2)
        )
        return Positions(source, target)

    def view(self, number: int) -> View | None:
        """Draw what D sees of the images of a step, the same in all processes; all of them where it is published."""
        if self.config.model.discriminator is DiscriminatorKind.PATCH:
            return None
        width, height = self._window
        return View.drawn((height, width), self._random(_VIEWS, number))

    def _random(self, kind: int, number: int) -> torch.Generator:
        """Return the source of random numbers of a kind for a step."""
        seed = np.random.SeedSequence([kind, self.config.run.seed, number]).generate_state(1)
        return torch.Generator().manual_seed(int(seed[0]))

    def _to_device(self, values: Tensor) -> Tensor:
        """Copy a tensor to the device, without waiting for it."""
        return values.to(self.device, non_blocking=True)


def lr_factor(epoch: int, epochs: int, decay_epochs: int) -> float:
    """Return the factor of the learning rate in the published schedule: constant, then a linear decay.

    Args:
        epoch: Number of epochs that have ended.
        epochs: Epochs of the constant rate.
        decay_epochs: Epochs of the decay.

    Returns:
        ``1 - max(0, epoch - epochs) / (decay_epochs + 1)``.
    """
    return 1 - max(0, epoch - epochs) / (decay_epochs + 1)


def loss_settings(config: TrainConfig) -> LossSettings:
    """Return the losses that the settings describe."""
    loss = config.loss
    return LossSettings(
        contrastive=ContrastiveSettings(
            weighting=loss.weighting, temperature=loss.temperature, epsilon=loss.epsilon, iterations=loss.iterations
        ),
        adversarial_weight=loss.adversarial,
        tps_weight=loss.tps,
        contrastive_weight=loss.contrastive,
        identity=loss.identity,
        reconstruction_weight=loss.reconstruction,
        paired_weight=loss.paired,
        perceptual_weight=loss.perceptual,
        layers=loss.layers,
        patches=loss.patches,
    )


def _networks(
    config: TrainConfig, window: Size, frozen: FrozenFeatures | None
) -> tuple[Networks, list[tuple[int, int]]]:
    """Make the networks with the published initial weights; also return (H, W) of each feature layer."""
    model, (width, height) = config.model, window
    with torch.device("meta"):  # shapes without arithmetic
        features = model.architecture.build().features(torch.empty(1, 3, height, width), config.loss.layers)
    networks = Networks(
        generator=model.architecture.build(),
        discriminator=_discriminator(config, frozen),
        projector=Projector([layer.shape[1] for layer in features], model.projection),
    )
    random = torch.Generator().manual_seed(config.run.seed)
    for network in _named(networks).values():
        if not isinstance(network, FeatureDiscriminator):  # it has its own
            init_xavier(network, generator=random)
    return networks, [(layer.shape[2], layer.shape[3]) for layer in features]


def _discriminator(config: TrainConfig, frozen: FrozenFeatures | None) -> Discriminator | FeatureDiscriminator:
    """Make the discriminator; where no loss asks it, the published one stands for it."""
    if frozen is None or config.model.discriminator is DiscriminatorKind.PATCH:
        return Discriminator(config.model.ndf)
    return FeatureDiscriminator(frozen, frozen.channels, config.run.seed)


def _optimizers(networks: Networks, config: TrainConfig, device: torch.device, precision: Precision) -> Optimizers:
    """Make Adam for each network, in one kernel where the device has it."""
    optim = config.optim
    adam = {
        name: torch.optim.Adam(
            network.parameters(),
            lr=(name == "discriminator" and optim.discriminator_lr) or optim.lr,
            betas=(optim.beta1, optim.beta2),
            fused=device.type in {"cpu", "cuda"},
        )
        for name, network in _named(networks).items()
    }
    scaler = torch.amp.GradScaler(device.type, enabled=precision is Precision.FP16)
    return Optimizers(scaler=scaler, **adam)


def _schedule(optimizer: torch.optim.Optimizer, config: TrainConfig) -> LambdaLR:
    """Make the schedule of the learning rate."""
    optim = config.optim
    return LambdaLR(optimizer, lambda epoch: lr_factor(epoch, optim.epochs, optim.decay_epochs))


def _average(generator: GeneratorNetwork, decay: float) -> AveragedModel | None:
    """Make the exponential moving average of the generator's weights, or none for a decay of 0."""
    if not decay:
        return None
    return AveragedModel(generator, multi_avg_fn=get_ema_multi_avg_fn(decay))  # type: ignore[no-untyped-call]


def _named(three: Networks | Optimizers) -> dict[str, Any]:
    """Return networks or optimizers by name."""
    return {name: getattr(three, name) for name in ("generator", "discriminator", "projector")}
