"""A trained generator in the formats of others: the published checkpoint layout, ONNX, ``.safetensors``."""

import io
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from functools import partial
from pathlib import Path

import torch
from torch import Tensor

from pipeline.export.onnx_model import onnx_bytes
from pipeline.files.whole import write_whole
from pipeline.train.folder import RunFolder
from tpsence.errors import InputError, WeightsError
from tpsence.weights import PUBLISHED_NAME, LoadedGenerator, generator_bytes, load_generator

_OTHERS = {"discriminator": "latest_net_D.pth", "projector": "latest_net_F.pth"}
_FIRST = {"discriminator": "model.0.weight", "projector": "mlp_0.0.weight"}
"""A tensor of the published networks; the discriminator on frozen features, which nobody else can load, has none."""
_SUFFIXES = (".pth", ".onnx", ".safetensors")


@dataclass(frozen=True, kw_only=True)
class Export:
    """An export that was checked and can be written."""

    loaded: LoadedGenerator
    """The generator."""
    files: Mapping[Path, Callable[[], bytes]]
    """The files to be written, each with what makes its content; of ONNX that takes a while."""

    def write(self, file: Path) -> None:
        """Write one of the files, whole.

        Raises:
            InputError: ONNX is not installed.
            OSError: It cannot be written.
        """
        data = self.files[file]()
        file.parent.mkdir(parents=True, exist_ok=True)
        write_whole(file, data)


def prepare_export(weights: Path, out: Path, *, half: bool = False, overwrite: bool = False) -> Export:
    """Read a generator and find out what is to be written; nothing is, yet.

    Args:
        weights: A generator's file, or the folder of a training run or of a published checkpoint.
        out: A file ending in ``.pth``, ``.onnx`` or ``.safetensors``; else a folder in the published layout, with the
            published discriminator and the projector where ``weights`` is a training run.
        half: Write a ``.safetensors`` in half precision.
        overwrite: Replace files that are there already.

    Raises:
        InputError: The weights cannot be used or are of an architecture that the layout does not know, the output is
            one of its inputs, is there already, is a link or has an unknown ending.
    """
    loaded = load_generator(weights)
    if RunFolder(out).checkpoints.newest_first():
        raise InputError(f"{out}: is a training run", "Give another `out`.")
    suffix = out.suffix.lower()
    if suffix and suffix not in _SUFFIXES and not out.is_dir():
        raise InputError(f"{out}: unknown ending {suffix!r}", f"Give one of {', '.join(_SUFFIXES)}, or a folder.")
    if half and suffix != ".safetensors":
        raise InputError(f"`half`: {out} is no .safetensors", "Only these are written in half precision.")
    if suffix not in {".onnx", ".safetensors"}:
        _refuse_unpublished(loaded, out)
    files: dict[Path, Callable[[], bytes]]
    if suffix not in _SUFFIXES:
        files = _published(loaded, weights, out)
    else:
        files = {out: partial(_file_bytes, loaded, suffix, half=half)}
    if loaded.path.resolve() in {file.resolve() for file in files}:
        raise InputError(f"{loaded.path}: is the input", "Give another `out`.")
    _refuse_existing(files, overwrite=overwrite)
    return Export(loaded=loaded, files=files)


def _file_bytes(loaded: LoadedGenerator, suffix: str, *, half: bool) -> bytes:
    """A generator as the content of a file with an ending."""
    if suffix == ".onnx":
        return onnx_bytes(loaded)
    if suffix == ".pth":
        return _state_bytes(loaded.generator.state_dict())
    return generator_bytes(loaded.generator, loaded.metadata, torch.float16 if half else torch.float32)


def _refuse_existing(files: Iterable[Path], *, overwrite: bool) -> None:
    """Refuse to replace files without a wish, and links with any.

    Raises:
        InputError: One of them is there.
    """
    for file in files:
        if file.is_symlink():
            raise InputError(f"{file}: is a link", "Remove it, or give another `out`.")
        if file.is_file() and not overwrite:
            raise InputError(f"{file}: is there already", "Replace it with `overwrite`, or give another `out`.")


def _refuse_unpublished(loaded: LoadedGenerator, out: Path) -> None:
    """Refuse the layout of the published code for a generator that this code does not know.

    Raises:
        InputError: It is another architecture.
    """
    architecture = loaded.generator.architecture
    if not architecture.is_published:
        raise InputError(
            f"{out}: the published layout has no place for the architecture {architecture.name} of {loaded.path}",
            "Give a file that ends in .safetensors or .onnx.",
        )


def _published(loaded: LoadedGenerator, weights: Path, folder: Path) -> dict[Path, Callable[[], bytes]]:
    """The files of a checkpoint in the published layout: state dicts with the published keys and shapes."""
    files: dict[Path, Callable[[], bytes]] = {
        folder / PUBLISHED_NAME: partial(_state_bytes, loaded.generator.state_dict())
    }
    restored = RunFolder(weights).restored() if weights.is_dir() else None
    if restored is not None:
        try:
            states = restored.content["learner"]["networks"]
            published = {network: name for network, name in _OTHERS.items() if _FIRST[network] in states[network]}
            others = {name: _state_bytes(states[network]) for network, name in published.items()}
        except (AttributeError, LookupError, RuntimeError, TypeError) as error:
            hint = "Remove it: then the one before it is taken."
            raise WeightsError(f"{restored.file}: no checkpoint of these networks", hint) from error
        files |= {folder / name: partial(bytes, data) for name, data in others.items()}
    return files


def _state_bytes(state: dict[str, Tensor]) -> bytes:
    """A state dict as ``torch.save`` writes it."""
    buffer = io.BytesIO()
    torch.save({key: value.detach().cpu().contiguous() for key, value in state.items()}, buffer)
    return buffer.getvalue()
