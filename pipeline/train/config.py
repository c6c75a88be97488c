"""What a training run can be set to: types, ranges, contradictions. Importing this module needs no torch.

The defaults are the published settings of TPSeNCE, which stand in ``tpsence/settings.py``; those that stand here are
choices of this project. A key is written ``section.name``, for example ``optim.lr``.
"""

import reprlib
from collections.abc import Container, Iterator, Mapping
from difflib import get_close_matches
from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError, model_validator
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails, PydanticCustomError

from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision
from pipeline.errors import ConfigError
from pipeline.train.enums import Direction, DiscriminatorKind, GeneratorKind, SimilarityMeasure, Weighting
from tpsence.architectures import MOST_BLOCKS, MOST_CHANNELS, Affine, Architecture, Resnet
from tpsence.conventions import WaterWord
from tpsence.settings import ContrastiveSettings, DataSettings, LossSettings, NetworkSettings, OptimSettings

_LARGEST = 2**31 - 1

Count = Annotated[int, Field(ge=1, le=_LARGEST)]
CountOrZero = Annotated[int, Field(ge=0, le=_LARGEST)]
Weight = Annotated[float, Field(ge=0)]
Positive = Annotated[float, Field(gt=0)]
Factor = Annotated[float, Field(ge=0.25, le=4)]
Beta = Annotated[float, Field(ge=0, lt=1)]
Text = Annotated[str, Field(min_length=1)]


def _none_is_a_word(value: object) -> object:
    """Take None for ``none``: on a command line they are the same word."""
    return Weighting.NONE if value is None else value


def _as_tuple(value: object) -> object:
    """Take a list for a tuple; JSON knows no tuples."""
    return tuple(value) if isinstance(value, list) else value


LEAST_CROP = 24
"""Least width and height of what is cut from a picture; less leaves no place for the discriminator ``patch``."""


class _Section(BaseModel):
    """What all sections share: nothing is converted silently, no key is ignored, nothing changes later."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, allow_inf_nan=False, use_attribute_docstrings=True
    )


class DataConfig(_Section):
    """From pictures to crops."""

    width: int = Field(default=DataSettings.width, ge=16, le=16384)
    """Width in pixels that pictures are scaled to, 16 to 16384; the aspect is kept."""
    crop: int = Field(default=DataSettings.crop, ge=0, le=16384, multiple_of=4)
    """Side in pixels of the square crops, a multiple of 4, at least 24; 0 for whole frames."""
    flip: bool = DataSettings.flip
    """Whether half of the crops are mirrored."""
    scales: Annotated[tuple[Factor, Factor], BeforeValidator(_as_tuple)] = (1.0, 1.0)
    """Least and largest factor of width, 0.25 to 4; each picture is scaled by one drawn evenly between them."""
    jitter: Beta = 0.0
    """Most that brightness, contrast and saturation change, 0 to below 1; by the same factors in both domains."""
    max_pixels: Count = DEFAULT_MAX_PIXELS
    """Pictures with more pixels are refused."""


class ModelConfig(_Section):
    """The sizes of the networks."""

    generator: Annotated[GeneratorKind, Field(strict=False)] = GeneratorKind.RESNET
    """resnet, as published, or affine: it gives a gain and an offset for each pixel, so that hues are kept."""
    blocks: int = Field(default=NetworkSettings.blocks, ge=1, le=MOST_BLOCKS)
    """Residual blocks of the generator."""
    ngf: int = Field(default=NetworkSettings.ngf, ge=1, le=MOST_CHANNELS)
    """Channels of the generator after its first convolution."""
    discriminator: Annotated[DiscriminatorKind, Field(strict=False)] = DiscriminatorKind.PATCH
    """patch, as published, or features: on a frozen ImageNet network, for few pictures; needs tpsence[features]."""
    ndf: Count = NetworkSettings.ndf
    """Channels of the discriminator patch after its first convolution."""
    projection: Count = NetworkSettings.projection
    """Width of the projector, and length of a patch's feature vector."""
    init: Text | None = None
    """Generator to begin with: a file, a folder or rain, as augment takes it for --weights; None for random weights."""

    @property
    def architecture(self) -> Architecture:
        """What the generator is."""
        kind = Affine if self.generator is GeneratorKind.AFFINE else Resnet
        return kind(blocks=self.blocks, ngf=self.ngf)


