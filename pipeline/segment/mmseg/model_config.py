"""Read an mmsegmentation configuration for inference: complete, of this version, and with nothing to download."""

import ctypes
import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, NoReturn

from pipeline.errors import ConfigError
from pipeline.files.python_config import Hints, printable, run_config, said
from tpsence.errors import chain

_HINT_MODEL = "Give the config of an mmsegmentation 1.x model, as in mmseg/.mim/configs of the installed package."
_HINT_MODULE = "Install it. For a module of your own, name its folder in PYTHONPATH."
_HINT_TAKEN = "tpsence has a package of that name itself: give your own another one."
_HINT_IMPORTS = "It is a dictionary, and its imports a list of modules: custom_imports = dict(imports=['my.module'])."
_HINT_BROKEN = "It is there and fails while it is imported: import it by itself, with python -c, to see where."
_HINT_TORCHVISION = "Install torch and torchvision of one build: pip install -c constraints.txt torch torchvision."
_HINTS = Hints(
    unreadable=_HINT_MODEL,
    base="Its _base_ is relative to its own folder: give the config where it lies.",
    other=_HINT_MODEL,
)
_PARTS = ("model", "test_pipeline", "test_dataloader", "custom_imports", "default_scope", "data")
_OPS = "mmcv._ext"
_OWN = ("tpsence", "pipeline", "cli")
_TORCHVISION_OPS = "operator torchvision::"
"""What torch says when torchvision could not load its own library, about which torchvision itself is silent."""


@dataclass(frozen=True, kw_only=True)
class ModelConfig:
    """What a configuration says of inference."""

    place: str
    """The file, for messages."""
    model: dict[str, Any]
    """The network, without what only training uses."""
    steps: list[dict[str, Any]]
    """The test pipeline, for a picture that is in memory."""
    dataset: Mapping[str, Any]
    """The data set that the network is tested with, or nothing."""
    modules: Sequence[str]
    """What has to be imported first."""
    scope: str
    """Where mmengine looks for names."""

    @property
    def sha256(self) -> str:
        """Hash of what shapes the result."""
        shaping = {"model": self.model, "test_pipeline": self.steps}
        text = json.dumps(shaping, sort_keys=True, separators=(",", ":"), default=_named)
        return hashlib.sha256(text.encode()).hexdigest()


def read_model_config(path: Path, overrides: Mapping[str, Any], *, whole: bool) -> ModelConfig:
    """Run a configuration and import what it needs.

    Args:
        path: A Python file. It is a program, and so is each module that it imports: they can do what their user can.
        overrides: What to change: values by dotted key.
        whole: One pass at the picture's own size, instead of the sizes and windows that the model was tested with.

    Raises:
        ConfigError: It cannot be run, needs what is not installed, is of mmsegmentation 0.x, or describes no model.
    """
    place = printable(str(path))
    config = _parts(place, run_config(path, place, _HINTS, import_custom_modules=False), overrides)
    model, dataset = config["model"], _dataset(config["test_dataloader"])
    pipeline = config["test_pipeline"] or dataset.get("pipeline")
    if not isinstance(model, dict) or "type" not in model:
        raise ConfigError(f"{place}: it describes no model", _HINT_MODEL)
    _refuse_version_0(place, config, pipeline)
    modules = _imported(place, config["custom_imports"])
    _refuse_missing_packages(place, model)
    return ModelConfig(
        place=place,
        model=_for_inference(place, model, whole=whole),
        steps=_for_pictures(place, pipeline, whole=whole),
        dataset=dataset,
        modules=modules,
        scope=config["default_scope"] or "mmseg",
    )


def needs(place: str, error: Exception) -> ConfigError | None:
    """Return the error for a configuration that failed for want of a module, or None if that was not the reason.

    Args:
        place: The configuration, for messages.
        error: What happened.

    Raises:
        ConfigError: It failed for want of torchvision's own library; the cause is why that cannot be loaded.
    """
    for one in chain(error):
        if isinstance(one, ModuleNotFoundError) and one.name:
            return _needs_module(place, one.name)
        if _TORCHVISION_OPS in str(one):
            _refuse_torchvision(place)
    return None


