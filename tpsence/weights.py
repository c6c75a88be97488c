"""Read and write generators: published checkpoints and this project's own files.

A published checkpoint is a state dict saved by ``torch.save`` (``latest_net_G.pth``), with or without the
``module.`` prefix of data-parallel training. This project's own format is ``.safetensors`` with JSON
metadata. The architecture is read from the keys and shapes. Reading executes nothing.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from pydantic import ValidationError
from safetensors.torch import save
from torch import Tensor

from tpsence.architectures import ARCHITECTURES, Architecture, recognise, told_apart
from tpsence.content import Content, WeightsFile, sha256_of
from tpsence.errors import WeightsError
from tpsence.metadata import HEADER_KEY, GeneratorMetadata
from tpsence.networks.interface import GeneratorNetwork
from tpsence.regular import why_no_file
from tpsence.untrusted import as_state_dict, is_plain, read_pickle, read_safetensors

PUBLISHED_NAME = "latest_net_G.pth"
"""The generator's file in a published checkpoint folder."""
TRAINED_NAME = "generator.safetensors"
"""The generator's file in the folder of a training run."""

_DTYPES = frozenset({torch.float16, torch.bfloat16, torch.float32, torch.float64})
_HINT_EXPECTED = (
    "Give a TPSeNCE generator: rain, which comes with tpsence, latest_net_G.pth, the folder that holds it, or a "
    ".safetensors of this project."
)


@dataclass(frozen=True, kw_only=True)
class LoadedGenerator:
    """A generator that is ready to run, and where it came from."""

    generator: GeneratorNetwork
    """The network in float32, in evaluation mode, on the CPU."""
    metadata: GeneratorMetadata
    """What is known about it; for a published checkpoint only the architecture."""
    path: Path
    """The file that was read."""
    sha256: str
    """SHA-256 of that file, in hexadecimal."""


def load_generator(path: Path | Content) -> LoadedGenerator:
    """Read a generator from a file or a checkpoint folder.

    Args:
        path: A ``.pth`` or ``.pt`` state dict, a ``.safetensors``, or a folder: of a training run, or one that holds
            ``latest_net_G.pth``. Or the content of such a file.

    Returns:
        The generator with its metadata.

    Raises:
        WeightsError: The file is missing, truncated, foreign, holds code, or has another architecture.
    """
    file = path if isinstance(path, Content) else find_weights_file(path)
    place = file.path if isinstance(file, Content) else file
    if place.suffix.lower() == ".safetensors":
        state, metadata = _read_own(file)
    else:
        state, metadata = _read_pickle(file), None
    _check_tensors(state, file)
    architecture = _architecture(state, file)
    if metadata is None:
        metadata = GeneratorMetadata(architecture=architecture)
    elif metadata.architecture != architecture:
        said, found = told_apart(metadata.architecture, architecture)
        raise WeightsError(
            f"{file}: the metadata say {said}, the weights have {found}",
            "The file was edited or mixed up; export it again.",
        )
    network = _build(state, architecture, file)
    return LoadedGenerator(generator=network, metadata=metadata, path=place, sha256=sha256_of(file))


def generator_bytes(
    network: GeneratorNetwork, metadata: GeneratorMetadata, dtype: torch.dtype = torch.float32
) -> bytes:
    """Return a generator with its metadata as the content of a ``.safetensors`` file.

    Args:
        network: The generator.
        metadata: Its description; the architecture must be that of the network.
        dtype: Of the weights in the file.

    Raises:
        ValueError: The metadata describe another architecture.
    """
    if metadata.architecture != network.architecture:
        raise ValueError("the metadata describe another architecture than the network's")
    state = {key: value.detach().cpu().to(dtype).contiguous() for key, value in network.state_dict().items()}
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
        raise WeightsError(f"{path}: {why_no_file(path)}", _HINT_EXPECTED)
    return path


