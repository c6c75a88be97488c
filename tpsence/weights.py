"""Read and write generators: published checkpoints and this project's own files.

A published checkpoint is a state dict saved by ``torch.save`` (``latest_net_G.pth``), with or without the
``module.`` prefix of data-parallel training. This project's own format is ``.safetensors`` with JSON
metadata. The architecture is read from the shapes. Reading executes nothing: pickles go through
``torch.load(weights_only=True)`` alone.
"""

import hashlib
import pickle
import re
import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from tpsence.errors import WeightsError, first_line
from tpsence.metadata import HEADER_KEY, GeneratorMetadata
from tpsence.networks.generator import Generator

PUBLISHED_NAME = "latest_net_G.pth"
"""The generator's file in a published checkpoint folder."""
TRAINED_NAME = "generator.safetensors"
"""The generator's file in the folder of a training run."""

_DTYPES = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})
_FIRST_CONV = "model.1.weight"
_BLOCK_KEY = re.compile(r"model\.(\d+)\.conv_block\.1\.weight")
_HINT_EXPECTED = (
    "Give a TPSeNCE generator: latest_net_G.pth, the folder that holds it, or a .safetensors of this project."
)


@dataclass(frozen=True, kw_only=True)
class LoadedGenerator:
    """A generator that is ready to run, and where it came from."""

    generator: Generator
    """The network in float32, in evaluation mode, on the CPU."""
    metadata: GeneratorMetadata
    """What is known about it; for a published checkpoint only the architecture."""
    path: Path
    """The file that was read."""
    sha256: str
    """SHA-256 of that file, in hexadecimal."""


def load_generator(path: Path) -> LoadedGenerator:
    """Read a generator from a file or a checkpoint folder.

    Args:
        path: A ``.pth`` or ``.pt`` state dict, a ``.safetensors``, or a folder: of a training run, or one that holds
            ``latest_net_G.pth``.

    Returns:
        The generator with its metadata.

    Raises:
        WeightsError: The file is missing, truncated, foreign, holds code, or has another architecture.
    """
    file = find_weights_file(path)
    if file.suffix.lower() == ".safetensors":
        state, metadata = _read_safetensors(file)
    else:
        state, metadata = _read_pickle(file), None
    state = _without_module_prefix(state)
    _check_tensors(state, file)
    blocks, ngf = _architecture(state, file)
    if metadata is None:
        metadata = GeneratorMetadata(blocks=blocks, ngf=ngf)
    elif (metadata.blocks, metadata.ngf) != (blocks, ngf):
        raise WeightsError(
            f"{file}: the metadata say {metadata.blocks} blocks and ngf {metadata.ngf}, "
            f"the weights have {blocks} and {ngf}",
            "The file was edited or mixed up; export it again.",
        )
    network = _build(state, blocks, ngf, file)
    return LoadedGenerator(generator=network, metadata=metadata, path=file, sha256=file_sha256(file))


def generator_bytes(network: Generator, metadata: GeneratorMetadata) -> bytes:
    """Return a generator with its metadata as the content of a ``.safetensors`` file.

    Args:
        network: The generator.
        metadata: Its description; blocks and ngf must be those of the network.

    Raises:
        ValueError: The metadata describe another architecture.
    """
    if (metadata.blocks, metadata.ngf) != (network.blocks, network.ngf):
        raise ValueError("the metadata describe another architecture than the network's")
    state = {key: value.detach().cpu().contiguous() for key, value in network.state_dict().items()}
    return save(state, metadata={HEADER_KEY: metadata.model_dump_json()})


def find_weights_file(path: Path) -> Path:
    """Return the file that a user's ``--weights`` means.

    Args:
        path: A file, or the folder of a training run or of a published checkpoint.

    Raises:
        WeightsError: There is no such file.
    """
    if path.is_dir():
        for name in (TRAINED_NAME, PUBLISHED_NAME):
            if (path / name).is_file():
                return path / name
        others = sorted(file.name for file in path.iterdir() if file.suffix in {".pth", ".pt", ".safetensors"})
        hint = f"The folder holds {', '.join(others[:5])}: name one of them." if others else _HINT_EXPECTED
        raise WeightsError(f"{path}: neither {TRAINED_NAME} nor {PUBLISHED_NAME} in this folder", hint)
    if not path.is_file():
        raise WeightsError(f"{path}: no such file", _HINT_EXPECTED)
    return path


def file_sha256(path: Path) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    with path.open("rb") as stream:
        while chunk := stream.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def _read_pickle(file: Path) -> dict[str, Tensor]:
    """Read a state dict saved by ``torch.save``, refusing everything but tensors."""
    _refuse_other_content(file)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # what torch has to say of a foreign pickle becomes the error below
            content = torch.load(file, map_location="cpu", weights_only=True)
    except pickle.UnpicklingError as error:
        raise _unpickling_error(file, str(error)) from error
    except Exception as error:  # damaged bytes raise nearly any type, and say nothing of use
        raise _broken(file) from error
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    if not isinstance(content, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()
    ):
        raise WeightsError(f"{file}: not a state dict of tensors", _HINT_EXPECTED)
    return dict(content)


