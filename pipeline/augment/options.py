"""What ``augment`` can be told. Importing this module is quick: it needs no torch."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import BeforeValidator, Field, model_validator

from pipeline.augment.amounts import Strength, Water, levels_told, values_of
from pipeline.augment.choice_options import BY_COUNT, Balanced, check_choice, parse_classes, refuse_another_way
from pipeline.augment.limit import parse_share
from pipeline.augment.water_choice import DEFAULT_WEIGHTS, PairsTarget, refuse_contradictions, target_of
from pipeline.effects.detail import Detail
from pipeline.effects.water_options import (
    AMOUNT_PREFIX,
    WaterAmounts,
    WaterLevel,
    amounts_of,
    complete_amount,
    parse_amounts,
)
from pipeline.engine import complete
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
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, EngineName, Precision, check_range
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
STRONGEST = 1.5
"""The most that the change of a generator is scaled to."""
MOST_COPIES = 100
"""The most copies of a picture."""
_WIDTHS = "0, or 16 to 16384 pixels"
_BEFORE_THERE_WERE: Mapping[str, Any] = {
    "colour_classes": DEFAULT_COLOUR_CLASSES,
    "maps": None,
    "water": WaterLevel.NONE.value,
    "water_only": False,
    "water_amounts": {},
    "horizon": None,
    "drops": 0.1,
    "pairs_target": None,
    "follow_links": False,
    "limit": None,
    "split": None,
    "only_classes": None,
    "balance": None,
    "copies": 1,
}
"""What runs had whose ``run.json`` says nothing of it, as they were made before it could be told."""
_SAID_WHERE_CHANGED = ("copies",)
"""What ``run.json`` says only where it is not as before: so runs from before can be continued."""


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
    Without --labels: a folder of pictures to translate, or one picture."""
    format: Annotated[str, Field(description=format_help()), Setting(panel=DATA, complete=complete.label_format)] = AUTO
    follow_links: Annotated[bool, Setting(panel=DATA, records=True, in_chain=True)] = False
    """Follow links that lead out of the folders of labels and pictures, as those of DVC and Hugging Face do.
    The names in the output are those of the links."""
    weights: Annotated[str, Setting(panel=DATA, complete=complete.generator)] = DEFAULT_WEIGHTS
    """Generator: rain, which comes with tpsence, latest_net_G.pth, the folder that holds it, or a .safetensors of this
    project. Several with shares: rain=0.7,night=0.3; one is drawn for each picture and copy."""
    maps: Annotated[Path | None, Setting(panel=DATA, records=True, in_chain_file=True)] = None
    """Folder of label maps, as tpsence segment writes them, which tell water where ground and sky are. Without: they
    are made on the way by road-lite, which comes with tpsence."""

    # run.json records the width and the precision too, but as they were resolved.
    width: Annotated[int | None, Setting(panel=RESULT, in_chain_file=True)] = None
    """Width in pixels that the generator runs at; 0 for each picture's own.
    Default: the width that the weights were trained at if they tell, else 640."""
    detail: Annotated[Detail | None, Setting(panel=RESULT, records=True, in_chain_file=True)] = None
    """residual: add the change, scaled up, to the original. light: take it as a gain and an offset around each pixel.
    model: scale the translated picture up. Default: light for weights that give a light, else residual."""
    strength: Annotated[
        Strength, Setting(panel=RESULT, parse=str, text="1.0", metavar="AMOUNT", records=True, in_chain=True)
    ] = 1.0
    """Scale of the change, 0 to 1.5. 0.6..1.2 draws one for each picture and copy; of 0.5,1 the copies take one in
    turn."""
    water: Annotated[
        Water,
        Setting(
            panel=RESULT,
            parse=str,
            metavar="LEVEL",
            records=True,
            in_chain=True,
            complete=complete.words(*(level.value for level in WaterLevel)),
        ),
    ] = None
    """Wet ground, haze, falling drops and drops on the glass: none, light (rain of 2 mm/h), moderate (5) or heavy (25).
    light..heavy draws a level for each picture and copy; of light,heavy the copies take one in turn.
    Default: what the weights want (rain: moderate) if they tell, else none; with --water-only moderate."""
    water_only: Annotated[bool, Setting(panel=RESULT, records=True)] = False
    """No generator: the clear pictures with rendered water."""
    water_amounts: Annotated[
        Mapping[str, float],
        Setting(
            panel=RESULT,
            flag="set",
            metavar="KEY=VALUE",
            many=True,
            prefix=AMOUNT_PREFIX,
            parse=parse_amounts,
            complete=complete_amount,
            records=True,
            in_chain_file=True,
        ),
    ] = {}
    """How much of an effect of water there is, 0 to 2: water.overcast, water.wet_ground, water.haze, water.streaks,
    water.drops. Can be given many times; 1 is what the level makes."""
    horizon: Annotated[float | None, Setting(panel=RESULT, records=True, in_chain_file=True)] = None
    """Where the horizon is, as a share of the height from the top, over 0 and under 1; found by the ground if not
    given."""
    drops: Annotated[
        float,
        BeforeValidator(parse_share),
        Setting(panel=RESULT, parse=parse_share, text="10%", metavar="SHARE", records=True, in_chain_file=True),
    ] = 0.1
    """The most of a labelled box that drops on the glass may cover, such as 10% or 0.1."""
    fraction: Annotated[
        float,
        BeforeValidator(parse_share),
        Setting(panel=RESULT, parse=parse_share, text="1", metavar="SHARE", records=True, in_chain=True),
    ] = 1.0
    """Share of the pictures to translate, such as 0.5 or 50%, exact in number, by a hash of names. A larger share
    contains a smaller one."""
    limit: Annotated[int | None, Setting(panel=RESULT, records=True, in_chain=True)] = None
    """Translate at most this many pictures, the first ones of any larger limit or share."""
    split: Annotated[str | None, Setting(panel=RESULT, records=True, in_chain=True)] = None
    """Translate only this split: train, val, ... of YOLO's data.yaml or folders, of VOC's ImageSets; of COCO and
    Scalabel the label file with this name, where --labels is the folder of these files."""
    only_classes: Annotated[
        tuple[str, ...] | None,
        BeforeValidator(parse_classes),
        Setting(panel=RESULT, parse=parse_classes, metavar="NAMES", records=True, in_chain=True),
    ] = None
    """Translate only pictures that have an object of one of these classes, with commas between them; a name with a
    comma stands in quotation marks. Their labels stay whole, with objects of other classes."""
    balance: Annotated[Balanced | None, Setting(panel=RESULT, records=True, in_chain=True)] = None
    """classes: the share or limit prefers pictures with rare classes."""
    seed: Annotated[int, Setting(panel=RESULT, records=True)] = 0
    """Chooses another share, other places of puddles, streaks and drops, and draws anew."""
    copies: Annotated[int, Setting(panel=RESULT, records=True, in_chain=True)] = 1
    """Variants of each translated picture, 1 to 100, each with the picture's labels, and with its own puddles, streaks,
    drops and whatever is drawn. Their names end in _1, _2, ..."""
    keep_originals: Annotated[bool, Setting(panel=RESULT, records=True, in_chain=True)] = False
    """Complete the output with the pictures not chosen, as they are, those of other splits too; but not with other
    label files of COCO or Scalabel."""
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
    """Also write OUT/pairs/input (translated) and OUT/pairs/target, which derainers train on."""
    pairs_target: Annotated[PairsTarget | None, Setting(panel=RESULT, records=True, in_chain=True)] = None
    """clean: the picture in the same light, without streaks and drops. original: as it was given.
    Default: clean where there is water, else original."""

    device: Device = "auto"
    precision: PrecisionOfWork = Precision.AUTO
    batch_size: BatchSize = None
    workers: WorkersOfEngine = None
    engine: EngineOfWork = EngineName.LOCAL
    address: Address = None
    gpus_per_worker: GpusPerWorker = None
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
        check_range(all(0 <= one <= STRONGEST for one in values_of(self.strength)), "strength", f"0 to {STRONGEST}")
        check_range(1 <= self.copies <= MOST_COPIES, "copies", f"1 to {MOST_COPIES}")
        check_range(1 <= self.quality <= 100, "quality", "1 to 100")
        check_range(self.max_flagged is None or 0 <= self.max_flagged <= 1, "max_flagged", "0 to 1, or 0% to 100%")
        check_range(self.max_pixels >= 1, "max_pixels", "at least 1")
        check_range(self.horizon is None or 0 < self.horizon < 1, "horizon", "over 0 and under 1")
        check_range(0 <= self.drops <= 1, "drops", "0 to 1, or 0% to 100%")
        amounts_of(self.water_amounts)
        refuse_contradictions(self)
        check_choice(self)
        if self.overwrite and self.shard.count > 1:
            message = "`overwrite` with `shard` would remove the other shards' work"
            raise InputError(message, "Give a new `out`, or delete the folder.")
        if self.labels is None and self.format != AUTO:
            raise InputError("`format` goes with `labels`", "Give `labels`, or leave `format` out.")
        return self

    def output_folder(self) -> Path:
        """Return the output folder.

        Raises:
            InputError: It was not given.
        """
        if self.out is None:
            raise InputError("not given: `out`", "A run needs a folder to write to.")
        return self.out

    def amounts(self) -> WaterAmounts:
        """Return how much of each effect of water there is."""
        return amounts_of(self.water_amounts)

    @property
    def has_clean_targets(self) -> bool:
        """Whether there are pairs whose targets are the pictures without streaks and drops."""
        return self.pairs and target_of(levels_told(self.water), self.pairs_target) is PairsTarget.CLEAN

    def settings(self) -> dict[str, Any]:
        """Return what ``run.json`` records; width and precision are recorded as they were resolved."""
        by_count = {"choice": BY_COUNT} if self.fraction < 1 else {}
        told = {**self.recorded(), "water_amounts": self.amounts().changes(), **by_count}
        unsaid = [name for name in _SAID_WHERE_CHANGED if told[name] == _BEFORE_THERE_WERE[name]]
        return {name: value for name, value in told.items() if name not in unsaid}

    @classmethod
    def from_settings(cls, settings: Mapping[str, Any]) -> "AugmentOptions":
        """Return the options that ``run.json`` records.

        Raises:
            InputError: They are incomplete, of a wrong type or out of range, or chose pictures in another way.
        """
        hint = "Start anew in another folder."
        try:
            told = {**_BEFORE_THERE_WERE, **settings}
            known = {name: told[name] for name in cls().recorded()}
        except (KeyError, TypeError) as error:
            raise InputError(f"run.json: damaged settings ({error})", hint) from error
        try:
            options = cls(**known)
        except InputError as error:
            raise InputError(f"run.json: damaged settings ({error.message})", hint) from error
        if options.fraction < 1:
            refuse_another_way(settings.get("choice"))
        return options
