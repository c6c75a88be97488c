"""Which device, which arithmetic, how many workers."""

import os

import torch

from pipeline.options import Precision, Resources
from tpsence.errors import InputError


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
        raise InputError(f"--device {name}: not a device", "Give auto, cpu, cuda, cuda:0 or mps.") from None
    there = {"cpu": True, "cuda": has_cuda, "mps": has_mps}.get(device.type, False)
    if not there:
        raise InputError(f"--device {name}: not on this machine", "Leave --device away, or give cpu.")
    if device.type == "cuda" and (device.index or 0) >= torch.cuda.device_count():
        raise InputError(f"--device {name}: there are {torch.cuda.device_count()} GPUs", "They count from cuda:0.")
    return device


def choose_precision(precision: Precision, device: torch.device) -> Precision:
    """Return the arithmetic that ``auto`` means on a device: bf16 on GPUs that have it, else fp32."""
    if precision is not Precision.AUTO:
        return precision
    return Precision.BF16 if device.type == "cuda" and torch.cuda.is_bf16_supported(False) else Precision.FP32


def autocast_dtype(precision: Precision) -> torch.dtype | None:
    """Return the half precision of a chosen arithmetic, or None for fp32."""
    return {Precision.BF16: torch.bfloat16, Precision.FP16: torch.float16}.get(precision)


def is_out_of_memory(error: BaseException) -> bool:
    """Tell a lack of memory, on a GPU or on the CPU, from other failures."""
    return isinstance(error, torch.OutOfMemoryError | MemoryError) or "can't allocate memory" in str(error)


def choose_workers(resources: Resources, device: torch.device) -> int:
    """Return the number of decoding processes: one beside a CPU network, which takes all cores, else up to 16."""
    if resources.workers is not None:
        return resources.workers
    return 1 if device.type == "cpu" else max(1, min(16, available_cores() - 1))


def available_cores() -> int:
    """Return the number of cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
