"""A network is the one that mmsegmentation itself builds, or there is one line that says why not."""

import pickle
import socket
import subprocess
import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal

import numpy as np
import pytest
import torch
from safetensors.torch import save_file
from torch import Tensor

from pipeline.errors import ConfigError
from pipeline.segment.mmseg.class_names import distinct_palette
from pipeline.segment.mmseg.network import SegmentationNetwork, build_network
from pipeline.segment.mmseg.quiet import quiet_openmmlab
from tests.pipeline.segment.mmseg.tiny_model import write_tiny_model
from tpsence.errors import InputError, WeightsError

CITYSCAPES = ("road", "sidewalk", "building")
METAS = [{"ori_shape": (64, 96), "img_shape": (64, 96), "pad_shape": (64, 96)}]
Files = tuple[Path, Path]


@pytest.fixture
def tiny(tmp_path: Path) -> Files:
    """A configuration and its weights."""
    return write_tiny_model(tmp_path / "tiny")


def built(files: Files, overrides: Mapping[str, Any] | None = None, *, whole: bool = False) -> SegmentationNetwork:
    return build_network(*files, overrides or {}, whole=whole)


def refused(files: Files, overrides: Mapping[str, Any] | None = None) -> InputError:
    """Return the error, one line with a hint."""
    with pytest.raises(InputError) as caught:
        built(files, overrides)
    assert caught.value.hint
    assert len((caught.value.message + caught.value.hint).splitlines()) == 1
    return caught.value


def appended(config: Path, text: str) -> None:
    """Add lines to a configuration."""
    config.write_text(config.read_text("utf-8") + text, encoding="utf-8")


def as_mmsegmentation_builds(files: Files) -> Any:  # noqa: ANN401 (mmsegmentation has no types)
    with quiet_openmmlab():
        from mmseg.apis import init_model

        network = init_model(str(files[0]), None, device="cpu")
    network.load_state_dict(torch.load(files[1], weights_only=True)["state_dict"])
    return network


def picture(size: tuple[int, int], seed: int = 0) -> np.ndarray[Any, np.dtype[np.uint8]]:
    return np.random.default_rng(seed).integers(0, 256, (size[1], size[0], 3), dtype=np.uint8)


# The network


@pytest.mark.parametrize("mode", ["whole", "slide"])
def test_the_network_is_mmsegmentations(tmp_path: Path, mode: Literal["whole", "slide"]) -> None:
    files = write_tiny_model(tmp_path, mode=mode)
    ours, theirs = built(files).network, as_mmsegmentation_builds(files)
    x = torch.randn(1, 3, 64, 96, generator=torch.Generator().manual_seed(0))
    with torch.no_grad():
        logits = ours.inference(x, [dict(METAS[0])])  # type: ignore[operator]
        assert torch.equal(logits, theirs.inference(x, [dict(METAS[0])]))
    assert logits.argmax(dim=1).unique().numel() > 4
    assert ours.test_cfg["mode"] == mode  # type: ignore[index]


def test_the_network_is_ready_for_inference_alone(tiny: Files) -> None:
    network = built(tiny).network
    assert not network.training
    assert not any(value.requires_grad for value in network.parameters())
    assert {value.dtype for value in network.parameters()} == {torch.float32}
    assert {value.device.type for value in network.parameters()} == {"cpu"}
    assert not any(key.startswith("auxiliary_head") for key in network.state_dict())


