"""The table of networks agrees with the installed mmsegmentation, and survives another version of it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from pipeline.classes.schemes import find_scheme
from pipeline.segment.mmseg import zoo
from pipeline.segment.mmseg.download import WeightsAddress
from pipeline.segment.mmseg.model_config import read_model_config
from pipeline.segment.mmseg.network import build_network
from pipeline.segment.mmseg.quiet import quiet_openmmlab
from pipeline.segment.mmseg.zoo import DEFAULT_MODEL, find_model, zoo_models
from pipeline.weights.packaged import ROAD_LITE
from tpsence.errors import InputError

PUBLISHED = [
    "convnext-tiny",
    "convnext-small",
    "convnext-base",
    "convnext-large",
    "convnext-xl",
    "convnext-base-bdd100k",
    "segformer-b5-cityscapes",
    "pidnet-l-cityscapes",
]
NAMES = ["road-lite", *PUBLISHED]


def test_the_networks_are_listed() -> None:
    assert [model.name for model in zoo_models()] == NAMES
    assert [find_model(name) for name in NAMES] == zoo_models()
    assert DEFAULT_MODEL in NAMES


def test_the_papers_network() -> None:
    model = find_model(DEFAULT_MODEL)
    assert isinstance(model.weights, WeightsAddress)
    assert model.config.name == "convnext-xlarge_upernet_8xb2-amp-160k_ade20k-640x640.py"
    assert model.weights.file_name == "upernet_convnext_xlarge_fp16_640x640_160k_ade20k_20220226_080344-95fc38c2.pth"
    assert (model.weights.sha256_prefix, model.weights.md5_url) == ("95fc38c2", None)
    assert (model.data, model.classes, model.miou, model.parameters) == ("ADE20K", 150, 53.58, 391_140_396)


def test_the_network_of_the_bdd100k_model_zoo() -> None:
    model = find_model("convnext-base-bdd100k")
    assert isinstance(model.weights, WeightsAddress)
    assert model.weights.url.startswith("https://dl.cv.ethz.ch/bdd100k/sem_seg/models/upernet_convnext-b_fp16_512x1024")
    assert model.weights.md5_url == model.weights.url.removesuffix(".pth") + ".md5"
    assert model.miou == 67.26
    with quiet_openmmlab():
        described = read_model_config(model.config, model.overrides, whole=False)
    assert described.model["backbone"]["arch"] == "base"
    assert described.model["test_cfg"]["mode"] == "whole"
    assert described.steps[1] == {"type": "Resize", "scale": (1280, 720), "keep_ratio": True}
    assert described.dataset["type"] == "BDD100KDataset"


def test_the_network_of_this_package() -> None:
    model = find_model("road-lite")
    assert model.source() == ROAD_LITE.path
    assert model.weights_bytes == ROAD_LITE.path.stat().st_size
    assert model.as_dict()["address"] is None
    with quiet_openmmlab():
        built = build_network(model.config, ROAD_LITE.path, model.overrides, whole=False)
    camvid = find_scheme("camvid")
    assert (built.classes, built.palette) == (camvid.classes, camvid.palette)
    assert sum(parameter.numel() for parameter in built.network.parameters()) == model.parameters
    for size, wanted in (((480, 360), (480, 360)), ((1280, 720), (640, 360)), ((320, 180), (640, 360))):
        prepared = built.preparation(np.zeros((size[1], size[0], 3), dtype=np.uint8))
        assert tuple(prepared.shape) == (3, wanted[1], wanted[0])


@pytest.mark.parametrize("name", PUBLISHED)
def test_the_configuration_agrees_with_the_table(name: str) -> None:
    model = find_model(name)
    assert isinstance(model.weights, WeightsAddress)
    with quiet_openmmlab():
        described = read_model_config(model.config, model.overrides, whole=False)
    assert described.model["decode_head"]["num_classes"] == model.classes
    assert described.dataset["type"] == f"{model.data}Dataset"
    assert 40 < model.miou < 90
    assert model.licence.startswith(f"Apache-2.0; from {model.data} (")
    assert model.weights.sha256_prefix or model.weights.md5_url


def test_listing_is_quick() -> None:
    program = (
        "import sys; from pipeline.segment.mmseg.zoo import default_model, zoo_models; zoo_models();"
        "default_model();"
        "print([name for name in ('torch', 'mmseg', 'mmengine', 'numpy') if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


@pytest.mark.parametrize(
    ("name", "near"),
    [
        ("convnext-xlarge", "Nearest: convnext-large, convnext-xl"),
        ("bdd100k", "Nearest: convnext-base-bdd100k"),
        ("segformer", "Nearest: segformer-b5-cityscapes"),
        ("a\nb", "See `list_models`"),
        ("", "See `list_models`"),
    ],
)
def test_an_unknown_name_finds_the_nearest(name: str, near: str) -> None:
    with pytest.raises(InputError) as caught:
        find_model(name)
    assert caught.value.message == f"`model` {name!r}: unknown"
    assert caught.value.hint is not None
    assert caught.value.hint.startswith(near)
    assert "`list_models`" in caught.value.hint


@pytest.mark.parametrize(
    ("text", "said"),
    [
        (None, "metafile.yaml: cannot be read (No such file"),
        ("Models: [", "metafile.yaml: cannot be read ("),
        ("Models: 3", "metafile.yaml: cannot be read ("),
        ("- 1", "metafile.yaml: cannot be read ("),
        ("Models: []", "no usable entry 'pidnet-l_2xb6"),
        ("Models: [{Name: pidnet-l_2xb6-120k_1024x1024-cityscapes, Config: 3}]", "no usable entry 'pidnet-l_2xb6"),
        ("Models: [{Name: pidnet-l_2xb6-120k_1024x1024-cityscapes, Config: x.py, Results: []}]", "no usable entry"),
        (
            "Models: [{Name: pidnet-l_2xb6-120k_1024x1024-cityscapes, Config: x.py, Weights: https://x/y.pth, "
            "Results: [{Metrics: {mIoU: 3}}]}]",
            "x.py: no such file",
        ),
    ],
)
def test_another_version_breaks_only_its_own_networks(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, text: str | None, said: str
) -> None:
    convnext = zoo.installed_folder() / "configs" / "convnext"
    (tmp_path / "configs" / "pidnet").mkdir(parents=True)
    (tmp_path / "configs" / "convnext").symlink_to(convnext)
    if text is not None:
        (tmp_path / "configs" / "pidnet" / "metafile.yaml").write_text(text)
    monkeypatch.setattr(zoo, "installed_folder", lambda: tmp_path)
    with pytest.raises(InputError) as caught:
        find_model("pidnet-l-cityscapes")
    assert said in caught.value.message
    assert "\n" not in caught.value.message
    assert "onedl-mmsegmentation" in (caught.value.hint or "")
    assert [model.name for model in zoo_models()] == NAMES[:7]


def test_without_mmsegmentation_there_is_none_of_its(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(zoo, "find_spec", lambda name: None)
    assert [model.name for model in zoo_models()] == ["road-lite"]
    with pytest.raises(InputError, match="not installed"):
        find_model(DEFAULT_MODEL)
