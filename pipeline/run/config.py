"""What ``run`` can be told, by a YAML file, by options, or by both. Importing this module needs no torch.

A YAML file is data and executes nothing; a preset or a segmentation network that it names by a ``.py`` file is a
program, which ``run`` runs and a dry run does not.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import ConfigDict, Field, ValidationError

from pipeline.augment.options import AugmentOptions
from pipeline.engine.common_options import (
    Address,
    BatchSize,
    Device,
    EngineOfWork,
    GpusPerWorker,
    MaxPixels,
    PrecisionOfWork,
    Strict,
    WorkersOfEngine,
)
from pipeline.engine.complete import label_format
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, EngineName, Precision
from pipeline.engine.schema import DATA, METHOD, RUN, JobOptions, Setting, told_as
from pipeline.errors import ConfigError
from pipeline.files.text import one_line
from pipeline.labels.registry import AUTO, labels_help
from pipeline.run.enums import StageName
from pipeline.run.sections import section_of
from pipeline.segment.options import SegmentOptions, complete_model
from pipeline.train.options import SET_HELP, complete_preset, complete_setting

HINT = "See tpsence run --help, and examples/chain.yaml in the repository."
Plain = bool | int | float | str | None
"""What a setting of the training can be, and what stands in a list of one."""


def _changes(texts: Sequence[str]) -> dict[str, Any]:
    """Read settings of a training as they stand on the command line."""
    from pipeline.train.presets import parse_settings  # imports mmengine

    return parse_settings(texts)


if TYPE_CHECKING:  # a section has some of these fields
    AugmentSection = AugmentOptions
    SegmentSection = SegmentOptions
else:
    AugmentSection = section_of(AugmentOptions)
    SegmentSection = section_of(
        SegmentOptions,
        model=(
            Setting(panel=METHOD, complete=complete_model),
            Field(
                description="Segmentation network: see tpsence segment --list-models, or a .py config, which is run."
            ),
        ),
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where the values of a chain come from, for messages."""

    file: Path | None = None
    given: Mapping[str, Any] = field(default_factory=dict)
    """What does not come from the file, by key."""

    def __call__(self, key: str) -> str:
        """Return the start of a message about a key: the file, where it comes from there."""
        return f"{self.file}: " if self.file is not None and key not in self.given else ""


class ChainConfig(JobOptions):
    """A chain: what it reads, what it is to do, and where it writes."""

    model_config = ConfigDict(allow_inf_nan=False)

    clear: Annotated[Path, Setting(panel=DATA, required=False)]
    """Folder of clear pictures to train on."""
    rainy: Annotated[Path, Setting(panel=DATA, required=False)]
    """Folder of rainy pictures to train on."""
    out: Annotated[Path, Setting(panel=DATA, required=False)]
    """Folder for everything, new or of the same chain."""
    labels: Annotated[
        Path | None, Field(description=f"The data set to translate: {labels_help()}."), Setting(panel=DATA)
    ] = None
    images: Annotated[Path | None, told_as(AugmentOptions, "images"), Setting(panel=DATA)] = None
    format: Annotated[str, told_as(AugmentOptions, "format"), Setting(panel=DATA, complete=label_format)] = AUTO
    preset: Annotated[str, Setting(panel=METHOD, complete=complete_preset)] = "small_rain"
    """Of the training: a name of tpsence train --help, or a .py file of your own, a program that is run (not by
    --dry-run)."""
    train: Annotated[
        Mapping[str, Plain | Sequence[Plain]],
        SET_HELP,
        Setting(panel=METHOD, flag="set", metavar="KEY=VALUE", many=True, parse=_changes, complete=complete_setting),
    ] = {}
    segment: SegmentSection = SegmentSection()
    """Label maps: settings of ``tpsence segment``."""
    augment: AugmentSection = AugmentSection()
    """Translation: settings of ``tpsence augment``."""
    seed: Annotated[int, Setting(panel=METHOD)] = 0
    """Of the training, and of the share of --fraction."""
    max_pixels: Annotated[MaxPixels, Setting(on_line=False)] = DEFAULT_MAX_PIXELS
    precision: PrecisionOfWork = Precision.AUTO
    device: Device = "auto"
    workers: WorkersOfEngine = None
    batch_size: BatchSize = None

    # How the chain is run this time: no file says it, and run.json does not record it.
    begin_from: Annotated[StageName | None, Setting(panel=RUN, flag="from"), Field(exclude=True)] = None
    """Run this stage and those after it anew, even if nothing has changed."""
    strict: Annotated[Strict, Field(exclude=True)] = False
    engine: Annotated[EngineOfWork, Field(exclude=True)] = EngineName.LOCAL
    address: Annotated[Address, Field(exclude=True)] = None
    gpus_per_worker: Annotated[GpusPerWorker, Field(exclude=True)] = None

    def augment_options(self) -> AugmentOptions:
        """Return the options of the translation; weights and output are the chain's to choose.

        Raises:
            InputError: A value is out of range.
        """
        return AugmentOptions(
            **dict(self.augment),
            labels=self.labels,
            images=self.images,
            format=self.format if self.labels else AUTO,
            seed=self.seed,
            **self._shared(),
        )

    def segment_options(self) -> SegmentOptions:
        """Return the options of the label maps; pictures and output are the chain's to choose.

        Raises:
            InputError: A value is out of range.
        """
        return SegmentOptions(**dict(self.segment), **self._shared())

    def training_settings(self) -> list[str]:
        """Return the settings of the training as ``section.name=value``; the user's come last, and count."""
        own: dict[str, Any] = {
            "run.seed": self.seed,
            "data.max_pixels": self.max_pixels,
            # Not what the preset was made for: the pictures are the user's.
            "domains.training_data": one_line(f"{self.clear.name} and {self.rainy.name}"),
            "domains.licence": None,
        }
        if self.precision is not Precision.AUTO:
            own["run.precision"] = self.precision.value
        return [f"{key}={value!r}" for key, value in {**own, **self.train}.items()]

    def as_dict(self) -> dict[str, Any]:
        """Return what ``run.json`` records."""
        return self.model_dump(mode="json")

    def _shared(self) -> dict[str, Any]:
        """Return what translation and label maps are told alike."""
        names = ("max_pixels", "precision", "device", "workers", "batch_size", "strict")
        of_engine = ("engine", "address", "gpus_per_worker")
        return {name: getattr(self, name) for name in (*names, *of_engine)}

    @classmethod
    def explained(cls, error: ValidationError, origin: object) -> ConfigError:
        """Put what is wrong into one line.

        Args:
            error: The mistakes.
            origin: An ``Origin``, or None for Python.
        """
        start = origin if isinstance(origin, Origin) else Origin()
        mistakes = error.errors(include_url=False)
        missing = [str(one["loc"][0]) for one in mistakes if one["type"] == "missing"]
        if missing:
            settings = ", ".join(f"`{name}`" for name in missing)
            return ConfigError(f"not given: {settings}", f"Give them, or a YAML file with {', '.join(missing)}. {HINT}")
        first = mistakes[0]
        key = ".".join(map(str, first["loc"]))
        reason = "no such key" if first["type"] == "extra_forbidden" else first["msg"]
        return ConfigError(one_line(f"{start(key)}{key}: {reason}"), HINT)
