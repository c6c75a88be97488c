"""The contrastive losses against reference numbers, a slow version in float64, and what each weighting reads."""

from dataclasses import replace
from pathlib import Path

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor

from tests.tpsence import plain
from tpsence.losses.nce import contrastive_loss
from tpsence.settings import ContrastiveSettings, Weighting

WEIGHTINGS = list(Weighting)
SEMANTIC = torch.tensor([0.3, 0.8])


def vectors(seed: int, patches: int = 9, width: int = 4) -> Tensor:
    noise = torch.randn(2, patches, width, generator=torch.Generator().manual_seed(seed))
    return F.normalize(noise, dim=2)


def loss(query: Tensor, key: Tensor, semantic: Tensor = SEMANTIC, **settings: object) -> Tensor:
    return contrastive_loss(query, key, semantic, replace(ContrastiveSettings(), **settings))  # type: ignore[arg-type]


def gradient(leaf: Tensor) -> Tensor:
    assert leaf.grad is not None
    return leaf.grad


@pytest.mark.parametrize(
    ("weighting", "name"), [(Weighting.SEMANTIC, "mixed"), (Weighting.HARD, "hard"), (Weighting.EASY, "easy")]
)
def test_loss_and_gradient_equal_the_reference(weighting: Weighting, name: str) -> None:
    stored = plain.arrays(plain.FIXTURES / "monce.npz")
    query = stored["feat_q"].clone().requires_grad_()
    each = loss(query.view(2, 64, 32), stored["feat_k"].view(2, 64, 32), stored["mpa"], weighting=weighting)
    torch.autograd.backward(each.mean())
    torch.testing.assert_close(each.flatten(), stored[f"loss_{name}"], atol=5e-6, rtol=0)
    torch.testing.assert_close(gradient(query), stored[f"grad_{name}"], atol=5e-7, rtol=0)


def test_the_gradient_flows_through_the_plan() -> None:
    stored = plain.arrays(plain.FIXTURES / "monce.npz")
    query = stored["feat_q"].clone().requires_grad_()
    torch.autograd.backward(loss(query.view(2, 64, 32), stored["feat_k"].view(2, 64, 32), stored["mpa"]).mean())
    attached, detached = stored["grad_mixed"], stored["grad_mixed_detachedOT"]
    assert float((gradient(query) - detached).norm()) > 0.9 * float((attached - detached).norm()) > 0


def test_unweighted_loss_and_gradient_equal_the_reference(golden: Path) -> None:
    stored = plain.arrays(golden / "patchnce.npz")
    query = stored["feat_q"].clone().requires_grad_()
    each = loss(query.view(2, 64, 32), stored["feat_k"].view(2, 64, 32), weighting=Weighting.NONE)
    torch.autograd.backward(each.mean())
    torch.testing.assert_close(each.flatten(), stored["loss"], atol=5e-6, rtol=0)
    torch.testing.assert_close(gradient(query), stored["grad"], atol=5e-7, rtol=0)


@pytest.mark.parametrize(
    "settings",
    [
        *(ContrastiveSettings(weighting=weighting) for weighting in WEIGHTINGS),
        ContrastiveSettings(temperature=0.5, epsilon=0.1, iterations=3),
    ],
    ids=[*(weighting.value for weighting in WEIGHTINGS), "other settings"],
)
def test_loss_and_gradient_equal_the_slow_version(settings: ContrastiveSettings) -> None:
    query, key = vectors(0).requires_grad_(), vectors(1)
    slow_query = query.detach().double().requires_grad_()
    pull = torch.rand(2, 9, generator=torch.Generator().manual_seed(2))
    each = contrastive_loss(query, key, SEMANTIC, settings)
    torch.autograd.backward((each * pull).sum())
    slow = torch.stack(
        [plain.contrastive(q, k, m, settings) for q, k, m in zip(slow_query, key, SEMANTIC.tolist(), strict=True)]
    )
    torch.autograd.backward((slow * pull.double()).sum())
    assert each.dtype == torch.float32
    torch.testing.assert_close(each, slow.float(), atol=1e-5, rtol=1e-5)
    torch.testing.assert_close(gradient(query), gradient(slow_query).float(), atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_keys_get_no_gradient(weighting: Weighting) -> None:
    query, key = vectors(0).requires_grad_(), vectors(1).requires_grad_()
    torch.autograd.backward(loss(query, key, weighting=weighting).sum())
    assert key.grad is None
    assert gradient(query).any()


@pytest.mark.parametrize(("m", "weighting"), [(0.0, Weighting.HARD), (1.0, Weighting.EASY)])
def test_semantic_weighting_has_the_other_two_at_its_ends(m: float, weighting: Weighting) -> None:
    ends = loss(vectors(0), vectors(1), torch.full((2,), m))
    assert torch.equal(ends, loss(vectors(0), vectors(1), weighting=weighting))


def test_the_four_weightings_differ() -> None:
    losses = [loss(vectors(0), vectors(1), weighting=weighting) for weighting in WEIGHTINGS]
    for index, one in enumerate(losses):
        assert all(float((one - other).abs().max()) > 1e-2 for other in losses[:index])


@pytest.mark.parametrize("weighting", [Weighting.HARD, Weighting.EASY, Weighting.NONE])
def test_only_the_semantic_weighting_reads_the_similarity(weighting: Weighting) -> None:
    with_numbers = loss(vectors(0), vectors(1), weighting=weighting)
    assert torch.equal(with_numbers, loss(vectors(0), vectors(1), torch.full((2,), torch.nan), weighting=weighting))


def test_each_image_is_weighted_by_its_own_similarity() -> None:
    both = loss(vectors(0), vectors(1))
    swapped = loss(vectors(0), vectors(1), SEMANTIC.flip(0))
    assert float((both - swapped).abs().max()) > 1e-2
    for image in range(2):
        alone = loss(vectors(0)[image, None], vectors(1)[image, None], SEMANTIC[image, None])
        torch.testing.assert_close(both[image, None], alone, atol=1e-6, rtol=0)


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_only_the_weighted_losses_read_the_settings_of_the_transport(weighting: Weighting) -> None:
    published = loss(vectors(0), vectors(1), weighting=weighting)
    for changed in (
        loss(vectors(0), vectors(1), weighting=weighting, epsilon=0.1),
        loss(vectors(0), vectors(1), weighting=weighting, epsilon=0.3, iterations=1),
    ):
        assert torch.equal(published, changed) == (weighting is Weighting.NONE)


def test_patches_in_another_order_have_the_same_losses() -> None:
    order = torch.tensor([4, 0, 8, 2, 6, 1, 7, 3, 5])
    shuffled = loss(vectors(0)[:, order], vectors(1)[:, order])
    torch.testing.assert_close(shuffled, loss(vectors(0), vectors(1))[:, order], atol=1e-5, rtol=0)


def test_found_patches_cost_less_than_confused_ones() -> None:
    found = loss(vectors(1), vectors(1), weighting=Weighting.NONE)
    confused = loss(vectors(1).roll(1, 1), vectors(1), weighting=Weighting.NONE)
    assert bool((found < confused).all())


@pytest.mark.parametrize("weighting", WEIGHTINGS)
def test_losses_under_autocast_are_exactly_those_without(weighting: Weighting) -> None:
    query, key = vectors(0).requires_grad_(), vectors(1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = loss(query, key, weighting=weighting)
    assert half.dtype == torch.float32
    assert torch.equal(half, loss(query, key, weighting=weighting))
