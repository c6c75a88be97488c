"""What ``segment`` can be told. Importing this module is quick: it needs no torch."""

from enum import Enum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

from pydantic import BeforeValidator, model_validator

from pipeline.classes.scheme_tables import SCHEME_NAMES
from pipeline.engine.common_options import (
    Address,
    BatchSize,
    Device,
    EngineOfWork,
    GpusPerWorker,
    MaxPixels,
    Overwrite,
    PrecisionOfWork,
    Strict,
    WorkersOfEngine,
)
from pipeline.engine.complete import name_or_path, words
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, EngineName, Precision, check_range
from pipeline.engine.schema import DATA, JobOptions, Setting
from pipeline.segment.ground_truth.enums import TruthFormat
from tpsence.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Self

MODEL, TRUTH = "Model", "Ground truth"
"""Panels of the help."""
EXAMPLE = "For example tpsence segment DATAROOT, or tpsence segment `images` DIR `out` DIR"
"""How the pictures are named."""


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


def _phases(value: object) -> object:
    """Take a text for the phases that it names."""
    return Phase.parse(value) if isinstance(value, str) else value


def model_names() -> list[str]:
    """Return the networks that have a name."""
    from pipeline.segment.mmseg.zoo import zoo_models  # reads YAML

    return [model.name for model in zoo_models()]


complete_model = name_or_path(model_names, (".py",))
"""Completes what names a network: one with a name, or a config."""


class SegmentOptions(JobOptions):
    """The choices of one run."""

    dataroot: Annotated[Path | None, Setting(positional=True, metavar="DATAROOT")] = None
    """Folder with trainA and trainB; the maps go to trainS and trainT in it."""
    phases: Annotated[
        tuple[Phase, ...],
        BeforeValidator(_phases),
        Setting(panel=DATA, parse=Phase.parse, text="train", complete=words("train", "test", "train,test")),
    ] = (Phase.TRAIN,)
    """Of DATAROOT: train, test, or train,test."""
    images: Annotated[Path | None, Setting(panel=DATA)] = None
    """Instead of DATAROOT: any folder of pictures, or one picture."""
    out: Annotated[Path | None, Setting(panel=DATA)] = None
    """Folder of the maps of --images, new or of the same run."""

    model: Annotated[str | None, Setting(panel=MODEL, complete=complete_model, in_chain=True)] = None
    """A name from --list-models, or an mmsegmentation config (.py, a program that is run).
    Default: convnext-xl, the paper's, if its weights are in the cache; else road-lite, which comes with tpsence."""
    weights: Annotated[Path | None, Setting(panel=MODEL, in_chain_file=True)] = None
    """Weights file for --model. Default: the model's own, fetched once to the cache (TPSENCE_CACHE) unless they come
    with tpsence."""
    scheme: Annotated[str | None, Setting(panel=DATA, complete=words("cityscapes"), in_chain_file=True)] = None
    """cityscapes: map the ids to the 19 Cityscapes classes. Default: the classes that the model or the ground truth
    has."""
    whole: Annotated[bool, Setting(panel=MODEL, in_chain_file=True)] = False
    """One pass at the picture's own size, without the resizing and windows of the model's test settings."""

    ground_truth: Annotated[Path | None, Setting(panel=TRUTH)] = None
    """Convert the maps in this folder for the pictures of --images, instead of a model."""
    ground_truth_format: Annotated[TruthFormat, Setting(panel=TRUTH)] = TruthFormat.AUTO
    """Its data set; auto tells by file names."""

    device: Device = "auto"
    precision: PrecisionOfWork = Precision.AUTO
    batch_size: BatchSize = None
    workers: WorkersOfEngine = None
    engine: EngineOfWork = EngineName.LOCAL
    address: Address = None
    gpus_per_worker: GpusPerWorker = None
    max_pixels: MaxPixels = DEFAULT_MAX_PIXELS
    overwrite: Overwrite = False
    strict: Strict = False

    @model_validator(mode="after")
    def _check(self) -> "Self":
        """Refuse what is unknown or out of range, and contradictions.

        Raises:
            InputError: A value cannot be used, or two contradict each other.
        """
        if self.scheme is not None and self.scheme not in SCHEME_NAMES:
            raise InputError(f"`scheme` {self.scheme!r}: not known", "Give cityscapes, or leave it out.")
        check_range(self.max_pixels >= 1, "max_pixels", "at least 1")
        if self.dataroot is not None and not (self.images is self.out is self.ground_truth is None):
            message = "DATAROOT goes without `images`, `out` and `ground_truth`"
            raise InputError(message, f"Give the one or the other. {EXAMPLE}")
        return self
