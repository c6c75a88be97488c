"""The architectures of generators: all that is asked about one without running it. Importing this needs no torch.

To add an architecture is to add

- ``tpsence/networks/NAME.py``: the network, a ``GeneratorNetwork``;
- here: its sizes, an ``Architecture``, and its entry in ``ARCHITECTURES``.

Its files are then recognised, loaded, translated with and exported. What a training builds is chosen by the settings
``model`` (``ModelConfig`` in ``pipeline/train/config.py``): to train it too, its sizes have to be settings there.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, NamedTuple

from pydantic import BaseModel, ConfigDict, Field

from tpsence.settings import NetworkSettings

if TYPE_CHECKING:
    import torch
    from torch import Tensor, nn

    from tpsence.networks.interface import GeneratorNetwork


MOST_BLOCKS = 100
"""Residual blocks that a generator may have; the published ones have 9 at most."""
MOST_CHANNELS = 1024
"""Channels that it may have after its first convolution; the published ones have 64."""


class InputSizes(NamedTuple):
    """Which pictures a network takes."""

    stride: int
    """Height and width are multiples of it, in pixels."""
    least: int
    """The smallest height or width, in pixels."""


class Architecture(BaseModel, ABC):
    """An architecture with its sizes; those are the fields, positive numbers, and two are compared with ``==``."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    name: ClassVar[str]
    """Name in the registry and in the metadata of a file."""
    first_tensor: ClassVar[str]
    """The tensor that a state dict is recognised by, for messages about others: its key and its shape."""
    input_sizes: ClassVar[InputSizes]
    """Which pictures it takes."""
    is_published: ClassVar[bool] = False
    """Whether the published code loads its files."""
    gives_light: ClassVar[bool] = False
    """Whether all that it does to a picture is a gain and an offset around each pixel."""

    @classmethod
    @abstractmethod
    def recognised(cls, state: Mapping[str, "Tensor"]) -> "Architecture | None":
        """Read the sizes from a state dict, or return None where it is of another architecture.

        A few keys and shapes are enough: ``load_generator`` then compares all with those of the network.

        Raises:
            pydantic.ValidationError: A size is out of range.
        """

    @abstractmethod
    def build(self) -> "GeneratorNetwork":
        """Make the network, with random weights."""

    @property
    @abstractmethod
    def last_layer(self) -> int:
        """Index of the encoder's last module; patches are compared in modules up to it."""

    @property
    @abstractmethod
    def bytes_per_pixel(self) -> int:
        """Peak memory of a forward pass in float32 on a CPU, for each pixel of the input."""

    @abstractmethod
    def in_words(self) -> list[str]:
        """Say each size in words, in the order of the fields: ``9 blocks``, ``ngf 64``."""

    def for_cpu(self, network: "GeneratorNetwork", dtype: "torch.dtype") -> "nn.Module":
        """Return a copy of a network of this architecture for inference on a CPU.

        Args:
            network: In float32; it is left as it is.
            dtype: ``float32`` or ``bfloat16``, of weights, input and output.

        Returns:
            A network from (N, 3, H, W) of that type in [-1, 1] to the same or float32, in the memory format
            ``channels_last``.
        """
        from tpsence.networks.inference import copied_for_cpu

        return copied_for_cpu(network, dtype)

    def described(self) -> str:
        """Return ``9 blocks, ngf 64``."""
        return ", ".join(self.in_words())

    def sizes(self) -> dict[str, int]:
        """Return the sizes by name."""
        return self.model_dump()

    def why_missing(self, key: str) -> str:
        """Say why a state dict, though recognised, lacks a tensor."""
        return "the architecture differs"

    def constant(self, key: str) -> str:
        """Say what a buffer is, of which each file has the same."""
        return "constant"


