"""The generator that gives a light: what a light does, and how it is told from the ResNet."""

import json
from collections.abc import Mapping
from pathlib import Path

import pytest
import torch
from safetensors import safe_open
from safetensors.torch import save_file
from torch import Tensor

from tests.tpsence.test_model import Adam, build, tiny_batch, tiny_networks, tiny_positions
from tpsence.architectures import Affine, Architecture, Resnet, from_metadata, recognise, to_metadata
from tpsence.errors import WeightsError
from tpsence.metadata import HEADER_KEY, GeneratorMetadata
from tpsence.networks.affine import AffineGenerator, exposed, relit
from tpsence.networks.generator import Generator, init_xavier
from tpsence.weights import generator_bytes, load_generator

LAYERS = (0, 4, 8, 12, 16)


def seeded(ngf: int = 4, blocks: int = 6, gain: float = 1.0) -> AffineGenerator:
    network = AffineGenerator(ngf=ngf, blocks=blocks)
    init_xavier(network, gain=gain, generator=torch.Generator().manual_seed(3))
    return network.eval().requires_grad_(False)


def images(count: int = 2, height: int = 24, width: int = 32) -> Tensor:
    return torch.rand(count, 3, height, width, generator=torch.Generator().manual_seed(1)) * 2 - 1


def with_light(gain: float, offsets: tuple[float, float, float]) -> AffineGenerator:
    """A network that gives the same light everywhere."""
    network = seeded()
    last = network.model[-2]
    last.weight.data.zero_()  # type: ignore[operator]
    last.bias.data = torch.tensor([gain] * 3 + list(offsets)).atanh()
    return network


# The light


def test_zeros_at_the_end_change_nothing_but_the_exposure() -> None:
    x = images()
    torch.testing.assert_close(with_light(0, (0, 0, 0))(x), exposed(x).clamp(-1, 1), atol=1e-6, rtol=0)


def test_it_begins_with_next_to_no_other_change() -> None:
    x = images()
    change = float((seeded(gain=0.02)(x) - exposed(x)).abs().mean())
    assert change < 0.04  # five levels of 255, of noise
    assert change < float((seeded(gain=1.0)(x) - exposed(x)).abs().mean()) / 10


def test_pictures_are_brought_to_one_brightness_and_contrast_and_keep_their_order() -> None:
    x = images()
    there = exposed(x)
    for image in there.double():
        assert float(image.mean()) == pytest.approx(-0.18, abs=1e-4)
        assert float(image.std(correction=0)) == pytest.approx(0.48, abs=1e-4)
    assert torch.equal(x[0].flatten().argsort(), there[0].flatten().argsort())
    torch.testing.assert_close(exposed(0.3 * x - 0.4), there, atol=1e-5, rtol=0)


def test_how_bright_a_picture_is_does_not_change_the_result() -> None:
    """Instance norm hides it from the network, so nothing else may depend on it."""
    network, x = seeded(), images()
    torch.testing.assert_close(network(0.4 * x - 0.3), network(x), atol=5e-3, rtol=0)


def test_a_black_picture_stays_dark() -> None:
    black = torch.full((1, 3, 16, 16), -1.0)
    assert torch.equal(exposed(black), torch.full_like(black, -0.18))
    noisy = black + 0.001 * torch.rand(1, 3, 16, 16, generator=torch.Generator().manual_seed(0))
    assert float((exposed(noisy) + 0.18).abs().max()) < 0.02


def test_gain_0_paints_one_colour_whatever_the_picture_was() -> None:
    y = with_light(-1 + 1e-7, (0.25, 0.5, 0.75))(images())
    wanted = torch.tensor([-0.5, 0.0, 0.5])[None, :, None, None].expand_as(y)
    torch.testing.assert_close(y, wanted, atol=1e-5, rtol=0)


def test_gain_and_offset_are_of_pixels_from_0_to_1_by_channel() -> None:
    x, random = images(), torch.Generator().manual_seed(2)
    light = torch.rand(2, 6, 24, 32, generator=random) * 2 - 1
    y = relit(x, light)
    for channel in range(3):
        pixels = (x[:, channel].double() + 1) / 2
        wanted = pixels * (1 + light[:, channel]) + light[:, 3 + channel]
        torch.testing.assert_close((y[:, channel] + 1) / 2, wanted.float(), atol=1e-6, rtol=0)
    assert relit(x, light.bfloat16()).dtype == torch.float32


def test_what_is_too_bright_is_clamped_in_use_and_felt_in_training() -> None:
    network, x = with_light(0.5, (0.5, 0.0, -0.9)), images()
    y = network(x)
    assert (float(y.min()), float(y.max())) == (-1, 1)
    network.train().requires_grad_(True)
    free = network(x)
    assert float(free.detach().max()) > 1.5
    assert float(free.detach().min()) < -1.5
    torch.testing.assert_close(free.detach().clamp(-1, 1), y, atol=1e-6, rtol=0)
    torch.autograd.backward(free[free > 1].sum())
    bias = network.model[-2].bias
    assert isinstance(bias, Tensor)
    assert bias.grad is not None
    assert bias.grad[0] > 0


def test_the_encoder_and_the_layers_are_those_of_the_resnet() -> None:
    network, resnet, x = seeded(), Generator(ngf=4, blocks=6).eval(), images()
    state = {name: value[:3] if name.startswith("model.27.") else value for name, value in network.state_dict().items()}
    resnet.load_state_dict(state)
    for one, other in zip(network.features(x, LAYERS), resnet.features(x, LAYERS), strict=True):
        assert torch.equal(one, other)
    out, kept = network.translate(x, LAYERS)
    assert torch.equal(out, network(x))
    for one, other in zip(kept, network.features(x, LAYERS), strict=True):
        assert torch.equal(one, other)
    assert float((network(x) - exposed(x)).abs().mean()) > 0.1


