"""Segmentation networks with a name: configuration, published weights, what they can do. Quick to import.

Configuration, address and mIoU are read from the metafiles that mmsegmentation installs. A further network of its
is one more ``_Entry``; one whose weights are published elsewhere has an ``address`` and ``miou`` of its own. What
lies in this package, configuration and weights, is in ``_PACKAGED``.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from pipeline.segment.mmseg.download import WeightsAddress, weights_folder
from pipeline.weights.packaged import ROAD_LITE, PackagedWeights
from tpsence.errors import InputError, first_line
from tpsence.own_packages import own_folder

DEFAULT_MODEL = "convnext-xl"
"""The paper's. It is the default where its weights are at hand."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ZooModel:
    """A network with a name."""

    name: str
    data: str
    """What it was trained on."""
    scheme: str
    """Name of the scheme of its classes."""
    classes: int
    miou: float
    """Mean intersection over union on that data's validation set as published, in percent, at a single scale; of
    packaged networks on its test set, measured by this project."""
    parameters: int
    """With the auxiliary head, which only training uses."""
    licence: str
    """Terms of the weights, in a few words."""
    config: Path
    """A configuration of the installed mmsegmentation."""
    overrides: Mapping[str, Any]
    """What to change in it: values by dotted key."""
    weights: WeightsAddress | PackagedWeights
    """Where the weights are."""

    @property
    def weights_bytes(self) -> int:
        """Size of the weights file; of one to be fetched about, four bytes a parameter."""
        return self.weights.path.stat().st_size if isinstance(self.weights, PackagedWeights) else 4 * self.parameters

    def source(self) -> WeightsAddress | Path:
        """Return where the weights are fetched from, or their file in this package.

        Raises:
            WeightsError: The file in this package is missing or damaged.
        """
        return self.weights.checked() if isinstance(self.weights, PackagedWeights) else self.weights

    def as_dict(self) -> dict[str, Any]:
        """Return what ``--list-models`` shows."""
        address = self.weights.url if isinstance(self.weights, WeightsAddress) else None
        shown = ("name", "data", "classes", "miou", "parameters", "weights_bytes", "licence")
        return {**{key: getattr(self, key) for key in shown}, "config": str(self.config), "address": address}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Entry:
    """What the metafiles do not say of a network."""

    metafile: str
    """The folder of the metafile among mmsegmentation's configurations."""
    entry: str
    """The name in the metafile."""
    data: str
    parameters: int
    pretraining: str = "ImageNet"
    overrides: Mapping[str, Any] = field(default_factory=dict)
    address: WeightsAddress | None = None
    """What stands instead of the metafile's, or None."""
    miou: float | None = None
    """What stands instead of the metafile's, or None."""


_TERMS = {
    "ADE20K": "non-commercial research",
    "BDD100K": "research, not for profit",
    "Cityscapes": "non-commercial",
}
"""What the images of the data sets may be used for."""
_SCHEMES = {"ADE20K": ("ade20k", 150), "BDD100K": ("cityscapes", 19), "Cityscapes": ("cityscapes", 19)}
"""Name of the scheme of each data set's classes, and their number."""
_BDD100K = "https://dl.cv.ethz.ch/bdd100k/sem_seg/models/upernet_convnext-b_fp16_512x1024_80k_sem_seg_bdd100k"
_ENTRIES = {
    "convnext-tiny": _Entry(
        metafile="convnext",
        entry="convnext-tiny_upernet_8xb2-amp-160k_ade20k-512x512",
        data="ADE20K",
        parameters=60_242_636,
    ),
    "convnext-small": _Entry(
        metafile="convnext",
        entry="convnext-small_upernet_8xb2-amp-160k_ade20k-512x512",
        data="ADE20K",
        parameters=81_877_196,
    ),
    "convnext-base": _Entry(
        metafile="convnext",
        entry="convnext-base_upernet_8xb2-amp-160k_ade20k-640x640",
        data="ADE20K",
        parameters=122_102_956,
        pretraining="ImageNet-21k",
    ),
    "convnext-large": _Entry(
        metafile="convnext",
        entry="convnext-large_upernet_8xb2-amp-160k_ade20k-640x640",
        data="ADE20K",
        parameters=234_994_796,
        pretraining="ImageNet-21k",
    ),
    "convnext-xl": _Entry(
        metafile="convnext",
        entry="convnext-xlarge_upernet_8xb2-amp-160k_ade20k-640x640",
        data="ADE20K",
        parameters=391_140_396,
        pretraining="ImageNet-21k",
    ),
    "convnext-base-bdd100k": _Entry(  # the BDD100K model zoo's, made with mmsegmentation 0.x
        metafile="convnext",
        entry="convnext-base_upernet_8xb2-amp-160k_ade20k-512x512",
        data="BDD100K",
        parameters=122_002_086,
        pretraining="ImageNet-21k",
        overrides={
            "model.decode_head.num_classes": 19,
            "model.auxiliary_head.num_classes": 19,
            "model.test_cfg.mode": "whole",
            "test_pipeline": [
                {"type": "LoadImageFromFile"},
                {"type": "Resize", "scale": (1280, 720), "keep_ratio": True},
                {"type": "PackSegInputs"},
            ],
            "test_dataloader.dataset.type": "BDD100KDataset",
        },
        address=WeightsAddress(url=f"{_BDD100K}.pth", md5_url=f"{_BDD100K}.md5"),
        miou=67.26,
    ),
    "segformer-b5-cityscapes": _Entry(
        metafile="segformer",
        entry="segformer_mit-b5_8xb1-160k_cityscapes-1024x1024",
        data="Cityscapes",
        parameters=81_974_739,
        pretraining="NVIDIA's MiT weights (non-commercial licence)",
    ),
    "pidnet-l-cityscapes": _Entry(
        metafile="pidnet",
        entry="pidnet-l_2xb6-120k_1024x1024-cityscapes",
        data="Cityscapes",
        parameters=37_314_183,
    ),
}

