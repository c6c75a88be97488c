"""Which device, which arithmetic, how many workers."""

import os
from collections.abc import Callable, Sequence
from typing import TypeVar

import torch

from pipeline.engine.cores import available_cores
from pipeline.engine.resources import Precision, Resources
from tpsence.errors import InputError

SHARE_OF_MEMORY = 0.8
"""What a single picture may take of the device's memory."""

_NO_MEMORY = "can't allocate memory", "could not create a primitive"
"""What torch's allocator says on a CPU, and oneDNN where there is no room for the code that it makes."""

T = TypeVar("T")
Made = TypeVar("Made")


def choose_device(name: str) -> torch.device:
    """Return the device that a user's ``--device`` means.

    Args:
        name: ``auto``, ``cpu``, ``cuda``, ``cuda:i`` or ``mps``; auto takes CUDA, then MPS, then the CPU.

    Raises:
        InputError: The device is not known or not there.
    """
    has_cuda, has_mps = torch.cuda.is_available(), torch.backends.mps.is_available()
    if name == "auto":
        return torch.device("cuda" if has_cuda else "mps" if has_mps else "cpu")
    try:
        device = torch.device(name)
    except RuntimeError:
        raise InputError(f"`device` {name}: not a device", "Give auto, cpu, cuda, cuda:0 or mps.") from None
    there = {"cpu": True, "cuda": has_cuda, "mps": has_mps}.get(device.type, False)
    if not there:
        raise InputError(f"`device` {name}: not on this machine", "Leave `device` out, or give cpu.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"`device` {name}: there are {torch.cuda.device_count()} GPUs", "They count from cuda:0.")
    return device


def choose_precision(precision: Precision, device: torch.device) -> Precision:
    """Return the arithmetic that ``auto`` means on a device: bf16 on GPUs that have it, else fp32."""
    if precision is not Precision.AUTO:
        return precision
    return Precision.BF16 if device.type == "cuda" and torch.cuda.is_bf16_supported(False) else Precision.FP32


def autocast_dtype(precision: Precision) -> torch.dtype | None:
    """Return the half precision of a chosen arithmetic, or None for fp32."""
    return {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}.get(precision)


def memory_layout(device: torch.device) -> torch.memory_format:
    """Return how the networks keep (N, C, H, W) in memory: channels last, save on GPUs.

    There instance norm, padding by reflection and blurs have no kernels for channels last and bring each map to the
    other layout and back: 8.4 ms for a picture of 640x360 in bf16 on an H200, and 4.6 without.
    """
    return torch.contiguous_format if device.type == "cuda" else torch.channels_last


def is_out_of_memory(error: BaseException) -> bool:
    """Tell a lack of memory, on a GPU or on the CPU, from other failures."""
    lacks = isinstance(error, torch.OutOfMemoryError | MemoryError)
    return lacks or any(text in str(error) for text in _NO_MEMORY)


def in_halves(
    group: Sequence[T], make: Callable[[Sequence[T]], list[Made]], too_large: Callable[[T], Made], device: torch.device
) -> list[Made]:
    """Run a group of things together; where the memory does not suffice, in halves, down to single ones.

    Args:
        group: What to run; at least one.
        make: Makes one result for each.
        too_large: Makes the result of a single one that does not fit.
        device: Where ``make`` computes.
    """
    try:
        return make(group)
    except RuntimeError as error:
        if not is_out_of_memory(error):
            raise
    if len(group) == 1:
        return [too_large(group[0])]
    if device.type == "cuda":
        torch.cuda.empty_cache()
    half = len(group) // 2
    return [result for part in (group[:half], group[half:]) for result in in_halves(part, make, too_large, device)]


def choose_workers(resources: Resources, device: torch.device) -> int:
    """Return the number of threads or processes of this machine that decode, also where an engine has others elsewhere.

    One beside a network on the CPU, else up to 16.
    """
    if resources.workers_here is not None:
        return resources.workers_here
    return 1 if device.type == "cpu" else max(1, min(16, available_cores() - 1))


def total_memory(device: torch.device) -> int | None:
    """Return the memory of a device in bytes, or None where the system does not tell."""
    if device.type == "cuda":
        return int(torch.cuda.get_device_properties(device).total_memory)
    try:
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    except (AttributeError, ValueError, OSError):
        return None
