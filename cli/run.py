"""``tpsence run``: parse, run the chain, print."""

from pathlib import Path
from typing import Annotated, Any

import typer

from cli.augment import (
    FormatOption,
    FractionOption,
    GateOption,
    ImagesOption,
    KeepOption,
    PairsOption,
    StrengthOption,
    SuffixOption,
)
from cli.options import (
    BatchOption,
    DeviceOption,
    DryRunOption,
    JsonOption,
    PrecisionOption,
    QuietOption,
    SetOption,
    StrictOption,
    WorkersOption,
    finish,
    given,
    number_or_auto,
)
from pipeline.engine.resources import Precision
from pipeline.gate.options import Gate
from pipeline.labels.registry import AUTO, labels_help
from pipeline.run.enums import StageName

_DATA, _METHOD, _RUN = "Data", "Method", "Run"


ConfigArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="CONFIG",
        help="A YAML file with the settings; paths in it are relative to its folder. Options count before it.",
        show_default=False,
    ),
]
ClearOption = Annotated[
    Path | None,
    typer.Option("--clear", help="Folder of clear pictures to train on.", rich_help_panel=_DATA, show_default=False),
]
RainyOption = Annotated[
    Path | None,
    typer.Option("--rainy", help="Folder of rainy pictures to train on.", rich_help_panel=_DATA, show_default=False),
]
LabelsOption = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        help=f"The data set to translate: {labels_help()}.",
        rich_help_panel=_DATA,
        show_default=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out", help="Folder for everything, new or of the same chain.", rich_help_panel=_DATA, show_default=False
    ),
]
PresetOption = Annotated[
    str, typer.Option("--preset", help="Of the training; see tpsence train --help.", rich_help_panel=_METHOD)
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="Segmentation network; see tpsence segment --list-models.",
        rich_help_panel=_METHOD,
        show_default=False,
    ),
]
SeedOption = Annotated[
    int, typer.Option("--seed", help="Of the training, and of the share of --fraction.", rich_help_panel=_METHOD)
]
FromOption = Annotated[
    StageName | None,
    typer.Option(
        "--from",
        help="Run this stage and those after it anew, even if nothing has changed.",
        rich_help_panel=_RUN,
        show_default=False,
    ),
]

_OF_AUGMENT = {"strength", "fraction", "keep_originals", "suffix", "gate", "pairs"}
_PLAIN = {"clear", "rainy", "labels", "images", "out", "preset", "seed", "device", "precision"}


def run(
    context: typer.Context,
    config: ConfigArgument = None,
    clear: ClearOption = None,
    rainy: RainyOption = None,
    labels: LabelsOption = None,
    images: ImagesOption = None,
    label_format: FormatOption = AUTO,
    out: OutOption = None,
    preset: PresetOption = "small_rain",
    settings: SetOption = None,
    model: ModelOption = None,
    seed: SeedOption = 0,
    strength: StrengthOption = 1.0,
    fraction: FractionOption = 1.0,
    keep_originals: KeepOption = False,
    suffix: SuffixOption = "",
    gate: GateOption = Gate.OFF,
    pairs: PairsOption = False,
    device: DeviceOption = "auto",
    precision: PrecisionOption = Precision.AUTO,
    batch_size: BatchOption = "auto",
    workers: WorkersOption = "auto",
    begin_from: FromOption = None,
    strict: StrictOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """The whole chain: label maps, training, translation of a data set, report.

    OUT then holds dataset (label maps), training (the generator), augmented
    (the data set in rain), report.html and run.json. A stage whose inputs and
    settings are as they were is not run again; one that was stopped or killed
    continues.

    Exit codes: 0 all done, 3 done with skips, 2 bad usage, 1 failed,
    130 stopped by Ctrl-C.

    Examples:
      tpsence run --clear sun --rainy rain --labels coco.json --out runs/mine
      tpsence run --clear A --rainy B --labels coco.json --out C --preset tiny
      tpsence run chain.yaml
      tpsence run chain.yaml --from train --set optim.epochs=50
      tpsence run chain.yaml --dry-run
    """
    from pipeline.run.config import load_chain

    # Only what stands on the command line counts before the file, so most parameters are read by name from the context.
    values = _given_values(context, label_format, settings, model, batch_size, workers)
    chain_config = load_chain(config, values)
    from cli.show import show
    from pipeline.run.job import check
    from pipeline.run.job import run as job

    if dry_run:
        finished, code = show(lambda stop: check(chain_config, begin_from=begin_from), quiet=quiet)
    else:
        finished, code = show(
            lambda stop: job(chain_config, begin_from=begin_from, strict=strict, stop=stop), quiet=quiet
        )
    finish(finished.summary, as_json=as_json, code=code)


def _given_values(
    context: typer.Context,
    label_format: str,
    settings: list[str] | None,
    model: str | None,
    batch_size: str,
    workers: str,
) -> dict[str, Any]:
    """Return what stands on the command line, by the keys of a chain's settings."""
    names = given(context)
    values: dict[str, Any] = {name: context.params[name] for name in names & _PLAIN}
    values |= {f"augment.{name}": context.params[name] for name in names & _OF_AUGMENT}
    if "label_format" in names:
        values["format"] = label_format
    if model is not None:
        values["segment.model"] = model
    if "batch_size" in names:
        values["batch_size"] = number_or_auto("--batch-size", batch_size)
    if "workers" in names:
        values["workers"] = number_or_auto("--workers", workers)
    if settings:
        from pipeline.train.presets import parse_settings

        values["train"] = parse_settings(settings)
    return values
