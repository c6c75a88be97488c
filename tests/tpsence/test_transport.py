"""The pushing weights against reference numbers, a slow version in float64, and torch's own gradient."""

from pathlib import Path

import pytest
import torch
from torch import Tensor

from tests.tpsence import plain
from tpsence.losses.transport import diagonal, pushing_weights, sinkhorn
from tpsence.settings import ContrastiveSettings


def published_weights(similarity: Tensor, semantic: Tensor) -> Tensor:
    published = ContrastiveSettings()
    return pushing_weights(similarity, semantic, published.epsilon, published.iterations)


def uniform(*shape: int, low: float = 0.1, high: float = 1.1, seed: int = 0) -> Tensor:
    numbers = torch.rand(shape, generator=torch.Generator().manual_seed(seed), dtype=torch.float64)
    return low + (high - low) * numbers


@pytest.mark.parametrize("name", ["easy", "hard", "mixed"])
def test_weights_equal_the_reference(golden: Path, name: str) -> None:
    stored = plain.arrays(golden / "ot.npz")
    semantic = {"easy": torch.ones(2), "hard": torch.zeros(2), "mixed": stored["mpa"]}[name]
    weights = published_weights(torch.bmm(stored["q"], stored["k"].transpose(1, 2)), semantic)
    plan = ((weights - 1e-8) / (weights.shape[1] - 1)).transpose(1, 2)
    torch.testing.assert_close(plan, stored[f"w_{name}"], atol=1e-7, rtol=0)


@pytest.mark.parametrize("iterations", [1, 50])
def test_sinkhorn_equals_the_reference(golden: Path, iterations: int) -> None:
    stored = plain.arrays(golden / "ot.npz")
    plan = sinkhorn(stored["sk_in"], iterations)
    torch.testing.assert_close(plan, stored[f"sk_out{iterations}"], atol=1e-6, rtol=0)


@pytest.mark.parametrize("iterations", [1, 2, 50])
def test_sinkhorn_equals_the_slow_version(iterations: int) -> None:
    kernel = uniform(3, 6, 6)
    expected = torch.stack([plain.sinkhorn(one, iterations) for one in kernel])
    torch.testing.assert_close(sinkhorn(kernel, iterations), expected, rtol=1e-12, atol=0)
    torch.testing.assert_close(sinkhorn(kernel.float(), iterations), expected.float(), rtol=1e-5, atol=0)


@pytest.mark.parametrize("iterations", [1, 2, 50])
def test_the_gradient_of_sinkhorn_equals_the_one_through_all_iterations(iterations: int) -> None:
    one, other = (uniform(2, 5, 5).requires_grad_() for _ in range(2))
    pull = uniform(2, 5, 5, low=-1, high=1, seed=1)
    torch.autograd.backward((sinkhorn(one, iterations) * pull).sum())
    torch.autograd.backward((torch.stack([plain.sinkhorn(kernel, iterations) for kernel in other]) * pull).sum())
    assert one.grad is not None
    assert other.grad is not None
    torch.testing.assert_close(one.grad, other.grad, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("iterations", [1, 2, 7])
def test_the_gradient_of_sinkhorn_equals_finite_differences(iterations: int) -> None:
    kernel = uniform(2, 3, 5).requires_grad_()
    assert torch.autograd.gradcheck(lambda matrix: sinkhorn(matrix, iterations), kernel)


def test_the_gradient_of_the_weights_equals_finite_differences() -> None:
    similarity = uniform(2, 4, 4, low=-1, high=1).requires_grad_()
    semantic = torch.tensor([0.2, 0.9], dtype=torch.float64)
    assert torch.autograd.gradcheck(lambda matrix: pushing_weights(matrix, semantic, 0.7, 5), similarity)


def test_fifty_iterations_make_all_rows_and_columns_sum_to_one() -> None:
    plan = sinkhorn(uniform(2, 9, 9).float(), 50)
    torch.testing.assert_close(plan.sum(1), torch.ones(2, 9), atol=1e-6, rtol=0)
    torch.testing.assert_close(plan.sum(2), torch.ones(2, 9), atol=1e-6, rtol=0)


def test_one_iteration_makes_the_columns_sum_to_one_and_leaves_the_rows() -> None:
    plan = sinkhorn(uniform(2, 9, 9).float(), 1)
    torch.testing.assert_close(plan.sum(1), torch.ones(2, 9), atol=1e-6, rtol=0)
    assert float((plan.sum(2) - 1).abs().max()) > 1e-2


@pytest.mark.parametrize(("epsilon", "iterations"), [(1.0, 50), (0.05, 50), (0.3, 3)])
def test_weights_equal_the_slow_version(epsilon: float, iterations: int) -> None:
    similarity = uniform(3, 7, 7, low=-1, high=1)
    semantic = torch.tensor([0.0, 0.35, 1.0], dtype=torch.float64)
    expected = torch.stack(
        [
            plain.pushing_weights(one, m, epsilon, iterations)
            for one, m in zip(similarity, semantic.tolist(), strict=True)
        ]
    )
    weights = pushing_weights(similarity, semantic, epsilon, iterations)
    torch.testing.assert_close(weights, expected, rtol=1e-10, atol=0)


def test_published_are_an_epsilon_of_1_and_50_iterations() -> None:
    similarity, semantic = uniform(1, 5, 5), torch.full((1,), 0.2)
    assert torch.equal(published_weights(similarity, semantic), pushing_weights(similarity, semantic, 1.0, 50))


def test_scenes_half_alike_weigh_all_negatives_the_same() -> None:
    weights = published_weights(uniform(1, 8, 8, low=-1, high=1), torch.full((1,), 0.5))
    negatives = weights[~diagonal(8, weights.device)[None]]
    torch.testing.assert_close(negatives, torch.ones_like(negatives), rtol=0, atol=1e-4)
    assert float(weights[:, range(8), range(8)].max()) < 1e-3


@pytest.mark.parametrize(("m", "sign"), [(0.0, 1), (1.0, -1)])
def test_unlike_scenes_push_from_the_hard_negatives_and_like_scenes_from_the_easy(m: float, sign: int) -> None:
    similarity = torch.zeros(1, 6, 6)
    similarity[0, 2, 4] = 0.9
    weights = published_weights(similarity, torch.tensor([m]))[0]
    others = weights[2, [0, 1, 3, 5]]
    assert bool((sign * (weights[2, 4] - others) > 0.1).all())


def test_negatives_of_a_row_have_mean_one() -> None:
    weights = published_weights(uniform(2, 16, 16, low=-1, high=1), torch.tensor([0.1, 0.9]))
    negatives = weights[(~diagonal(16, weights.device)).expand(2, -1, -1)].view(2, 16, 15)
    torch.testing.assert_close(negatives.mean(2), torch.ones_like(negatives.mean(2)), rtol=0, atol=1e-3)
