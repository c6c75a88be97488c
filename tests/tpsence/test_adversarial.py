"""The adversarial losses against reference numbers, slow versions in float64, and values by hand."""

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.tpsence import plain
from tpsence.losses.adversarial import (
    HINGE,
    LEAST_SQUARES,
    AdversarialLosses,
    fake_loss,
    hinge_fake_loss,
    hinge_generator_loss,
    hinge_real_loss,
    mean_over_maps,
    real_loss,
)
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


@pytest.mark.parametrize(
    ("loss", "expected"),
    [
        # Of the scores -2, -1, 0, 1 and 3.
        (hinge_real_loss, (3 + 2 + 1 + 0 + 0) / 5),
        (hinge_fake_loss, (0 + 0 + 1 + 2 + 4) / 5),
        (hinge_generator_loss, -1 / 5),
    ],
)
def test_the_hinge_by_hand(loss: Loss, expected: float) -> None:
    given = torch.tensor([-2.0, -1, 0, 1, 3])[None, None, None]
    assert float(loss(given)) == pytest.approx(expected)


def test_beyond_the_hinge_d_learns_nothing_and_g_always_does() -> None:
    for loss, slopes in (
        (hinge_real_loss, [-0.5, 0]),
        (hinge_fake_loss, [0, 0.5]),
        (hinge_generator_loss, [-0.5, -0.5]),
    ):
        given = torch.tensor([-1.5, 1.5]).reshape(1, 1, 1, 2).requires_grad_()
        torch.autograd.backward(loss(given))
        assert given.grad is not None
        assert given.grad.flatten().tolist() == slopes


def test_losses_of_a_kind_belong_together() -> None:
    assert AdversarialLosses(real=real_loss, fake=fake_loss, generator=real_loss) == LEAST_SQUARES
    assert (HINGE.real, HINGE.fake, HINGE.generator) == (hinge_real_loss, hinge_fake_loss, hinge_generator_loss)
    assert Discriminator.losses is LEAST_SQUARES


def test_every_map_counts_the_same_however_large() -> None:
    maps = [torch.full((2, 1, side, side), value) for side, value in ((4, 3.0), (2, 1.0))]
    assert float(mean_over_maps(fake_loss, maps)) == (9 + 1) / 2
    assert torch.equal(mean_over_maps(real_loss, [scores()]), real_loss(scores()))


@pytest.mark.parametrize("loss", [real_loss, fake_loss, hinge_real_loss, hinge_fake_loss, hinge_generator_loss])
def test_half_precision_scores_are_compared_in_float32(loss: Loss) -> None:
    half = scores().bfloat16()
    assert loss(half).dtype == torch.float32
    assert torch.equal(loss(half), loss(half.float()))
