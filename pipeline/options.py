"""What a user can choose for ``augment``. Importing this module is quick: it needs no torch."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from tpsence.errors import InputError


class Detail(str, Enum):
    """How the translation comes back to the picture's own size."""

    RESIDUAL = "residual"
    """The change is scaled up and added to the original, which keeps its sharpness."""
    MODEL = "model"
    """The translated picture is scaled up."""


class Gate(str, Enum):
    """What becomes of the annotations whose object may have vanished."""

    OFF = "off"
    """They are not looked for: the labels are the user's."""
    FLAG = "flag"
    """They get a mark, where the format has a place for it."""
    DROP = "drop"
    """They are left out."""


class Precision(str, Enum):
    """The arithmetic of the generator."""

    AUTO = "auto"
    FP32 = "fp32"
    BF16 = "bf16"
    FP16 = "fp16"


DEFAULT_WIDTH = 640
"""The published training width for BDD100K, used where the weights do not tell theirs."""
DEFAULT_MAX_PIXELS = 100_000_000
"""Three times an 8K picture; decoded, a picture of this size takes 300 MB."""


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One part of a run that is split over several machines or GPUs."""

    index: int = 1
    """1 to ``count``."""
    count: int = 1
    """Number of parts."""

    def __post_init__(self) -> None:
        """Check the range."""
        if not 1 <= self.index <= self.count:
            raise InputError(f"--shard {self.index}/{self.count}: no such part", "Give i/n with 1 <= i <= n.")

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read ``i/n``.

        Raises:
            InputError: Not two numbers, or i not in 1..n.
        """
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
        if not found:
            raise InputError(f"--shard {text!r}: not of the form i/n", "For example --shard 1/4.")
        return cls(index=int(found.group(1)), count=int(found.group(2)))

    @property
    def name(self) -> str:
        """A name for files: ``2-of-4``."""
        return f"{self.index}-of-{self.count}"


@dataclass(frozen=True, kw_only=True)
class AugmentOptions:
    """The choices of one run that shape its output."""

    width: int | None = None
    """Width in pixels that the generator runs at; 0 for each picture's own, None for the weights' or 640."""
    detail: Detail = Detail.RESIDUAL
    """How the translation comes back to the picture's own size."""
    strength: float = 1.0
    """Scale of the change, 0 to 1.5."""
    fraction: float = 1.0
    """Share of the pictures to translate, over 0 to 1, chosen by a hash of their names."""
    seed: int = 0
    """Chooses another share of the same size."""
    keep_originals: bool = False
    """Complete the output with the pictures that were not chosen."""
    suffix: str = ""
    """Put before the extension of every translated picture's name."""
    quality: int = 95
    """Of JPEG and WebP, 1 to 100."""
    gate: Gate = Gate.OFF
    """What becomes of the annotations whose object may have vanished."""
    pairs: bool = False
    """Write every translated picture and its original once more, as derainers train on them."""
    max_pixels: int = DEFAULT_MAX_PIXELS
    """Pictures with more pixels are skipped."""
    precision: Precision = Precision.AUTO
    """The arithmetic of the generator."""
    shard: Shard = Shard()
    """The part of the work to do."""

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            InputError: A value is out of range, or two contradict each other.
        """
        _check(
            self.width is None or self.width == 0 or 16 <= self.width <= 16384, "--width", "0, or 16 to 16384 pixels"
        )
        _check(0 <= self.strength <= 1.5, "--strength", "0 to 1.5")
        _check(0 < self.fraction <= 1, "--fraction", "over 0, at most 1")
        _check(1 <= self.quality <= 100, "--quality", "1 to 100")
        _check(self.max_pixels >= 1, "--max-pixels", "at least 1")

    def settings(self) -> dict[str, Any]:
        """Return what ``run.json`` records; width and precision are recorded as they were resolved."""
        return {
            "detail": self.detail.value,
            "strength": self.strength,
            "fraction": self.fraction,
            "seed": self.seed,
            "keep_originals": self.keep_originals,
            "suffix": self.suffix,
            "quality": self.quality,
            "gate": self.gate.value,
            "pairs": self.pairs,
            "max_pixels": self.max_pixels,
        }

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "AugmentOptions":
        """Return the options that ``run.json`` records.

        Raises:
            InputError: They are incomplete or out of range.
        """
        try:
            known = {key: settings[key] for key in cls().settings()}
            return cls(**{**known, "detail": Detail(known["detail"]), "gate": Gate(known["gate"])})
        except (KeyError, ValueError, TypeError) as error:
            raise InputError(f"run.json: damaged settings ({error})", "Start anew in another folder.") from error


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
        _check(self.batch_size is None or self.batch_size >= 1, "--batch-size", "auto, or at least 1")
        _check(self.workers is None or 0 <= self.workers <= 256, "--workers", "auto, or 0 to 256")


def _check(condition: bool, option: str, wanted: str) -> None:
    """Refuse a value that is out of range."""
    if not condition:
        raise InputError(f"{option}: out of range", f"Give {wanted}.")