_PACKAGED = {
    ROAD_LITE.name: ZooModel(
        name=ROAD_LITE.name,
        data="CamVid",
        scheme="camvid",
        classes=11,
        miou=62.83,
        parameters=1_356_107,
        licence="personal and research; from CamVid and ImageNet",
        config=own_folder("configs") / "segmentation" / "road_lite.py",
        overrides={},
        weights=ROAD_LITE,
    ),
}


def zoo_models() -> list[ZooModel]:
    """Return the networks in the order of the table, without those that the installed mmsegmentation lacks."""
    models = list(_PACKAGED.values())
    for name in _ENTRIES:
        try:
            models.append(find_model(name))
        except InputError:
            continue
    return models


def default_model() -> ZooModel:
    """Return the network to take if none is named: the paper's if its weights are in the cache, else the packaged."""
    published = find_model(DEFAULT_MODEL)
    weights = published.weights
    if isinstance(weights, WeightsAddress) and (weights_folder() / weights.file_name).is_file():
        return published
    return find_model(ROAD_LITE.name)


def find_model(name: str) -> ZooModel:
    """Return a network.

    Args:
        name: Its name in the table.

    Raises:
        InputError: There is none of that name, or the installed mmsegmentation does not describe it.
    """
    if name in _PACKAGED:
        return _PACKAGED[name]
    entry = _ENTRIES.get(name)
    if entry is None:
        near = get_close_matches(name, [*_PACKAGED, *_ENTRIES], cutoff=0.4)
        hint = "See `list_models`; a config of your own ends in .py."
        raise InputError(f"`model` {name!r}: unknown", f"Nearest: {', '.join(near)}. {hint}" if near else hint)
    folder = installed_folder()
    metafile = folder / "configs" / entry.metafile / "metafile.yaml"
    described: Any = _described(metafile).get(entry.entry)
    try:
        config = folder / described["Config"]
        miou = entry.miou or float(_first(described["Results"])["Metrics"]["mIoU"])
        address = entry.address or WeightsAddress(url=described["Weights"])
    except (LookupError, TypeError, ValueError) as error:
        raise _other_version(f"{metafile}: no usable entry {entry.entry!r}") from error
    if not config.is_file():
        raise _other_version(f"{config}: no such file")
    scheme, classes = _SCHEMES[entry.data]
    return ZooModel(
        name=name,
        data=entry.data,
        scheme=scheme,
        classes=classes,
        miou=miou,
        parameters=entry.parameters,
        licence=f"Apache-2.0; from {entry.data} ({_TERMS[entry.data]}) and {entry.pretraining}",
        config=config,
        overrides=entry.overrides,
        weights=address,
    )


def installed_folder() -> Path:
    """Return the folder with mmsegmentation's configurations, without importing it."""
    spec = find_spec("mmseg")
    if spec is None or not spec.submodule_search_locations:
        raise _other_version("mmsegmentation (mmseg) is not installed")
    return Path(spec.submodule_search_locations[0]) / ".mim"


@cache
def _described(metafile: Path) -> Mapping[str, Any]:
    """Read a metafile of mmsegmentation: what it says of each network, by name."""
    try:
        content = yaml.safe_load(metafile.read_text(encoding="utf-8"))
        return {model["Name"]: model for model in content["Models"]}
    except (OSError, ValueError, LookupError, TypeError, yaml.YAMLError) as error:
        raise _other_version(f"{metafile}: cannot be read ({first_line(error)})") from error


def _first(results: Any) -> Any:  # noqa: ANN401 (as YAML has it)
    """Return the first result of an entry, which may have one or a list."""
    return results[0] if isinstance(results, list) else results


def _other_version(problem: str) -> InputError:
    """The error for what another version of mmsegmentation may have elsewhere."""
    return InputError(problem, "Install onedl-mmsegmentation 1.4, or give a config with `model` and its `weights`.")