def test_nothing_is_downloaded_or_printed(
    tiny: Files, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    def refuse(*arguments: object) -> None:
        raise AssertionError("a connection")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    pretrained = {"type": "Pretrained", "checkpoint": "https://example.org/resnet18.pth"}
    network = built(tiny, {"model.backbone.init_cfg": pretrained, "model.decode_head.init_cfg": [pretrained]}).network
    assert "https://" not in str(network.cfg)
    assert "open-mmlab://" not in str(network.cfg)
    assert capfd.readouterr() == ("", "")


def test_parameters_in_another_layout_make_the_same_network(tmp_path: Path, tiny: Files) -> None:
    state = torch.load(tiny[1], weights_only=True)["state_dict"]
    kernels = {key: value.to(memory_format=torch.channels_last) for key, value in state.items() if value.ndim == 4}
    others = {key: torch.nn.Parameter(value) for key, value in state.items() if value.is_floating_point()}
    torch.save({**state, **others, **kernels}, tmp_path / "other.pth")
    made, plain = built((tiny[0], tmp_path / "other.pth")).network.state_dict(), built(tiny).network.state_dict()
    for key, value in made.items():
        assert torch.equal(value, plain[key])
        assert value.is_contiguous()
        assert not value.requires_grad


def test_weights_in_other_forms_make_the_same_network(tmp_path: Path, tiny: Files) -> None:
    state = torch.load(tiny[1], weights_only=True)["state_dict"]
    first = built(tiny)
    lean = {k: v.contiguous() for k, v in state.items() if "auxiliary" not in k and "num_batches" not in k}
    save_file(lean, tmp_path / "lean.safetensors")
    torch.save(
        {f"module.{k}": v.half() if v.is_floating_point() else v for k, v in state.items()}, tmp_path / "half.pth"
    )
    second, third = built((tiny[0], tmp_path / "lean.safetensors")), built((tiny[0], tmp_path / "half.pth"))
    assert len({first.weights_sha256, second.weights_sha256, third.weights_sha256}) == 3
    for key, value in first.network.state_dict().items():
        assert torch.equal(second.network.state_dict()[key], value)
        assert torch.equal(third.network.state_dict()[key], value.half().to(value.dtype))


@pytest.mark.parametrize(
    ("overrides", "same"),
    [
        ({"train_dataloader": {"batch_size": 3}}, True),
        ({"test_dataloader.dataset.data_root": "elsewhere"}, True),
        ({"model.auxiliary_head.channels": 5}, True),
        ({"model.pretrained": None}, True),
        ({"model.test_cfg": {"mode": "slide", "crop_size": (64, 64), "stride": (32, 32)}}, False),
        ({"model.decode_head.align_corners": True}, False),
        ({"test_pipeline.1.scale": (128, 64)}, False),
    ],
)
def test_the_hash_of_the_configuration_is_of_what_shapes_the_result(
    tiny: Files, overrides: dict[str, Any], same: bool
) -> None:
    assert (built(tiny, overrides).config_sha256 == built(tiny).config_sha256) is same


def test_the_hash_does_not_depend_on_the_place(tmp_path: Path, tiny: Files) -> None:
    assert built(write_tiny_model(tmp_path / "other", seed=1)).config_sha256 == built(tiny).config_sha256
    assert built(tiny, whole=True).config_sha256 != built(tiny).config_sha256


def test_a_binary_network_keeps_its_single_logit(tmp_path: Path) -> None:
    head = {"model.decode_head.num_classes": 2, "model.decode_head.out_channels": 1, "model.decode_head.threshold": 0.3}
    config, weights = write_tiny_model(tmp_path, classes=1)
    made = built((config, weights), {**head, "model.decode_head.loss_decode.use_sigmoid": True})
    assert made.classes == ("class 0", "class 1")
    assert made.network.out_channels == 1


# The preparation


PIPELINES: dict[str, dict[str, Any]] = {
    "as tested": {},
    "stretched floats": {
        "test_pipeline": [
            {"type": "LoadImageFromFile", "to_float32": True},
            {"type": "LoadAnnotations"},
            {"type": "Resize", "scale": (50, 70), "keep_ratio": False},
            {"type": "PackSegInputs"},
        ]
    },
    "own size": {"test_pipeline": [{"type": "LoadImageFromFile"}, {"type": "PackSegInputs"}]},
    "a multiple": {
        "test_pipeline": [
            {"type": "LoadImageFromFile"},
            {"type": "Resize", "scale": (96, 64), "keep_ratio": True},
            {"type": "ResizeToMultiple", "size_divisor": 32},
            {"type": "PackSegInputs", "meta_keys": ["ori_shape"]},
        ]
    },
}


@pytest.mark.parametrize("size", [(96, 64), (130, 70), (1, 1), (37, 211), (640, 360)])
@pytest.mark.parametrize("pipeline", PIPELINES)
def test_the_preparation_is_mmsegmentations(tiny: Files, pipeline: str, size: tuple[int, int]) -> None:
    network = as_mmsegmentation_builds(tiny)
    network.cfg.merge_from_dict(PIPELINES[pipeline])
    pixels = picture(size)
    with quiet_openmmlab():
        from mmseg.apis.utils import _preprare_data

        data, _ = _preprare_data(np.ascontiguousarray(pixels[:, :, ::-1]), network)
    before = pixels.copy()
    prepared = built(tiny, PIPELINES[pipeline]).preparation(pixels)
    assert torch.equal(prepared, data["inputs"][0])
    assert prepared.dtype == data["inputs"][0].dtype
    assert prepared.is_contiguous()
    assert np.array_equal(pixels, before)


def test_whole_leaves_a_picture_as_it_is(tmp_path: Path) -> None:
    made = built(write_tiny_model(tmp_path, mode="slide"), whole=True)
    pixels = picture((130, 70))
    assert torch.equal(made.preparation(pixels), torch.from_numpy(pixels[:, :, ::-1].copy()).permute(2, 0, 1))
    assert made.network.test_cfg["mode"] == "whole"  # type: ignore[index]


def test_a_preparation_goes_to_another_process_in_silence(tmp_path: Path, tiny: Files) -> None:
    preparation = built(tiny).preparation
    (tmp_path / "preparation").write_bytes(pickle.dumps(preparation))
    program = (
        "import numpy, pathlib, pickle, sys, warnings; warnings.simplefilter('always')\n"
        f"preparation = pickle.loads(pathlib.Path({str(tmp_path / 'preparation')!r}).read_bytes())\n"
        "assert 'mmseg' not in sys.modules\n"
        "print(preparation(numpy.arange(300, dtype='uint8').reshape(10, 10, 3)).sum().item(), end='')"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    expected = preparation(np.arange(300).astype(np.uint8).reshape(10, 10, 3)).sum().item()
    assert (done.stdout, done.stderr) == (str(expected), "")


@pytest.mark.parametrize(
    "wrapped",
    ["DATA", "dict(type='RepeatDataset', times=2, dataset=DATA)", "dict(type='ConcatDataset', datasets=[DATA, DATA])"],
)
def test_the_pipeline_may_be_the_data_sets(tiny: Files, wrapped: str) -> None:
    appended(
        tiny[0], f"DATA = test_dataloader['dataset']\ntest_dataloader = dict(dataset={wrapped})\ndel test_pipeline\n"
    )
    made = built(tiny)
    assert tuple(made.preparation(picture((192, 128))).shape) == (3, 64, 96)
    assert made.classes[:3] == CITYSCAPES


# The classes


def described(files: Files, meta: object) -> Files:
    """Return the files with another description in the weights."""
    other = files[1].with_name("other.pth")
    torch.save({"meta": meta, "state_dict": torch.load(files[1], weights_only=True)["state_dict"]}, other)
    return files[0], other


def test_classes_are_named_by_the_weights(tiny: Files) -> None:
    names = [f"name {number}" for number in range(19)]
    grey = [[number] * 3 for number in range(19)]
    made = built(described(tiny, {"CLASSES": names, "PALETTE": grey}))
    assert (made.classes, made.palette) == (tuple(names), tuple(map(tuple, grey)))
    made = built(described(tiny, {"dataset_meta": {"classes": names, "palette": grey[:3]}}))
    assert (made.classes, made.palette) == (tuple(names), distinct_palette(19))


def test_classes_are_named_by_the_data_set(tiny: Files) -> None:
    made = built(tiny)
    assert made.classes[:3] == CITYSCAPES
    assert made.palette[0] == (128, 64, 128)
    assert built(described(tiny, {"CLASSES": ["too", "few"]})).classes == made.classes
    same_names = described(tiny, {"CLASSES": made.classes})
    assert built(same_names).palette == made.palette


def test_classes_are_named_by_the_configuration(tmp_path: Path) -> None:
    files = write_tiny_model(tmp_path, classes=2)
    appended(
        files[0], "test_dataloader['dataset']['metainfo'] = dict(classes=('no', 'yes'), palette=[[0] * 3, [9] * 3])\n"
    )
    assert built(files).classes == ("no", "yes")
    assert built(files).palette == ((0, 0, 0), (9, 9, 9))


@pytest.mark.parametrize("text", ["", "del test_dataloader\n", "test_dataloader['dataset']['type'] = 'NoneSuch'\n"])
def test_classes_without_names_are_numbered(tmp_path: Path, text: str) -> None:
    files = write_tiny_model(tmp_path, classes=3)
    appended(files[0], text)
    made = built(files)
    assert made.classes == ("class 0", "class 1", "class 2")
    assert made.palette == ((0, 0, 0), (128, 0, 0), (0, 128, 0))


def test_made_up_colours_differ() -> None:
    assert len(set(distinct_palette(256))) == 256
    with quiet_openmmlab():
        from mmseg.utils import get_palette
    assert [list(colour) for colour in distinct_palette(21)] == get_palette("voc")


# What is refused


OLD_PIPELINE = """
test_pipeline = [dict(type="LoadImageFromFile"), dict(type="MultiScaleFlipAug", img_scale=(96, 64), transforms=[])]
"""


@pytest.mark.parametrize(
    "text",
    [
        "custom_imports = dict(imports='mmcls.models')\nmodel['backbone'] = dict(type='mmcls.ConvNeXt', arch='tiny')\n",
        OLD_PIPELINE,
        "data = dict(test=test_dataloader['dataset'])\ndel test_dataloader\n",
    ],
)
def test_an_old_configuration_is_recognised(tiny: Files, text: str) -> None:
    appended(tiny[0], text)
    error = refused(tiny)
    assert isinstance(error, ConfigError)
    assert error.message == f"{tiny[0]}: a config of mmsegmentation 0.x"
    assert "1.x" in (error.hint or "")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("x = (\n", "'(' was never closed"),
        ("x = 1 / 0\n", "ZeroDivisionError: division by zero"),
        ("_base_ = 'none.py'\n", "FileNotFoundError"),
        ("from nowhere import Net\nmodel['type'] = Net\n", "needs the module nowhere, which is not installed"),
        ("from mmseg.models import Nowhere\nmodel['type'] = Nowhere\n", "Nowhere"),
        ("import os\nos.nowhere\n", "has no attribute 'nowhere'"),
        ("import sys\nsys.exit('no')\n", "SystemExit: no"),
        ("del model\n", "it describes no model"),
        ("model = 3\n", "it describes no model"),
        ("model = dict(backbone=dict())\n", "it describes no model"),
        ("del model['backbone']\n", "its model cannot be built: "),
        ("model['type'] = 'NoneSuch'\n", "its model cannot be built: KeyError: 'NoneSuch is not in the mmseg::model"),
        ("model['decode_head']['type'] = 'NoneSuch'\n", "KeyError: 'NoneSuch is not in the mmseg::model"),
        ("model['decode_head']['surprise'] = 3\n", "surprise"),
        ("model['type'] = 'DepthEstimator'\n", "a DepthEstimator gives no scores of classes"),
        ("model['decode_head']['num_classes'] = 256\n", "256 classes, at most 255 are possible"),
        ("model['decode_head']['type'] = 'CCHead'\n", "onedl-mmcv"),
        ("model['backbone']['type'] = 'mmdet.ResNet'\n", "needs the module mmdet, which is not installed"),
        ("model['backbone']['type'] = 'mmdet.a.ResNet'\n", "needs the module mmdet, which is not installed"),
        ("custom_imports = dict(imports='mmcv.ops')\n", "needs mmcv.ops, which the installed mmcv lacks"),
        ("custom_imports = dict(imports=['nowhere.models'])\n", "needs the module nowhere, which is not installed"),
        ("custom_imports = dict(imports=3)\n", "custom_imports: TypeError"),
        ("custom_imports = dict(import_=['x'])\n", "custom_imports: TypeError"),
        ("del test_pipeline, test_dataloader\n", "says nowhere how a picture is prepared"),
        ("test_pipeline = [dict(type='LoadImageFromFile')]\n", "says nowhere how a picture is prepared"),
        ("test_pipeline = [3, 4]\n", "says nowhere how a picture is prepared"),
        ("test_pipeline[1]['type'] = 'NoneSuch'\n", "its test pipeline does not work for a single picture: KeyError"),
        ("test_pipeline[1]['scale'] = 'x'\n", "its test pipeline does not work for a single picture: "),
        ("test_pipeline = test_pipeline[:2]\n", "its test pipeline does not work for a single picture: KeyError"),
        ("test_pipeline[0]['color_type'] = 'x'\ntest_pipeline[1]['scale'] = None\n", "does not work for a single"),
    ],
)
def test_a_configuration_that_cannot_be_used_is_named(tiny: Files, text: str, said: str) -> None:
    appended(tiny[0], text)
    error = refused(tiny)
    assert isinstance(error, ConfigError)
    assert error.message.startswith(f"{tiny[0]}")
    assert said in error.message


