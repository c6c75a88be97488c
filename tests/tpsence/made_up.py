"""A second architecture, to prove that one is a network and an entry in the registry."""

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field
from torch import Tensor, nn

from tpsence.architectures import Architecture, InputSizes
from tpsence.networks.interface import GeneratorNetwork


class Shallow(Architecture):
    """One convolution down and one up, by 8."""

    name: ClassVar[str] = "shallow"
    first_tensor: ClassVar[str] = "'model.0.weight' of shape (channels, 3, 8, 8)"
    input_sizes: ClassVar[InputSizes] = InputSizes(stride=8, least=16)

    channels: int = Field(ge=1)

    @classmethod
    def recognised(cls, state: Mapping[str, Tensor]) -> "Shallow | None":
        first = state.get("model.0.weight")
        fits = first is not None and first.ndim == 4 and first.shape[1:] == (3, 8, 8)
        return cls(channels=len(first)) if fits and first is not None and len(first) else None

    def build(self) -> GeneratorNetwork:
        down = nn.Conv2d(3, self.channels, kernel_size=8, stride=8)
        up = nn.ConvTranspose2d(self.channels, 3, kernel_size=8, stride=8)
        return GeneratorNetwork(self, nn.Sequential(down, nn.ReLU(), up, nn.Tanh()))

    @property
    def last_layer(self) -> int:
        return 1

    @property
    def bytes_per_pixel(self) -> int:
        return 24

    def in_words(self) -> list[str]:
        return [f"{self.channels} channels"]