def _needs_module(place: str, name: str) -> ConfigError:
    """The error for a configuration that needs a module."""
    if name == _OPS:
        return ConfigError(f"{place}: needs mmcv.ops, which the installed mmcv lacks", "Give a model without them.")
    hint = _HINT_TAKEN if name.partition(".")[0] in _OWN else _HINT_MODULE
    return ConfigError(f"{place}: needs the module {name}, which is not installed", hint)


def _refuse_torchvision(place: str) -> NoReturn:
    """Raise the error for a configuration that needs torchvision, which does not work, with the reason behind it."""
    spec = find_spec("torchvision")
    folders = (spec and spec.submodule_search_locations) or ()
    problem = f"{place}: needs torchvision, whose own library cannot be loaded"
    for library in sorted(file for folder in folders for file in Path(folder).glob("_C*.so")):
        try:
            ctypes.CDLL(str(library))  # again, as torchvision has done: it does not say what it met
        except OSError as reason:
            raise ConfigError(f"{problem}: {said(reason)}", _HINT_TORCHVISION) from reason
    raise ConfigError(problem, _HINT_TORCHVISION)


def _parts(place: str, config: Any, overrides: Mapping[str, Any]) -> dict[str, Any]:  # noqa: ANN401 (mmengine's Config)
    """Return what matters of a configuration, in Python's own containers; None where it says nothing."""
    try:
        config.merge_from_dict(dict(overrides))
        return {key: _plain(config.get(key)) for key in _PARTS}
    except Exception as error:  # in mmengine's newer style, now is when what it names is imported
        missing = needs(place, error)
        raise missing or ConfigError(f"{place}: {said(error)}", _HINT_MODEL) from error


def _refuse_version_0(place: str, config: Mapping[str, Any], pipeline: object) -> None:
    """Refuse a configuration of mmsegmentation 0.x: it would be misread, for one its normalisation."""
    old_names = any(name.startswith("mmcls.") for name in _types(config["model"]))
    old_pipeline = "MultiScaleFlipAug" in _types(pipeline)
    old_data = config["data"] is not None and config["test_dataloader"] is None
    if old_names or old_pipeline or old_data:
        hint = "Give the config of the same model from mmsegmentation 1.x; the weights of 0.x fit it."
        raise ConfigError(f"{place}: a config of mmsegmentation 0.x", hint)


def _imported(place: str, custom: object) -> Sequence[str]:
    """Import the modules that a configuration names, and return their names."""
    from mmengine.utils import import_modules_from_strings

    if not isinstance(custom, Mapping):
        return ()
    names = custom.get("imports") or ()
    try:
        import_modules_from_strings(**custom)
    except Exception as error:  # a module may fail in any way
        missing = needs(place, error)
        problem = f"{place}: custom_imports: {said(error)}"
        if isinstance(error.__context__, Exception):  # mmengine's own line says only which module it was
            problem = f"{problem}: {said(error.__context__)}"
        hint = _HINT_IMPORTS if isinstance(error, TypeError) else _HINT_BROKEN
        raise missing or ConfigError(problem, hint) from error
    return (names,) if isinstance(names, str) else tuple(names)


def _refuse_missing_packages(place: str, model: object) -> None:
    """Refuse a model with parts of a package that is not installed, such as ``mmdet.MSDeformAttnPixelDecoder``."""
    packages = sorted({name.partition(".")[0] for name in _types(model) if "." in name})
    for package in packages:
        if package.isidentifier() and find_spec(package) is None:
            raise _needs_module(place, package)


def _dataset(loader: object) -> Mapping[str, Any]:
    """Return the data set of a loader, out of what wraps it."""
    found = loader.get("dataset") if isinstance(loader, Mapping) else None
    while isinstance(found, Mapping):
        inner = found.get("dataset") or found.get("datasets")
        if not inner:
            return found
        found = inner[0] if isinstance(inner, (list, tuple)) else inner
    return {}