def test_a_module_of_the_users_called_as_ours_is_to_be_renamed(tiny: Files) -> None:
    appended(tiny[0], "custom_imports = dict(imports=['pipeline.mine'])\n")
    error = refused(tiny)
    assert error.message == f"{tiny[0]}: needs the module pipeline.mine, which is not installed"
    assert error.hint == "tpsence has a package of that name itself: give your own another one."


@pytest.mark.parametrize(
    ("content", "said"), [(None, "no such file"), (b"\xe4", "not UTF-8 text"), (b"\0", "null bytes")]
)
def test_a_file_that_is_no_configuration_is_named(tiny: Files, content: bytes | None, said: str) -> None:
    tiny[0].unlink()
    if content is not None:
        tiny[0].write_bytes(content)
    assert said in refused(tiny).message


Change = Callable[[dict[str, Tensor]], object]


def with_value(key: str, value: float) -> Change:
    return lambda state: state.update({key: torch.full_like(state[key], value)})


@pytest.mark.parametrize(
    ("change", "said", "hinted"),
    [
        (lambda state: state.pop("backbone.stem.0.weight"), "no tensor 'backbone.stem.0.weight', which", "`model`"),
        (lambda state: [state.pop(key) for key in list(state) if "conv_seg" in key], "(and 1 more), which", "`model`"),
        (
            lambda state: [state.pop(key) for key in list(state) if key.startswith("decode_head")],
            "no tensor 'decode_head.conv_seg.weight' (and",
            "backbone",
        ),
        (lambda state: state.update(extra=torch.zeros(1)), "unexpected tensor 'extra', which", "`model`"),
        (
            lambda state: state.update({"backbone.stem.0.weight": torch.zeros(9, 3, 3, 3)}),
            "'backbone.stem.0.weight' has shape (9, 3, 3, 3) instead of (2, 3, 3, 3)",
            "`model`",
        ),
        (with_value("decode_head.conv_seg.bias", float("nan")), "'decode_head.conv_seg.bias' holds values", "diverged"),
        (with_value("backbone.layer1.0.bn1.weight", float("inf")), "not finite", "diverged"),
    ],
)
def test_weights_that_do_not_fit_are_named(tiny: Files, change: Change, said: str, hinted: str) -> None:
    content = torch.load(tiny[1], weights_only=True)
    change(content["state_dict"])
    torch.save(content, tiny[1])
    error = refused(tiny)
    assert isinstance(error, WeightsError)
    assert error.message.startswith(f"{tiny[1]}: ")
    assert said in error.message
    assert hinted in (error.hint or "")


