"""The triangular probability similarity against reference numbers and a slow version in float64."""

import pytest
import torch
from torch import Tensor

from tests.tpsence import plain
from tpsence.losses.tps import tps_loss


def maps(seed: int = 0) -> list[Tensor]:
    return list(torch.randn(3, 2, 1, 3, 4, generator=torch.Generator().manual_seed(seed)))


def test_loss_and_gradient_equal_the_reference() -> None:
    stored = plain.arrays(plain.FIXTURES / "tps.npz")
    generated = stored["C"].clone().requires_grad_()
    loss = tps_loss(stored["A"], generated, stored["B"])
    torch.autograd.backward(loss)
    torch.testing.assert_close(loss.detach(), stored["tri"], atol=1e-6, rtol=0)
    torch.testing.assert_close(generated.grad, stored["grad_C_attached"], atol=1e-8, rtol=0)


def test_loss_and_gradient_equal_the_slow_version() -> None:
    x, fake, y = maps()
    one, other = fake.clone().requires_grad_(), fake.double().requires_grad_()
    loss, slow = tps_loss(x, one, y), plain.tps(x, other, y)
    torch.autograd.backward(loss)
    torch.autograd.backward(slow)
    torch.testing.assert_close(loss, slow.float(), atol=1e-6, rtol=0)
    assert other.grad is not None
    torch.testing.assert_close(one.grad, other.grad.float(), atol=1e-8, rtol=0)


def test_only_the_generated_map_gets_a_gradient() -> None:
    x, fake, y = (scores.requires_grad_() for scores in maps())
    torch.autograd.backward(tps_loss(x, fake, y))
    assert x.grad is None
    assert y.grad is None
    assert fake.grad is not None
    assert fake.grad.any()


@pytest.mark.parametrize("share", [0.0, 0.25, 0.5, 1.0])
def test_scores_between_both_domains_cost_nothing_but_the_epsilon(share: float) -> None:
    x, y = torch.full((2, 1, 3, 3), -1.0), torch.full((2, 1, 3, 3), 3.0)
    assert float(tps_loss(x, x + share * (y - x), y)) == pytest.approx(1e-7, rel=1e-5)


@pytest.mark.parametrize(("score", "pull"), [(4.0, 2.0), (0.5, 0.0), (-2.5, -2.0)])
def test_scores_outside_cost_twice_their_distance_and_are_pulled_back(score: float, pull: float) -> None:
    x, y = torch.zeros(1, 1, 2, 2), torch.ones(1, 1, 2, 2)
    fake = torch.full((1, 1, 2, 2), score, requires_grad=True)
    loss = tps_loss(x, fake, y)
    torch.autograd.backward(loss)
    assert float(loss.detach()) == pytest.approx(2 * max(score - 1, -score, 0), abs=1e-6)
    torch.testing.assert_close(fake.grad, torch.full((1, 1, 2, 2), pull / 4))


def test_both_domains_may_be_exchanged() -> None:
    x, fake, y = maps()
    assert torch.equal(tps_loss(x, fake, y), tps_loss(y, fake, x))
    assert not torch.equal(tps_loss(x, fake, y), tps_loss(fake, x, y))


def test_half_precision_maps_are_compared_in_float32() -> None:
    half = [scores.bfloat16() for scores in maps()]
    loss = tps_loss(half[0], half[1], half[2])
    assert loss.dtype == torch.float32
    assert torch.equal(loss, tps_loss(half[0].float(), half[1].float(), half[2].float()))
