"""How work is done: arithmetic, device, batches, workers. Importing this module is quick: it needs no torch."""

from dataclasses import dataclass
from enum import Enum

from tpsence.errors import InputError


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
    """Threads, or processes, that decode; 0 decodes in the main thread, None chooses."""

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            InputError: A value is out of range.
        """
        check_range(self.batch_size is None or self.batch_size >= 1, "batch_size", "auto, or at least 1")
        check_range(self.workers is None or 0 <= self.workers <= 256, "workers", "auto, or 0 to 256")


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
