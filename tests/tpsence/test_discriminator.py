"""The discriminator against reference numbers, a slow version in float64, and its shapes."""

import json
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.tpsence import plain
from tpsence.networks.discriminator import Discriminator
from tpsence.networks.generator import init_xavier
from tpsence.settings import NetworkSettings


def seeded(ndf: int = 4) -> Discriminator:
    network = Discriminator(ndf=ndf)
    init_xavier(network, gain=1.0, generator=torch.Generator().manual_seed(3))
    for name, parameter in network.named_parameters():
        if name.endswith("bias"):
            torch.nn.init.normal_(parameter, std=0.3, generator=torch.Generator().manual_seed(4))
    return network


def images(count: int, height: int, width: int) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


@pytest.mark.parametrize(("given", "expected"), [("x", "y"), ("x_odd", "y_odd")])
def test_output_equals_the_reference(golden: Path, given: str, expected: str) -> None:
    network = Discriminator(ndf=8)
    network.load_state_dict(torch.load(golden / "D_ndf8.pt", weights_only=True))
    stored = plain.arrays(golden / "discriminator.npz")
    with torch.inference_mode():
        torch.testing.assert_close(network(stored[given]), stored[expected], atol=1e-5, rtol=0)


@pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels"])
@pytest.mark.parametrize("size", [(32, 40), (29, 43)])
def test_output_equals_the_slow_version(size: tuple[int, int], layout: torch.memory_format) -> None:
    network, x = seeded(), images(2, *size)
    with torch.inference_mode():
        expected = plain.discriminator(network.state_dict(), x)
        y = network.to(memory_format=layout)(x.to(memory_format=layout))
    torch.testing.assert_close(y, expected.float(), atol=1e-4, rtol=0)


def test_full_size_keys_shapes_and_count_are_the_published_ones() -> None:
    published = json.loads((plain.FIXTURES / "discriminator_keys.json").read_text())
    network = Discriminator(NetworkSettings.ndf)
    state = network.state_dict()
    assert {key: list(value.shape) for key, value in state.items()} == published["keys"]
    assert list(state) == list(published["keys"])
    assert sum(parameter.numel() for parameter in network.parameters()) == published["params"] == 2_764_737


@pytest.mark.parametrize(
    ("size", "out"),
    [((24, 24), (1, 1)), ((64, 64), (6, 6)), ((60, 92), (5, 9)), ((256, 128), (30, 14)), ((33, 41), (2, 3))],
)
def test_there_is_about_one_score_for_each_eight_pixels(size: tuple[int, int], out: tuple[int, int]) -> None:
    with torch.inference_mode():
        y = seeded(1)(images(2, *size))
    assert y.shape == (2, 1, *out)
    assert all(abs(scores - (side / 8 - 2)) <= 1 for scores, side in zip(out, size, strict=True))


def test_scores_are_unbounded() -> None:
    network = seeded()
    with torch.inference_mode():
        network.get_parameter("model.14.bias").fill_(5.0)
        high = network(images(1, 32, 32))
        network.get_parameter("model.14.bias").fill_(-5.0)
        low = network(images(1, 32, 32))
    torch.testing.assert_close(high - low, torch.full_like(high, 10.0), atol=1e-4, rtol=0)


def test_an_image_is_scored_without_the_others_of_its_batch_and_left_as_it_is() -> None:
    network, x = seeded(), images(3, 32, 32)
    with torch.inference_mode():
        together = network(x)
        for index in range(3):
            torch.testing.assert_close(together[index, None], network(x[index, None]), atol=1e-5, rtol=0)
    assert torch.equal(x, images(3, 32, 32))


def test_init_is_xavier_with_the_published_gain_and_leaves_the_blurs() -> None:
    network = Discriminator(ndf=16)
    blurs = {key: value.clone() for key, value in network.state_dict().items() if key.endswith("filt")}
    init_xavier(network, generator=torch.Generator().manual_seed(0))
    state = network.state_dict()
    for index, channels_in, channels_out in ((3, 16, 32), (7, 32, 64), (11, 64, 128)):
        deviation = 0.02 * (2 / (16 * channels_in + 16 * channels_out)) ** 0.5
        assert float(state[f"model.{index}.weight"].std()) == pytest.approx(deviation, rel=0.05)
    assert not any(value.any() for key, value in state.items() if key.endswith("bias"))
    assert all(torch.equal(state[key], value) for key, value in blurs.items())
    again = Discriminator(ndf=16)
    init_xavier(again, generator=torch.Generator().manual_seed(0))
    assert all(torch.equal(value, again.state_dict()[key]) for key, value in state.items())
