"""``tpsence train``: parse, call the job, print."""

import os
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, NoReturn

import typer

from cli.exits import EXIT_USAGE
from cli.options import JsonOption, QuietOption
from cli.schema import Given, command
from pipeline.engine.resources import Resources
from pipeline.engine.schema import RUN
from pipeline.train.options import TrainOptions
from tpsence.errors import InputError, TpsenceError

if TYPE_CHECKING:
    from pipeline.train.config import TrainConfig

_SECONDS_FOR_THE_FIRST = 1.0

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Check settings and data, print the settings and stop.", rich_help_panel=RUN)
]
ListSettingsOption = Annotated[
    bool, typer.Option("--list-settings", help="Print all settings with their published values and stop.")
]


@command(TrainOptions)
def train(
    given: Given[TrainOptions],
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
    list_settings: ListSettingsOption = False,
) -> None:
    """Train a generator from a folder of clear and a folder of rainy pictures.

    Presets: bdd100k_rain, bdd100k_snow, bdd100k_night, init_rain,
    boreas_snow, cityscapes_rain, small_rain for few pictures, and tiny,
    which takes minutes on a CPU.

    The folder --out then holds generator.safetensors for tpsence augment
    --weights, the last two checkpoints, metrics.jsonl and preview grids.
    Ctrl-C saves and ends; the same command with --resume continues exactly.

    Exit codes: 0 done, 2 bad usage, 1 failed, 130 stopped by Ctrl-C.

    Examples:
      tpsence train bdd100k_rain --data DATAROOT --out runs/rain
      tpsence train tiny --data DATAROOT --out runs/try --set loss.weighting=hard
      tpsence train bdd100k_rain --data D --out runs/derain --direction BtoA
      tpsence train my_preset.py --data D --out runs/mine --set optim.lr=1e-4
      torchrun --nproc-per-node 8 -m cli train bdd100k_rain --data D --out R
    """
    if list_settings:
        _list_settings()
        return
    with _said_once():
        options = _options(given)
        from pipeline.train.presets import load_config

        config, resources = load_config(options.preset, options.changes()), options.resources()
        resume = options.resume
        _run(config, options.data, options.out, resources, resume=resume, dry_run=dry_run, as_json=as_json, quiet=quiet)


def _options(given: Given[TrainOptions]) -> TrainOptions:
    """Return the options, if the first three are there."""
    shown = {"preset": "PRESET", "data": "`data`", "out": "`out`"}
    missing = [name for key, name in shown.items() if key not in given.names]
    if missing:
        raise InputError(
            f"not given: {', '.join(missing)}",
            "For example tpsence train tiny --data DATAROOT --out runs/first; presets are listed by --help.",
        )
    return given.options()


@contextmanager
def _said_once() -> Iterator[None]:
    """Let the first of the processes that torchrun has started say what all find wrong in the input.

    The others wait a moment before they end, because torchrun ends all as soon as one has failed. What breaks later
    each says for itself, with its number.
    """
    rank = os.environ.get("RANK", "0")
    try:
        yield
    except TpsenceError as error:
        if os.environ.get("WORLD_SIZE", "1") == "1" or not rank.isdigit() or int(rank) == 0:
            raise
        time.sleep(_SECONDS_FOR_THE_FIRST)
        if isinstance(error, InputError):
            raise typer.Exit(EXIT_USAGE) from None
        error.message = f"process {rank}: {error.message}"
        raise


def _list_settings() -> None:
    """Print all settings."""
    from cli.console import print_settings
    from pipeline.train.presets import explain

    print_settings(explain())


def _run(
    config: "TrainConfig",
    data: Path,
    out: Path,
    resources: Resources,
    *,
    resume: bool,
    dry_run: bool,
    as_json: bool,
    quiet: bool,
) -> None:
    """Train among the processes that torchrun has started; the first of them talks."""
    from cli.console import print_json
    from cli.train_progress import check_job, run_training
    from pipeline.train.processes import joined

    with joined(resources.device) as processes:
        quiet = quiet or not processes.is_first
        if dry_run:
            check_job(config, data, out, resources, processes, resume=resume, quiet=quiet)
            content, code = config.as_dict(), 0
        else:
            content, code = run_training(
                check_job(config, data, out, resources, processes, resume=resume, quiet=quiet), quiet=quiet
            )
        if processes.is_first and (as_json or dry_run):
            print_json(content)
    if processes.many:
        _leave(code)
    raise typer.Exit(code)


def _leave(code: int) -> NoReturn:
    """End this process at once: threads of torch outlive the group, and have aborted the interpreter's orderly end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