def test_weights_for_other_classes_are_named_by_both_numbers(tmp_path: Path, tiny: Files) -> None:
    _, weights = write_tiny_model(tmp_path / "other", classes=7)
    assert refused((tiny[0], weights)).message == f"{weights}: weights for 7 classes, {tiny[0]} has 19"


def test_values_that_do_not_fit_into_32_bits_are_refused(tiny: Files) -> None:
    content = torch.load(tiny[1], weights_only=True)
    content["state_dict"]["decode_head.conv_seg.bias"] = torch.full((19,), 1e300, dtype=torch.float64)
    torch.save(content, tiny[1])
    assert "not finite" in refused(tiny).message


# Other ways to write a configuration


def test_a_configuration_may_be_in_mmengines_newer_style(tiny: Files) -> None:
    text = tiny[0].read_text("utf-8")
    imports = "from mmengine.config import read_base\nfrom mmseg.datasets import CityscapesDataset\n"
    imports += "from mmseg.models import EncoderDecoder\nfrom mmseg.datasets.transforms import LoadAnnotations\n"
    text = text.replace('"EncoderDecoder"', "EncoderDecoder").replace('"CityscapesDataset"', "CityscapesDataset")
    tiny[0].with_name("newer.py").write_text(imports + text.replace('"LoadAnnotations"', "LoadAnnotations"), "utf-8")
    newer, older = built((tiny[0].with_name("newer.py"), tiny[1])), built(tiny)
    assert newer.classes == older.classes
    pixels = picture((130, 70))
    assert torch.equal(newer.preparation(pixels), older.preparation(pixels))
    assert len(newer.config_sha256) == 64


