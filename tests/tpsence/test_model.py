"""The optimisation step against reference numbers and a slow version in float64, and who learns from what."""

from collections.abc import Callable, Sequence
from contextlib import suppress
from copy import deepcopy
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest
import torch
from torch import Tensor, nn

from tests.tpsence import plain
from tests.tpsence.made_up import SmallFeatures
from tpsence.losses.adversarial import fake_loss, hinge_fake_loss, hinge_generator_loss, hinge_real_loss, real_loss
from tpsence.losses.nce import contrastive_loss
from tpsence.losses.paired import perceptual_loss
from tpsence.losses.tps import tps_loss
from tpsence.model import LOSS_NAMES, MicroBatch, Networks, Optimizers, Positions, Tpsence, Translated
from tpsence.networks.discriminator import Discriminator
from tpsence.networks.feature_discriminator import FeatureDiscriminator
from tpsence.networks.generator import Generator, init_xavier
from tpsence.networks.projector import Projector, draw_positions, gather_patches
from tpsence.settings import ContrastiveSettings, LossSettings, Weighting
from tpsence.views import View

LAYOUTS = pytest.mark.parametrize("layout", [torch.contiguous_format, torch.channels_last], ids=["rows", "channels"])
LAYERS = (0, 4, 8, 12, 16)
TINY = LossSettings(patches=8)
TPS_ALONE = replace(TINY, adversarial_weight=0.0, contrastive_weight=0.0)
CONTRASTIVE_ALONE = replace(TINY, adversarial_weight=0.0, tps_weight=0.0)
RECONSTRUCTION_ALONE = replace(TPS_ALONE, tps_weight=0.0, reconstruction_weight=1.0)
PAIRED = replace(TINY, paired_weight=3.0, perceptual_weight=2.0)
PAIRED_ALONE = replace(PAIRED, adversarial_weight=0.0, tps_weight=0.0, contrastive_weight=0.0)
MOVED = View((32, 32), down=1, right=-2, cut=(4, 8))
Optimizer = Callable[..., torch.optim.Optimizer]
Sgd = partial(torch.optim.SGD, lr=1e-3)
Adam = partial(torch.optim.Adam, lr=2e-4, betas=(0.5, 0.999))


def build(networks: Networks, settings: LossSettings = TINY, optimizer: Optimizer = Sgd, **options: object) -> Tpsence:
    optimizers = Optimizers(
        generator=optimizer(networks.generator.parameters()),
        discriminator=optimizer(networks.discriminator.parameters()),
        projector=optimizer(networks.projector.parameters()),
        scaler=torch.amp.GradScaler("cpu", enabled=False),
    )
    return Tpsence(networks, optimizers, settings, **options)  # type: ignore[arg-type]


def tiny_networks() -> Networks:
    """Networks that do something visible: six blocks, four channels."""
    networks = Networks(
        generator=Generator(ngf=4, blocks=6),
        discriminator=Discriminator(ndf=4),
        projector=Projector((3, 8, 16, 16, 16), 8),
    )
    generator = torch.Generator().manual_seed(5)
    for network in (networks.generator, networks.discriminator, networks.projector):
        init_xavier(network, gain=1.0, generator=generator)
    return networks


def tiny_batch(count: int = 2, side: int = 32) -> MicroBatch:
    """Random images; with this seed no rectifier is so near zero that rounding moves a gradient by more than 1e-4."""
    generator = torch.Generator().manual_seed(12)
    source, target = (torch.rand(count, 3, side, side, generator=generator) * 2 - 1 for _ in range(2))
    return MicroBatch(source, target, torch.linspace(0.2, 0.9, count))


def paired_batch(count: int = 2) -> MicroBatch:
    """The same with targets, of which every second is missing."""
    batch, generator = tiny_batch(count), torch.Generator().manual_seed(13)
    wanted = torch.rand(count, 3, 32, 32, generator=generator) * 2 - 1
    return replace(batch, wanted=wanted, has_target=torch.tensor([1.0, 0.0] * count)[:count])


def halves(batch: MicroBatch) -> list[MicroBatch]:
    """Two micro-batches of one."""
    values = {name: value.chunk(2) for name, value in vars(batch).items() if value is not None}
    return [MicroBatch(**{name: parts[index] for name, parts in values.items()}) for index in range(2)]


def with_features() -> Networks:
    """The same networks with a discriminator on two scales of features."""
    networks, features = tiny_networks(), SmallFeatures()
    networks.discriminator = FeatureDiscriminator(features, features.channels)
    return networks


