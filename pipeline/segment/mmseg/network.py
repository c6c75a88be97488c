"""Build a segmentation network of mmsegmentation from its configuration and its weights, for inference alone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.overrides import TorchFunctionMode

from pipeline.classes.palettes import Colour
from pipeline.errors import ConfigError
from pipeline.files.python_config import said
from pipeline.segment.mmseg.class_names import choose_classes
from pipeline.segment.mmseg.model_config import ModelConfig, needs, read_model_config
from pipeline.segment.mmseg.preparation import Preparation
from pipeline.segment.mmseg.quiet import quiet_openmmlab
from pipeline.segment.mmseg.weights_file import SegmentationWeights, read_segmentation_weights
from tpsence.conventions import IGNORE
from tpsence.errors import WeightsError

__all__ = ["Preparation", "SegmentationNetwork", "build_network"]

_TRAINING_ONLY = ("auxiliary_head.", "data_preprocessor.")
_COUNTER = ".num_batches_tracked"
"""Buffers that inference does without, and that some files lack."""
_HINT_OTHER = "Give with `model` the config that these weights were trained with."


@dataclass(frozen=True, kw_only=True)
class SegmentationNetwork:
    """A network that is ready to run, and what a reader of its maps wants to know."""

    network: nn.Module
    """An mmsegmentation segmentor in float32, in evaluation mode, on the CPU, without auxiliary head."""
    classes: tuple[str, ...]
    """Name of each class."""
    palette: tuple[Colour, ...]
    """Colour of each class."""
    preparation: Preparation
    """What is done to a picture first."""
    config_sha256: str
    """Hash of what the configuration says of network and preparation."""
    weights_sha256: str
    """Hash of the file of weights."""


def build_network(config: Path, weights: Path, overrides: Mapping[str, Any], *, whole: bool) -> SegmentationNetwork:
    """Build a network and load its weights; nothing is downloaded.

    Args:
        config: A configuration of mmsegmentation 1.x. It is a program, and building the network runs it: it can do
            whatever its owner can.
        weights: A checkpoint of mmsegmentation or a state dict; nothing in it is executed.
        overrides: What to change in the configuration: values by dotted key.
        whole: One pass at the picture's own size, instead of the sizes and windows that the model was tested with.

    Raises:
        ConfigError: The configuration cannot be used.
        WeightsError: The weights cannot be used, or do not fit.
    """
    with quiet_openmmlab():
        described = read_model_config(config, overrides, whole=whole)
        preparation = _preparation(described)
        stored = read_segmentation_weights(weights)
        network = _built(described)
        _load(network, stored, weights, described.place)
        classes, palette = choose_classes(stored, described.dataset, network.num_classes)
    return SegmentationNetwork(
        network=network,
        classes=classes,
        palette=palette,
        preparation=preparation,
        config_sha256=described.sha256,
        weights_sha256=stored.sha256,
    )


def _preparation(described: ModelConfig) -> Preparation:
    """Return the preparation of pictures, tried on one."""
    preparation = Preparation(described.steps, described.modules, described.scope)
    try:
        prepared = preparation(np.zeros((48, 64, 3), dtype=np.uint8))
        if prepared.ndim != 3 or prepared.shape[0] != 3:
            raise ValueError(f"it makes tensors of shape {tuple(prepared.shape)}, not (3, h, w)")
    except Exception as error:  # a step may fail in any way
        message = f"{described.place}: its test pipeline does not work for a single picture: {said(error)}"
        raise needs(described.place, error) or ConfigError(
            message, "Change its test_pipeline, or give `whole`."
        ) from error
    return preparation


def _built(described: ModelConfig) -> Any:  # noqa: ANN401 (mmsegmentation has no types)
    """Build a network whose weights are whatever was in memory.

    Returns:
        An ``mmseg.models.EncoderDecoder``.
    """
    from mmengine.config import Config
    from mmseg.apis import init_model
    from mmseg.models.segmentors import DepthEstimator, EncoderDecoder

    try:
        content = {"model": described.model, "default_scope": described.scope}
        with _Uninitialised():
            network = init_model(Config(content), None, device="cpu")
    except Exception as error:  # a part of a network may fail in any way
        message = f"{described.place}: its model cannot be built: {said(error)}"
        raise needs(described.place, error) or ConfigError(
            message, "Correct the config, or install what it lacks."
        ) from error
    if not isinstance(network, EncoderDecoder) or isinstance(network, DepthEstimator):
        hint = "Give a model of the type EncoderDecoder or CascadeEncoderDecoder."
        raise ConfigError(f"{described.place}: a {type(network).__name__} gives no scores of classes", hint)
    if network.num_classes > IGNORE:
        hint = "A label map has 8 bits, and 255 means ignore."
        raise ConfigError(f"{described.place}: {network.num_classes} classes, at most {IGNORE} are possible", hint)
    return network.eval().requires_grad_(False)


class _Uninitialised(TorchFunctionMode):
    """Leaves out random weights, which would be replaced anyway: they take half the time and half the memory."""

    def __torch_function__(
        self, func: Callable[..., Any], types: object, args: Sequence[Any] = (), kwargs: Mapping[str, Any] | None = None
    ) -> Any:  # noqa: ANN401 (as torch has it)
        """Return the tensor as it is where it should be initialised."""
        given = kwargs or {}
        if getattr(func, "__module__", None) == nn.init.__name__:
            return given["tensor"] if "tensor" in given else args[0]
        return func(*args, **given)


def _load(network: nn.Module, stored: SegmentationWeights, file: Path, place: str) -> None:
    """Compare every key and shape, then load.

    Args:
        network: As built.
        stored: Its weights.
        file: Their file, for messages.
        place: The network's configuration, for messages.
    """
    given = {key: value for key, value in stored.state.items() if not key.startswith(_TRAINING_ONLY)}
    expected = network.state_dict()
    _refuse_other_classes(given, expected, file, place)
    missing = [key for key in expected if key not in given and not key.endswith(_COUNTER)]
    if missing:
        hint = _HINT_OTHER if _has_head(given) else "These may be the weights of a backbone: give those of a segmentor."
        raise WeightsError(f"{file}: no tensor {_counted(missing)}, which {place} needs", hint)
    if unexpected := [key for key in given if key not in expected]:
        raise WeightsError(f"{file}: unexpected tensor {_counted(unexpected)}, which {place} lacks", _HINT_OTHER)
    if other := [key for key, value in given.items() if value.shape != expected[key].shape]:
        shapes = f"{tuple(given[other[0]].shape)} instead of {tuple(expected[other[0]].shape)}"
        raise WeightsError(f"{file}: not of {place}: {_counted(other)} has shape {shapes}", _HINT_OTHER)
    given = {key: value.detach().to(expected[key].dtype).contiguous() for key, value in given.items()}
    if broken := [key for key, value in given.items() if not bool(torch.isfinite(value).all())]:
        message = f"{file}: {_counted(broken)} holds values that are not finite numbers"
        raise WeightsError(message, "The training diverged: give an earlier checkpoint.")
    network.load_state_dict(given, strict=False, assign=True)


def _refuse_other_classes(given: Mapping[str, Tensor], expected: Mapping[str, Tensor], file: Path, place: str) -> None:
    """Name the most likely mistake, which shows in the last layer."""
    for key, value in expected.items():
        last = key.startswith("decode_head.") and key.endswith("conv_seg.weight") and key in given
        if last and given[key].shape[1:] == value.shape[1:] and given[key].shape[0] != value.shape[0]:
            message = f"{file}: weights for {given[key].shape[0]} classes, {place} has {value.shape[0]}"
            raise WeightsError(message, _HINT_OTHER)


def _has_head(given: Mapping[str, Tensor]) -> bool:
    """Tell whether these are more than the weights of a backbone."""
    return any(key.startswith("decode_head.") for key in given)


def _counted(keys: Sequence[str]) -> str:
    """Name the first of several keys."""
    return repr(keys[0]) + (f" (and {len(keys) - 1} more)" if len(keys) > 1 else "")
