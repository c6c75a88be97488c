"""Logits to class ids at the pictures' own sizes, and the loop around a segmentation network."""

from collections.abc import Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor, nn

from pipeline.engine.resources import Precision
from pipeline.segment.mmseg import segmenter
from pipeline.segment.mmseg.network import build_network
from pipeline.segment.mmseg.quiet import quiet_openmmlab
from pipeline.segment.mmseg.segmenter import SMALLEST, Segmenter, class_ids_at
from tests.pipeline.segment.mmseg.tiny_model import write_tiny_model

CPU = torch.device("cpu")


def plainly(logits: Tensor, size: tuple[int, int], *, align_corners: bool) -> Tensor:
    """The same, with all logits at once."""
    scaled = F.interpolate(logits[None], (size[1], size[0]), mode="bilinear", align_corners=align_corners)[0]
    return scaled.argmax(dim=0).to(torch.uint8)


@pytest.mark.parametrize("align_corners", [False, True])
@given(
    source=st.tuples(st.integers(1, 40), st.integers(1, 40)),
    size=st.tuples(st.integers(1, 90), st.integers(1, 90)),
    rows=st.integers(1, 20),
    seed=st.integers(0, 99),
)
@settings(max_examples=60, deadline=None)
def test_bands_give_what_all_at_once_gives(
    align_corners: bool, source: tuple[int, int], size: tuple[int, int], rows: int, seed: int
) -> None:
    logits = torch.randn(5, *source, generator=torch.Generator().manual_seed(seed))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(segmenter, "BAND_BYTES", rows * 5 * size[0] * 4)
        found = class_ids_at(logits, size, align_corners=align_corners)
    expected = plainly(logits, size, align_corners=align_corners)
    assert found.shape == (size[1], size[0])
    assert found.dtype == torch.uint8
    # Rounding may turn a tie the other way.
    assert (found != expected).float().mean() <= 0.002


def test_no_band_is_larger_than_it_may(monkeypatch: pytest.MonkeyPatch) -> None:
    sizes = []
    interpolate = F.interpolate

    def spy(values: Tensor, size: tuple[int, int], *, mode: str, align_corners: bool) -> Tensor:
        sizes.append(values.shape[1] * size[0] * size[1] * 4)
        return interpolate(values, size, mode=mode, align_corners=align_corners)

    monkeypatch.setattr(F, "interpolate", spy)
    monkeypatch.setattr(segmenter, "BAND_BYTES", 50_000)
    class_ids_at(torch.randn(10, 20, 30), (200, 300), align_corners=False)
    assert max(sizes) <= 50_000
    assert len(sizes) == 50


