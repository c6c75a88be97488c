"""``tpsence segment``: parse, call the job, print."""

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
from pipeline.engine.resources import DEFAULT_MAX_PIXELS, Precision
from pipeline.segment.ground_truth.enums import TruthFormat
from pipeline.segment.options import Phase, SegmentOptions
from tpsence.errors import InputError

if TYPE_CHECKING:
    pass

_DATA, _MODEL, _TRUTH = "Data", "Model", "Ground truth"

DatarootArgument = Annotated[
    Path | None,
    typer.Argument(
        metavar="DATAROOT",
        help="Folder with trainA and trainB; the maps go to trainS and trainT in it.",
        show_default=False,
    ),
]
PhasesOption = Annotated[
    str, typer.Option("--phases", help="Of DATAROOT: train, test, or train,test.", rich_help_panel=_DATA)
]
ImagesOption = Annotated[
    Path | None,
    typer.Option(
        "--images", help="Instead of DATAROOT: any folder of pictures.", rich_help_panel=_DATA, show_default=False
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option(
        "--out",
        help="Folder of the maps of --images, new or of the same run.",
        rich_help_panel=_DATA,
        show_default=False,
    ),
]
SchemeOption = Annotated[
    str | None,
    typer.Option(
        "--scheme",
        help="cityscapes: map the ids to the 19 Cityscapes classes. Default: the classes that the model or the "
        "ground truth has.",
        rich_help_panel=_DATA,
        show_default=False,
    ),
]
ModelOption = Annotated[
    str | None,
    typer.Option(
        "--model",
        help="A name from --list-models, or an mmsegmentation config (.py, a program that is run). "
        "Default: convnext-xl, the paper's, if its weights are in the cache; else road-lite, which comes with tpsence.",
        rich_help_panel=_MODEL,
        show_default=False,
    ),
]
WeightsOption = Annotated[
    Path | None,
    typer.Option(
        "--weights",
        help="Weights file for --model. Default: the model's own, fetched once to the cache (TPSENCE_CACHE) unless "
        "they come with tpsence.",
        rich_help_panel=_MODEL,
        show_default=False,
    ),
]
WholeOption = Annotated[
    bool,
    typer.Option(
        "--whole",
        help="One pass at the picture's own size, without the resizing and windows of the model's test settings.",
        rich_help_panel=_MODEL,
    ),
]
ListOption = Annotated[
    bool, typer.Option("--list-models", help="Print the models that have a name and stop.", rich_help_panel=_MODEL)
]
TruthOption = Annotated[
    Path | None,
    typer.Option(
        "--ground-truth",
        help="Convert the maps in this folder for the pictures of --images, instead of a model.",
        rich_help_panel=_TRUTH,
        show_default=False,
    ),
]
TruthFormatOption = Annotated[
    TruthFormat,
    typer.Option("--ground-truth-format", help="Its data set; auto tells by file names.", rich_help_panel=_TRUTH),
]

_EXAMPLE = "For example tpsence segment DATAROOT, or tpsence segment --images DIR --out DIR"
_OF_A_MODEL = {
    "model": "--model",
    "weights": "--weights",
    "whole": "--whole",
    "device": "--device",
    "precision": "--precision",
    "batch_size": "--batch-size",
    "workers": "--workers",
}


def segment(
    context: typer.Context,
    dataroot: DatarootArgument = None,
    phases: PhasesOption = "train",
    images: ImagesOption = None,
    out: OutOption = None,
    scheme: SchemeOption = None,
    model: ModelOption = None,
    weights: WeightsOption = None,
    whole: WholeOption = False,
    ground_truth: TruthOption = None,
    ground_truth_format: TruthFormatOption = TruthFormat.AUTO,
    device: DeviceOption = "auto",
    precision: PrecisionOption = Precision.AUTO,
    batch_size: BatchOption = "auto",
    workers: WorkersOption = "auto",
    max_pixels: MaxPixelsOption = DEFAULT_MAX_PIXELS,
    overwrite: OverwriteOption = False,
    strict: StrictOption = False,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    list_models: ListOption = False,
) -> None:
    """Make a label map for every picture: what tpsence train needs.

    A map is an 8-bit palette PNG of its picture's stem and size: pixel values
    are class ids, 255 is ignored, the colours are for the eye. classes.json
    beside the maps names the classes. The same command, run again, continues.

    Exit codes: 0 all done, 3 done with skips, 2 bad usage, 1 failed,
    130 stopped by Ctrl-C.

    Examples:
      tpsence segment DATAROOT
      tpsence segment DATAROOT --model segformer-b5-cityscapes --phases test
      tpsence segment --images photos --out maps --model my.py --weights W.pth
      tpsence segment DATAROOT --model convnext-tiny --scheme cityscapes
      tpsence segment --ground-truth gtFine --images leftImg8bit --out maps
    """
    names = given(context)
    if list_models:
        if names - {"list_models", "as_json"}:
            raise InputError("--list-models goes alone, or with --json", "Leave the rest away.")
        _list_models(as_json=as_json)
        return
    _check_usage(names)
    options = SegmentOptions(
        dataroot=dataroot,
        phases=Phase.parse(phases),
        images=images,
        out=out,
        scheme=scheme,
        model=model,
        weights=weights,
        whole=whole,
        ground_truth=ground_truth,
        ground_truth_format=ground_truth_format,
        max_pixels=max_pixels,
        precision=precision,
        device=device,
        batch_size=number_or_auto("--batch-size", batch_size),
        workers=number_or_auto("--workers", workers),
        overwrite=overwrite,
        strict=strict,
    )
    from cli.show import exit_code, show
    from pipeline.segment.job import check
    from pipeline.segment.job import segment as job

    if dry_run:
        finished, _ = show(lambda stop: check(options), quiet=quiet)
        finish(finished.summary, as_json=as_json, code=exit_code(finished, strict=strict))
    finished, code = show(lambda stop: job(options, stop), quiet=quiet)
    finish(finished.summary, as_json=as_json, code=code)


def _check_usage(names: set[str]) -> None:
    """Refuse options that contradict each other.

    Args:
        names: The parameters on the command line.
    """
    if "dataroot" in names and names & {"images", "out", "ground_truth"}:
        message = "DATAROOT goes without --images, --out and --ground-truth"
        raise InputError(message, f"Give the one or the other. {_EXAMPLE}")
    if "dataroot" not in names and "phases" in names:
        raise InputError("--phases goes with DATAROOT", "Leave it away.")
    if "ground_truth" not in names and "ground_truth_format" in names:
        raise InputError("--ground-truth-format goes with --ground-truth", "Give the folder of the maps with it.")
    extra = [option for name, option in _OF_A_MODEL.items() if name in names]
    if "ground_truth" in names and extra:
        raise InputError(f"--ground-truth goes without {', '.join(extra)}", "Nothing is estimated then: leave it away.")


def _list_models(*, as_json: bool) -> None:
    """Print the table of models."""
    from cli.console import print_json, print_models
    from pipeline.segment.mmseg.zoo import default_model, zoo_models

    models, default = [model.as_dict() for model in zoo_models()], default_model().name
    if as_json:
        print_json({"default": default, "models": models})
    else:
        print_models(models, default)
