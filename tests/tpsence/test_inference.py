"""The generator rebuilt for inference on a CPU, against the one that was trained."""

import copy
import subprocess
import sys
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.conftest import ROOT
from tpsence.networks.generator import Generator, init_xavier
from tpsence.networks.inference import BilinearUp, ConvByRows, for_cpu
from tpsence.networks.resample import BlurUp
from tpsence.networks.winograd import F2, F4, Tile, WinogradConv

TILES = pytest.mark.parametrize("tile", [F2, F4], ids=["F2", "F4"])
PADDINGS = pytest.mark.parametrize("padding", ["reflect", "constant"])


def random(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def convolution(channels_in: int, channels_out: int, side: int = 3, seed: int = 0) -> nn.Conv2d:
    conv = nn.Conv2d(channels_in, channels_out, side)
    conv.weight.data = random(*conv.weight.shape, seed=seed)
    conv.bias = nn.Parameter(random(channels_out, seed=seed + 1))
    return conv.requires_grad_(False)


def exact(conv: nn.Conv2d, x: Tensor, padding: str) -> Tensor:
    """The convolution by torch in float64."""
    assert conv.bias is not None
    return F.conv2d(F.pad(x.double(), (1, 1, 1, 1), mode=padding), conv.weight.double(), conv.bias.double())


# Tiles


@TILES
@PADDINGS
@pytest.mark.parametrize("size", [(8, 8), (9, 11), (10, 8), (13, 16), (8, 31), (40, 9)])
def test_tiles_give_the_convolution(tile: Tile, padding: str, size: tuple[int, int]) -> None:
    conv, x = convolution(5, 7), random(2, 5, *size)
    y = WinogradConv(conv, padding, tile)(x)
    wanted = exact(conv, x, padding)
    assert y.shape == wanted.shape
    assert y.dtype == torch.float32
    assert y.is_contiguous(memory_format=torch.channels_last)
    assert (y - wanted).abs().max() < 2e-5 * wanted.std()


@TILES
@pytest.mark.parametrize("size", [(2, 2), (3, 20), (20, 7), (1, 1)])
def test_an_image_smaller_than_the_padding_is_convolved_directly(tile: Tile, size: tuple[int, int]) -> None:
    conv, x = convolution(3, 4), random(1, 3, *size)
    padding = "constant" if min(size) < 2 else "reflect"
    assert torch.allclose(WinogradConv(conv, padding, tile)(x).double(), exact(conv, x, padding), atol=1e-5)


@TILES
def test_tiles_are_the_same_however_many_run_together(tile: Tile, monkeypatch: pytest.MonkeyPatch) -> None:
    conv, x = convolution(4, 4), random(1, 4, 30, 22)
    tiled = WinogradConv(conv, "reflect", tile)
    together = tiled(x)
    monkeypatch.setattr("tpsence.networks.winograd.VALUES_AT_ONCE", 1)
    assert torch.allclose(tiled(x), together, atol=1e-5)


@TILES
def test_the_input_stays_and_its_layout_does_not_matter(tile: Tile) -> None:
    tiled, x = WinogradConv(convolution(4, 6), "reflect", tile), random(2, 4, 12, 10)
    before = x.clone()
    y = tiled(x)
    assert torch.equal(x, before)
    assert torch.equal(tiled(x.to(memory_format=torch.channels_last)), y)


def test_in_half_precision_small_tiles_round_about_as_much_as_the_convolution() -> None:
    conv, x = convolution(64, 64), random(1, 64, 24, 24)
    wanted = exact(conv, x, "reflect")
    half = copy.deepcopy(conv).bfloat16()
    direct = F.conv2d(F.pad(x.bfloat16(), (1, 1, 1, 1), mode="reflect"), half.weight, half.bias)
    errors = [(WinogradConv(conv, "reflect", tile).bfloat16()(x.bfloat16()) - wanted).std() for tile in (F2, F4)]
    usual = (direct - wanted).std()
    assert usual < errors[0] < 3 * usual
    assert errors[0] < errors[1]


# The other layers


@pytest.mark.parametrize(("side", "channels"), [(7, 3), (3, 1), (1, 5)])
def test_rows_of_a_kernel_add_up_to_the_convolution(side: int, channels: int) -> None:
    conv, x = convolution(6, channels, side), random(2, 6, 12, 17)
    assert torch.allclose(ConvByRows(conv)(x), conv(x), atol=1e-4)


def test_a_convolution_without_a_bias_has_none_by_rows_either() -> None:
    conv = nn.Conv2d(3, 3, 5, bias=False)
    x = random(1, 3, 9, 9)
    assert torch.allclose(ConvByRows(conv)(x), conv(x), atol=1e-5)


@pytest.mark.parametrize("size", [(1, 1), (2, 5), (8, 6)])
def test_doubling_is_bilinear(size: tuple[int, int]) -> None:
    x = random(2, 3, *size)
    assert torch.allclose(BilinearUp()(x), BlurUp(3)(x), atol=1e-6)


# The whole


@pytest.fixture(scope="module")
def wide() -> Generator:
    """A generator with channels enough for tiles."""
    network = Generator(ngf=64, blocks=1)
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(0))
    return network.eval().requires_grad_(False)


@pytest.mark.parametrize("size", [(8, 8), (12, 20), (64, 44)])
@pytest.mark.parametrize("count", [1, 2])
def test_the_rebuilt_generator_differs_by_far_less_than_a_level(
    wide: Generator, size: tuple[int, int], count: int
) -> None:
    x = random(count, 3, *size).clamp(-1, 1)
    with torch.inference_mode():
        difference = for_cpu(wide, torch.float32)(x) - wide(x)
    assert difference.abs().max() * 127.5 < 0.05


def test_in_half_precision_it_stays_close(wide: Generator) -> None:
    x = random(1, 3, 48, 64).clamp(-1, 1)
    with torch.inference_mode():
        y = for_cpu(wide, torch.bfloat16)(x.bfloat16())
        difference = (y.float() - wide(x)) * 127.5
    assert y.dtype == torch.bfloat16
    assert difference.abs().mean() < 3


def test_the_generator_itself_is_left_as_it_is(wide: Generator) -> None:
    before = copy.deepcopy(wide.state_dict())
    modules = [type(module) for module in wide.modules()]
    for_cpu(wide, torch.bfloat16)
    assert [type(module) for module in wide.modules()] == modules
    assert all(torch.equal(before[key], value) for key, value in wide.state_dict().items())


def test_wide_layers_are_tiled_and_narrow_ones_are_not(wide: Generator) -> None:
    tiled = [module for module in for_cpu(wide, torch.float32).modules() if isinstance(module, WinogradConv)]
    assert [(one.direct.in_channels, one.direct.out_channels, one.padding) for one in tiled] == [
        (128, 256, "constant"),
        (256, 256, "reflect"),
        (256, 256, "reflect"),
        (256, 128, "constant"),
    ]
    assert not any(isinstance(module, WinogradConv) for module in for_cpu(Generator(8, 4), torch.float32).modules())


def test_a_generator_is_loaded_without_torch_s_compiler(tiny_weights: Path) -> None:
    """Which takes two seconds to import."""
    code = (
        "import sys; from pathlib import Path; from tpsence.weights import load_generator; "
        f"load_generator(Path({str(tiny_weights)!r})); print('torch._dynamo' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