def test_logits_of_the_right_size_are_not_scaled(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(F, "interpolate", None)
    logits = torch.randn(4, 6, 9)
    assert torch.equal(class_ids_at(logits, (9, 6), align_corners=False), logits.argmax(0).to(torch.uint8))


def test_one_logit_is_compared_with_the_threshold() -> None:
    logits = torch.tensor([[[-1.0, 0.2], [0.5, 3.0]]])
    found = class_ids_at(logits, (2, 2), align_corners=False, threshold=0.6)
    assert found.tolist() == [[0, 0], [1, 1]]  # sigmoid: 0.27 0.55 0.62 0.95


class Preprocessor(nn.Module):
    """Takes what mmsegmentation's takes; pads below and right, and says so in samples of its own."""

    def __init__(self, padding: tuple[int, int]) -> None:
        super().__init__()
        self.right, self.below = padding

    def forward(self, data: dict[str, Any], training: bool) -> dict[str, Any]:
        assert training is False
        inputs = torch.stack([one.float() for one in data["inputs"]])
        samples = deepcopy(data["data_samples"])
        for sample in samples:
            sample.set_metainfo({"img_padding_size": [0, self.right, 0, self.below]})
        return {"inputs": F.pad(inputs, (0, self.right, 0, self.below), value=-1.0), "data_samples": samples}


class Network(nn.Module):
    """Class = value of the red channel; sees what it was given."""

    align_corners = False
    smallest = 1

    def __init__(self, padding: tuple[int, int] = (0, 0)) -> None:
        super().__init__()
        self.data_preprocessor = Preprocessor(padding)
        self.seen: list[Tensor] = []

    def inference(self, x: Tensor, metas: Sequence[dict[str, Any]]) -> Tensor:
        if min(x.shape[2:]) < self.smallest:
            raise RuntimeError("nothing is left of it")
        assert len(metas) == len(x)
        assert all(meta["img_shape"] == meta["pad_shape"] == x.shape[2:] for meta in metas)
        self.seen.append(x)
        return F.one_hot(x[:, 0].long().clamp(min=0), 7).permute(0, 3, 1, 2).float()


def picture(height: int, width: int, seed: int = 0) -> Tensor:
    """Class ids 0 to 6 in blocks, as a picture."""
    ids = torch.randint(0, 7, (1, height, width), generator=torch.Generator().manual_seed(seed), dtype=torch.uint8)
    return ids.expand(3, -1, -1).contiguous()


@pytest.mark.parametrize("padding", [(0, 0), (5, 9)])
@pytest.mark.parametrize("shape", [(80, 100), (10, 100), (70, 3), (1, 1)])
@pytest.mark.parametrize("smallest", [1, 16])
def test_padding_of_either_kind_is_cut_off(padding: tuple[int, int], shape: tuple[int, int], smallest: int) -> None:
    network = Network(padding)
    network.smallest = smallest
    inputs = [picture(*shape, seed=seed) for seed in range(3)]
    found = Segmenter(network, CPU, Precision.FP32, 7).class_ids(inputs, (shape[1], shape[0]))
    assert found.dtype == np.uint8
    assert found.shape == (3, *shape)
    assert np.array_equal(found, torch.stack(inputs)[:, 0].numpy())
    height, width = shape[0] + padding[1], shape[1] + padding[0]
    small = min(height, width) < smallest
    assert network.seen[0].shape[2:] == ((max(height, SMALLEST), max(width, SMALLEST)) if small else (height, width))


def test_a_map_has_the_pictures_own_size() -> None:
    found = Segmenter(Network(), CPU, Precision.FP32, 7).class_ids([picture(64, 64)], (31, 17))
    assert found.shape == (1, 17, 31)


@pytest.mark.parametrize("cascade", [False, True])
def test_a_network_with_one_logit_tells_two_classes(cascade: bool) -> None:
    class Binary(Network):
        def __init__(self) -> None:
            super().__init__()
            head = nn.Identity()
            head.threshold = 0.3  # type: ignore[assignment]
            self.decode_head = nn.ModuleList([nn.Identity(), head]) if cascade else head

        def inference(self, x: Tensor, metas: Sequence[dict[str, Any]]) -> Tensor:
            return x[:, :1] - 4  # classes 0 to 6 become logits -4 to 2; 0.3 is the probability of -0.85

    ids = picture(64, 64)
    found = Segmenter(Binary(), CPU, Precision.FP32, 2).class_ids([ids], (64, 64))
    assert np.array_equal(found[0], (ids[0] >= 4).numpy())


@pytest.mark.parametrize(("precision", "dtype"), [(Precision.FP32, torch.float32), (Precision.BF16, torch.bfloat16)])
def test_precision_is_the_networks(precision: Precision, dtype: torch.dtype) -> None:
    dtypes = []

    class Convolving(Network):
        def __init__(self) -> None:
            super().__init__()
            self.conv = nn.Conv2d(3, 7, 1)

        def inference(self, x: Tensor, metas: Sequence[dict[str, Any]]) -> Tensor:
            logits: Tensor = self.conv(x)
            dtypes.append(logits.dtype)
            return logits

    Segmenter(Convolving(), CPU, precision, 7).class_ids([picture(64, 64)], (64, 64))
    assert dtypes == [dtype]


def test_more_classes_leave_room_for_fewer_pixels(monkeypatch: pytest.MonkeyPatch) -> None:
    few, many = (Segmenter(Network(), CPU, Precision.FP32, classes).most_pixels() for classes in (19, 150))
    assert few is not None
    assert many is not None
    assert few > many > 1_000_000
    monkeypatch.setattr(segmenter, "total_memory", lambda _: None)
    assert Segmenter(Network(), CPU, Precision.FP32, 19).most_pixels() is None


@pytest.mark.parametrize("mode", ["whole", "slide"])
@pytest.mark.parametrize("size", [(96, 64), (200, 150), (61, 97), (40, 8)])
@pytest.mark.parametrize("padding", ["", "test_cfg=dict(size_divisor=32)", "test_cfg=dict(size=(128, 128))"])
def test_maps_are_those_of_mmsegmentation(
    tmp_path: Path, mode: Literal["whole", "slide"], size: tuple[int, int], padding: str
) -> None:
    config, weights = write_tiny_model(tmp_path, mode=mode)
    text = config.read_text()
    assert "size=(64, 64)," in text
    config.write_text(text.replace("size=(64, 64),", f"size=(64, 64), {padding}"))
    with quiet_openmmlab():
        from mmengine.config import Config
        from mmseg.apis import inference_model, init_model

        reference = init_model(Config.fromfile(config), None, "cpu")
        reference.load_state_dict(torch.load(weights, weights_only=True)["state_dict"])
        pixels = np.random.default_rng(1).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)
        expected = inference_model(reference, np.ascontiguousarray(pixels[..., ::-1])).pred_sem_seg.data[0].numpy()
    network = build_network(config, weights, {}, whole=False)
    ours = Segmenter(network.network, CPU, Precision.FP32, 19)
    found = ours.class_ids([network.preparation(pixels)], size)[0]
    assert len(np.unique(found)) > 3
    assert np.mean(found == expected) > 0.999
