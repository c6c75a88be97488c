"""What a discriminator sees of a step's images: all moved and cut out alike, so that few pictures last longer.

Zhao et al., "Differentiable Augmentation for Data-Efficient GAN Training", NeurIPS 2020 (arXiv 2006.10738): real and
generated images alike, and the gradient goes through. Colours stay, since they are what tells the domains apart.
"""

from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor

_SHIFT = 1 / 16
"""Most that images move, of their height and width."""
_CUT = 1 / 3
"""Height and width of what is cut out, of theirs."""


@dataclass(frozen=True, slots=True)
class View:
    """A translation, with reflection at the border, and perhaps a cutout, which becomes gray; in pixels."""

    size: tuple[int, int]
    """(H, W) of the images."""
    down: int
    right: int
    cut: tuple[int, int] | None
    """Top and left of the cutout, or None."""

    @classmethod
    def drawn(cls, size: tuple[int, int], random: torch.Generator) -> "View":
        """Draw a view of images (H, W); every second has a cutout."""
        numbers = torch.rand(5, generator=random).tolist()
        down, right = (round((2 * number - 1) * _SHIFT * side) for number, side in zip(numbers, size, strict=False))
        top, left = (int(number * (1 - _CUT) * side) for number, side in zip(numbers[2:], size, strict=False))
        return cls(size, down, right, (top, left) if numbers[4] < 1 / 2 else None)

    def of(self, images: Tensor) -> Tensor:
        """Return what is seen of (N, 3, H, W), of the same shape."""
        (height, width), down, right = self.size, self.down, self.right
        padded = F.pad(images, (max(0, right), max(0, -right), max(0, down), max(0, -down)), mode="reflect")
        top, left = max(0, -down), max(0, -right)
        seen = padded[:, :, top : top + height, left : left + width]
        if self.cut is None:
            return seen
        mask = seen.new_ones(height, width)
        mask[self.cut[0] : self.cut[0] + int(_CUT * height), self.cut[1] : self.cut[1] + int(_CUT * width)] = 0
        return seen * mask