class LossConfig(_Section):
    """The losses and their weights."""

    weighting: Annotated[Weighting, Field(strict=False), BeforeValidator(_none_is_a_word)] = (
        ContrastiveSettings.weighting
    )
    """Which negatives push most: semantic (SeNCE, needs label maps), hard (MoNCE), easy, none (PatchNCE)."""
    similarity: Annotated[SimilarityMeasure, Field(strict=False)] = DataSettings.similarity
    """How alike two label maps are: mpa (mean pixel accuracy) or miou (mean intersection over union)."""
    adversarial: Weight = LossSettings.adversarial_weight
    """Weight of the adversarial loss, at least 0."""
    tps: Weight = LossSettings.tps_weight
    """Weight of the triangular probability similarity, at least 0."""
    contrastive: Weight = LossSettings.contrastive_weight
    """Weight of the contrastive loss, at least 0."""
    identity: bool = LossSettings.identity
    """Whether the contrastive loss is also taken between a picture of the target domain and its translation."""
    reconstruction: Weight = LossSettings.reconstruction_weight
    """Weight of the mean absolute change of a picture, at least 0; alone it makes a generator that changes nothing."""
    paired: Weight = LossSettings.paired_weight
    """Weight of the mean absolute difference to the targets in trainP, for the pictures that have one, at least 0."""
    perceptual: Weight = LossSettings.perceptual_weight
    """Weight of the same in the features of a frozen ImageNet network, at least 0; needs tpsence[features]."""
    layers: Annotated[tuple[CountOrZero, ...], Field(min_length=1), BeforeValidator(_as_tuple)] = LossSettings.layers
    """Module indices of the generator whose outputs are compared, rising, in its encoder."""
    patches: Count = LossSettings.patches
    """Positions compared in each picture and layer."""
    temperature: Positive = ContrastiveSettings.temperature
    """Divides the logits of the contrastive loss, over 0."""
    epsilon: Positive = ContrastiveSettings.epsilon
    """Strength of the entropy in the transport plan, over 0."""
    iterations: Count = ContrastiveSettings.iterations
    """Sinkhorn iterations of the transport plan."""

    @property
    def asks_discriminator(self) -> bool:
        """Whether a loss needs the discriminator."""
        return self.adversarial > 0 or self.tps > 0

    @property
    def asks_maps(self) -> bool:
        """Whether a loss needs label maps."""
        return self.weighting is Weighting.SEMANTIC and self.contrastive > 0

    @property
    def asks_targets(self) -> bool:
        """Whether a loss needs the targets in trainP."""
        return self.paired > 0 or self.perceptual > 0


class OptimConfig(_Section):
    """Adam and its schedule."""

    batch_size: Count = OptimSettings.batch_size
    """Pictures in one step, over all processes."""
    accumulate: Count = 1
    """Parts that a batch is computed in, one after the other, to save memory."""
    lr: Positive = OptimSettings.lr
    """Learning rate, over 0."""
    discriminator_lr: Positive | None = None
    """Learning rate of the discriminator, over 0; None for that of the others."""
    beta1: Beta = OptimSettings.beta1
    """Decay of Adam's mean of gradients, 0 to below 1."""
    beta2: Beta = OptimSettings.beta2
    """Decay of Adam's mean of squared gradients, 0 to below 1."""
    epochs: CountOrZero = OptimSettings.epochs
    """Epochs at a constant learning rate; those of optim.decay_epochs come after them."""
    decay_epochs: CountOrZero = OptimSettings.decay_epochs
    """Epochs after optim.epochs, in which the learning rate falls to 0; 0 for none. A run has the sum of both."""
    ema: Beta = 0.0
    """Decay of the moving average of the generator's weights, below 1; 0 for none."""


class RunConfig(_Section):
    """How the work is done and what it leaves."""

    direction: Annotated[Direction, Field(strict=False)] = Direction.A_TO_B
    """Which way to translate: AtoB or BtoA."""
    seed: int = Field(default=0, ge=0, le=2**32 - 1)
    """Start of every random choice, 0 to 4294967295."""
    precision: Annotated[Precision, Field(strict=False)] = Precision.AUTO
    """The arithmetic of the networks: auto, fp32, bf16 or fp16."""
    compile: bool = False
    """Whether to compile the networks, which takes minutes and makes each step quicker."""
    log_every: Count = 10
    """Steps between two lines of the log."""
    save_every: Count = 1000
    """Steps between two checkpoints."""
    grid_every: CountOrZero = 1000
    """Steps between two grids of pictures; 0 for none."""


