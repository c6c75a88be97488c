"""Instance norm against torch's own and a slow version in float64, in both memory layouts."""

from collections.abc import Callable

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.tpsence import plain
from tpsence.networks.normalize import InstanceNorm

LAYOUTS = pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels"])


def images(count: int = 3, seed: int = 0) -> Tensor:
    """Images of different brightness and contrast; the last channel is so flat that the epsilon counts."""
    x = torch.randn(count, 4, 5, 7, generator=torch.Generator().manual_seed(seed))
    x = x * torch.arange(1.0, count + 1)[:, None, None, None] + torch.arange(4.0)[:, None, None]
    x[:, -1] *= 1e-3
    return x


def values_and_gradient(norm: Callable[[Tensor], Tensor], x: Tensor, pull: Tensor) -> tuple[Tensor, Tensor]:
    leaf = x.detach().requires_grad_()
    y = norm(leaf)
    torch.autograd.backward((y * pull).sum())
    assert leaf.grad is not None
    return y.detach(), leaf.grad


def close(one: tuple[Tensor, Tensor], other: tuple[Tensor, Tensor]) -> None:
    """Compare values, and gradients in proportion to each channel's, which differ much in size."""
    torch.testing.assert_close(one[0], other[0].float(), atol=1e-5, rtol=1e-5)
    scale = other[1].double().abs().amax((2, 3), keepdim=True)
    torch.testing.assert_close(one[1].double() / scale, other[1].double() / scale, atol=1e-5, rtol=0)


@LAYOUTS
@pytest.mark.parametrize("count", [1, 3])
def test_values_and_gradients_equal_those_of_torch(layout: torch.memory_format, count: int) -> None:
    x, pull = images(count), images(count, seed=1)
    # Torch's own gradient is wrong for one image in channels last, so it gets contiguous numbers.
    expected = values_and_gradient(F.instance_norm, x, pull)
    given = (tensor.to(memory_format=layout) for tensor in (x, pull))
    close(values_and_gradient(InstanceNorm(), *given), expected)


@LAYOUTS
@pytest.mark.parametrize("pull_layout", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels"])
@pytest.mark.parametrize("count", [1, 3])
def test_values_and_gradients_equal_the_slow_version(
    layout: torch.memory_format, pull_layout: torch.memory_format, count: int
) -> None:
    x, pull = images(count), images(count, seed=1)
    expected = values_and_gradient(plain.instance_norm, x.double(), pull.double())
    given = x.to(memory_format=layout), pull.to(memory_format=pull_layout)
    close(values_and_gradient(InstanceNorm(), *given), expected)


@LAYOUTS
@pytest.mark.parametrize("count", [1, 3])
def test_the_memory_layout_is_kept(layout: torch.memory_format, count: int) -> None:
    x = images(count).to(memory_format=layout).requires_grad_()
    y = InstanceNorm()(x)
    torch.autograd.backward((y * y).sum())
    assert x.grad is not None
    for tensor in (y, x.grad):
        assert tensor.is_contiguous(memory_format=layout)


def test_channels_have_mean_zero_and_variance_one_also_in_evaluation() -> None:
    for module in (InstanceNorm(), InstanceNorm().eval()):
        y = module(images())[:, :-1]
        torch.testing.assert_close(y.mean((2, 3)), torch.zeros(3, 3), atol=1e-6, rtol=0)
        torch.testing.assert_close(y.var((2, 3), unbiased=False), torch.ones(3, 3), atol=1e-4, rtol=0)


def test_an_image_is_normalised_without_the_others_of_its_batch() -> None:
    together = InstanceNorm()(images())
    for index in range(3):
        assert torch.equal(together[index, None], InstanceNorm()(images()[index, None]))


def test_nothing_is_learned_or_stored() -> None:
    norm = InstanceNorm()
    norm(images())
    assert not norm.state_dict()
    assert not list(norm.parameters())
