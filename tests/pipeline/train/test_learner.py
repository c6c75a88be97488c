"""What learns: its first weights, its schedule, its average, and that a restored one continues to the bit."""

import io
import math
from collections.abc import Sequence
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from pipeline.train.config import TrainConfig
from pipeline.train.enums import Weighting
from pipeline.train.learner import Learner, loss_settings, lr_factor
from tests.pipeline.train.tiny_runs import difference, paired_batch, random_batch, stand_in_features, tiny
from tests.tpsence.made_up import SmallFeatures
from tpsence.architectures import Affine
from tpsence.model import LOSS_NAMES, MicroBatch, Positions, Tpsence
from tpsence.networks.affine import AffineGenerator
from tpsence.networks.discriminator import Discriminator
from tpsence.networks.feature_discriminator import FeatureDiscriminator
from tpsence.settings import ContrastiveSettings, LossSettings
from tpsence.views import View

CPU = torch.device("cpu")
NETWORKS = ("generator", "discriminator", "projector")


def learner(**changes: object) -> Learner:
    """Keys as ``optim__lr``."""
    return Learner(settings(**changes), CPU)


def settings(**changes: object) -> TrainConfig:
    return tiny({key.replace("__", "."): value for key, value in changes.items()})


def weights(found: Learner) -> dict[str, Tensor]:
    """A copy of all weights by network and name."""
    return {
        f"{name}.{key}": value.clone()
        for name in NETWORKS
        for key, value in getattr(found.networks, name).state_dict().items()
    }


def stored(state: dict[str, Any]) -> dict[str, Any]:
    """Through a file and back."""
    buffer = io.BytesIO()
    torch.save(state, buffer)
    buffer.seek(0)
    content: dict[str, Any] = torch.load(buffer, weights_only=True)
    return content


class Spy:
    """Keeps what the method is given, in place of a step."""

    def __init__(self) -> None:
        self.micro_batches: list[Sequence[MicroBatch]] = []
        self.positions: list[Positions] = []
        self.views: list[View | None] = []

    def __call__(self, micro_batches: Sequence[MicroBatch], positions: Positions, view: View | None) -> Tensor:
        self.micro_batches.append(micro_batches)
        self.positions.append(positions)
        self.views.append(view)
        return torch.zeros(len(LOSS_NAMES))


@pytest.fixture
def spy(monkeypatch: pytest.MonkeyPatch) -> Spy:
    found = Spy()
    monkeypatch.setattr(Tpsence, "step", lambda self, *given: found(*given))
    return found


