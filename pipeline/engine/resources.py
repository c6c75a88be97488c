"""How work is done: arithmetic, device, batches, engine. Importing this module is quick: it needs no torch."""

import re
from dataclasses import dataclass
from enum import Enum

from pipeline.files.text import one_line
from tpsence.errors import InputError

_ON_RAY = "auto", "cpu", "cuda"
"""Devices of a worker of Ray: which of a machine's GPUs it has, Ray says."""
_MOST_GPUS = 64
_ADDRESS = re.compile(r"auto|(ray://)?([^\s/@:\[\]]+|\[[^\s/@\[\]]+\]):[0-9]{1,5}")


class EngineName(str, Enum):
    """Where the work is done."""

    LOCAL = "local"
    """In threads and processes of this machine."""
    RAY = "ray"
    """On a Ray cluster."""


class Precision(str, Enum):
    """The arithmetic of the generator."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


@dataclass(frozen=True, kw_only=True)
class Resources:
    """How the work is done; none of it changes the output by more than rounding."""

    device: str = "auto"
    """``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``."""
    batch_size: int | None = None
    """Pictures of equal shape that run together, or None to choose."""
    workers: int | None = None
    """Threads, or processes, that decode; 0 decodes in the main thread, None chooses. With Ray its workers, each with
    networks of its own."""
    engine: EngineName = EngineName.LOCAL
    address: str | None = None
    """Of the Ray cluster: ``auto``, ``host:port`` or ``ray://host:port``; None starts one for the time of the work."""
    gpus_per_worker: float | None = None
    """GPUs of each worker of Ray, or a share of one; None takes one where there are any."""

    @property
    def workers_here(self) -> int | None:
        """Threads, or processes, of this machine that decode; None chooses. ``workers`` of Ray are elsewhere."""
        return self.workers if self.engine is EngineName.LOCAL else None

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            InputError: A value is out of range, or two contradict each other.
        """
        check_range(self.batch_size is None or self.batch_size >= 1, "batch_size", "auto, or at least 1")
        check_range(self.workers is None or 0 <= self.workers <= 256, "workers", "auto, or 0 to 256")
        if self.engine is EngineName.RAY:
            self._check_ray()
        elif alone := next((name for name in ("address", "gpus_per_worker") if getattr(self, name) is not None), None):
            raise InputError(f"`{alone}` goes with `engine` ray", f"Give both, or leave `{alone}` out.")

    def _check_ray(self) -> None:
        """Check what a Ray cluster is told.

        Raises:
            InputError: A value is out of range, or two contradict each other.
        """
        if self.address is not None and not _ADDRESS.fullmatch(self.address):
            hint = "Give auto, host:port such as 10.0.0.1:6379, or ray://host:port."
            raise InputError(f"`address` {one_line(repr(self.address))}: no address of a Ray cluster", hint)
        gpus = self.gpus_per_worker
        is_share = gpus is None or 0 <= gpus <= 1
        wanted = f"0 to 1, or a whole number up to {_MOST_GPUS}"
        check_range(is_share or gpus in range(_MOST_GPUS + 1), "gpus_per_worker", wanted)
        if self.workers == 0:
            raise InputError("`workers` 0 goes without `engine` ray", "Give at least 1, or auto.")
        if self.device not in _ON_RAY:
            message = f"`device` {one_line(self.device)}: not with `engine` ray, which chooses the GPUs of each worker"
            raise InputError(message, "Give auto, cpu or cuda.")
        if self.device == "cpu" and gpus:
            raise InputError("`gpus_per_worker` goes without `device` cpu", "Leave one of them out.")
        if self.device == "cuda" and gpus == 0:
            hint = "Leave `gpus_per_worker` out, or give `device` cpu."
            raise InputError("`gpus_per_worker` 0 goes without `device` cuda", hint)


DEFAULT_MAX_PIXELS = 100_000_000
"""Three times an 8K picture; decoded, a picture of this size takes 300 MB."""


def check_range(condition: bool, setting: str, wanted: str) -> None:
    """Refuse a value that is out of range.

    Args:
        condition: Whether it is in it.
        setting: The setting's name.
        wanted: The range, in words.

    Raises:
        InputError: It is not.
    """
    if not condition:
        raise InputError(f"`{setting}`: out of range", f"Give {wanted}.")
