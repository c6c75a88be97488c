"""What tests put in a real one's place: a second architecture, a small network of features."""

from collections.abc import Mapping
from typing import ClassVar

import torch
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


class SmallFeatures(nn.Module):
    """Stands in for the frozen network: two scales, at strides 4 and 8, always the same weights."""

    channels = (5, 7)

    def __init__(self) -> None:
        super().__init__()
        self.first = nn.Conv2d(3, 5, kernel_size=4, stride=4)
        self.second = nn.Conv2d(5, 7, kernel_size=2, stride=2)
        random = torch.Generator().manual_seed(9)
        for parameter in self.parameters():
            nn.init.normal_(parameter, std=0.3, generator=random)
        self.requires_grad_(False)

    def forward(self, x: Tensor) -> list[Tensor]:
        first = self.first(x).relu()
        return [first, self.second(first).relu()]
