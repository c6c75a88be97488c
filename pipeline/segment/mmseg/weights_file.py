"""Read the weights of segmentation networks: mmsegmentation's checkpoints, 0.x and 1.x, and plain state dicts.

Nothing in a file is executed. The checkpoints of mmengine's training loop hold the history of the loss beside the
weights, as objects of mmengine and numpy: these become stand-ins that do nothing, whatever a file asks of them.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import torch
from torch import Tensor

from pipeline.classes.palettes import Colour
from tpsence.digest import file_sha256
from tpsence.errors import WeightsError
from tpsence.regular import why_no_file
from tpsence.untrusted import as_state_dict, is_plain, read_pickle, read_safetensors

_EXPECTED = "Give a checkpoint of mmsegmentation (.pth), or a state dict as .pth or .safetensors."
_DTYPES = frozenset(
    {
        *(torch.float16, torch.bfloat16, torch.float32, torch.float64),
        *(torch.uint8, torch.int8, torch.int16, torch.int32, torch.int64, torch.bool),
    }
)


@dataclass(frozen=True, kw_only=True)
class SegmentationWeights:
    """What a file of weights holds."""

    state: dict[str, Tensor]
    """The tensors by name, on the CPU."""
    classes: tuple[str, ...] | None
    """Name of each class, where the file says it."""
    palette: tuple[Colour, ...] | None
    """Its colour, where the file says it."""
    sha256: str
    """SHA-256 of the file, in hexadecimal."""


class _Inert:
    """Takes the place of what a pickle names, and does nothing when it is called, built or given a state."""

    __slots__ = ()

    def __new__(cls, *args: object, **kwargs: object) -> "_Inert":
        return super().__new__(cls)

    def __init__(self, *args: object, **kwargs: object) -> None:
        """Take anything."""

    def __setstate__(self, state: object) -> None:
        """Take anything."""


_HISTORY = (
    "mmengine.logging.history_buffer.HistoryBuffer",
    "mmengine.config.config.ConfigDict",
    "builtins.getattr",
    "numpy.ndarray",
    "numpy.dtype",
    # numpy 2, numpy 1
    *(f"numpy.{core}.multiarray.{name}" for core, name in product(("_core", "core"), ("_reconstruct", "scalar"))),
)
"""What mmengine's checkpoints name."""
_STAND_INS = tuple((_Inert, name) for name in _HISTORY)


def read_segmentation_weights(file: Path) -> SegmentationWeights:
    """Read a file of weights.

    Args:
        file: A ``.safetensors``, or what ``torch.save`` has written: a checkpoint or a state dict.

    Raises:
        WeightsError: The file is missing, empty, truncated or foreign, holds no plain tensors, or asks to run code.
    """
    if not file.is_file():
        raise WeightsError(f"{file}: {why_no_file(file)}", _EXPECTED)
    content: object
    if file.suffix.lower() == ".safetensors":
        content, _ = read_safetensors(file)
    else:
        content = read_pickle(file, _EXPECTED, _STAND_INS)
    meta: object = None
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        meta = content.get("meta")
        content = content["state_dict"]
    state = as_state_dict(content, file, _EXPECTED)
    _check(state, file)
    described = _described(meta)
    return SegmentationWeights(
        state=state,
        classes=as_class_names(described.get("classes")),
        palette=as_palette(described.get("palette")),
        sha256=file_sha256(file),
    )


def as_class_names(value: object) -> tuple[str, ...] | None:
    """Return names of classes, or None where a value is no list of printable names."""
    if not isinstance(value, (list, tuple)) or not value:
        return None
    names = tuple(name for name in value if isinstance(name, str) and name and name.isprintable())
    return names if len(names) == len(value) else None


def as_palette(value: object) -> tuple[Colour, ...] | None:
    """Return the colours of classes, or None where a value is no list of them."""
    if not isinstance(value, (list, tuple)) or not value:
        return None
    colours = tuple((c[0], c[1], c[2]) for c in value if isinstance(c, (list, tuple)) and _is_colour(c))
    return colours if len(colours) == len(value) else None


def _is_colour(parts: list[object] | tuple[object, ...]) -> bool:
    """Tell whether these are red, green and blue."""
    return len(parts) == 3 and all(type(part) is int and 0 <= part <= 255 for part in parts)


def _described(meta: object) -> dict[str, object]:
    """Return what a checkpoint says of its data set, with keys in lower case; 0.x writes them in capitals."""
    if not isinstance(meta, Mapping):
        return {}
    inner = meta.get("dataset_meta")
    table = inner if isinstance(inner, Mapping) else meta
    return {key.lower(): value for key, value in table.items() if isinstance(key, str)}


def _check(state: Mapping[str, Tensor], file: Path) -> None:
    """Refuse tensors that are not plain arrays of numbers."""
    if not state:
        raise WeightsError(f"{file}: it holds no tensors", _EXPECTED)
    for key, value in state.items():
        if not is_plain(value) or value.dtype not in _DTYPES:
            raise WeightsError(f"{file}: {key!r} is no plain tensor of numbers", _EXPECTED)