class Resnet(Architecture):
    """The antialiased ResNet of TPSeNCE."""

    name: ClassVar[str] = "resnet"
    is_published: ClassVar[bool] = True
    first_tensor: ClassVar[str] = "'model.1.weight' of shape (ngf, 3, 7, 7)"
    input_sizes: ClassVar[InputSizes] = InputSizes(stride=4, least=8)
    """It halves the resolution twice; below 8 the padding inside the residual blocks has nothing to reflect."""

    blocks: int = Field(ge=1, le=MOST_BLOCKS)
    """Residual blocks; 9, 6 or 4 in the published checkpoints."""
    ngf: int = Field(ge=1, le=MOST_CHANNELS)
    """Channels after the first convolution."""

    @classmethod
    def recognised(cls, state: Mapping[str, "Tensor"]) -> "Resnet | None":
        """Read blocks and ngf from the keys and the shape of the first convolution."""
        first = state.get("model.1.weight")
        blocks = sum(_is_block(key) for key in state)
        if first is None or first.ndim != 4 or first.shape[1:] != (3, 7, 7) or not first.shape[0] or not blocks:
            return None
        return cls(blocks=blocks, ngf=first.shape[0])

    def build(self) -> "GeneratorNetwork":
        """Make the network, with random weights."""
        from tpsence.networks.generator import Generator

        return Generator(ngf=self.ngf, blocks=self.blocks)

    @property
    def last_layer(self) -> int:
        """Index of the last residual block; the first one is module 12."""
        return 11 + self.blocks

    @property
    def bytes_per_pixel(self) -> int:
        """48 for each filter of the first convolution: at most 43 was measured (``benchmarks/growth.py``)."""
        return 48 * self.ngf

    def in_words(self) -> list[str]:
        """Return ``9 blocks`` and ``ngf 64``."""
        return [f"{self.blocks} blocks", f"ngf {self.ngf}"]

    def for_cpu(self, network: "GeneratorNetwork", dtype: "torch.dtype") -> "nn.Module":
        """Rebuild a network for inference on a CPU, about twice as fast."""
        from tpsence.networks.inference import for_cpu

        return for_cpu(network, dtype)

    def why_missing(self, key: str) -> str:
        """Tell the same network without its blurs, as CUT has it, from others."""
        return "it is not antialiased" if key.endswith("filt") else super().why_missing(key)

    def constant(self, key: str) -> str:
        """All its buffers are blurs."""
        return "blur filter"


class Affine(Resnet):
    """The same ResNet with a gain and an offset for each pixel and channel at its end, in place of a picture."""

    name: ClassVar[str] = "affine"
    is_published: ClassVar[bool] = False
    gives_light: ClassVar[bool] = True

    @classmethod
    def recognised(cls, state: Mapping[str, "Tensor"]) -> "Affine | None":
        """Tell it from the ResNet by the six channels of its last convolution."""
        found = super().recognised(state)
        last = None if found is None else state.get(f"model.{found.last_layer + _AFTER_BLOCKS}.weight")
        return cls(**found.sizes()) if found is not None and last is not None and last.shape[:1] == (6,) else None

    def build(self) -> "GeneratorNetwork":
        """Make the network, with random weights."""
        from tpsence.networks.affine import AffineGenerator

        return AffineGenerator(ngf=self.ngf, blocks=self.blocks)

    def for_cpu(self, network: "GeneratorNetwork", dtype: "torch.dtype") -> "nn.Module":
        """Rebuild its ResNet for inference on a CPU, about twice as fast."""
        from tpsence.networks.affine import RelightingForCpu

        return RelightingForCpu(super().for_cpu(network, dtype))


_AFTER_BLOCKS = 10
"""Modules from the last residual block to the last convolution."""
ARCHITECTURES: dict[str, type[Architecture]] = {Affine.name: Affine, Resnet.name: Resnet}
"""The architectures by name; a state dict is offered to each in this order."""
PUBLISHED = Resnet(blocks=NetworkSettings.blocks, ngf=NetworkSettings.ngf)
"""The architecture of the published settings."""
_UNNAMED = Resnet.name
"""What a file is of whose metadata name no architecture: there was only this one, and its files stay the same."""


def recognise(state: Mapping[str, "Tensor"]) -> Architecture | None:
    """Return the architecture that a state dict is of, or None where none in the registry is.

    Raises:
        pydantic.ValidationError: A size is out of range.
    """
    found = (architecture.recognised(state) for architecture in ARCHITECTURES.values())
    return next((architecture for architecture in found if architecture is not None), None)


def from_metadata(values: Mapping[str, object]) -> Architecture | None:
    """Read an architecture from a file's metadata, in which its sizes stand among other keys.

    Returns:
        The architecture, or None where the one named is not in the registry.

    Raises:
        pydantic.ValidationError: A size is missing or out of range.
    """
    name = values.get("architecture", _UNNAMED)
    if not isinstance(name, str) or name not in ARCHITECTURES:
        return None
    kind = ARCHITECTURES[name]
    return kind.model_validate({key: values[key] for key in kind.model_fields if key in values})


def to_metadata(architecture: Architecture) -> dict[str, Any]:
    """Return what ``from_metadata`` reads."""
    name = {} if architecture.name == _UNNAMED else {"architecture": architecture.name}
    return {**name, **architecture.sizes()}


def told_apart(one: Architecture, other: Architecture) -> tuple[str, str]:
    """Return two that differ, for a message that says both: ``4 blocks and ngf 4`` and ``4 and 8``."""
    if type(one) is type(other):
        return " and ".join(one.in_words()), " and ".join(map(str, other.sizes().values()))
    first, second = (f"the architecture {each.name} ({each.described()})" for each in (one, other))
    return first, second


def _is_block(key: str) -> bool:
    """Tell whether a key is that of a residual block's first convolution."""
    parts = key.split(".")
    return parts[0] == "model" and parts[2:] == ["conv_block", "1", "weight"] and parts[1].isdecimal()