# A CPU


@pytest.mark.parametrize(("ngf", "size"), [(4, (24, 32)), (64, (20, 12))])
def test_the_rebuilt_network_differs_by_far_less_than_a_level(ngf: int, size: tuple[int, int]) -> None:
    network, x = seeded(ngf=ngf, blocks=1), images(2, *size)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    with torch.inference_mode():
        difference = network.architecture.for_cpu(network, torch.float32)(x) - network(x)
    assert float(difference.abs().max()) * 127.5 < 0.05
    assert all(torch.equal(value, before[name]) for name, value in network.state_dict().items())


def test_the_rebuilt_network_clamps_too_and_takes_half_precision() -> None:
    network, x = with_light(0.5, (0.5, 0.0, -0.9)), images()
    rebuilt = network.architecture.for_cpu(network, torch.bfloat16)  # the light alone is rounded
    with torch.inference_mode():
        y = rebuilt(x.bfloat16())
    assert (y.dtype, float(y.min()), float(y.max())) == (torch.float32, -1, 1)
    assert float((y.float() - network(x)).abs().mean()) < 0.01


# Which it is


@pytest.mark.parametrize("architecture", [Affine(blocks=4, ngf=3), Affine(blocks=9, ngf=8)])
def test_what_is_built_is_recognised_and_told_from_the_resnet(architecture: Affine) -> None:
    network = architecture.build()
    assert isinstance(network, AffineGenerator)
    assert network.architecture == architecture
    assert recognise(network.state_dict()) == architecture
    resnet = Resnet(**architecture.sizes())
    assert type(recognise(resnet.build().state_dict())) is Resnet
    assert architecture != resnet
    assert architecture.gives_light
    assert not resnet.gives_light


def test_metadata_name_it_and_those_of_a_resnet_are_as_they_were() -> None:
    several: list[tuple[Architecture, Mapping[str, object]]] = [
        (Affine(blocks=4, ngf=3), {"architecture": "affine", "blocks": 4, "ngf": 3}),
        (Resnet(blocks=4, ngf=3), {"blocks": 4, "ngf": 3}),
    ]
    for architecture, values in several:
        assert to_metadata(architecture) == values
        assert list(to_metadata(architecture)) == list(values)
        assert from_metadata(values) == architecture
        assert type(from_metadata(values)) is type(architecture)


def test_a_file_brings_back_the_same_network(tmp_path: Path) -> None:
    network, file = seeded(), tmp_path / "g.safetensors"
    metadata = GeneratorMetadata(architecture=Affine(blocks=6, ngf=4), width=256, target_domain="rain")
    file.write_bytes(generator_bytes(network, metadata))
    loaded = load_generator(file)
    assert isinstance(loaded.generator, AffineGenerator)
    assert (loaded.metadata, loaded.generator.training) == (metadata, False)
    assert torch.equal(loaded.generator(images()), network(images()))
    torch.save(network.state_dict(), tmp_path / "g.pth")
    assert load_generator(tmp_path / "g.pth").metadata == GeneratorMetadata(architecture=Affine(blocks=6, ngf=4))


def test_a_resnet_s_file_says_what_it_always_said(tmp_path: Path) -> None:
    resnet, file = Resnet(blocks=4, ngf=3), tmp_path / "g.safetensors"
    file.write_bytes(generator_bytes(resnet.build(), GeneratorMetadata(architecture=resnet, width=64)))
    with safe_open(file, "pt") as stored:
        values = json.loads(stored.metadata()[HEADER_KEY])
    assert list(values.items())[:4] == [("format", 1), ("blocks", 4), ("ngf", 3), ("width", 64)]
    assert "architecture" not in values
    assert type(load_generator(file).metadata.architecture) is Resnet


@pytest.mark.parametrize(("said", "held"), [(Affine, Resnet), (Resnet, Affine)])
def test_weights_of_the_other_kind_than_the_metadata_say_are_refused(
    said: type[Resnet], held: type[Resnet], tmp_path: Path
) -> None:
    state = {name: value.contiguous() for name, value in held(blocks=4, ngf=3).build().state_dict().items()}
    header = json.dumps({"format": 1, **to_metadata(said(blocks=4, ngf=3))})
    save_file(state, tmp_path / "g.safetensors", metadata={HEADER_KEY: header})
    message = rf"the metadata say the architecture {said.name} .*, the weights have the architecture {held.name}"
    with pytest.raises(WeightsError, match=message):
        load_generator(tmp_path / "g.safetensors")


def test_what_is_neither_is_told_what_is_expected_once(tmp_path: Path) -> None:
    torch.save({"x": torch.zeros(1)}, tmp_path / "x.pth")
    with pytest.raises(WeightsError) as caught:
        load_generator(tmp_path / "x.pth")
    assert caught.value.message.endswith("expected 'model.1.weight' of shape (ngf, 3, 7, 7)")


# Training


def test_a_step_trains_it() -> None:
    networks = tiny_networks()
    networks.generator = seeded(gain=0.02).train().requires_grad_(True)
    model, batch = build(networks, optimizer=Adam), tiny_batch()
    before = networks.generator.state_dict()["model.27.weight"].clone()
    losses = model.step([batch], tiny_positions())
    assert bool(losses.isfinite().all())
    assert not torch.equal(networks.generator.state_dict()["model.27.weight"], before)
    assert all(parameter.grad is not None for parameter in networks.generator.parameters())