def _unpickling_error(file: Path, text: str) -> WeightsError:
    """Tell a pickle that holds code from one that is merely broken."""
    found = re.search(r"GLOBAL:? ([\w.]+)", text)
    if found:
        return WeightsError(
            f"{file}: the pickle asks to run code ({found.group(1)}); nothing of it was executed",
            "A state dict needs no code. Get the file from its author, or save only generator.state_dict().",
        )
    return WeightsError(f"{file}: damaged, or no state dict of tensors; nothing of it was executed", _HINT_EXPECTED)


def _broken(file: Path, cause: str = "") -> WeightsError:
    """The error for a file that ends too early or is no checkpoint."""
    return WeightsError(f"{file}: truncated or damaged{cause}", "Download or copy it again.")


def _refuse_other_content(file: Path) -> None:
    """Name the common mistakes that a download makes, by the first bytes."""
    with file.open("rb") as stream:
        start = stream.read(64)
    if not start:
        raise WeightsError(f"{file}: the file is empty", "Download or copy it again.")
    if start.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{file}: a Git LFS pointer, not the weights", "Run git lfs pull, or download the file.")
    if start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise WeightsError(f"{file}: a web page, not the weights", "Download the file itself.")


def _read_safetensors(file: Path) -> tuple[dict[str, Tensor], GeneratorMetadata | None]:
    """Read tensors and metadata of a ``.safetensors``; the metadata may be absent."""
    _refuse_other_content(file)
    try:
        with safe_open(file, framework="pt", device="cpu") as stored:
            header = stored.metadata() or {}
            state = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (not a dict)
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise _broken(file, f" ({first_line(error)})") from error
    if HEADER_KEY not in header:
        return state, None
    try:
        return state, GeneratorMetadata.model_validate_json(header[HEADER_KEY])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise WeightsError(f"{file}: bad metadata ({place}: {first['msg']})", "Export it again.") from error


def _without_module_prefix(state: Mapping[str, Tensor]) -> dict[str, Tensor]:
    """Drop the prefix that data-parallel training puts before every key."""
    if state and all(key.startswith("module.") for key in state):
        return {key.removeprefix("module."): value for key, value in state.items()}
    return dict(state)


def _check_tensors(state: Mapping[str, Tensor], file: Path) -> None:
    """Refuse tensors that are not plain arrays of numbers, or claim more values than the file holds."""
    for key, value in state.items():
        plain = value.layout == torch.strided and value.device.type == "cpu" and value.dtype in _DTYPES
        if not plain or value.untyped_storage().nbytes() < value.numel() * value.element_size():
            raise WeightsError(f"{file}: {key!r} is no plain tensor of floating-point numbers", _HINT_EXPECTED)


def _architecture(state: Mapping[str, Tensor], file: Path) -> tuple[int, int]:
    """Read (blocks, ngf) from the keys and the shape of the first convolution."""
    first = state.get(_FIRST_CONV)
    blocks = sum(_BLOCK_KEY.fullmatch(key) is not None for key in state)
    if first is not None and first.ndim == 4 and first.shape[1:] == (3, 7, 7) and first.shape[0] and blocks:
        return blocks, first.shape[0]
    raise WeightsError(f"{file}: not a TPSeNCE generator{_guess_what(state)}", _HINT_EXPECTED)


def _guess_what(state: Mapping[str, Tensor]) -> str:
    """Say what a state dict looks like instead."""
    head = state.get("model.0.weight")
    if head is not None and head.shape[-2:] == (4, 4):
        return " but a discriminator (net_D)"
    if any(key.startswith("mlp_") for key in state):
        return " but a patch projector (net_F)"
    if not state:
        return ": it holds no tensors"
    return f": its first key is {next(iter(state))!r}, expected {_FIRST_CONV!r} of shape (ngf, 3, 7, 7)"


def _build(state: Mapping[str, Tensor], blocks: int, ngf: int, file: Path) -> Generator:
    """Check every key and shape before anything is allocated, then load."""
    with torch.device("meta"):
        expected = Generator(ngf=ngf, blocks=blocks).state_dict()
    for key, value in expected.items():
        if key not in state:
            why = "it is not antialiased" if key.endswith("filt") else "the architecture differs"
            raise WeightsError(f"{file}: no tensor {key!r}: {why}", _HINT_EXPECTED)
        if state[key].shape != value.shape:
            shapes = f"{tuple(state[key].shape)} instead of {tuple(value.shape)}"
            raise WeightsError(f"{file}: {key!r} has shape {shapes}", _HINT_EXPECTED)
        if not bool(torch.isfinite(state[key].float()).all()):
            raise WeightsError(f"{file}: {key!r} holds values that are not finite numbers", "The training diverged.")
    if extra := sorted(set(state) - set(expected)):
        raise WeightsError(f"{file}: unexpected tensor {extra[0]!r}", _HINT_EXPECTED)
    network = Generator(ngf=ngf, blocks=blocks)
    for key, buffer in network.named_buffers():
        if not torch.allclose(state[key].float(), buffer, atol=1e-3):  # room for half precision
            raise WeightsError(f"{file}: {key!r} is another blur filter than TPSeNCE's", _HINT_EXPECTED)
    network.load_state_dict({key: value.float() for key, value in state.items()})
    return network.eval().requires_grad_(False)
