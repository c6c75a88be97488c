"""Read files of weights that anyone may have made: nothing in them is executed, and a mistake has a name."""

import json
import pickle
import re
import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path

import torch
from safetensors import SafetensorError, safe_open
from safetensors.torch import load as load_safetensors
from torch import Tensor

from tpsence.content import Content, WeightsFile, opened, read_content
from tpsence.costs import (
    refuse_costly_pickle,
    refuse_costly_safetensors,
    refuse_many_tensors,
    refuse_more_than_file,
)
from tpsence.errors import WeightsError, first_line

StandIn = tuple[type, str]
"""A class, and the full name of what it takes the place of."""


def content_of(file: Path) -> Content:
    """Read a file of weights as it is, to be sent; what it holds is not looked at.

    Raises:
        WeightsError: It cannot be read.
    """
    try:
        return read_content(file)
    except OSError as error:
        raise _unreadable(file, error) from error


def read_pickle(file: WeightsFile, expected: str, stand_ins: Sequence[StandIn] = ()) -> object:
    """Read what ``torch.save`` has written: tensors and plain containers.

    Args:
        file: The file.
        expected: The hint where it is something else.
        stand_ins: What a pickle may name besides, and what it gets instead.

    Raises:
        WeightsError: The file is empty, truncated or foreign, asks to run code, or would cost far more than its size.
    """
    _refuse_other_content(file)
    try:
        return load(file, stand_ins)
    except WeightsError:
        raise
    except pickle.UnpicklingError as error:
        raise _unpickling_error(file, str(error), expected) from error
    except Exception as error:  # damaged bytes raise nearly any type, and say nothing of use
        raise _broken(file) from error


def load(file: WeightsFile, stand_ins: Sequence[StandIn] = ()) -> object:
    """Load what ``torch.save`` has written, without executing anything.

    Args:
        file: The file.
        stand_ins: What a pickle may name besides tensors and plain containers, and what it gets instead.

    Raises:
        WeightsError: It would cost far more memory than its size.
        pickle.UnpicklingError: It names something else, or is no such file.
        Exception: Damaged bytes raise nearly any type.
    """
    refuse_costly_pickle(file)
    with warnings.catch_warnings(), torch.serialization.safe_globals(list(stand_ins)):
        warnings.simplefilter("ignore")  # what torch has to say of a foreign pickle becomes an error
        source = opened(file) if isinstance(file, Content) else file
        content: object = torch.load(source, map_location="cpu", weights_only=True)
    return content


def read_safetensors(file: WeightsFile) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors and the metadata of a ``.safetensors``; there may be no metadata.

    Raises:
        WeightsError: The file is empty, truncated or foreign, or has too many tensors.
    """
    _refuse_other_content(file)
    refuse_costly_safetensors(file)
    try:
        if isinstance(file, Content):
            return _read_sent_safetensors(file)
        with safe_open(file, framework="pt", device="cpu") as stored:
            refuse_many_tensors(len(stored.keys()), file)
            state = {key: stored.get_tensor(key) for key in stored.keys()}  # noqa: SIM118 (not a dict)
            return state, stored.metadata() or {}
    except (SafetensorError, OSError, ValueError, RuntimeError) as error:
        raise _broken(file, f" ({first_line(error)})") from error


def _read_sent_safetensors(content: Content) -> tuple[dict[str, Tensor], dict[str, str]]:
    """Read the tensors and the metadata of the content of a ``.safetensors``.

    Raises:
        SafetensorError: It is truncated or damaged.
        WeightsError: It has too many tensors.
    """
    data = content.data.tobytes()
    state = load_safetensors(data)  # which has checked the header
    refuse_many_tensors(len(state), content)
    header = json.loads(data[8 : 8 + int.from_bytes(data[:8], "little")])
    return state, header.get("__metadata__") or {}


def as_state_dict(content: object, file: WeightsFile, expected: str) -> dict[str, Tensor]:
    """Return a state dict without the prefix that data-parallel training puts before every key.

    Args:
        content: What a file holds.
        file: The file.
        expected: The hint where it is something else.

    Raises:
        WeightsError: It is no mapping of names to tensors, or claims far more bytes than the file has.
    """
    if not isinstance(content, Mapping) or not all(
        isinstance(key, str) and isinstance(value, Tensor) for key, value in content.items()
    ):
        raise WeightsError(f"{file}: not a state dict of tensors", expected)
    refuse_many_tensors(len(content), file)
    refuse_more_than_file(content.values(), file)
    if content and all(key.startswith("module.") for key in content):
        return {key.removeprefix("module."): value for key, value in content.items()}
    return dict(content)


def is_plain(tensor: Tensor) -> bool:
    """Tell whether a tensor is an array on the CPU, and does not claim more values than its file holds."""
    plain = tensor.layout == torch.strided and tensor.device.type == "cpu"
    return plain and tensor.untyped_storage().nbytes() >= tensor.numel() * tensor.element_size()


def _unpickling_error(file: WeightsFile, text: str, expected: str) -> WeightsError:
    """Tell a pickle that holds code from one that is merely broken."""
    found = re.search(r"GLOBAL:? ([\w.]+)", text)
    if found:
        return WeightsError(
            f"{file}: the pickle asks to run code ({found.group(1)}); nothing of it was executed",
            "A state dict needs no code. Get the file from its author, or save only the network's state_dict().",
        )
    return WeightsError(f"{file}: damaged, or no state dict of tensors; nothing of it was executed", expected)


def _broken(file: WeightsFile, cause: str = "") -> WeightsError:
    """The error for a file that ends too early or is no checkpoint."""
    return WeightsError(f"{file}: truncated or damaged{cause}", "Download or copy it again.")


def _unreadable(file: WeightsFile, error: OSError) -> WeightsError:
    """The error for a file that the system does not let be read."""
    return WeightsError(f"{file}: cannot be read ({first_line(error)})", "Name the file itself.")


def _refuse_other_content(file: WeightsFile) -> None:
    """Name the common mistakes that a download makes, by the first bytes."""
    try:
        with opened(file) as stream:
            start = stream.read(64)
    except OSError as error:
        raise _unreadable(file, error) from error
    if not start:
        raise WeightsError(f"{file}: the file is empty", "Download or copy it again.")
    if start.startswith(b"version https://git-lfs"):
        raise WeightsError(f"{file}: a Git LFS pointer, not the weights", "Run git lfs pull, or download the file.")
    if start.lstrip().lower().startswith((b"<!doctype", b"<html", b"<?xml")):
        raise WeightsError(f"{file}: a web page, not the weights", "Download the file itself.")
