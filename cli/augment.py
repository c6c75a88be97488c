"""``tpsence augment``: parse, call the job, print."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.options import (
    BatchOption,
    DeviceOption,
    DryRunOption,
    JsonOption,
    MaxPixelsOption,
    OverwriteOption,
    PrecisionOption,
    QuietOption,
    StrictOption,
    WorkersOption,
    finish,
    given,
    number_or_auto,
)
from pipeline.augment.options import AugmentOptions
from pipeline.effects.detail import Detail
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision
from pipeline.gate.options import Gate
from pipeline.labels.registry import AUTO, format_help, labels_help
from pipeline.output.shards import Shard
from tpsence.errors import InputError

if TYPE_CHECKING:
    pass

_DATA, _LOOK, _RUN = "Data", "Result", "Run"

LabelsOption = Annotated[
    Path | None,
    typer.Option(
        "--labels",
        help=f"{labels_help()}.",
        rich_help_panel=_DATA,
        show_default=False,
    ),
]
ImagesOption = Annotated[
    Path | None,
    typer.Option(
        "--images",
        help="Folder that the names in the labels are relative to; looked for beside the labels if not given. "
        "Without --labels: a folder of pictures to translate.",
        rich_help_panel=_DATA,
        show_default=False,
    ),
]
FormatOption = Annotated[
    str,
    typer.Option("--format", help=format_help(), rich_help_panel=_DATA),
]
WeightsOption = Annotated[
    str,
    typer.Option(
        "--weights",
        help="Generator: rain, which comes with tpsence, latest_net_G.pth, the folder that holds it, or a "
        ".safetensors of this project.",
        rich_help_panel=_DATA,
    ),
]
OutOption = Annotated[Path, typer.Option("--out", help="Output folder, new or of the same run.", rich_help_panel=_DATA)]
WidthOption = Annotated[
    int | None,
    typer.Option(
        "--width",
        help="Width in pixels that the generator runs at; 0 for each picture's own. "
        "Default: the width that the weights were trained at if they tell, else 640.",
        rich_help_panel=_LOOK,
        show_default=False,
    ),
]
DetailOption = Annotated[
    Detail,
    typer.Option(
        "--detail",
        help="residual: add the change, scaled up, to the original. model: scale the translated picture up.",
        rich_help_panel=_LOOK,
    ),
]
StrengthOption = Annotated[
    float, typer.Option("--strength", help="Scale of the change, 0 to 1.5.", rich_help_panel=_LOOK)
]
FractionOption = Annotated[
    float,
    typer.Option("--fraction", help="Share of the pictures to translate, by a hash of names.", rich_help_panel=_LOOK),
]
SeedOption = Annotated[int, typer.Option("--seed", help="Chooses another share.", rich_help_panel=_LOOK)]
KeepOption = Annotated[
    bool,
    typer.Option("--keep-originals", help="Complete the output with the pictures not chosen.", rich_help_panel=_LOOK),
]
SuffixOption = Annotated[
    str,
    typer.Option(
        "--suffix",
        help="Put before the extension of translated pictures' names, and into the labels.",
        rich_help_panel=_LOOK,
    ),
]
QualityOption = Annotated[int, typer.Option("--quality", help="Of JPEG and WebP, 1 to 100.", rich_help_panel=_LOOK)]
GateOption = Annotated[
    Gate,
    typer.Option(
        "--gate",
        help="Compare every box before and after; where its object may have vanished, flag: mark the annotation, "
        "drop: leave it out. Both are listed in flagged.jsonl.",
        rich_help_panel=_LOOK,
    ),
]
PairsOption = Annotated[
    bool,
    typer.Option(
        "--pairs",
        help="Also write OUT/pairs/input (translated) and OUT/pairs/target (original), which derainers train on.",
        rich_help_panel=_LOOK,
    ),
]
ReportOption = Annotated[
    bool, typer.Option("--report/--no-report", help="Write OUT/report.html at the end.", rich_help_panel=_RUN)
]
ShardOption = Annotated[
    str, typer.Option("--shard", help="Do part i of n, for example 1/4, by a hash of names.", rich_help_panel=_RUN)
]
CollectOption = Annotated[
    bool,
    typer.Option("--collect", help="Join the shards in --out: write labels and summary.", rich_help_panel=_RUN),
]


def augment(
    context: typer.Context,
    out: OutOption,
    labels: LabelsOption = None,
    images: ImagesOption = None,
    label_format: FormatOption = AUTO,
    weights: WeightsOption = "rain",
    width: WidthOption = None,
    detail: DetailOption = Detail.RESIDUAL,
    strength: StrengthOption = 1.0,
    fraction: FractionOption = 1.0,
    seed: SeedOption = 0,
    keep_originals: KeepOption = False,
    suffix: SuffixOption = "",
    quality: QualityOption = 95,
    gate: GateOption = Gate.OFF,
    pairs: PairsOption = False,
    device: DeviceOption = "auto",
    precision: PrecisionOption = Precision.AUTO,
    batch_size: BatchOption = "auto",
    workers: WorkersOption = "auto",
    max_pixels: MaxPixelsOption = DEFAULT_MAX_PIXELS,
    shard: ShardOption = "1/1",
    collect: CollectOption = False,
    report: ReportOption = True,
    overwrite: OverwriteOption = False,
    strict: StrictOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a data set's pictures in rain: same names, same sizes, same labels.

    The labels are passed through, not converted, and read back at the end
    to prove it. Pictures that cannot be read are skipped with a reason, and
    left out of the labels. The same command, run again, continues.

    Exit codes: 0 all done, 3 done with skips, 2 bad usage, 1 failed,
    130 stopped by Ctrl-C.

    Examples:
      tpsence augment --labels coco.json --out rainy
      tpsence augment --labels coco.json --weights latest_net_G.pth --out rainy
      tpsence augment --labels data.yaml --out rainy --suffix _rain
      tpsence augment --labels Annotations --out half --fraction .5
      tpsence augment --images photos --out rainy --strength 0.7
      tpsence augment --labels train.json --out rainy --shard 2/8
      tpsence augment --labels coco.json --out rainy --gate flag --pairs
    """
    parts = Shard.parse(shard)
    if collect:
        others = given(context) - {"out", "collect", "report", "as_json", "quiet"}
        _collect(out, report=report, as_json=as_json, quiet=quiet, others=others)
        return
    if overwrite and parts.count > 1:
        raise InputError(
            "--overwrite with --shard would remove the other shards' work", "Give a new --out, or delete the folder."
        )
    if labels is None and label_format != "auto":
        raise InputError("--format goes with --labels", "Give --labels, or leave --format away.")
    options = AugmentOptions(
        labels=labels,
        images=images,
        format=label_format,
        weights=weights,
        out=out,
        width=width,
        detail=detail,
        strength=strength,
        fraction=fraction,
        seed=seed,
        keep_originals=keep_originals,
        suffix=suffix,
        quality=quality,
        gate=gate,
        pairs=pairs,
        max_pixels=max_pixels,
        precision=precision,
        shard=parts,
        device=device,
        batch_size=number_or_auto("--batch-size", batch_size),
        workers=number_or_auto("--workers", workers),
        overwrite=overwrite,
        strict=strict,
    )
    from cli.show import exit_code, show
    from pipeline.augment.job import augment as job
    from pipeline.augment.job import check

    if dry_run:
        finished, _ = show(lambda stop: check(options), quiet=quiet)
        finish(finished.summary, as_json=as_json, code=exit_code(finished, strict=strict))
    finished, code = show(lambda stop: job(options, stop), quiet=quiet)
    is_whole = finished.summary["complete"] and finished.summary["shard"] is None
    page = _report(out, options.workers, quiet=quiet) if report and is_whole else None
    finish({**finished.summary, "report": page}, as_json=as_json, code=code)


def _collect(out: Path, *, report: bool, as_json: bool, quiet: bool, others: set[str]) -> None:
    """Join the shards of a run."""
    if others:
        raise InputError("--collect goes with --out alone", "The rest is known from the shards' run.json.")
    from cli.show import show
    from pipeline.augment.collect import collect

    finished, code = show(lambda stop: collect(out), quiet=quiet)
    page = _report(out, None, quiet=quiet) if report else None
    finish({**finished.summary, "report": page}, as_json=as_json, code=code)


def _report(out: Path, workers: int | None, *, quiet: bool) -> str:
    """Write the report of a finished run."""
    from cli.show import show
    from pipeline.report.job import report

    return str(show(lambda stop: report(out, workers), quiet=quiet)[0].summary["report"])