class DomainsConfig(_Section):
    """What the weights will say about themselves; nothing here changes the training."""

    source: Text = "clear"
    """What goes into the generator."""
    target: Text = "rain"
    """What comes out of it."""
    water: WaterWord | None = None
    """How hard it should rain on its pictures, which are rendered so by augment: light, moderate, heavy, or None."""
    light_only: bool = False
    """Whether augment should take of the change what is a light, a gain and an offset around each pixel."""
    day_only: bool = False
    """Whether augment should leave pictures by night in their own light, because the generator knows none."""
    training_data: Text | None = None
    """The data set, or None."""
    licence: Text | None = None
    """The licence of the weights, or None."""


class TrainConfig(_Section):
    """All settings of one training run; the defaults are the published ones."""

    data: DataConfig = DataConfig()
    """From pictures to crops."""
    model: ModelConfig = ModelConfig()
    """The sizes of the networks."""
    loss: LossConfig = LossConfig()
    """The losses and their weights."""
    optim: OptimConfig = OptimConfig()
    """Adam and its schedule."""
    run: RunConfig = RunConfig()
    """How the work is done and what it leaves."""
    domains: DomainsConfig = DomainsConfig()
    """What the weights will say about themselves."""

    @model_validator(mode="after")
    def _check_contradictions(self) -> "TrainConfig":
        """Refuse settings that are right one by one and wrong together."""
        reasons = list(_contradictions(self))
        if reasons:
            raise PydanticCustomError("contradiction", "{first}", {"first": reasons[0], "more": len(reasons) - 1})
        return self

    @property
    def asks_features(self) -> bool:
        """Whether a loss needs the frozen ImageNet network."""
        by_discriminator = self.loss.asks_discriminator and self.model.discriminator is DiscriminatorKind.FEATURES
        return by_discriminator or self.loss.perceptual > 0

    def as_dict(self) -> dict[str, Any]:
        """Return plain values by section and name, as JSON takes them."""
        return self.model_dump(mode="json")

    @classmethod
    def from_dict(cls, values: Mapping[str, Any], where: str = "", elsewhere: Container[str] = ()) -> "TrainConfig":
        """Check values by section and name; what is missing has its default.

        Args:
            values: As ``as_dict`` gives them, or as a preset has them.
            where: The file they come from, for messages.
            elsewhere: Keys that do not come from that file.

        Raises:
            ConfigError: An unknown key, a wrong type, out of range, or a contradiction. Names the first one.
        """
        try:
            return cls.model_validate(values)
        except ValidationError as error:
            mistakes = error.errors(include_url=False)
        count = len({mistake["loc"][:2] for mistake in mistakes}) + mistakes[0].get("ctx", {}).get("more", 0)
        key, reason, hint = _explained(mistakes[0])
        blamed = where and key not in elsewhere and (key or not elsewhere)  # a contradiction has no key
        raise ConfigError((f"{where}: " if blamed else "") + reason + and_more(count), hint)


SECTIONS: dict[str, type[BaseModel]] = {
    name: field.annotation
    for name, field in TrainConfig.model_fields.items()
    if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel)
}
"""The sections by name, in order."""

SETTINGS: dict[str, FieldInfo] = {
    f"{section}.{name}": field for section, model in SECTIONS.items() for name, field in model.model_fields.items()
}
"""The fields of all sections by key, in order."""


CHANGEABLE = frozenset(
    {
        *("optim.epochs", "optim.decay_epochs", "optim.accumulate", "data.max_pixels"),
        *("run.precision", "run.compile", "run.log_every", "run.save_every", "run.grid_every"),
        *(f"domains.{name}" for name in DomainsConfig.model_fields),
    }
)
"""What a run can be continued with another value of: how long it is, and how the work is done."""


def refuse_changes(before: TrainConfig, now: TrainConfig) -> None:
    """Refuse to continue a run with settings that would make it another run.

    Raises:
        ConfigError: Names each such key with both values.
    """
    pairs = [(key, _value(before, key), _value(now, key)) for key in SETTINGS if key not in CHANGEABLE]
    changes = [f"{key}: {shown(old)} there, {shown(new)} now" for key, old, new in pairs if old != new]
    if changes:
        raise ConfigError(
            f"the run that is continued has other settings: {'; '.join(changes)}",
            "Give the settings that it began with, or start anew in another folder.",
        )


def _value(config: TrainConfig, key: str) -> object:
    """Return the value of a known key, an enum as its word."""
    section, _, name = key.partition(".")
    value = getattr(getattr(config, section), name)
    return getattr(value, "value", value)


def meaning(key: str) -> str:
    """Return what a known key means, one line."""
    return " ".join((SETTINGS[key].description or "").split())


def and_more(count: int) -> str:
    """Return the end of a message about the first of some mistakes."""
    return f" (and {count - 1} more)" if count > 1 else ""


