"""The discriminator on frozen features, on a frozen network so small that a test can have it."""

from collections.abc import Iterator

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from tests.tpsence.made_up import SmallFeatures
from tpsence.losses.adversarial import HINGE
from tpsence.networks.feature_discriminator import FeatureDiscriminator


def made(seed: int = 0) -> FeatureDiscriminator:
    features = SmallFeatures()
    return FeatureDiscriminator(features, features.channels, seed)


def images(count: int = 2) -> Tensor:
    return torch.rand(count, 3, 32, 24, generator=torch.Generator().manual_seed(1)) * 2 - 1


def layers(network: FeatureDiscriminator) -> Iterator[nn.Conv2d]:
    return (module for module in network.modules() if isinstance(module, nn.Conv2d))


def test_there_is_one_map_of_scores_for_each_scale() -> None:
    scores = made()(images())
    assert [tuple(scale.shape) for scale in scores] == [(2, 1, 8, 6), (2, 1, 4, 3)]
    assert all(scale.std() > 0 for scale in scores)


def test_scores_are_those_of_the_heads_written_out() -> None:
    network = made().eval()
    for features, head, scores in zip(SmallFeatures()(images()), network.heads, network(images()), strict=True):
        x = F.conv2d(features, head.get_buffer("mixing"))
        first, second, last = (conv for conv in head.modules() if isinstance(conv, nn.Conv2d))
        x = F.leaky_relu(F.conv2d(x, first.weight, first.bias, padding=1), 0.2)
        x = F.leaky_relu(F.conv2d(x, second.weight, second.bias, padding=1), 0.2)
        torch.testing.assert_close(scores, F.conv2d(x, last.weight, last.bias), atol=1e-5, rtol=1e-5)


def test_an_image_is_scored_without_the_others_of_its_batch() -> None:
    network = made().eval()
    together = network(images(3))
    for index in range(3):
        for scale, alone in zip(together, network(images(3)[index, None]), strict=True):
            torch.testing.assert_close(scale[index, None], alone, atol=1e-5, rtol=1e-5)


def test_the_frozen_network_is_no_part_of_it_and_the_mixing_is_but_does_not_learn() -> None:
    network = made()
    assert not any(isinstance(module, SmallFeatures) for module in network.modules())
    state, learning = network.state_dict(), {name for name, _ in network.named_parameters()}
    mixing = {"heads.0.mixing", "heads.1.mixing"}
    assert mixing < set(state)
    assert [tuple(state[name].shape) for name in sorted(mixing)] == [(64, 5, 1, 1), (64, 7, 1, 1)]
    assert not mixing & learning
    assert {name.split(".")[0] for name in state} == {"heads"}
    assert len(learning) == 2 * 3 * 2


def test_the_heads_learn_and_the_frozen_network_and_the_mixing_stay() -> None:
    features = SmallFeatures()
    network = FeatureDiscriminator(features, features.channels)
    before = {name: value.clone() for name, value in network.state_dict().items()}
    frozen = {name: value.clone() for name, value in features.state_dict().items()}
    optimizer = torch.optim.Adam(network.parameters(), lr=0.01)
    x = images().requires_grad_()
    torch.autograd.backward(torch.stack([HINGE.real(scale) for scale in network(x)]).sum())
    optimizer.step()
    assert all(parameter.grad is not None for parameter in network.parameters())
    after = network.state_dict()
    changed = {name for name in after if not torch.equal(after[name], before[name])}
    assert {name for name, _ in network.named_parameters()} <= changed
    assert not any(name.endswith("mixing") for name in changed)
    assert all(torch.equal(value, frozen[name]) for name, value in features.state_dict().items())
    assert all(parameter.grad is None for parameter in features.parameters())
    assert x.grad is not None
    assert x.grad.any()


def test_the_seed_chooses_all_of_it_and_torch_s_own_numbers_stay_as_they_are() -> None:
    features = SmallFeatures()
    torch.manual_seed(7)
    before = torch.get_rng_state()
    first = FeatureDiscriminator(features, features.channels, 3).state_dict()
    assert torch.equal(torch.get_rng_state(), before)
    torch.manual_seed(8)
    again, other = made(3).state_dict(), made(4).state_dict()
    assert all(torch.equal(value, again[name]) for name, value in first.items())
    drawn = [name for name in first if name.endswith(("mixing", "original"))]
    assert not any(torch.equal(first[name], other[name]) for name in drawn)


def test_no_layer_makes_a_difference_larger() -> None:
    network = made()
    for parameter in network.parameters():
        nn.init.normal_(parameter, std=3.0, generator=torch.Generator().manual_seed(5))
    for _ in range(30):  # each pass brings the estimate of the norm nearer
        network(images())
    network.eval().requires_grad_(False)
    for layer in layers(network):
        norm = torch.linalg.matrix_norm(layer.weight.flatten(1), ord=2)
        assert float(norm) == pytest.approx(1, abs=0.05)


def test_its_state_restores_it_to_the_bit() -> None:
    network = made(3)
    network(images())
    other = made(4)
    other.load_state_dict(network.state_dict())
    for one, two in zip(network(images()), other(images()), strict=True):
        assert torch.equal(one, two)


def test_half_precision_goes_through() -> None:
    network = made()
    with torch.autocast("cpu", torch.bfloat16):
        scores = network(images())
    for half, full in zip(scores, made()(images()), strict=True):
        torch.testing.assert_close(half.float(), full, atol=0.1, rtol=0.1)


def test_its_losses_are_the_hinge() -> None:
    assert FeatureDiscriminator.losses is HINGE