def _for_inference(place: str, model: dict[str, Any], *, whole: bool) -> dict[str, Any]:
    """Return a model without weights to download and without what only training uses."""
    kept: dict[str, Any] = _without_downloads(model)
    kept["train_cfg"] = None
    if "auxiliary_head" in kept:
        kept["auxiliary_head"] = None
    test = kept.get("test_cfg") or {}
    _refuse_odd_test(place, test)
    kept["test_cfg"] = {"mode": "whole", **test} | ({"mode": "whole"} if whole else {})
    return kept


def _refuse_odd_test(place: str, test: object) -> None:
    """Refuse test settings that no network runs with."""
    if not isinstance(test, dict) or test.get("mode", "whole") not in ("whole", "slide"):
        raise ConfigError(f"{place}: test_cfg has a mode that is not known", "Its mode is 'whole' or 'slide'.")
    windows = [test.get("crop_size"), test.get("stride")] if test.get("mode") == "slide" else []
    if not all(_is_size(window) for window in windows):
        hint = "With mode 'slide' it has crop_size and stride, each two whole numbers over 0."
        raise ConfigError(f"{place}: test_cfg does not describe the windows", hint)


def _is_size(value: object) -> bool:
    """Tell whether this is two whole numbers over 0."""
    return (
        isinstance(value, (list, tuple)) and len(value) == 2 and all(type(side) is int and side > 0 for side in value)
    )


def _without_downloads(value: Any) -> Any:  # noqa: ANN401 (whatever a configuration holds)
    """Return a part of a configuration without pretrained weights."""
    if isinstance(value, (list, tuple)):
        return type(value)(_without_downloads(item) for item in value)
    if not isinstance(value, dict):
        return value
    kept = {key: _without_downloads(item) for key, item in value.items()}
    if kept.get("pretrained"):
        kept["pretrained"] = None
    if "Pretrained" in _types(kept.get("init_cfg")):
        kept["init_cfg"] = None
    return kept


def _for_pictures(place: str, pipeline: object, *, whole: bool) -> list[dict[str, Any]]:
    """Return a test pipeline for pictures that are in memory and have no annotations."""
    steps = [step for step in pipeline if isinstance(step, dict)] if isinstance(pipeline, (list, tuple)) else []
    steps = [step for step in steps if not _loads_annotations(step)]
    if len(steps) < 2:
        hint = "It must have test_pipeline, or test_dataloader with a pipeline in its dataset."
        raise ConfigError(f"{place}: it says nowhere how a picture is prepared for a test", hint)
    if not whole and any(_named(step.get("type")).endswith("Flip") and step.get("prob") != 0 for step in steps):
        hint = "A map would be mirrored: take the flip out of its test_pipeline, or give `whole`."
        raise ConfigError(f"{place}: its test pipeline flips pictures", hint)
    first = {**steps[0], "type": "mmseg.LoadImageFromNDArray"}
    return [first, steps[-1]] if whole else [first, *steps[1:]]


def _loads_annotations(step: Mapping[str, Any]) -> bool:
    """Tell whether a step reads ground truth."""
    name = _named(step.get("type")).rpartition(".")[2]
    return name.startswith("Load") and "Annotation" in name


def _types(value: object) -> set[str]:
    """Return all types that are named in a part of a configuration."""
    return {_named(kind) for kind in _found(value)}


def _found(value: object) -> Iterator[object]:
    """Yield all types in a part of a configuration."""
    if isinstance(value, (list, tuple)):
        for item in value:
            yield from _found(item)
    elif isinstance(value, Mapping):
        if value.get("type"):
            yield value["type"]
        yield from _found(list(value.values()))


def _named(value: object) -> str:
    """Return a type by its name; in mmengine's newer style of configurations it is the class itself."""
    if isinstance(value, str):
        return value
    name = getattr(value, "__qualname__", None)
    return f"{getattr(value, '__module__', '')}.{name}" if name else repr(value)


def _plain(value: Any) -> Any:  # noqa: ANN401 (whatever a configuration holds)
    """Return a part of a configuration in Python's own containers."""
    if isinstance(value, Mapping):
        return {str(key): _plain(item) for key, item in value.items()}
    return type(value)(_plain(item) for item in value) if isinstance(value, (list, tuple)) else value
