"""What a user can choose for ``train``. Importing this module is quick: it needs no torch."""

from dataclasses import dataclass
from pathlib import Path

from pipeline.engine.resources import Precision, Resources
from pipeline.train.enums import Direction


@dataclass(frozen=True, kw_only=True)
class TrainOptions:
    """The choices of one run."""

    preset: str | None = None
    data: Path | None = None
    out: Path | None = None
    settings: tuple[str, ...] = ()
    direction: Direction | None = None
    seed: int | None = None
    resume: bool = False
    device: str = "auto"
    precision: Precision | None = None
    compile: bool = False
    workers: int | None = None

    def resources(self) -> Resources:
        """Return how the work is done."""
        return Resources(device=self.device, workers=self.workers)