def unknown_key(key: str) -> tuple[str, str]:
    """Return a message and a hint about a key that names no setting."""
    if key in SECTIONS:
        names = ", ".join(f"{key}.{name}" for name in SECTIONS[key].model_fields)
        return f"{key}: a section, no setting", f"Its settings are {names}."
    nearest = _nearest(key)
    if nearest is None:
        return f"unknown key {key!r}", f"Keys are section.name; the sections are {', '.join(SECTIONS)}."
    return f"unknown key {key!r}", f"The nearest is {nearest}: {meaning(nearest)}"


def shown(value: object) -> str:
    """Return any value for a message: one line, short."""
    try:
        return " ".join(_SHORT.repr(value).split())
    except ValueError:  # an integer of so many digits that Python refuses to print it
        return f"a huge {type(value).__name__}"


def _contradictions(config: TrainConfig) -> Iterator[str]:
    """Yield the reasons why settings do not go together, naming them."""
    data, model, loss, optim = config.data, config.model, config.loss, config.optim
    if data.scales[0] > data.scales[1]:
        yield f"data.scales: {shown(data.scales)} does not rise"
    if 0 < data.crop < LEAST_CROP:
        yield f"data.crop: {data.crop} is less than {LEAST_CROP}, the least for the discriminator; 0 is whole frames"
    if data.crop > data.width:
        yield f"data.crop and data.width: a crop of {data.crop} does not fit into pictures of width {data.width}"
    if not data.crop and (data.width % 4 or data.width < LEAST_CROP):
        wanted = f"a width that is a multiple of 4, at least {LEAST_CROP}"
        yield f"data.crop and data.width: whole frames need {wanted}, not {data.width}"
    if list(loss.layers) != sorted(set(loss.layers)):
        yield f"loss.layers: {shown(loss.layers)} does not rise from each to the next"
    last_layer = model.architecture.last_layer
    if max(loss.layers) > last_layer:
        yield (
            f"loss.layers and model.blocks: layer {max(loss.layers)} is not in the encoder, "
            f"which ends at {last_layer} with {model.blocks} blocks"
        )
    if optim.batch_size % optim.accumulate:
        yield (
            f"optim.batch_size and optim.accumulate: {optim.batch_size} pictures "
            f"do not divide into {optim.accumulate} equal parts"
        )
    if optim.epochs + optim.decay_epochs == 0:
        yield "optim.epochs and optim.decay_epochs: both are 0, there is nothing to train"
    if not any(getattr(loss, name) for name in _WEIGHTS):
        *first, last = (f"loss.{name}" for name in _WEIGHTS)
        yield f"{', '.join(first)} and {last}: all are 0, there is nothing to learn"


def _explained(mistake: ErrorDetails) -> tuple[str, str, str]:
    """Return the key, the message and the hint for what pydantic found."""
    key = ".".join(str(part) for part in mistake["loc"][:2])
    if mistake["type"] == "contradiction":
        return key, mistake["msg"], "Change what is named, in the preset or with `set`."
    if key in SETTINGS:
        rule = mistake["msg"].partition("should ")[2]
        default = SETTINGS[key].get_default()
        hint = f"{meaning(key)} Default: {shown(getattr(default, 'value', default))}."
        return key, f"{key}: {shown(mistake['input'])} should {rule}", hint
    if not key:
        return key, "the settings are not sections with settings", "Start from a preset."
    message, hint = unknown_key(key)
    own = "" if "." in key or key in SECTIONS else " A variable of the preset's own ends with del."
    return key, message, hint + own


def _nearest(key: str) -> str | None:
    """Return the setting that a wrong key most likely means, whatever its section, or None where none is like it."""
    key = key.lower()[:100]
    known = {setting.rpartition(".")[2]: setting for setting in SETTINGS}
    given = [key.partition(".")[2], key.rpartition(".")[2]] if "." in key else [key]
    for name, setting in known.items():
        if any(_initials(one) == name or one == _initials(name) for one in given):
            return setting
    if "." not in key:
        known |= {setting: setting for setting in SETTINGS}  # for optim_lr
    near = [match for one in given for match in get_close_matches(one, known, n=1)]
    return known[near[0]] if near else None


def _initials(name: str) -> str:
    """Return ``lr`` for ``learning_rate``."""
    return "".join(word[:1] for word in name.split("_"))


_WEIGHTS = ("adversarial", "tps", "contrastive", "reconstruction", "paired", "perceptual")
"""The settings of ``loss`` that weigh a loss."""
_SHORT = reprlib.Repr()
_SHORT.maxstring = _SHORT.maxother = 60
