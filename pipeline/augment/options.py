"""What a user can choose for ``augment``. Importing this module is quick: it needs no torch."""

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from pipeline.effects.detail import Detail
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision, Resources, _check
from pipeline.gate.options import Gate
from pipeline.output.shards import Shard
from tpsence.errors import InputError

DEFAULT_WIDTH = 640
"""The published training width for BDD100K, used where the weights do not tell theirs."""


@dataclass(frozen=True, kw_only=True)
class AugmentOptions:
    """The choices of one run that shape its output."""

    labels: Path | None = None
    images: Path | None = None
    format: str = "auto"
    weights: str = "rain"
    out: Path | None = None
    device: str = "auto"
    batch_size: int | None = None
    workers: int | None = None
    overwrite: bool = False
    strict: bool = False
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
    shard: Shard = Shard()  # noqa: RUF009 (it is frozen)
    """The part of the work to do."""

    def resources(self) -> Resources:
        """Return how the work is done."""
        return Resources(device=self.device, batch_size=self.batch_size, workers=self.workers)

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            InputError: A value is out of range, or two contradict each other.
        """
        _check(
            self.width is None or self.width == 0 or 16 <= self.width <= 16384, "`width`", "0, or 16 to 16384 pixels"
        )
        _check(0 <= self.strength <= 1.5, "`strength`", "0 to 1.5")
        _check(0 < self.fraction <= 1, "`fraction`", "over 0, at most 1")
        _check(1 <= self.quality <= 100, "`quality`", "1 to 100")
        _check(self.max_pixels >= 1, "`max_pixels`", "at least 1")

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