def test_a_configuration_may_bring_its_own_modules(
    tmp_path: Path, tiny: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    module = (
        "from mmseg.registry import TRANSFORMS\n\n\n@TRANSFORMS.register_module()\nclass Negative:\n"
        "    def __call__(self, results):\n        return {**results, 'img': 255 - results['img']}\n"
    )
    (tmp_path / "own_transforms.py").write_text(module)
    monkeypatch.syspath_prepend(str(tmp_path))
    appended(tiny[0], "custom_imports = dict(imports=['own_transforms'])\ntest_pipeline[1] = dict(type='Negative')\n")
    preparation = pickle.loads(pickle.dumps(built(tiny).preparation))  # noqa: S301 (made here)
    assert preparation(np.zeros((64, 64, 3), dtype=np.uint8)).unique().tolist() == [255]


def test_a_module_that_fails_to_import_is_not_called_missing(
    tmp_path: Path, tiny: Files, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "own_broken.py").write_text("from math import nonesuch\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    appended(tiny[0], "custom_imports = dict(imports=['own_broken'])\n")
    error = refused(tiny)
    assert "Failed to import own_broken: ImportError: cannot import name 'nonesuch'" in error.message
    assert error.hint is not None
    assert "Install it" not in error.hint
    assert "import it by itself" in error.hint


@pytest.mark.parametrize("loads", [False, True])
def test_torchvision_without_its_library_is_told_with_the_reason(
    tmp_path: Path, tiny: Files, monkeypatch: pytest.MonkeyPatch, loads: bool
) -> None:
    def cannot_load(file: str) -> None:
        assert Path(file).name.startswith("_C")
        if not loads:
            raise OSError(f"{file}: undefined symbol")

    (tmp_path / "own_vision.py").write_text("raise RuntimeError('operator torchvision::nms does not exist')\n")
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.setattr("pipeline.segment.mmseg.model_config.ctypes.CDLL", cannot_load)
    appended(tiny[0], "custom_imports = dict(imports=['own_vision'])\n")
    error = refused(tiny)
    assert "needs torchvision, whose own library cannot be loaded" in error.message
    assert ("undefined symbol" in error.message) == (not loads)
    assert error.hint is not None
    assert "of one build" in error.hint
    assert isinstance(error.__cause__, OSError) == (not loads)


def test_a_configuration_may_use_mmengines_variables(tiny: Files, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WIDTH", "48")
    appended(
        tiny[0], "test_pipeline[1]['scale'] = (int('{{$WIDTH:96}}'), 64)\nname = '{{ fileBasenameNoExtension }}'\n"
    )
    assert tuple(built(tiny).preparation(picture((96, 64))).shape) == (3, 43, 64)


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ("model['test_cfg'] = dict(mode='foo')", "a mode that is not known"),
        ("model['test_cfg'] = dict(mode=['slide'])", "a mode that is not known"),
        ("model['test_cfg'] = 'whole'", "a mode that is not known"),
        ("model['test_cfg'] = dict(mode='slide', crop_size=(64, 64))", "does not describe the windows"),
        ("model['test_cfg'] = dict(mode='slide', crop_size=(64, 64), stride=(0, 32))", "does not describe the windows"),
        ("model['test_cfg'] = dict(mode='slide', crop_size=64, stride=32)", "does not describe the windows"),
        ("test_pipeline.insert(1, dict(type='RandomFlip', prob=0.5))", "its test pipeline flips pictures"),
        ("test_pipeline.insert(1, dict(type='mmseg.RandomFlip'))", "its test pipeline flips pictures"),
    ],
)
def test_test_settings_that_cannot_work_are_named(tmp_path: Path, changed: str, said: str) -> None:
    config, weights = write_tiny_model(tmp_path)
    config.write_text(f"{config.read_text()}\n{changed}\n")
    with pytest.raises(ConfigError) as caught:
        build_network(config, weights, {}, whole=False)
    assert said in caught.value.message
    assert caught.value.hint


def test_a_flip_that_never_happens_or_is_left_out_does_not_matter(tmp_path: Path) -> None:
    config, weights = write_tiny_model(tmp_path)
    text = config.read_text()
    config.write_text(f"{text}\ntest_pipeline.insert(1, dict(type='RandomFlip', prob=1.0))\n")
    build_network(config, weights, {}, whole=True)
    config.write_text(f"{text}\ntest_pipeline.insert(1, dict(type='RandomFlip', prob=0.0))\n")
    build_network(config, weights, {}, whole=False)
