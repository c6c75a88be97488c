"""3x3 convolutions with fewer multiplications, for inference on a CPU.

Lavin, Gray, "Fast Algorithms for Convolutional Neural Networks", CVPR 2016 (arXiv 1509.09308): an image is cut into
tiles of m x m outputs out of (m + 2) x (m + 2) inputs. Along each axis Y = A^T [(G g) (B^T d)]; the products of one
place in all tiles are one matrix product over the channels. F(4x4, 3x3) multiplies a quarter as often as the
convolution, F(2x2, 3x3) four ninths as often, with less rounding. oneDNN, which torch's convolutions use, multiplies
directly, and is at the limit of the arithmetic there (``docs/performance.md``).
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import torch
import torch.nn.functional as F
from torch import Tensor, nn

_MIN_SIDE = 8
"""A smaller image is convolved directly. The padding to whole tiles would have nothing to reflect below 5."""
VALUES_AT_ONCE = 160_000
"""Tiles times channels that are transformed together: few enough for the caches, enough to keep all threads busy."""


@dataclass(frozen=True)
class Tile:
    """The transforms of tiles of one size, each along one axis."""

    outputs: int
    """Outputs of a tile, m; it has two inputs more."""
    filter_transform: Sequence[Sequence[float]]
    """G, (m + 2, 3)."""
    input_transform: Callable[[Sequence[Tensor], Tensor], None]
    """Writes B^T d of m + 2 tensors d, all (...), to (m + 2, ...)."""
    output_transform: Callable[[Tensor, Tensor], None]
    """Writes A^T p of (m + 2, ...) to (m, ...). The second column of A^T is all ones."""

    @property
    def inputs(self) -> int:
        """Inputs of a tile."""
        return self.outputs + 2


class WinogradConv(nn.Module):
    """A 3x3 convolution of stride 1 that pads by 1, computed in tiles, without a gradient.

    In float32 with F4 the result differs from ``nn.Conv2d`` by rounding, about 5e-5 of its standard deviation at 256
    channels. In bfloat16 F2 rounds about as much as the direct convolution, F4 several times as much.

    Args:
        conv: The convolution, 3x3 with stride 1. Its own padding is not looked at.
        padding: ``reflect`` or ``constant``, of one pixel on each side.
        tile: ``F4`` or ``F2``.
    """

    weight: Tensor
    """((m + 2)^2, C, C'), the transformed weights."""

    def __init__(self, conv: nn.Conv2d, padding: str, tile: Tile) -> None:
        super().__init__()
        self.padding = padding
        self.tile = tile
        self.direct = conv
        self.register_buffer("weight", _transformed(conv.weight.detach(), tile), persistent=False)

    def forward(self, x: Tensor) -> Tensor:
        """Convolve.

        Args:
            x: (N, C, H, W).

        Returns:
            (N, C', H, W), in memory as torch lays out the channels-last format.
        """
        height, width = x.shape[2:]
        if min(height, width) < _MIN_SIDE:
            x = F.pad(x, (1, 1, 1, 1), mode=self.padding).contiguous(memory_format=torch.channels_last)
            return F.conv2d(x, self.direct.weight, self.direct.bias)
        below, right = -height % self.tile.outputs, -width % self.tile.outputs  # to whole tiles; cut off in the end
        x = F.pad(x, (1, 1 + right, 1, 1 + below), mode=self.padding)
        x = x.permute(0, 2, 3, 1).contiguous()  # (N, m rows + 2, m columns + 2, C)
        out = x.new_empty(len(x), height + below, width + right, self.direct.out_channels)
        for image, result in zip(x, out, strict=True):
            self._convolve(image, result)
        out = out[:, :height, :width].permute(0, 3, 1, 2)
        # Without gaps between the rows, or torch's batch norm would go through them one value at a time.
        return out.contiguous(memory_format=torch.channels_last)

    def _convolve(self, x: Tensor, out: Tensor) -> None:
        """Convolve an image (m rows + 2, m columns + 2, C) to (m rows, m columns, C'), some rows of tiles at a time."""
        step = self.tile.outputs
        rows, columns = out.shape[0] // step, out.shape[1] // step
        at_once = max(1, VALUES_AT_ONCE // (columns * max(x.shape[2], out.shape[2])))
        for begin in range(0, rows, at_once):
            end = min(rows, begin + at_once)
            inputs = self._transformed_inputs(x[step * begin : step * end + 2], end - begin, columns)
            products = torch.bmm(inputs, self.weight)  # ((m + 2)^2, tiles, C')
            if self.direct.bias is not None:  # A^T takes this place to each output with the factor 1
                products[self.tile.inputs + 1] += self.direct.bias
            self._write_outputs(products, out[step * begin : step * end], columns)

    def _transformed_inputs(self, x: Tensor, rows: int, columns: int) -> Tensor:
        """B^T d B of all tiles of (m rows + 2, m columns + 2, C).

        Returns:
            ((m + 2)^2, tiles, C); the place in a tile's row counts before the place in its column.
        """
        places = self.tile.inputs
        by_row = x.new_empty(places, rows, *x.shape[1:])  # (m + 2, rows, m columns + 2, C)
        self.tile.input_transform(self._each_place(x, 0, rows), by_row)
        inputs = x.new_empty(places, places, rows, columns, x.shape[2])
        self.tile.input_transform(self._each_place(by_row, 2, columns), inputs)
        return inputs.flatten(2, 3).flatten(0, 1)

    def _write_outputs(self, products: Tensor, out: Tensor, columns: int) -> None:
        """Write A^T p A of ((m + 2)^2, tiles, C') to (m rows, m columns, C')."""
        places, step = self.tile.inputs, self.tile.outputs
        tiles = products.view(places, places, -1, columns, products.shape[2])
        by_column = tiles.new_empty(step, *tiles.shape[1:])  # (m in a row, m + 2, rows, columns, C')
        self.tile.output_transform(tiles, by_column)
        split = out.view(-1, step, columns, step, out.shape[2]).permute(1, 3, 0, 2, 4)  # (m, m in a row, rows, ...)
        self.tile.output_transform(by_column.transpose(0, 1), split)

    def _each_place(self, x: Tensor, dim: int, count: int) -> list[Tensor]:
        """Along a dimension the first, the second, ..., the last inputs of all tiles, as views."""
        step = self.tile.outputs
        index = [slice(None)] * x.dim()
        places = []
        for place in range(self.tile.inputs):
            index[dim] = slice(place, place + step * (count - 1) + 1, step)
            places.append(x[tuple(index)])
        return places


def _transformed(weight: Tensor, tile: Tile) -> Tensor:
    """G g G^T of (C', C, 3, 3) as ((m + 2)^2, C, C'), computed in float64."""
    g = torch.tensor(tile.filter_transform, dtype=torch.float64)
    transformed = torch.einsum("ri,ocij,sj->srco", g, weight.double(), g)
    return transformed.flatten(0, 1).to(weight.dtype).contiguous()


def _input_transform_4(d: Sequence[Tensor], out: Tensor) -> None:
    """B^T d of F(4, 3)."""
    even, odd = torch.sub(d[4], d[2], alpha=4), torch.sub(d[3], d[1], alpha=4)
    torch.add(even, odd, out=out[1])
    torch.sub(even, odd, out=out[2])
    torch.sub(d[4], d[2], out=even)
    torch.sub(d[3], d[1], out=odd)
    torch.add(even, odd, alpha=2, out=out[3])
    torch.sub(even, odd, alpha=2, out=out[4])
    torch.sub(d[0], d[2], out=out[0])
    torch.add(even, out[0], alpha=4, out=out[0])
    torch.sub(d[5], d[3], out=out[5])
    torch.sub(out[5], odd, alpha=4, out=out[5])


def _output_transform_4(p: Tensor, out: Tensor) -> None:
    """A^T p of F(4, 3)."""
    sum_1, difference_1 = p[1] + p[2], p[1] - p[2]
    sum_2, difference_2 = p[3] + p[4], p[3] - p[4]
    torch.add(difference_1, difference_2, alpha=2, out=out[1])
    torch.add(sum_1, sum_2, alpha=4, out=out[2])
    sum_1 += sum_2
    torch.add(p[0], sum_1, out=out[0])
    difference_1.add_(difference_2, alpha=8)
    torch.add(difference_1, p[5], out=out[3])


def _input_transform_2(d: Sequence[Tensor], out: Tensor) -> None:
    """B^T d of F(2, 3)."""
    torch.sub(d[0], d[2], out=out[0])
    torch.add(d[1], d[2], out=out[1])
    torch.sub(d[2], d[1], out=out[2])
    torch.sub(d[1], d[3], out=out[3])


def _output_transform_2(p: Tensor, out: Tensor) -> None:
    """A^T p of F(2, 3)."""
    both = p[1] + p[2]
    torch.add(p[0], both, out=out[0])
    torch.sub(p[1], p[2], out=both)
    torch.sub(both, p[3], out=out[1])


F2 = Tile(
    2, ((1, 0, 0), (1 / 2, 1 / 2, 1 / 2), (1 / 2, -1 / 2, 1 / 2), (0, 0, 1)), _input_transform_2, _output_transform_2
)
F4 = Tile(
    4,
    (
        (1 / 4, 0, 0),
        (-1 / 6, -1 / 6, -1 / 6),
        (-1 / 6, 1 / 6, -1 / 6),
        (1 / 24, 1 / 12, 1 / 6),
        (1 / 24, -1 / 12, 1 / 6),
        (0, 0, 1),
    ),
    _input_transform_4,
    _output_transform_4,
)
