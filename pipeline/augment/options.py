"""What ``augment`` can be told. Importing this module is quick: it needs no torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from pipeline.augment.limit import parse_share
from pipeline.effects.detail import Detail
from pipeline.engine.common_options import BatchSize, Device, MaxPixels, Overwrite, PrecisionOfWork, Strict, Workers
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision, check_range
from pipeline.engine.schema import DATA, RESULT, RUN, JobOptions, Setting
from pipeline.gate.colour_classes import DEFAULT as DEFAULT_COLOUR_CLASSES
from pipeline.gate.options import Gate
from pipeline.labels.registry import AUTO, format_help, labels_help
from pipeline.output.shards import Shard
from tpsence.errors import InputError

if TYPE_CHECKING:
    from typing_extensions import Self

DEFAULT_WIDTH = 640
"""The published training width for BDD100K, used where the weights do not tell theirs."""
_WIDTHS = "0, or 16 to 16384 pixels"


def _word_off(value: object) -> object:
    """Take False for ``off``: in YAML they are the same word."""
    return Gate.OFF if value is False else value


def _shard(value: object) -> object:
    """Take a text for the part of the work that it means."""
    return Shard.parse(value) if isinstance(value, str) else value


class AugmentOptions(JobOptions):
    """The choices of one run."""

    # A run needs the output; a plan of one, or a run that is read back, is told it apart from the choices.
    out: Annotated[Path | None, Setting(panel=DATA, required=True)] = None
    """Output folder, new or of the same run."""
    labels: Annotated[Path | None, Field(description=f"{labels_help()}."), Setting(panel=DATA)] = None
    images: Annotated[Path | None, Setting(panel=DATA)] = None
    """Folder that the names in the labels are relative to; looked for beside the labels if not given.
    Without --labels: a folder of pictures to translate."""
    format: Annotated[str, Field(description=format_help()), Setting(panel=DATA)] = AUTO
    weights: Annotated[str, Setting(panel=DATA)] = "rain"
    """Generator: rain, which comes with tpsence, latest_net_G.pth, the folder that holds it, or a .safetensors of this
    project."""

    # run.json records the width and the precision too, but as they were resolved.
    width: Annotated[int | None, Setting(panel=RESULT, in_chain_file=True)] = None
    """Width in pixels that the generator runs at; 0 for each picture's own.
    Default: the width that the weights were trained at if they tell, else 640."""
    detail: Annotated[Detail, Setting(panel=RESULT, records=True, in_chain_file=True)] = Detail.RESIDUAL
    """residual: add the change, scaled up, to the original. model: scale the translated picture up."""
    strength: Annotated[float, Setting(panel=RESULT, records=True, in_chain=True)] = 1.0
    """Scale of the change, 0 to 1.5."""
    fraction: Annotated[float, Setting(panel=RESULT, records=True, in_chain=True)] = 1.0
    """Share of the pictures to translate, by a hash of names."""
    seed: Annotated[int, Setting(panel=RESULT, records=True)] = 0
    """Chooses another share."""
    keep_originals: Annotated[bool, Setting(panel=RESULT, records=True, in_chain=True)] = False
    """Complete the output with the pictures not chosen."""
    suffix: Annotated[str, Setting(panel=RESULT, records=True, in_chain=True)] = ""
    """Put before the extension of translated pictures' names, and into the labels."""
    quality: Annotated[int, Setting(panel=RESULT, records=True, in_chain_file=True)] = 95
    """Of JPEG and WebP, 1 to 100."""
    gate: Annotated[Gate, BeforeValidator(_word_off), Setting(panel=RESULT, records=True, in_chain=True)] = Gate.OFF
    """Compare every box before and after; where its object may have vanished, flag: mark the annotation,
    drop: leave it out. Both are listed in flagged.jsonl."""
    colour_classes: Annotated[str, Setting(panel=RESULT, records=True, in_chain_file=True)] = DEFAULT_COLOUR_CLASSES
    """For the gate: classes whose colour is their meaning, by words in their names, with commas between them; or none.
    Their hue must stay too."""
    max_flagged: Annotated[
        float | None,
        BeforeValidator(parse_share),
        Setting(panel=RESULT, parse=parse_share, metavar="SHARE", in_chain=True),
    ] = None
    """The most that may be flagged, such as 5% or 0.05: of the boxes judged, without them of the pictures. With more,
    everything is written and the exit code is 4."""
    pairs: Annotated[bool, Setting(panel=RESULT, records=True, in_chain=True)] = False
    """Also write OUT/pairs/input (translated) and OUT/pairs/target (original), which derainers train on."""

    device: Device = "auto"
    precision: PrecisionOfWork = Precision.AUTO
    batch_size: BatchSize = None
    workers: Workers = None
    max_pixels: Annotated[MaxPixels, Setting(panel=RUN, records=True)] = DEFAULT_MAX_PIXELS
    shard: Annotated[Shard, BeforeValidator(_shard), Setting(panel=RUN, parse=Shard.parse, text="1/1")] = Shard()
    """Do part i of n, for example 1/4, by a hash of names."""
    collect: Annotated[bool, Setting(panel=RUN)] = False
    """Join the shards in --out: write labels and summary."""
    overwrite: Overwrite = False
    strict: Strict = False

    @model_validator(mode="after")
    def _check(self) -> "Self":
        """Refuse what is out of range, and contradictions.

        Raises:
            InputError: A value is out of range, or two contradict each other.
        """
        check_range(self.width is None or self.width == 0 or 16 <= self.width <= 16384, "width", _WIDTHS)
        check_range(0 <= self.strength <= 1.5, "strength", "0 to 1.5")
        check_range(0 < self.fraction <= 1, "fraction", "over 0, at most 1")
        check_range(1 <= self.quality <= 100, "quality", "1 to 100")
        check_range(self.max_flagged is None or 0 <= self.max_flagged <= 1, "max_flagged", "0 to 1, or 0% to 100%")
        check_range(self.max_pixels >= 1, "max_pixels", "at least 1")
        if self.overwrite and self.shard.count > 1:
            message = "`overwrite` with `shard` would remove the other shards' work"
            raise InputError(message, "Give a new `out`, or delete the folder.")
        if self.labels is None and self.format != AUTO:
            raise InputError("`format` goes with `labels`", "Give `labels`, or leave `format` away.")
        return self

    def output_folder(self) -> Path:
        """Return the output folder.

        Raises:
            InputError: It was not given.
        """
        if self.out is None:
            raise InputError("not given: `out`", "A run needs a folder to write to.")
        return self.out

    def settings(self) -> dict[str, Any]:
        """Return what ``run.json`` records; width and precision are recorded as they were resolved."""
        return self.recorded()

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "AugmentOptions":
        """Return the options that ``run.json`` records.

        Raises:
            InputError: They are incomplete, of a wrong type or out of range.
        """
        hint = "Start anew in another folder."
        try:
            # Runs before there were classes of colour have no word of them.
            told = {"colour_classes": DEFAULT_COLOUR_CLASSES, **settings}
            known = {name: told[name] for name in cls().recorded()}
        except (KeyError, TypeError) as error:
            raise InputError(f"run.json: damaged settings ({error})", hint) from error
        try:
            return cls(**known)
        except InputError as error:
            raise InputError(f"run.json: damaged settings ({error.message})", hint) from error
