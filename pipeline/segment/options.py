"""What a user can choose for ``segment``. Importing this module is quick: it needs no torch."""

from dataclasses import dataclass
from enum import Enum
from pathlib import Path

from pipeline.classes.scheme_tables import SCHEME_NAMES
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision, Resources
from pipeline.segment.ground_truth.enums import TruthFormat
from tpsence.errors import InputError


class Phase(str, Enum):
    """A part of the TPSeNCE layout."""

    TRAIN = "train"
    TEST = "test"

    @classmethod
    def parse(cls, text: str) -> tuple["Phase", ...]:
        """Read ``train``, ``test`` or ``train,test``.

        Raises:
            InputError: Something else.
        """
        try:
            return tuple(dict.fromkeys(cls(part.strip()) for part in text.split(",")))
        except ValueError:
            raise InputError(f"`phases` {text!r}: not known", "Give train, test, or train,test.") from None


@dataclass(frozen=True, kw_only=True)
class SegmentOptions:
    """The choices of one run that shape its output."""

    dataroot: Path | None = None
    phases: tuple[Phase, ...] = (Phase.TRAIN,)
    images: Path | None = None
    out: Path | None = None
    model: str | None = None
    weights: Path | None = None
    ground_truth: Path | None = None
    ground_truth_format: TruthFormat = TruthFormat.AUTO
    device: str = "auto"
    batch_size: int | None = None
    workers: int | None = None
    overwrite: bool = False
    strict: bool = False
    scheme: str | None = None
    """Classes to map to, by the name of a known scheme; None for the model's or the ground truth's own."""
    whole: bool = False
    """One pass at the picture's own size, instead of the sizes and windows that the model was tested with."""
    max_pixels: int = DEFAULT_MAX_PIXELS
    """Pictures with more pixels are skipped."""
    precision: Precision = Precision.AUTO
    """The arithmetic of the network."""

    def resources(self) -> Resources:
        """Return how the work is done."""
        return Resources(device=self.device, batch_size=self.batch_size, workers=self.workers)

    def __post_init__(self) -> None:
        """Check the ranges.

        Raises:
            InputError: A value is out of range.
        """
        if self.scheme is not None and self.scheme not in SCHEME_NAMES:
            raise InputError(f"`scheme` {self.scheme!r}: not known", "Give cityscapes, or leave it away.")
        if self.max_pixels < 1:
            raise InputError("`max_pixels`: out of range", "Give at least 1.")