def _read_pickle(file: WeightsFile) -> dict[str, Tensor]:
    """Read a state dict saved by ``torch.save``, refusing everything but tensors."""
    content = read_pickle(file, _HINT_EXPECTED)
    if isinstance(content, Mapping) and isinstance(content.get("state_dict"), Mapping):
        content = content["state_dict"]
    return as_state_dict(content, file, _HINT_EXPECTED)


def _read_own(file: WeightsFile) -> tuple[dict[str, Tensor], GeneratorMetadata | None]:
    """Read tensors and metadata of a ``.safetensors``; the metadata may be absent."""
    tensors, header = read_safetensors(file)
    state = as_state_dict(tensors, file, _HINT_EXPECTED)
    if HEADER_KEY not in header:
        return state, None
    try:
        return state, GeneratorMetadata.model_validate_json(header[HEADER_KEY])
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"]) or "JSON"
        raise WeightsError(f"{file}: bad metadata ({place}: {first['msg']})", "Export it again.") from error


def _check_tensors(state: Mapping[str, Tensor], file: WeightsFile) -> None:
    """Refuse tensors that are not plain arrays of floating-point numbers."""
    for key, value in state.items():
        if not is_plain(value) or value.dtype not in _DTYPES:
            raise WeightsError(f"{file}: {key!r} is no plain tensor of floating-point numbers", _HINT_EXPECTED)


def _architecture(state: Mapping[str, Tensor], file: WeightsFile) -> Architecture:
    """Recognise the architecture; one too large is refused before anything of it is built."""
    try:
        architecture = recognise(state)
    except ValidationError as error:
        first = error.errors()[0]
        size = f"{'.'.join(map(str, first['loc']))} {first['input']!r}"
        raise WeightsError(f"{file}: no generator of this size ({size}: {first['msg']})", _HINT_EXPECTED) from error
    if architecture is None:
        raise WeightsError(f"{file}: not a TPSeNCE generator{_guess_what(state)}", _HINT_EXPECTED)
    return architecture


def _guess_what(state: Mapping[str, Tensor]) -> str:
    """Say what a state dict looks like instead."""
    head = state.get("model.0.weight")
    if head is not None and head.shape[-2:] == (4, 4):
        return " but a discriminator (net_D)"
    if any(key.startswith("mlp_") for key in state):
        return " but a patch projector (net_F)"
    if not state:
        return ": it holds no tensors"
    expected = " or ".join(dict.fromkeys(architecture.first_tensor for architecture in ARCHITECTURES.values()))
    return f": its first key is {next(iter(state))!r}, expected {expected}"


def _build(state: Mapping[str, Tensor], architecture: Architecture, file: WeightsFile) -> GeneratorNetwork:
    """Check every key and shape before anything is allocated, then load."""
    with torch.device("meta"):
        expected = architecture.build().state_dict()
    for key, value in expected.items():
        if key not in state:
            raise WeightsError(f"{file}: no tensor {key!r}: {architecture.why_missing(key)}", _HINT_EXPECTED)
        if state[key].shape != value.shape:
            shapes = f"{tuple(state[key].shape)} instead of {tuple(value.shape)}"
            raise WeightsError(f"{file}: {key!r} has shape {shapes}", _HINT_EXPECTED)
        if not bool(torch.isfinite(state[key].float()).all()):
            raise WeightsError(f"{file}: {key!r} holds values that are not finite numbers", "The training diverged.")
    if extra := sorted(set(state) - set(expected)):
        raise WeightsError(f"{file}: unexpected tensor {extra[0]!r}", _HINT_EXPECTED)
    network = architecture.build()
    for key, buffer in network.named_buffers():
        if not torch.allclose(state[key].float(), buffer, atol=1e-3):  # room for half precision
            raise WeightsError(
                f"{file}: {key!r} is another {architecture.constant(key)} than TPSeNCE's", _HINT_EXPECTED
            )
    network.load_state_dict({key: value.float() for key, value in state.items()})
    return network.eval().requires_grad_(False)
