"""The losses towards targets against plain loops in float64."""

from collections.abc import Callable, Sequence

import torch
from torch import Tensor

from tpsence.losses.paired import paired_loss, perceptual_loss

HALF = torch.tensor([1.0, 0.0, 1.0, 0.0])
SHAPES = ((4, 3, 6, 5), (4, 2, 3, 3))
"""Of the features here, which have two scales."""


def values(*shape: int, seed: int = 0) -> Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(seed))


def features(seed: int) -> list[Tensor]:
    return [values(*shape, seed=seed + index) for index, shape in enumerate(SHAPES)]


def mean_difference(ours: Tensor, theirs: Tensor) -> Tensor:
    """The mean absolute difference, value by value."""
    total = torch.zeros((), dtype=torch.float64)
    for one, other in zip(ours.double().flatten(), theirs.double().flatten(), strict=True):
        total = total + (one - other).abs()
    return total / ours.numel()


def slow_paired(generated: Tensor, wanted: Tensor, has_target: Tensor) -> Tensor:
    pairs = zip(generated, wanted, has_target.tolist(), strict=True)
    return torch.stack([weight * mean_difference(ours, theirs) for ours, theirs, weight in pairs]).sum() / len(wanted)


def slow_perceptual(generated: Sequence[Tensor], wanted: Sequence[Tensor], has_target: Tensor) -> Tensor:
    total = torch.zeros((), dtype=torch.float64)
    for scale, goal in zip(generated, wanted, strict=True):
        for ours, theirs, weight in zip(scale, goal, has_target.tolist(), strict=True):
            size = mean_difference(theirs, torch.zeros_like(theirs))
            total = total + weight * mean_difference(ours, theirs) / size / len(scale) / len(generated)
    return total


def check(fast: Callable[[list[Tensor]], Tensor], slow: Callable[[list[Tensor]], Tensor], given: list[Tensor]) -> None:
    """Compare a loss and its gradient with the slow version."""
    one, other = [x.clone().requires_grad_() for x in given], [x.double().requires_grad_() for x in given]
    loss, expected = fast(one), slow(other)
    torch.autograd.backward(loss)
    torch.autograd.backward(expected)
    assert loss.dtype == torch.float32
    torch.testing.assert_close(loss.detach(), expected.detach().float(), atol=1e-6, rtol=1e-5)
    for found, wanted in zip(one, other, strict=True):
        assert found.grad is not None
        assert wanted.grad is not None
        torch.testing.assert_close(found.grad, wanted.grad.float(), atol=1e-7, rtol=1e-5)


def test_the_paired_loss_and_its_gradient_equal_the_slow_version() -> None:
    generated, wanted = values(4, 3, 5, 6), values(4, 3, 5, 6, seed=1)
    check(lambda x: paired_loss(x[0], wanted, HALF), lambda x: slow_paired(x[0], wanted, HALF), [generated])


def test_the_perceptual_loss_and_its_gradient_equal_the_slow_version() -> None:
    wanted = features(seed=5)
    check(lambda x: perceptual_loss(x, wanted, HALF), lambda x: slow_perceptual(x, wanted, HALF), features(seed=0))


def test_each_map_counts_in_units_of_its_target() -> None:
    ours, theirs = features(seed=0), features(seed=5)
    expected = perceptual_loss(ours, theirs, HALF)
    for maps in (ours, theirs):
        maps[0] *= 1000
    torch.testing.assert_close(perceptual_loss(ours, theirs, HALF), expected)


def test_features_of_nothing_are_no_division_by_zero() -> None:
    nothing = [torch.zeros(2, 3, 4, 4)]
    assert float(perceptual_loss(nothing, nothing, torch.ones(2))) == 0


def test_a_picture_without_a_target_counts_0_and_has_no_gradient() -> None:
    generated, wanted = values(4, 3, 5, 6).requires_grad_(), values(4, 3, 5, 6, seed=1)
    ours, theirs = [x.requires_grad_() for x in features(seed=0)], features(seed=5)
    losses = [paired_loss(generated, wanted, HALF), perceptual_loss(ours, theirs, HALF)]
    other = wanted.clone()
    for x in (other, *theirs):
        x[1::2] = -1
    again = [paired_loss(generated, other, HALF), perceptual_loss(ours, theirs, HALF)]
    assert torch.equal(torch.stack(again), torch.stack(losses))
    assert float(paired_loss(generated, wanted, torch.zeros(4)).detach()) == 0
    assert float(perceptual_loss(ours, theirs, torch.zeros(4)).detach()) == 0
    torch.autograd.backward(torch.stack(again).sum())
    for x in (generated, *ours):
        assert x.grad is not None
        assert not x.grad[1::2].any()
        assert x.grad[::2].any()


def test_parts_of_a_batch_add_up_to_the_whole() -> None:
    generated, wanted, has_target = values(4, 3, 5, 6), values(4, 3, 5, 6, seed=1), torch.tensor([1.0, 1, 0, 1])
    ours, theirs = features(seed=0), features(seed=5)
    parts = [slice(0, 2), slice(2, 4)]
    paired = [paired_loss(generated[part], wanted[part], has_target[part]) for part in parts]
    perceptual = [
        perceptual_loss([x[part] for x in ours], [x[part] for x in theirs], has_target[part]) for part in parts
    ]
    torch.testing.assert_close(torch.stack(paired).mean(), paired_loss(generated, wanted, has_target))
    torch.testing.assert_close(torch.stack(perceptual).mean(), perceptual_loss(ours, theirs, has_target))


def test_half_precision_is_compared_in_float32() -> None:
    generated, wanted = values(4, 3, 5, 6).bfloat16(), values(4, 3, 5, 6, seed=1)
    assert torch.equal(paired_loss(generated, wanted, HALF), paired_loss(generated.float(), wanted, HALF))
    ours, theirs = ([x.bfloat16() for x in features(seed)] for seed in (0, 5))
    wide, goal = ([x.float() for x in maps] for maps in (ours, theirs))
    assert torch.equal(perceptual_loss(ours, theirs, HALF), perceptual_loss(wide, goal, HALF))