def tiny_positions(patches: int = 8, side: int = 32) -> Positions:
    sizes = [(side + 6, side + 6), (side, side), (side // 2, side // 2), (side // 4, side // 4), (side // 4, side // 4)]
    generator = torch.Generator().manual_seed(2)
    return Positions(draw_positions(sizes, patches, generator), draw_positions(sizes, patches, generator))


def parameters(network: nn.Module) -> dict[str, Tensor]:
    return {name: parameter.detach().clone() for name, parameter in network.named_parameters()}


def gradients(network: nn.Module) -> dict[str, Tensor]:
    """The gradients of all parameters; each must have one."""
    found = {}
    for name, parameter in network.named_parameters():
        assert parameter.grad is not None, name
        found[name] = parameter.grad.clone()
    return found


def has_no_gradient(network: nn.Module) -> bool:
    return all(parameter.grad is None for parameter in network.parameters())


def same(one: dict[str, Tensor], other: dict[str, Tensor]) -> bool:
    return one.keys() == other.keys() and all(torch.equal(value, other[name]) for name, value in one.items())


def feeds_a_norm(network: nn.Module, name: str) -> bool:
    """Whether a parameter is a bias that an instance norm takes away again, so that its gradient is noise."""
    if isinstance(network, Generator):
        learning = {"model.4.bias", "model.8.bias", f"model.{len(network.model) - 2}.bias"}
        return name.endswith("bias") and name not in learning
    return isinstance(network, Discriminator) and name in {"model.3.bias", "model.7.bias", "model.11.bias"}


def compare(network: nn.Module, expected: dict[str, Tensor], relative: float, absolute: float = 1e-4) -> None:
    """Compare gradients parameter by parameter; noise absolutely, or with the gradient of its weight if large."""
    found = gradients(network)
    assert found.keys() == expected.keys()
    for name, gradient in found.items():
        difference = (gradient - expected[name]).double()
        if feeds_a_norm(network, name):
            allowed = max(absolute, 2e-6 * float(expected[name.replace("bias", "weight")].norm()))
            assert float(difference.abs().max()) < allowed, name
        else:
            assert float(difference.norm()) < relative * float(expected[name].double().norm()), name


def stored_positions(stored: dict[str, Tensor], step: int) -> Positions:
    source, target = ([stored[f"s{step}_ids_{name}{layer}"].long() for layer in range(5)] for name in "AB")
    return Positions(source, target)


def golden_networks(golden: Path, layout: torch.memory_format) -> Networks:
    networks = Networks(
        generator=Generator(8, 9), discriminator=Discriminator(8), projector=Projector((3, 16, 32, 32, 32), 32)
    )
    start = torch.load(golden / "step_init.pt", weights_only=True)
    networks.generator.load_state_dict(start["G"])
    networks.discriminator.load_state_dict(start["D"])
    networks.projector.load_state_dict(start["F"])
    for network in (networks.generator, networks.discriminator, networks.projector):
        network.to(memory_format=layout)
    return networks


def golden_batch(stored: dict[str, Tensor], layout: torch.memory_format) -> MicroBatch:
    source, target = (stored[name].contiguous(memory_format=layout) for name in "AB")
    return MicroBatch(source, target, stored["mpa"])


def check_losses(
    stored: dict[str, Tensor], prefix: str, generator: Tensor, discriminator: Tensor, tps: Tensor, bar: float
) -> None:
    """Compare losses without TPS in their sum, and TPS, with the stored ones."""
    total, adversarial, _, contrastive, identity = generator.detach()[:5]
    found = {"G": total + tps, "G_GAN": adversarial, "T": tps, "NCE": contrastive, "NCE_Y": identity}
    found |= {"D_real": discriminator[0], "D_fake": discriminator[1]}
    for name, value in found.items():
        assert float((value - stored[f"{prefix}_{name}"]).abs()) < bar, name


@torch.no_grad()
def tps_now(model: Tpsence, batch: MicroBatch, images: Tensor) -> Tensor:
    discriminator = model.networks.discriminator
    return tps_loss(discriminator(batch.source), discriminator(images), discriminator(batch.target))


@LAYOUTS
def test_three_steps_equal_the_reference(golden: Path, layout: torch.memory_format) -> None:
    stored = plain.arrays(golden / "step_mpa32.npz")
    networks, batch = golden_networks(golden, layout), golden_batch(stored, layout)
    model = build(networks, LossSettings(patches=64, tps_weight=0.0), Adam)
    for step, bar in ((1, 1e-5), (2, 1e-4), (3, 1e-3)):
        # A rectifier is so near zero in step 1 that rounding, 1e-7 in the images, can move its gradients by 1 %.
        torch.set_num_threads(2 if step == 1 and layout is torch.channels_last else 1)
        positions = stored_positions(stored, step)
        kept = model.translate(batch)
        discriminator_losses = model.update_discriminator([batch], kept)
        tps = tps_now(model, batch, kept.images[:2].detach())
        generator_losses = model.update_generator([batch], positions, kept)
        check_losses(stored, f"s{step}", generator_losses, discriminator_losses, tps, bar)
        if step == 1:
            torch.testing.assert_close(kept.images, stored["s1_fake"], atol=1e-5, rtol=0, check_stride=False)
            expected = torch.load(golden / "step1_grads.pt", weights_only=True)
            compare(networks.generator, expected["G"], relative=1e-3)
            compare(networks.discriminator, expected["D"], relative=1e-3)
            compare(networks.projector, expected["F"], relative=1e-3)
        with torch.no_grad():
            after = model.translate(batch)
            generator_losses = model.generator_losses(batch, after, positions)
            fake, real = networks.discriminator(torch.cat([after.images[:2], batch.target])).chunk(2)
        discriminator_losses = torch.stack([real_loss(real), fake_loss(fake)])
        tps = tps_now(model, batch, after.images[:2])
        check_losses(stored, f"s{step}_after", generator_losses, discriminator_losses, tps, 10 * bar)


def test_one_step_with_tps_reports_the_reference_losses(golden: Path) -> None:
    stored = plain.arrays(golden / "step_mpa32.npz")
    layout = torch.contiguous_format
    model = build(golden_networks(golden, layout), LossSettings(patches=64), Adam)
    losses = model.step([golden_batch(stored, layout)], stored_positions(stored, 1))
    expected = torch.stack([stored[f"s1_{name}"] for name in ("G", "G_GAN", "T", "NCE", "NCE_Y", "D_real", "D_fake")])
    assert float(losses[5]) == 0  # the reference has no reconstruction loss
    torch.testing.assert_close(losses[[0, 1, 2, 3, 4, 8, 9]], expected, atol=1e-5, rtol=0)


@LAYOUTS
@pytest.mark.parametrize(
    ("pairs", "settings"),
    [
        (2, TINY),
        (2, replace(TINY, adversarial_weight=0.5, tps_weight=3.0, contrastive_weight=0.2)),
        (1, replace(TINY, identity=False)),
        (2, replace(TINY, reconstruction_weight=2.0)),
        (1, replace(TINY, identity=False, reconstruction_weight=0.5)),
        (2, replace(TINY, paired_weight=3.0)),
        (1, replace(TINY, identity=False, paired_weight=0.5)),
    ],
    ids=[
        *("published", "other weights", "one image", "reconstruction", "reconstruction of one image"),
        *("targets", "target of one image"),
    ],
)
def test_generator_losses_and_gradients_equal_the_slow_version(
    pairs: int, settings: LossSettings, layout: torch.memory_format
) -> None:
    networks, positions = tiny_networks(), tiny_positions()
    batch = paired_batch(pairs) if settings.paired_weight else tiny_batch(pairs)
    slow_networks = plain.in_float64(networks)
    slow = plain.generator_losses(slow_networks, batch, positions, settings)
    torch.autograd.backward(slow[0])
    networks.generator.to(memory_format=layout)
    networks.discriminator.to(memory_format=layout)
    source, target = (images.contiguous(memory_format=layout) for images in (batch.source, batch.target))
    batch = replace(batch, source=source, target=target)
    losses = build(networks, settings).update_generator([batch], positions)
    torch.testing.assert_close(losses, slow.detach().float(), atol=1e-4, rtol=1e-5)
    compare(networks.generator, gradients(slow_networks.generator), relative=1e-3)
    compare(networks.projector, gradients(slow_networks.projector), relative=1e-3)


def test_discriminator_losses_and_gradients_equal_the_slow_version() -> None:
    networks, batch = tiny_networks(), tiny_batch()
    slow_networks = plain.in_float64(networks)
    state = dict(slow_networks.discriminator.state_dict(keep_vars=True))
    generated = slow_networks.generator(batch.source.double()).detach()
    slow = torch.stack(
        [
            plain.squared_distance(plain.discriminator(state, batch.target), 1),
            plain.squared_distance(plain.discriminator(state, generated), 0),
        ]
    )
    torch.autograd.backward(slow.sum() / 2)
    losses = build(networks).update_discriminator([batch])
    torch.testing.assert_close(losses, slow.detach().float(), atol=1e-5, rtol=1e-5)
    compare(networks.discriminator, gradients(slow_networks.discriminator), relative=1e-3)


def test_the_published_settings_are_the_defaults() -> None:
    assert LossSettings() == LossSettings(
        contrastive=ContrastiveSettings(weighting=Weighting.SEMANTIC, temperature=0.07, epsilon=1.0, iterations=50),
        adversarial_weight=1.0,
        tps_weight=1.0,
        contrastive_weight=1.0,
        identity=True,
        reconstruction_weight=0.0,
        paired_weight=0.0,
        perceptual_weight=0.0,
        layers=(0, 4, 8, 12, 16),
        patches=256,
    )


def test_a_step_updates_d_first_and_reports_all_losses_in_order() -> None:
    assert (
        *("generator", "adversarial", "tps", "contrastive", "identity", "reconstruction"),
        *("paired", "perceptual", "real", "fake"),
    ) == LOSS_NAMES
    fast = partial(torch.optim.SGD, lr=0.1)
    networks, batch, positions = tiny_networks(), tiny_batch(), tiny_positions()
    before = deepcopy(networks)
    model = build(networks, optimizer=fast)
    losses = model.step([batch], positions)
    separate = build(deepcopy(before), optimizer=fast)
    discriminator_losses = separate.update_discriminator([batch])
    generator_losses = separate.update_generator([batch], positions)
    torch.testing.assert_close(losses, torch.cat([generator_losses, discriminator_losses]), atol=1e-5, rtol=0)
    with torch.no_grad():
        generated = before.generator(batch.source)
        old, new = before.discriminator(generated), networks.discriminator(generated)
        real = before.discriminator(batch.target)
    torch.testing.assert_close(losses[[1, 8, 9]], torch.stack([real_loss(new), real_loss(real), fake_loss(old)]))
    torch.testing.assert_close(losses[2], tps_now(model, batch, generated))
    assert float((real_loss(new) - real_loss(old)).abs()) > 1e-2
    assert not losses.requires_grad


def test_a_step_moves_every_network_against_its_gradient() -> None:
    networks = tiny_networks()
    trained = (networks.generator, networks.discriminator, networks.projector)
    before = [parameters(network) for network in trained]
    build(networks, optimizer=partial(torch.optim.SGD, lr=0.01)).step([tiny_batch()], tiny_positions())
    for network, start in zip(trained, before, strict=True):
        gradient = gradients(network)
        for name, value in parameters(network).items():
            torch.testing.assert_close(value, start[name] - 0.01 * gradient[name], atol=1e-7, rtol=1e-5)


def test_gradients_of_an_earlier_step_do_not_remain() -> None:
    networks, batch, positions = tiny_networks(), tiny_batch(), tiny_positions()
    model = build(networks, optimizer=partial(torch.optim.SGD, lr=0.0))
    model.step([batch], positions)
    trained = (networks.generator, networks.discriminator, networks.projector)
    first = [gradients(network) for network in trained]
    model.step([batch], positions)
    for network, expected in zip(trained, first, strict=True):
        compare(network, expected, relative=1e-5, absolute=1e-5)


def test_tps_alone_reaches_every_parameter_of_g_and_none_of_d() -> None:
    networks, batch = tiny_networks(), tiny_batch()
    losses = build(networks, TPS_ALONE).update_generator([batch], tiny_positions())
    assert float(losses[0]) == float(losses[2]) > 1e-3
    assert all(gradient.any() for name, gradient in gradients(networks.generator).items() if name.endswith("weight"))
    assert has_no_gradient(networks.discriminator)
    assert has_no_gradient(networks.projector)


def test_the_tps_loss_by_itself_reaches_every_parameter_of_g_through_the_generated_map() -> None:
    networks, batch = tiny_networks(), tiny_batch()
    networks.discriminator.requires_grad_(False)
    maps = [networks.discriminator(x) for x in (batch.source, networks.generator(batch.source), batch.target)]
    assert [scores.requires_grad for scores in maps] == [False, True, False]
    torch.autograd.backward(tps_loss(*maps))
    assert all(gradient.any() for name, gradient in gradients(networks.generator).items() if name.endswith("weight"))
    assert has_no_gradient(networks.discriminator)


def test_steps_with_tps_alone_bring_the_generated_scores_between_both_domains() -> None:
    networks, batch, positions = tiny_networks(), tiny_batch(), tiny_positions()
    model = build(networks, TPS_ALONE, partial(torch.optim.Adam, lr=1e-3))
    losses = [float(model.update_generator([batch], positions)[2]) for _ in range(6)]
    assert losses[-1] < 0.9 * losses[0]


@pytest.mark.parametrize("keep", [True, False], ids=["kept", "translated again"])
def test_an_update_of_g_leaves_d_as_it_was(keep: bool) -> None:
    networks, batch = tiny_networks(), tiny_batch()
    model = build(networks)
    kept = model.translate(batch) if keep else None
    model.update_discriminator([batch], kept)
    before, gradient = parameters(networks.discriminator), gradients(networks.discriminator)
    start = parameters(networks.generator), parameters(networks.projector)
    model.update_generator([batch], tiny_positions(), kept)
    assert same(parameters(networks.discriminator), before)
    assert same(gradients(networks.discriminator), gradient)
    assert all(parameter.requires_grad for parameter in networks.discriminator.parameters())
    assert not same(parameters(networks.generator), start[0])
    assert not same(parameters(networks.projector), start[1])


def test_d_can_learn_again_after_a_failed_update_of_g() -> None:
    networks = tiny_networks()
    broken = Positions(tiny_positions().source[:2], tiny_positions().target)
    with suppress(ValueError):
        build(networks).update_generator([tiny_batch()], broken)
        pytest.fail("positions of two layers were taken for five")
    assert all(parameter.requires_grad for parameter in networks.discriminator.parameters())


@pytest.mark.parametrize("keep", [True, False], ids=["kept", "translated again"])
def test_an_update_of_d_leaves_g_and_f_as_they_were(keep: bool) -> None:
    networks, batch = tiny_networks(), tiny_batch()
    model = build(networks)
    model.update_generator([batch], tiny_positions())
    others = networks.generator, networks.projector
    before = [(parameters(network), gradients(network)) for network in others]
    start = parameters(networks.discriminator)
    model.update_discriminator([batch], model.translate(batch) if keep else None)
    for network, (values, gradient) in zip(others, before, strict=True):
        assert same(parameters(network), values)
        assert same(gradients(network), gradient)
    assert not same(parameters(networks.discriminator), start)


def test_keys_get_no_gradient_and_queries_reach_the_encoder_and_f() -> None:
    networks, batch, positions = tiny_networks(), tiny_batch(), tiny_positions()
    model = build(networks, CONTRASTIVE_ALONE)
    kept = model.translate(batch)
    features = [layer.detach().requires_grad_() for layer in kept.features]
    model.update_generator([batch], positions, Translated(kept.images.detach(), features))
    assert all(layer.grad is None for layer in features)
    for name, parameter in networks.generator.named_parameters():
        if int(name.split(".")[1]) > 16:
            assert parameter.grad is None
        elif name.endswith("weight"):
            assert parameter.grad is not None
            assert parameter.grad.any(), name
    assert all(gradient.any() for name, gradient in gradients(networks.projector).items() if name.endswith("weight"))


def test_the_contrastive_loss_reaches_every_weight_of_g_through_the_images() -> None:
    networks = tiny_networks()
    build(networks, CONTRASTIVE_ALONE).update_generator([tiny_batch()], tiny_positions())
    assert all(gradient.any() for name, gradient in gradients(networks.generator).items() if name.endswith("weight"))
    assert has_no_gradient(networks.discriminator)


def test_two_parts_have_the_losses_and_gradients_of_one_batch() -> None:
    batch, positions = tiny_batch(), tiny_positions()
    batch = replace(batch, source=batch.source.double(), target=batch.target.double())
    halves = [
        MicroBatch(*tensors)
        for tensors in zip(batch.source.chunk(2), batch.target.chunk(2), batch.semantic.chunk(2), strict=True)
    ]
    whole, parted = (plain.in_float64(tiny_networks()) for _ in range(2))
    losses = build(whole).step([batch], positions)
    torch.testing.assert_close(build(parted).step(halves, positions), losses, atol=1e-6, rtol=0)
    compare(parted.generator, gradients(whole.generator), relative=1e-10, absolute=1e-10)
    compare(parted.discriminator, gradients(whole.discriminator), relative=1e-10, absolute=1e-10)
    compare(parted.projector, gradients(whole.projector), relative=1e-10)


Call = tuple[str, int, bool]


def watch(networks: Networks) -> list[Call]:
    """List the forward passes to come: what ran, over how many images, and whether with a graph."""
    calls: list[Call] = []

    def note(name: str, _module: nn.Module, given: tuple[object, ...], _out: object) -> None:
        images = given[0] if isinstance(given[0], Tensor) else given[0][0]  # type: ignore[index]
        calls.append((name, len(images), torch.is_grad_enabled()))

    watched: Sequence[tuple[str, nn.Module]] = (
        ("begin", networks.generator.model[0]),
        ("encoded", networks.generator.model[16]),
        ("beyond", networks.generator.model[17]),
        ("end", networks.generator.model[-1]),
        ("D", networks.discriminator),
        ("F", networks.projector),
    )
    for name, module in watched:
        module.register_forward_hook(partial(note, name))
    return calls


def whole(images: int, graph: bool) -> list[Call]:
    return [(name, images, graph) for name in ("begin", "encoded", "beyond", "end")]


def encoder(images: int) -> list[Call]:
    return [("begin", images, True), ("encoded", images, True)]


def test_a_step_with_one_part_does_no_work_twice() -> None:
    networks = tiny_networks()
    calls = watch(networks)
    build(networks).step([tiny_batch()], tiny_positions())
    assert calls == [
        *whole(4, True),
        ("D", 4, True),
        ("D", 2, True),
        ("D", 4, False),
        *encoder(4),
        ("F", 4, True),
        ("F", 4, False),
    ]


def test_a_step_with_two_parts_translates_each_once_more_for_d() -> None:
    networks, batch = tiny_networks(), tiny_batch(1)
    calls = watch(networks)
    build(networks).step([batch, batch], tiny_positions())
    for_d = [*whole(1, False), ("D", 2, True)]
    for_g = [*whole(2, True), ("D", 1, True), ("D", 2, False), *encoder(2), ("F", 2, True), ("F", 2, False)]
    assert calls == [*for_d, *for_d, *for_g, *for_g]


def test_without_identity_only_x_goes_through_g_and_the_loss_is_not_halved() -> None:
    networks, batch, positions = tiny_networks(), tiny_batch(), tiny_positions()
    with_identity = build(deepcopy(networks)).step([batch], positions)
    calls = watch(networks)
    model = build(networks, replace(TINY, identity=False))
    assert model.translate(batch).images.shape == batch.source.shape
    calls.clear()
    losses = model.step([batch], positions)
    assert calls == [
        *whole(2, True),
        ("D", 4, True),
        ("D", 2, True),
        ("D", 4, False),
        *encoder(2),
        ("F", 2, True),
        ("F", 2, False),
    ]
    assert float(losses[4]) == 0
    torch.testing.assert_close(losses[[1, 2, 3, 8, 9]], with_identity[[1, 2, 3, 8, 9]], atol=1e-5, rtol=0)
    torch.testing.assert_close(losses[0], losses[1] + losses[2] + losses[3])
    assert float(with_identity[4]) > 0.1


def test_contrastive_weight_0_skips_its_work_and_reports_0() -> None:
    networks = tiny_networks()
    calls = watch(networks)
    losses = build(networks, replace(TINY, contrastive_weight=0.0)).step([tiny_batch()], tiny_positions())
    assert calls == [*whole(4, True), ("D", 4, True), ("D", 2, True), ("D", 4, False)]
    assert losses[[3, 4]].tolist() == [0, 0]
    torch.testing.assert_close(losses[0], losses[1] + losses[2])
    assert has_no_gradient(networks.projector)


def test_tps_weight_0_skips_its_work_and_reports_0() -> None:
    networks = tiny_networks()
    calls = watch(networks)
    losses = build(networks, replace(TINY, tps_weight=0.0)).step([tiny_batch()], tiny_positions())
    assert calls == [*whole(4, True), ("D", 4, True), ("D", 2, True), *encoder(4), ("F", 4, True), ("F", 4, False)]
    assert float(losses[2]) == 0
    torch.testing.assert_close(losses[0], losses[1] + (losses[3] + losses[4]) / 2)


def test_the_reconstruction_alone_runs_nothing_but_g() -> None:
    networks, batch = tiny_networks(), tiny_batch()
    before = deepcopy(networks)
    calls = watch(networks)
    model = build(networks, RECONSTRUCTION_ALONE, Adam)
    first = model.step([batch], tiny_positions())
    assert calls == whole(4, True)
    assert first[[1, 2, 3, 4, 6, 7, 8, 9]].tolist() == [0] * 8
    assert float(first[0]) == float(first[5]) > 0.1
    for name in ("discriminator", "projector"):
        assert same(parameters(getattr(networks, name)), parameters(getattr(before, name)))
    for _ in range(20):
        last = model.step([batch], tiny_positions())
    assert last[5] < 0.9 * first[5]


# Targets


def test_targets_alone_run_nothing_but_g_and_the_frozen_network() -> None:
    networks, batch, features = tiny_networks(), paired_batch(), SmallFeatures()
    before, frozen = deepcopy(networks), parameters(features)
    calls = watch(networks)
    model = build(networks, PAIRED_ALONE, partial(Adam, lr=1e-3), features=features)
    first = model.step([batch], tiny_positions())
    assert calls == whole(4, True)
    assert first[[1, 2, 3, 4, 5, 8, 9]].tolist() == [0] * 7
    torch.testing.assert_close(first[0], 3 * first[6] + 2 * first[7])
    for name in ("discriminator", "projector"):
        assert same(parameters(getattr(networks, name)), parameters(getattr(before, name)))
    assert same(parameters(features), frozen)
    assert has_no_gradient(features)
    for _ in range(20):
        last = model.step([batch], tiny_positions())
    assert last[6] < 0.9 * first[6]
    assert last[7] < 0.9 * first[7]


def test_the_perceptual_loss_is_that_of_the_frozen_network_s_features() -> None:
    networks, batch, features = tiny_networks(), paired_batch(), SmallFeatures()
    assert batch.wanted is not None
    assert batch.has_target is not None
    losses = build(networks, PAIRED, features=features).update_generator([batch], tiny_positions())
    with torch.no_grad():
        ours = features(tiny_networks().generator(batch.source))
        expected = perceptual_loss(ours, features(batch.wanted), batch.has_target)
    torch.testing.assert_close(losses[7], expected, atol=1e-5, rtol=0)
    assert float(expected) > 0.1


def test_the_perceptual_loss_reaches_every_weight_of_g() -> None:
    networks, only = tiny_networks(), replace(PAIRED_ALONE, paired_weight=0.0)
    build(networks, only, features=SmallFeatures()).update_generator([paired_batch()], tiny_positions())
    assert all(gradient.any() for name, gradient in gradients(networks.generator).items() if name.endswith("weight"))


def test_without_targets_or_without_their_weights_the_step_is_the_published_one() -> None:
    plain_networks, blind, weightless = tiny_networks(), tiny_networks(), tiny_networks()
    losses = build(plain_networks).step([tiny_batch()], tiny_positions())
    assert torch.equal(build(blind, PAIRED, features=SmallFeatures()).step([tiny_batch()], tiny_positions()), losses)
    others = build(weightless, features=SmallFeatures()).step([paired_batch()], tiny_positions())
    assert torch.equal(others[[0, 1, 2, 3, 4, 5, 8, 9]], losses[[0, 1, 2, 3, 4, 5, 8, 9]])
    assert float(others[7]) == 0
    for networks in (blind, weightless):
        assert same(gradients(networks.generator), gradients(plain_networks.generator))


def test_two_parts_with_targets_have_the_losses_and_gradients_of_one_batch() -> None:
    batch, positions = paired_batch(4), tiny_positions()
    batch = replace(batch, source=batch.source.double(), target=batch.target.double())
    whole, parted = (plain.in_float64(tiny_networks()) for _ in range(2))
    settings = replace(PAIRED, perceptual_weight=0.0)  # its stand-in is in float32
    losses = build(whole, settings).step([batch], positions)
    torch.testing.assert_close(build(parted, settings).step(halves(batch), positions), losses, atol=1e-6, rtol=0)
    compare(parted.generator, gradients(whole.generator), relative=1e-6, absolute=1e-6)


# A discriminator with several maps, and views


def test_the_losses_of_several_maps_are_their_means() -> None:
    networks, batch = with_features(), tiny_batch()
    still = deepcopy(networks)
    losses = build(networks, optimizer=partial(torch.optim.SGD, lr=0.0)).step([batch], tiny_positions())
    still.discriminator.eval()
    with torch.no_grad():
        generated = still.generator(batch.source)
        x, fake, y = (still.discriminator(images) for images in (batch.source, generated, batch.target))
    tps = [tps_loss(*maps) for maps in zip(x, fake, y, strict=True)]
    for index, parts in (
        (1, [hinge_generator_loss(scores) for scores in fake]),
        (2, tps),
        (8, [hinge_real_loss(scores) for scores in y]),
        (9, [hinge_fake_loss(scores) for scores in fake]),
    ):
        assert len(parts) == 2
        # The estimates of the spectral norms get better with each pass of training.
        torch.testing.assert_close(losses[index], torch.stack(parts).mean(), atol=0.05, rtol=0.05)


def test_heads_learn_to_tell_and_g_learns_through_the_frozen_network() -> None:
    networks, batch, positions = with_features(), tiny_batch(), tiny_positions()
    frozen = networks.discriminator._held[0]  # type: ignore[index]
    assert isinstance(frozen, SmallFeatures)
    before = parameters(frozen)
    model = build(networks, optimizer=partial(torch.optim.Adam, lr=1e-3))
    first = model.update_discriminator([batch])
    for _ in range(20):
        last = model.update_discriminator([batch])
    assert float(last.sum()) < 0.9 * float(first.sum())
    heads = parameters(networks.discriminator)
    model.update_generator([batch], positions)
    assert all(gradient.any() for name, gradient in gradients(networks.generator).items() if name.endswith("weight"))
    assert same(parameters(networks.discriminator), heads)
    assert all(parameter.requires_grad for parameter in networks.discriminator.parameters())
    assert same(parameters(frozen), before)
    assert not any(parameter.requires_grad for parameter in frozen.parameters())


def test_two_parts_have_the_losses_of_one_batch_with_several_maps_too() -> None:
    whole, parted, batch = with_features(), with_features(), tiny_batch()
    for networks in (whole, parted):
        networks.discriminator.eval()  # so that the estimates of the spectral norms stay
    losses = build(whole).step([batch], tiny_positions(), MOVED)
    others = build(parted).step(halves(batch), tiny_positions(), MOVED)
    torch.testing.assert_close(others, losses, atol=1e-5, rtol=1e-5)
    found, expected = gradients(parted.discriminator), gradients(whole.discriminator)
    for name, gradient in found.items():
        torch.testing.assert_close(gradient, expected[name], atol=1e-6, rtol=1e-3)


@pytest.mark.parametrize("networks", [tiny_networks, with_features])
def test_d_sees_all_images_in_the_view_and_nobody_else_does(networks: Callable[[], Networks]) -> None:
    watched, batch = networks(), tiny_batch()
    seen: list[Tensor] = []
    watched.discriminator.register_forward_hook(lambda _module, given, _out: seen.append(given[0].detach().clone()))
    with torch.no_grad():
        generated = watched.generator(batch.source)
    losses = build(watched).step([batch], tiny_positions(), MOVED)
    expected = [
        torch.cat([generated, batch.target]),
        generated,
        torch.cat([batch.source, batch.target]),
    ]
    for found, images in zip(seen, expected, strict=True):
        torch.testing.assert_close(found, MOVED.of(images), atol=1e-5, rtol=0)
    unmoved = build(networks()).step([batch], tiny_positions())
    torch.testing.assert_close(losses[3:8], unmoved[3:8], atol=1e-5, rtol=0)
    assert float((losses - unmoved)[[1, 8]].abs().min()) > 1e-4


def test_the_view_lets_the_gradient_through_to_g() -> None:
    networks = tiny_networks()
    build(networks, TPS_ALONE).update_generator([tiny_batch()], tiny_positions(), view=MOVED)
    assert all(gradient.any() for name, gradient in gradients(networks.generator).items() if name.endswith("weight"))


def test_the_scaler_takes_steps_in_which_networks_have_no_gradients() -> None:
    networks = tiny_networks()
    model = build(networks, RECONSTRUCTION_ALONE)
    model.optimizers.scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    before = parameters(networks.generator)
    model.step([tiny_batch()], tiny_positions())
    assert not same(before, parameters(networks.generator))


def test_small_maps_give_fewer_patches_and_each_layer_its_own_loss() -> None:
    networks, batch, positions = tiny_networks(), tiny_batch(), tiny_positions(256)
    assert [len(layer) for layer in positions.source] == [256, 256, 256, 64, 64]
    losses = build(networks, LossSettings()).generator_losses(batch, build(networks).translate(batch), positions)
    expected = []
    for real, at in ((batch.source, positions.source), (batch.target, positions.target)):
        with torch.no_grad():
            vectors = [
                networks.projector(
                    [
                        gather_patches(layer, chosen.expand(2, -1))
                        for layer, chosen in zip(networks.generator.features(images, LAYERS), at, strict=True)
                    ]
                )
                for images in (networks.generator(real), real)
            ]
        layers = [contrastive_loss(q, k, batch.semantic, ContrastiveSettings()) for q, k in zip(*vectors, strict=True)]
        expected.append(torch.stack([layer.mean() for layer in layers]).mean())
    torch.testing.assert_close(losses[3:5], torch.stack(expected), atol=1e-5, rtol=0)


def test_other_layers_can_be_compared() -> None:
    networks, batch = tiny_networks(), tiny_batch()
    networks.projector = Projector((8, 16), 8)
    settings = LossSettings(layers=(4, 13), patches=8)
    sizes = [(32, 32), (8, 8)]
    at = draw_positions(sizes, 8, torch.Generator().manual_seed(0))
    slow = plain.generator_losses(plain.in_float64(networks), batch, Positions(at, at), settings)
    losses = build(networks, settings).update_generator([batch], Positions(at, at))
    torch.testing.assert_close(losses, slow.detach().float(), atol=1e-4, rtol=1e-5)


@pytest.mark.parametrize("weighting", [Weighting.HARD, Weighting.EASY, Weighting.NONE])
def test_weightings_without_label_maps_do_not_read_the_similarity(weighting: Weighting) -> None:
    batch, positions = tiny_batch(), tiny_positions()
    settings = replace(TINY, contrastive=ContrastiveSettings(weighting=weighting))
    losses = build(tiny_networks(), settings).step([batch], positions)
    blind = replace(batch, semantic=torch.zeros(2))
    assert torch.equal(build(tiny_networks(), settings).step([blind], positions), losses)
    semantic = build(tiny_networks()).step([batch], positions)
    assert float((semantic - losses)[[3, 4]].abs().min()) > 1e-3


def test_half_precision_gives_float32_losses_near_those_of_full_precision() -> None:
    batch, positions = tiny_batch(), tiny_positions()
    full = build(tiny_networks()).step([batch], positions)
    networks = tiny_networks()
    model = build(networks, dtype=torch.bfloat16)
    assert model.translate(batch).images.dtype == torch.bfloat16
    losses = model.step([batch], positions)
    assert losses.dtype == torch.float32
    assert bool(losses.isfinite().all())
    assert not torch.equal(losses, full)
    torch.testing.assert_close(losses, full, atol=0.05, rtol=0.02)
    for network in (networks.generator, networks.discriminator, networks.projector):
        assert all(gradient.dtype == torch.float32 for gradient in gradients(network).values())
        assert all(bool(gradient.isfinite().all()) for gradient in gradients(network).values())


def test_scaled_gradients_give_the_same_step_and_losses() -> None:
    batch, positions = tiny_batch(), tiny_positions()
    plain_networks, scaled_networks = tiny_networks(), tiny_networks()
    losses = build(plain_networks).step([batch], positions)
    model = build(scaled_networks)
    model.optimizers.scaler = torch.amp.GradScaler("cpu", init_scale=256.0, growth_interval=1)
    torch.testing.assert_close(model.step([batch], positions), losses, atol=1e-6, rtol=0)
    for name in ("generator", "discriminator", "projector"):
        expected = parameters(getattr(plain_networks, name))
        for key, value in parameters(getattr(scaled_networks, name)).items():
            torch.testing.assert_close(value, expected[key], atol=1e-6, rtol=0)
    assert model.optimizers.scaler.get_scale() == 512