@pytest.fixture
def stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a small network stand in for the frozen one."""
    stand_in_features(monkeypatch)


# The schedule


def test_networks_that_no_loss_reaches_keep_the_schedule_without_a_warning() -> None:
    alone = {"loss__adversarial": 0.0, "loss__tps": 0.0, "loss__contrastive": 0.0, "loss__reconstruction": 1.0}
    found = learner(optim__lr=0.01, optim__epochs=0, optim__decay_epochs=1, **alone)
    found.step(random_batch(1), 0)
    found.end_epoch()
    optimizers = found.state()["optimizers"]
    assert [optimizers[name]["param_groups"][0]["lr"] for name in NETWORKS] == pytest.approx([0.005] * 3)


@pytest.mark.parametrize(
    ("epoch", "factor"), [(0, 1), (99, 1), (100, 1), (101, 100 / 101), (150, 51 / 101), (199, 2 / 101), (200, 1 / 101)]
)
def test_the_published_schedule(epoch: int, factor: float) -> None:
    assert lr_factor(epoch, 100, 100) == pytest.approx(factor, rel=1e-12)


@pytest.mark.parametrize(("epoch", "factor"), [(0, 1), (1, 3 / 4), (2, 2 / 4), (3, 1 / 4)])
def test_a_schedule_of_decay_alone(epoch: int, factor: float) -> None:
    assert lr_factor(epoch, 0, 3) == pytest.approx(factor, rel=1e-12)


def test_a_schedule_without_decay_is_constant_to_its_end() -> None:
    assert [lr_factor(epoch, 3, 0) for epoch in range(4)] == [1, 1, 1, 1]


def test_the_rates_of_all_networks_follow_the_ends_of_epochs() -> None:
    found = learner(optim__lr=0.01, optim__epochs=1, optim__decay_epochs=3)
    for wanted in (0.01, 0.01, 0.0075, 0.005, 0.0025):
        assert found.lr == pytest.approx(wanted, rel=1e-12)
        optimizers = found.state()["optimizers"]
        assert [optimizers[name]["param_groups"][0]["lr"] for name in NETWORKS] == pytest.approx([wanted] * 3)
        found.step(random_batch(1), 0)
        assert found.lr == pytest.approx(wanted, rel=1e-12)
        found.end_epoch()


def test_adam_has_the_settings() -> None:
    found = learner(optim__lr=3e-4, optim__beta1=0.4, optim__beta2=0.8)
    groups = [found.state()["optimizers"][name]["param_groups"][0] for name in NETWORKS]
    assert [(group["lr"], group["betas"], group["weight_decay"]) for group in groups] == [(3e-4, (0.4, 0.8), 0)] * 3


def test_the_discriminator_can_have_a_rate_of_its_own_which_follows_too() -> None:
    found = learner(optim__lr=0.01, optim__discriminator_lr=0.04, optim__epochs=0, optim__decay_epochs=1)
    for wanted in (0.01, 0.005):
        optimizers = found.state()["optimizers"]
        rates = [optimizers[name]["param_groups"][0]["lr"] for name in NETWORKS]
        assert rates == pytest.approx([wanted, 4 * wanted, wanted])
        assert found.lr == pytest.approx(wanted)
        found.step(random_batch(1), 0)
        found.end_epoch()


def test_the_rate_of_the_discriminator_is_how_far_it_moves() -> None:
    slow, quick = learner(optim__lr=1e-3), learner(optim__lr=1e-3, optim__discriminator_lr=4e-3)
    first = weights(slow)
    for one in (slow, quick):
        one.step(random_batch(1), 0)
    key = "discriminator.model.3.weight"
    moved = [(weights(one)[key] - first[key]).abs().mean() for one in (slow, quick)]
    assert float(moved[1] / moved[0]) == pytest.approx(4, rel=0.01)


# The first weights


def test_the_first_weights_are_xavier_normal_with_the_published_gain() -> None:
    found = learner(model__ngf=16, model__ndf=16, model__projection=128)
    layers = [
        module
        for name in NETWORKS
        for module in getattr(found.networks, name).modules()
        if isinstance(module, nn.Conv2d | nn.Linear)
    ]
    assert len(layers) == 14 + 5 + 10
    large = 0
    for layer in layers:
        weight, bias = layer.weight.detach(), layer.bias
        assert bias is not None
        assert not bias.any()
        area = weight[0, 0].numel()
        wanted = 0.02 * math.sqrt(2 / ((weight.shape[0] + weight.shape[1]) * area))
        room = 5 / math.sqrt(weight.numel())  # five standard deviations
        assert abs(weight.mean()) < room * wanted
        assert abs(weight.std() / wanted - 1) < room
        large += weight.numel() > 10_000
    assert large > 10


def test_the_seed_chooses_the_first_weights_and_nothing_else_does() -> None:
    torch.manual_seed(1)
    first = weights(learner(run__seed=5))
    torch.manual_seed(2)
    assert difference(first, weights(learner(run__seed=5, optim__lr=0.1))) is None
    other = weights(learner(run__seed=6))
    drawn = [key for key in first if key.endswith("weight")]
    assert not any(torch.equal(first[key], other[key]) for key in drawn)


def test_no_two_networks_begin_with_the_same_numbers() -> None:
    found = learner(model__ngf=4, model__ndf=4)
    starts = [getattr(found.networks, name).state_dict() for name in NETWORKS]
    first = [next(value for key, value in state.items() if key.endswith("weight")).flatten()[:8] for state in starts]
    scaled = [values / values.norm() for values in first]
    assert not torch.allclose(scaled[0], scaled[1], atol=1e-3)
    assert not torch.allclose(scaled[1], scaled[2], atol=1e-3)


def test_the_projector_fits_the_layers_that_are_compared() -> None:
    assert learner().networks.projector.widths == (3, 8, 16, 16, 16)
    assert learner(loss__layers=(4, 15)).networks.projector.widths == (8, 16)


def test_the_generator_can_give_a_light() -> None:
    found = learner(model__generator="affine")
    assert isinstance(found.networks.generator, AffineGenerator)
    assert found.networks.generator.architecture == Affine(blocks=4, ngf=4)
    before = weights(found)
    assert torch.isfinite(found.step(random_batch(2), 0)).all()
    assert not torch.equal(weights(found)["generator.model.25.weight"], before["generator.model.25.weight"])


def test_convolutions_are_channels_last_before_and_after_a_restore() -> None:
    found = learner(optim__ema=0.5)
    found.step(random_batch(1), 0)
    other = learner(optim__ema=0.5)
    other.restore(stored(found.state()))
    for one in (learner(), other):
        networks = [getattr(one.networks, name) for name in NETWORKS] + [one.generator]
        images = [value for network in networks for value in network.parameters() if value.ndim == 4]
        assert len(images) > 15
        assert all(value.is_contiguous(memory_format=torch.channels_last) for value in images)


# A step


def test_pictures_become_numbers_from_minus_one_to_one(spy: Spy) -> None:
    found, batch = learner(), random_batch(3)
    batch.source[0, 0, 0] = torch.tensor([0, 51, 255])
    found.step(batch, 0)
    (micro_batch,) = spy.micro_batches[0]
    assert micro_batch.source[0, :, 0, 0].tolist() == pytest.approx([-1, -0.6, 1])
    for given, made in ((batch.source, micro_batch.source), (batch.target, micro_batch.target)):
        assert (made.dtype, made.shape) == (torch.float32, (3, 3, 32, 32))
        assert torch.allclose(made, given.permute(0, 3, 1, 2) / 127.5 - 1, atol=1e-6)
        assert made.is_contiguous(memory_format=torch.channels_last)
    assert torch.equal(micro_batch.semantic, batch.similarity)


def test_a_batch_is_divided_in_order(spy: Spy) -> None:
    batch = random_batch(6)
    learner(optim__batch_size=6, optim__accumulate=3).step(batch, 0)
    whole = spy.micro_batches[0]
    learner(optim__batch_size=6).step(batch, 0)
    assert [len(micro_batch.source) for micro_batch in whole] == [2, 2, 2]
    assert [len(micro_batches) for micro_batches in spy.micro_batches] == [3, 1]
    for name in ("source", "target", "semantic"):
        assert torch.equal(
            torch.cat([getattr(micro_batch, name) for micro_batch in whole]), getattr(spy.micro_batches[1][0], name)
        )


def test_targets_are_divided_with_their_pictures(spy: Spy) -> None:
    batch = paired_batch(6)
    assert batch.wanted is not None
    learner(optim__batch_size=6, optim__accumulate=3).step(batch, 0)
    (parts,) = spy.micro_batches
    assert [part.has_target.tolist() for part in parts if part.has_target is not None] == [[1, 0]] * 3
    wanted = torch.cat([part.wanted for part in parts if part.wanted is not None])
    assert torch.allclose(wanted, batch.wanted.permute(0, 3, 1, 2) / 127.5 - 1, atol=1e-6)
    learner().step(random_batch(2), 0)
    assert spy.micro_batches[1][0].wanted is None
    assert spy.micro_batches[1][0].has_target is None


def test_a_step_takes_the_positions_of_its_number(spy: Spy) -> None:
    found = learner()
    found.step(random_batch(1), 7)
    assert spy.views == [None]  # the published discriminator sees all
    wanted = found.positions(7)
    assert difference(spy.positions[0].source, wanted.source) is None
    assert difference(spy.positions[0].target, wanted.target) is None


def test_a_step_changes_all_networks_and_returns_all_losses() -> None:
    found = learner()
    before = weights(found)
    losses = found.step(random_batch(2), 0)
    assert (losses.shape, losses.dtype, losses.requires_grad) == ((len(LOSS_NAMES),), torch.float32, False)
    after = weights(found)
    unchanged = [key for key in before if torch.equal(before[key], after[key])]
    assert all(key.endswith(("filt", "bias")) for key in unchanged)
    assert found.is_finite()


def test_a_step_does_not_depend_on_the_global_random_numbers() -> None:
    made = []
    for seed in (1, 2):
        found = learner()
        torch.manual_seed(seed)
        found.step(random_batch(2), 0)
        made.append(weights(found))
    assert difference(made[0], made[1]) is None


@pytest.mark.parametrize("count", [2, 4])
def test_a_batch_in_micro_batches_learns_the_same(count: int) -> None:
    whole, divided = learner(optim__batch_size=4), learner(optim__batch_size=4, optim__accumulate=count)
    batch = random_batch(4)
    losses = whole.step(batch, 3), divided.step(batch, 3)
    assert losses[1].tolist() == pytest.approx(losses[0].tolist(), abs=1e-5)
    for name in NETWORKS:
        moments = [one.state()["optimizers"][name]["state"] for one in (whole, divided)]
        gradients = [torch.cat([entry["exp_avg"].flatten() for entry in moment.values()]) for moment in moments]
        assert gradients[0].abs().max() > 0
        assert (gradients[0] - gradients[1]).norm() < 1e-3 * gradients[0].norm()
    # Adam's first step is as long as the rate wherever the gradient is more than noise.
    one, other = weights(whole), weights(divided)
    moved = torch.cat([(one[key] - other[key]).abs().flatten() for key in one if key.endswith("weight")])
    assert (moved < 1e-6).float().mean() > 0.99


@pytest.mark.parametrize("precision", ["bf16", "fp16"])
def test_a_step_in_half_precision_is_finite_and_its_weights_stay_in_full(precision: str) -> None:
    found, full = learner(run__precision=precision), learner()
    first, plain = found.step(random_batch(2), 0), full.step(random_batch(2), 0)
    losses = [first, *(found.step(random_batch(2, seed), seed) for seed in (1, 2))]
    assert all(row.dtype == torch.float32 and bool(torch.isfinite(row).all()) for row in losses)
    assert found.is_finite()
    assert {value.dtype for value in weights(found).values()} == {torch.float32}
    assert not torch.equal(first, plain)
    assert torch.allclose(first, plain, rtol=0.05, atol=0.02)


def test_only_fp16_has_a_scale_and_it_is_saved() -> None:
    found = learner(run__precision="fp16")
    found.step(random_batch(1), 0)
    scale = found.state()["scaler"]["scale"]
    assert scale > 0
    assert learner().state()["scaler"] == learner(run__precision="bf16").state()["scaler"] == {}
    state = stored(found.state())
    state["scaler"]["scale"] = 4 * scale
    other = learner(run__precision="fp16")
    other.restore(state)
    assert other.state()["scaler"]["scale"] == 4 * scale


@pytest.mark.parametrize(("before", "now"), [("fp32", "fp16"), ("fp16", "fp32"), ("bf16", "fp16")])
def test_the_precision_can_change_under_way(before: str, now: str) -> None:
    found, other = learner(run__precision=before), learner(run__precision=now)
    found.step(random_batch(1), 0)
    other.restore(stored(found.state()))
    assert torch.isfinite(other.step(random_batch(1), 1)).all()
    assert bool(other.state()["scaler"]) is (now == "fp16")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
@pytest.mark.parametrize("network", NETWORKS)
def test_one_weight_that_is_not_finite_is_noticed(network: str, value: float) -> None:
    found = learner()
    assert found.is_finite()
    with torch.no_grad():
        list(getattr(found.networks, network).parameters())[-1][-1] = value
    assert not found.is_finite()


# Positions


def test_positions_depend_on_seed_and_number_alone() -> None:
    torch.manual_seed(1)
    first = learner().positions(3)
    torch.manual_seed(2)
    other = learner(optim__lr=0.1)
    state = torch.get_rng_state()
    again = other.positions(3)
    assert torch.equal(torch.get_rng_state(), state)
    assert difference((first.source, first.target), (again.source, again.target)) is None
    for changed in (other.positions(2), other.positions(4), learner(run__seed=1).positions(3)):
        for one, two in zip((*first.source, *first.target), (*changed.source, *changed.target), strict=True):
            assert not torch.equal(one, two)


def test_positions_are_in_the_layers_and_differ_between_source_and_target() -> None:
    found = learner(loss__patches=100).positions(0)
    sizes = [38 * 38, 32 * 32, 16 * 16, 8 * 8, 8 * 8]
    for layers in (found.source, found.target):
        assert [len(at) for at in layers] == [100, 100, 100, 64, 64]
        assert all(int(at.min()) >= 0 and int(at.max()) < size for at, size in zip(layers, sizes, strict=True))
        assert all(len(set(at.tolist())) == len(at) for at in layers)
        assert int(layers[0].max()) > 38 * 30
    assert not any(torch.equal(one, two) for one, two in zip(found.source, found.target, strict=True))


def test_positions_are_those_of_a_whole_frame() -> None:
    found = Learner(settings(loss__patches=10_000), CPU, window=(48, 24)).positions(0)
    sizes = [54 * 30, 48 * 24, 24 * 12, 12 * 6, 12 * 6]
    for layers in (found.source, found.target):
        assert [len(at) for at in layers] == sizes
        assert [int(at.max()) + 1 for at in layers] == sizes


# The discriminator on frozen features


@pytest.mark.usefixtures("stand_in")
def test_the_discriminator_can_be_heads_on_frozen_features() -> None:
    found = learner(model__discriminator="features")
    network = found.networks.discriminator
    assert isinstance(network, FeatureDiscriminator)
    before = weights(found)
    assert not any("first" in key or "second" in key for key in before)
    losses = found.step(random_batch(2), 0)
    assert torch.isfinite(losses).all()
    after = weights(found)
    changed = {key for key in before if not torch.equal(before[key], after[key])}
    # Within the hinge what a score has in common has no gradient.
    learning = {f"discriminator.{name}" for name, _ in network.named_parameters() if not name.endswith("4.bias")}
    assert len(learning) == 2 * 5
    assert learning <= changed
    assert found.is_finite()


@pytest.mark.usefixtures("stand_in")
def test_without_a_loss_that_asks_it_the_published_discriminator_stands_there() -> None:
    alone = {"loss__adversarial": 0.0, "loss__tps": 0.0}
    found = learner(model__discriminator="features", **alone)
    assert isinstance(found.networks.discriminator, Discriminator)
    assert torch.isfinite(found.step(random_batch(1), 0)).all()
    found = learner(model__discriminator="features", loss__perceptual=1.0, **alone)
    assert torch.isfinite(found.step(paired_batch(2), 0)).all()


@pytest.mark.usefixtures("stand_in")
def test_the_seed_chooses_the_heads() -> None:
    first, again, other = (learner(model__discriminator="features", run__seed=seed) for seed in (5, 5, 6))
    assert difference(weights(first), weights(again)) is None
    key = "discriminator.heads.0.mixing"
    assert not torch.equal(weights(first)[key], weights(other)[key])
    assert (
        difference(
            weights(first)["generator.model.1.weight"], weights(learner(run__seed=5))["generator.model.1.weight"]
        )
        is None
    )


@pytest.mark.usefixtures("stand_in")
def test_the_frozen_network_does_not_learn(monkeypatch: pytest.MonkeyPatch) -> None:
    features = SmallFeatures()
    monkeypatch.setattr("pipeline.train.learner.frozen_features_of", lambda config: features)
    found = learner(model__discriminator="features", loss__perceptual=1.0, loss__paired=1.0)
    losses = dict(zip(LOSS_NAMES, found.step(paired_batch(2), 0).tolist(), strict=True))
    assert losses["paired"] > 0
    assert losses["perceptual"] > 0
    assert difference(dict(features.state_dict()), dict(SmallFeatures().state_dict())) is None
    assert next(iter(features.state_dict().values())).is_contiguous(memory_format=torch.channels_last)


@pytest.mark.usefixtures("stand_in")
def test_a_step_takes_the_view_of_its_number_and_seed(spy: Spy) -> None:
    changes: dict[str, object] = {"model__discriminator": "features"}
    found = Learner(settings(**changes), CPU, window=(48, 32))
    for number in range(40):
        found.step(random_batch(1), number)
    assert spy.views == [found.view(number) for number in range(40)]
    views = [view for view in spy.views if view is not None]
    assert len(set(views)) > 20
    assert {view.size for view in views} == {(32, 48)}
    other = Learner(settings(run__seed=1, **changes), CPU, window=(48, 32))
    assert [other.view(number) for number in range(40)] != views
    found.restore(stored(found.state()))
    assert [found.view(number) for number in range(40)] == views


# The average


def test_without_an_average_the_generator_is_the_network() -> None:
    found = learner()
    assert found.generator is found.networks.generator
    assert found.state()["average"] is None


def test_the_average_is_what_hand_computation_says() -> None:
    found = learner(optim__ema=0.9, optim__lr=0.01)
    assert found.generator is not found.networks.generator
    wanted: dict[str, Tensor] = {}
    for number in range(4):
        found.step(random_batch(1, number), number)
        now = {key: value.clone() for key, value in found.networks.generator.state_dict().items()}
        wanted = {key: 0.9 * wanted[key] + 0.1 * now[key] for key in now} if wanted else now
        averaged = found.generator.state_dict()
        assert list(averaged) == list(now)
        assert all(torch.allclose(averaged[key], wanted[key], rtol=1e-5, atol=1e-8) for key in now)
    assert not torch.allclose(averaged["model.1.weight"], now["model.1.weight"], atol=1e-3)


def test_the_average_does_not_change_what_is_learnt() -> None:
    plain, averaged = learner(), learner(optim__ema=0.9)
    for number in range(2):
        plain.step(random_batch(1, number), number)
        averaged.step(random_batch(1, number), number)
    assert difference(weights(plain), weights(averaged)) is None


# Continuing


@pytest.mark.parametrize("precision", ["fp32", "fp16"])
def test_a_restored_learner_continues_to_the_bit(precision: str) -> None:
    changes: dict[str, object] = {"optim__ema": 0.8, "optim__epochs": 0, "optim__decay_epochs": 4, "optim__lr": 0.01}
    first = learner(run__precision=precision, **changes)
    for number in range(2):
        first.step(random_batch(2, number), number)
    first.end_epoch()
    state = stored(first.state())
    other = learner(run__precision=precision, **changes)
    other.step(random_batch(2, 77), 77)
    other.restore(state)
    assert difference(stored(other.state()), state) is None
    assert other.lr == first.lr == pytest.approx(0.008)
    for number in range(2, 4):
        losses = [one.step(random_batch(2, number), number) for one in (first, other)]
        assert torch.equal(*losses)
        first.end_epoch()
        other.end_epoch()
    assert difference(first.state(), other.state()) is None
    assert other.lr == pytest.approx(0.004)


@pytest.mark.usefixtures("stand_in")
def test_heads_and_targets_continue_to_the_bit_too() -> None:
    changes: dict[str, object] = {
        "model__discriminator": "features",
        "optim__discriminator_lr": 1e-3,
        "optim__ema": 0.8,
        "loss__paired": 1.0,
        "loss__perceptual": 1.0,
    }
    first = learner(**changes)
    for number in range(2):
        first.step(paired_batch(2, number), number)
    state = stored(first.state())
    other = learner(**changes)
    other.step(paired_batch(2, 77), 77)
    other.restore(state)
    for number in range(2, 4):
        assert torch.equal(*(one.step(paired_batch(2, number), number) for one in (first, other)))
    assert difference(first.state(), other.state()) is None


@pytest.mark.parametrize(
    "place",
    [
        *((key,) for key in ("networks", "optimizers", "schedules", "scaler", "average")),
        *((key, name) for key in ("networks", "optimizers", "schedules") for name in NETWORKS),
        ("networks", "projector", "mlp_4.2.bias"),
        ("average", "module.model.1.bias"),
    ],
)
def test_an_incomplete_state_is_refused(place: tuple[str, ...]) -> None:
    found = learner(optim__ema=0.5)
    state = stored(found.state())
    inner = state
    for key in place[:-1]:
        inner = inner[key]
    del inner[place[-1]]
    with pytest.raises((KeyError, ValueError)):
        found.restore(state)


def test_the_state_of_other_networks_is_refused() -> None:
    found = learner()
    for changes in ({"model__ngf": 5}, {"model__ndf": 5}, {"model__blocks": 5}, {"model__projection": 9}):
        with pytest.raises((RuntimeError, ValueError)):
            found.restore(stored(learner(**changes).state()))
    with pytest.raises(ValueError, match="the average has other keys"):
        learner(optim__ema=0.5).restore(stored(found.state()))


# The losses


def test_every_loss_setting_reaches_the_method() -> None:
    changed = settings(
        loss__weighting="easy",
        loss__adversarial=0.1,
        loss__tps=0.2,
        loss__contrastive=0.3,
        loss__identity=False,
        loss__reconstruction=0.7,
        loss__paired=0.8,
        loss__perceptual=0.9,
        loss__layers=(4, 8),
        loss__patches=9,
        loss__temperature=0.4,
        loss__epsilon=0.5,
        loss__iterations=6,
    )
    assert loss_settings(changed) == LossSettings(
        contrastive=ContrastiveSettings(weighting=Weighting.EASY, temperature=0.4, epsilon=0.5, iterations=6),
        adversarial_weight=0.1,
        tps_weight=0.2,
        contrastive_weight=0.3,
        identity=False,
        reconstruction_weight=0.7,
        paired_weight=0.8,
        perceptual_weight=0.9,
        layers=(4, 8),
        patches=9,
    )
    assert loss_settings(TrainConfig()) == LossSettings()


def test_the_settings_are_those_of_the_step() -> None:
    losses = dict(zip(LOSS_NAMES, learner(loss__identity=False, loss__tps=0).step(random_batch(1), 0), strict=True))
    assert losses["tps"] == losses["identity"] == 0
    assert losses["generator"] == losses["adversarial"] + losses["contrastive"]
