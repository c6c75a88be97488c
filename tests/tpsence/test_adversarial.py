"""The adversarial losses against reference numbers and a slow version in float64."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.tpsence import plain
from tpsence.losses.adversarial import fake_loss, real_loss
from tpsence.networks.discriminator import Discriminator

LOSSES = pytest.mark.parametrize(("loss", "goal"), [(real_loss, 1.0), (fake_loss, 0.0)], ids=["real", "fake"])
Loss = Callable[[Tensor], Tensor]


def scores() -> Tensor:
    return torch.randn(2, 1, 3, 4, generator=torch.Generator().manual_seed(0)) * 2


@pytest.mark.parametrize(("loss", "images", "name"), [(real_loss, "B", "D_real"), (fake_loss, "s1_fake", "D_fake")])
def test_losses_equal_the_reference(golden: Path, loss: Loss, images: str, name: str) -> None:
    network = Discriminator(ndf=8)
    network.load_state_dict(torch.load(golden / "step_init.pt", weights_only=True)["D"])
    stored = plain.arrays(golden / "step_mpa32.npz")
    with torch.inference_mode():
        value = loss(network(stored[images][:2]))
    torch.testing.assert_close(value, stored[f"s1_{name}"], atol=1e-6, rtol=1e-3)


@LOSSES
def test_loss_and_gradient_equal_the_slow_version(loss: Loss, goal: float) -> None:
    one, other = scores().requires_grad_(), scores().double().requires_grad_()
    value, slow = loss(one), plain.squared_distance(other, goal)
    torch.autograd.backward(value)
    torch.autograd.backward(slow)
    torch.testing.assert_close(value, slow.float(), atol=1e-6, rtol=1e-6)
    assert other.grad is not None
    torch.testing.assert_close(one.grad, other.grad.float(), atol=1e-7, rtol=1e-6)


@LOSSES
def test_loss_is_the_square_of_the_distance_to_its_goal(loss: Loss, goal: float) -> None:
    for distance in (-2.0, 0.0, 0.5):
        assert float(loss(torch.full((2, 1, 2, 2), goal + distance))) == distance**2


@LOSSES
def test_half_precision_scores_are_compared_in_float32(loss: Loss, goal: float) -> None:
    half = scores().bfloat16()
    assert loss(half).dtype == torch.float32
    assert torch.equal(loss(half), loss(half.float()))
