"""``tpsence segment``: parse, call the job, print."""

from typing import Annotated

import typer

from cli.options import DryRunOption, JsonOption, QuietOption, finish
from cli.schema import Given, command
from pipeline.engine.resources import EngineName
from pipeline.segment.options import MODEL, SegmentOptions
from tpsence.errors import InputError

ListOption = Annotated[
    bool, typer.Option("--list-models", help="Print the models that have a name and stop.", rich_help_panel=MODEL)
]

_OF_A_MODEL = ("model", "weights", "whole", "device", "precision", "batch_size", "gpus_per_worker")


@command(SegmentOptions)
def segment(
    given: Given[SegmentOptions],
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
    130 stopped by Ctrl-C, 143 by SIGTERM.

    Examples:
      tpsence segment DATAROOT
      tpsence segment DATAROOT --model segformer-b5-cityscapes --phases test
      tpsence segment --images photos --out maps --model my.py --weights W.pth
      tpsence segment DATAROOT --model convnext-tiny --scheme cityscapes
      tpsence segment --ground-truth gtFine --images leftImg8bit --out maps
    """
    if list_models:
        if given.names - {"list_models", "as_json"}:
            raise InputError("--list-models goes alone, or with --json", "Leave the rest out.")
        _list_models(as_json=as_json)
        return
    _check_usage(given)
    options = given.options()
    from cli.show import exit_code, show
    from pipeline.segment.job import check
    from pipeline.segment.job import segment as job

    if dry_run:
        finished, _ = show(lambda stop: check(options), quiet=quiet)
        finish(finished.summary, as_json=as_json, code=exit_code(finished, strict=options.strict))
    finished, code = show(lambda stop: job(options, stop), quiet=quiet)
    finish(finished.summary, as_json=as_json, code=code)


def _check_usage(given: Given[SegmentOptions]) -> None:
    """Refuse options that have no use beside others."""
    names = given.names
    if "dataroot" not in names and "phases" in names:
        raise InputError("`phases` goes with DATAROOT", "Leave it out.")
    if "ground_truth" not in names and "ground_truth_format" in names:
        raise InputError("`ground_truth_format` goes with `ground_truth`", "Give the folder of the maps with it.")
    of_a_model = _OF_A_MODEL if given.values.get("engine") is EngineName.RAY else (*_OF_A_MODEL, "workers")
    extra = [f"`{name}`" for name in of_a_model if name in names]
    if "ground_truth" in names and extra:
        message = f"`ground_truth` goes without {', '.join(extra)}"
        raise InputError(message, "Nothing is estimated then: leave it out.")


def _list_models(*, as_json: bool) -> None:
    """Print the table of models."""
    from cli.console import print_json, print_models
    from pipeline.segment.mmseg.zoo import default_model, zoo_models

    models, default = [model.as_dict() for model in zoo_models()], default_model().name
    if as_json:
        print_json({"default": default, "models": models})
    else:
        print_models(models, default)
