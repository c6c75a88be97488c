"""The projector and its patches against reference numbers, a slow version in float64, and its shapes."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.tpsence import plain
from tpsence.networks.generator import Generator, init_xavier
from tpsence.networks.projector import Projector, draw_positions, gather_patches
from tpsence.settings import NetworkSettings

LAYOUTS = pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels"])


def seeded(widths: tuple[int, ...] = (3, 5), out: int = 6) -> Projector:
    network = Projector(widths, out)
    generator = torch.Generator().manual_seed(3)
    for parameter in network.parameters():
        torch.nn.init.normal_(parameter, std=0.5, generator=generator)
    return network


def numbers(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(shape, generator=torch.Generator().manual_seed(seed))


@LAYOUTS
def test_patches_of_a_generator_equal_the_reference(golden: Path, layout: torch.memory_format) -> None:
    generator, projector = Generator(ngf=8, blocks=9), Projector((3, 16, 32, 32, 32), 32)
    generator.load_state_dict(torch.load(golden / "G_ngf8_kaiming.pt", weights_only=True))
    projector.load_state_dict(torch.load(golden / "F_nc32.pt", weights_only=True))
    stored = plain.arrays(golden / "patchsample.npz")
    generator.to(memory_format=layout)
    with torch.inference_mode():
        features = generator.features(stored["x"].to(memory_format=layout), (0, 4, 8, 12, 16))
        patches = [gather_patches(layer, stored[f"ids{index}"].expand(2, -1)) for index, layer in enumerate(features)]
        for index, vectors in enumerate(projector(patches)):
            torch.testing.assert_close(vectors.flatten(0, 1), stored[f"out{index}"], atol=1e-5, rtol=0)


def test_vectors_equal_the_slow_version() -> None:
    network, patches = seeded(), [numbers(2, 4, 3), numbers(2, 7, 5)]
    with torch.inference_mode():
        for layer, vectors in enumerate(network(patches)):
            expected = [plain.project(network.state_dict(), layer, image) for image in patches[layer]]
            torch.testing.assert_close(vectors, torch.stack(expected).float(), atol=1e-6, rtol=0)


def test_vectors_have_unit_length_and_float32_under_autocast_too() -> None:
    network, patches = seeded(), [numbers(2, 4, 3), numbers(2, 7, 5)]
    with torch.inference_mode():
        full = network(patches)
        with torch.autocast("cpu", dtype=torch.bfloat16):
            half = network(patches)
    for vectors in (*full, *half):
        assert vectors.dtype == torch.float32
        torch.testing.assert_close(vectors.norm(dim=2), torch.ones(vectors.shape[:2]), atol=1e-5, rtol=0)
    for one, other in zip(full, half, strict=True):
        assert 0 < float((one - other).abs().max()) < 0.05


def test_the_published_epsilon_keeps_short_vectors_finite() -> None:
    network = Projector((3,), 4)
    torch.nn.init.zeros_(network.get_parameter("mlp_0.2.weight"))
    bias = network.get_parameter("mlp_0.2.bias")
    for length, scaled in ((0.0, 0.0), (1e-7, 0.5), (3e-7, 0.75)):
        torch.nn.init.constant_(bias, length / 2)
        (vectors,) = network([torch.ones(1, 2, 3)])
        torch.testing.assert_close(vectors.norm(dim=2), torch.full((1, 2), scaled), atol=1e-4, rtol=0)


def test_full_size_keys_shapes_and_count_are_the_published_ones() -> None:
    published = json.loads((plain.FIXTURES / "projector_keys.json").read_text())
    network = Projector((3, 128, 256, 256, 256), NetworkSettings.projection)
    state = network.state_dict()
    assert {key: list(value.shape) for key, value in state.items()} == published["keys"]
    assert list(state) == list(published["keys"])
    assert sum(parameter.numel() for parameter in network.parameters()) == published["params"] == 560_384


def test_init_is_xavier_with_the_published_gain() -> None:
    network = Projector((3, 128, 256), NetworkSettings.projection)
    init_xavier(network, generator=torch.Generator().manual_seed(0))
    state = network.state_dict()
    for key, fan in (("mlp_1.0", 128 + 256), ("mlp_1.2", 256 + 256), ("mlp_2.0", 256 + 256)):
        assert float(state[f"{key}.weight"].std()) == pytest.approx(0.02 * (2 / fan) ** 0.5, rel=0.03)
    assert not any(value.any() for key, value in state.items() if key.endswith("bias"))


def test_positions_are_in_range_and_never_repeated() -> None:
    sizes = [(6, 11), (9, 8), (16, 16)]
    for seed in range(20):
        positions = draw_positions(sizes, 40, torch.Generator().manual_seed(seed))
        for (height, width), layer in zip(sizes, positions, strict=True):
            assert layer.dtype == torch.int64
            assert layer.shape == (40,)
            assert len(set(layer.tolist()) & set(range(height * width))) == 40


@pytest.mark.parametrize("patches", [12, 13, 256])
def test_small_maps_give_all_their_positions(patches: int) -> None:
    (positions,) = draw_positions([(3, 4)], patches, torch.Generator().manual_seed(0))
    assert sorted(positions.tolist()) == list(range(12))


def test_all_positions_are_drawn_equally_often() -> None:
    generator = torch.Generator().manual_seed(0)
    drawn = torch.cat([draw_positions([(4, 5)], 5, generator)[0] for _ in range(2000)])
    counts = torch.bincount(drawn, minlength=20)
    assert len(counts) == 20
    assert 400 < int(counts.min()) <= int(counts.max()) < 600


def test_positions_depend_on_the_seed_alone_and_differ_between_layers() -> None:
    def draw(seed: int) -> list[list[int]]:
        positions = draw_positions([(8, 8), (8, 8)], 16, torch.Generator().manual_seed(seed))
        return [layer.tolist() for layer in positions]

    assert draw(5) == draw(5)
    assert draw(5) != draw(6)
    assert draw(5)[0] != draw(5)[1]


@LAYOUTS
def test_patches_are_those_at_row_times_width_plus_column(layout: torch.memory_format) -> None:
    features = numbers(2, 3, 4, 7).to(memory_format=layout)
    positions = torch.tensor([[0, 6, 7, 27, 13], [20, 3, 8, 8, 26]])
    patches = gather_patches(features, positions)
    assert patches.shape == (2, 5, 3)
    expected = torch.stack([plain.patches_at(features[image], positions[image]) for image in range(2)])
    assert torch.equal(patches, expected)


@LAYOUTS
def test_the_gradient_of_a_patch_goes_to_its_position(layout: torch.memory_format) -> None:
    features = numbers(2, 3, 4, 7).to(memory_format=layout).requires_grad_()
    positions = torch.tensor([[0, 6, 27], [20, 8, 8]])
    pull = numbers(2, 3, 3, seed=1)
    torch.autograd.backward((gather_patches(features, positions) * pull).sum())
    expected = torch.zeros(2, 3, 4, 7)
    for image in range(2):
        for index, at in enumerate(positions[image].tolist()):
            expected[image, :, at // 7, at % 7] += pull[image, index]
    torch.testing.assert_close(features.grad, expected, atol=1e-6, rtol=0)
