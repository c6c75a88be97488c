"""The generator against reference numbers, and its shapes."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from numpy.typing import NDArray
from torch import Tensor

from tpsence.architectures import PUBLISHED, Resnet
from tpsence.networks.generator import Generator, init_xavier
from tpsence.networks.resample import BlurDown, BlurUp

FIXTURES = Path(__file__).parent / "fixtures"
LAYERS = [0, 4, 8, 12, 16]
LEAST = Resnet.input_sizes.least


def seeded(ngf: int, blocks: int) -> Generator:
    network = Generator(ngf=ngf, blocks=blocks)
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(3))
    return network.eval()


@pytest.fixture(scope="module")
def reference(golden: Path) -> tuple[Generator, dict[str, NDArray[np.float32]]]:
    network = Generator(ngf=8, blocks=9)
    network.load_state_dict(torch.load(golden / "G_ngf8_xavier.pt", weights_only=True))
    return network.eval(), dict(np.load(golden / "generator.npz"))


@pytest.mark.parametrize(("given", "expected"), [("x", "y_xavier"), ("x_odd", "y_odd_xavier")])
def test_output_equals_the_reference(
    reference: tuple[Generator, dict[str, NDArray[np.float32]]], given: str, expected: str
) -> None:
    network, arrays = reference
    with torch.inference_mode():
        y = network(torch.from_numpy(arrays[given])).numpy()
    np.testing.assert_allclose(y, arrays[expected], atol=1e-5, rtol=0)


def independent(state: dict[str, Tensor], blocks: int, x: Tensor) -> Tensor:
    """The published architecture written out in functions, from its description alone."""

    def conv(x: Tensor, index: str, pad: int, mode: str) -> Tensor:
        x = F.pad(x, (pad,) * 4, mode=mode)
        return F.conv2d(x, state[f"model.{index}.weight"], state[f"model.{index}.bias"])

    def norm(x: Tensor) -> Tensor:
        centred = x - x.mean((2, 3), keepdim=True)
        return centred / (x.var((2, 3), keepdim=True, unbiased=False) + 1e-5).sqrt()

    def blur(row: list[float], x: Tensor) -> Tensor:
        kernel = torch.outer(torch.tensor(row), torch.tensor(row))
        kernel = (kernel / kernel.sum())[None, None]
        return torch.cat([F.conv2d(channel[None, None], kernel) for channel in x[0]], 1)

    def down(x: Tensor) -> Tensor:
        return blur([1, 2, 1], F.pad(x, (1, 1, 1, 1), mode="reflect"))[:, :, ::2, ::2]

    def up(x: Tensor) -> Tensor:
        x = F.pad(x, (1, 1, 1, 1), mode="replicate")
        spread = torch.zeros(*x.shape[:2], 2 * x.shape[2] + 1, 2 * x.shape[3] + 1)
        spread[:, :, 1:-1:2, 1:-1:2] = x
        return 4 * blur([1, 3, 3, 1], spread)[:, :, 1:-1, 1:-1]

    x = norm(conv(x, "1", 3, "reflect")).relu()
    x = down(norm(conv(x, "4", 1, "constant")).relu())
    x = down(norm(conv(x, "8", 1, "constant")).relu())
    for block in range(12, 12 + blocks):
        inner = norm(conv(x, f"{block}.conv_block.1", 1, "reflect")).relu()
        x = x + norm(conv(inner, f"{block}.conv_block.5", 1, "reflect"))
    x = norm(conv(up(x), str(13 + blocks), 1, "constant")).relu()
    x = norm(conv(up(x), str(17 + blocks), 1, "constant")).relu()
    return conv(x, str(21 + blocks), 3, "reflect").tanh()


@pytest.mark.parametrize("blocks", [4, 9])
@pytest.mark.parametrize("size", [(16, 24), (20, 12)])
def test_output_equals_an_independent_slow_version(blocks: int, size: tuple[int, int]) -> None:
    network = seeded(3, blocks)
    x = torch.rand(1, 3, *size, generator=torch.Generator().manual_seed(1)) * 2 - 1
    with torch.inference_mode():
        torch.testing.assert_close(network(x), independent(network.state_dict(), blocks, x), atol=2e-4, rtol=0)


def test_features_equal_the_reference(reference: tuple[Generator, dict[str, NDArray[np.float32]]]) -> None:
    network, arrays = reference
    with torch.inference_mode():
        features = network.features(torch.from_numpy(arrays["x"]), LAYERS)
    for layer, feature in zip(LAYERS, features, strict=True):
        np.testing.assert_allclose(feature.numpy(), arrays[f"feat{layer}_xavier"], atol=1e-5, rtol=0)


def test_full_size_keys_shapes_and_count_are_the_published_ones() -> None:
    published = json.loads((FIXTURES / "generator_keys.json").read_text())
    network = PUBLISHED.build()
    state = network.state_dict()
    assert {key: list(value.shape) for key, value in state.items()} == published["keys"]
    assert list(state) == list(published["keys"])
    assert sum(parameter.numel() for parameter in network.parameters()) == published["params"]


@pytest.mark.parametrize("blocks", [4, 6, 9])
@pytest.mark.parametrize("size", [(LEAST, LEAST), (12, 8), (16, 36)])
def test_output_has_the_size_of_the_input(blocks: int, size: tuple[int, int]) -> None:
    x = torch.rand(2, 3, *size) * 2 - 1
    with torch.inference_mode():
        y = seeded(4, blocks)(x)
    assert y.shape == x.shape
    assert float(y.abs().max()) <= 1


def test_features_stop_after_the_last_layer_asked_for() -> None:
    network = seeded(4, 4)
    reached = []
    network.model[9].register_forward_hook(lambda *_: reached.append(9))
    network.features(torch.zeros(1, 3, 16, 16), [0, 4, 8])
    assert not reached


def test_kept_features_are_not_overwritten_by_later_modules() -> None:
    network, x = seeded(4, 4), torch.rand(1, 3, 16, 16)
    together = network.features(x, [0, 4, 8, 12])
    for index, layer in enumerate([0, 4, 8, 12]):
        assert torch.equal(together[index], network.features(x, [layer])[0])


def test_blur_down_halves_and_keeps_a_constant() -> None:
    x = torch.full((1, 3, 7, 10), 0.5)
    y = BlurDown(3)(x)
    assert y.shape == (1, 3, 4, 5)
    assert torch.allclose(y, torch.tensor(0.5))


def test_blur_up_doubles_and_keeps_a_constant() -> None:
    x = torch.full((1, 3, 5, 7), 0.5)
    y = BlurUp(3)(x)
    assert y.shape == (1, 3, 10, 14)
    assert torch.allclose(y, torch.tensor(0.5))


def test_blur_up_equals_an_explicit_sum() -> None:
    x = torch.arange(12.0).reshape(1, 1, 3, 4)
    padded = torch.nn.functional.pad(x, (1, 1, 1, 1), mode="replicate")[0, 0]
    # Each output pixel is 3/4 of its own source pixel and 1/4 of the neighbour on its side, in both directions.
    expected = torch.empty(6, 8)
    for i in range(6):
        for j in range(8):
            row, column = i // 2 + 1, j // 2 + 1
            near_row, near_column = row + (1 if i % 2 else -1), column + (1 if j % 2 else -1)
            expected[i, j] = (
                9 * padded[row, column]
                + 3 * padded[near_row, column]
                + 3 * padded[row, near_column]
                + padded[near_row, near_column]
            ) / 16
    assert torch.allclose(BlurUp(1)(x)[0, 0], expected)


def test_init_is_xavier_with_the_published_gain() -> None:
    network = Generator(ngf=16, blocks=4)
    init_xavier(network)
    weight = network.state_dict()["model.12.conv_block.1.weight"]
    fan = 64 * 9
    assert float(weight.std()) == pytest.approx(0.02 * (2 / (fan + fan)) ** 0.5, rel=0.05)
    assert not network.state_dict()["model.12.conv_block.1.bias"].any()
