"""``tpsence train``: parse, call the job, print."""

import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, NoReturn

import typer

from cli.exits import EXIT_USAGE
from cli.options import JsonOption, QuietOption
from cli.ranks import is_first
from cli.schema import Given, command
from pipeline.engine.schema import RUN
from pipeline.train.options import TrainOptions
from tpsence.errors import InputError, TpsenceError

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
    boreas_snow, cityscapes_rain; for few pictures small_rain; with targets
    for them light_rain_start, then light_rain, and on a GPU large_rain_start,
    then large_rain; and tiny, which takes minutes on a CPU.

    The folder --out then holds generator.safetensors for tpsence augment
    --weights, the last two checkpoints, metrics.jsonl and preview grids.
    Ctrl-C and the end of --max-time save and end; the same command with
    --resume continues exactly.

    A run has the epochs of optim.epochs and, after them, of optim.decay_epochs;
    --set optim.epochs=3 --set optim.decay_epochs=0 makes it 3.

    Exit codes: 0 done or --max-time over, 2 bad usage, 1 failed, 130 stopped
    by Ctrl-C, 143 by SIGTERM.

    Examples:
      tpsence train bdd100k_rain --data DATAROOT --out runs/rain
      tpsence train tiny --data DATAROOT --out runs/try --set loss.weighting=hard
      tpsence train bdd100k_rain --data D --out runs/derain --direction BtoA
      tpsence train bdd100k_rain --data D --out runs/rain --resume --max-time 9m
      tpsence train my_preset.py --data D --out runs/mine --set optim.lr=1e-4
      torchrun --nproc-per-node 8 -m tpsence train bdd100k_rain --data D --out R
    """
    if list_settings:
        _list_settings()
        return
    with _said_once():
        from cli.show import show
        from pipeline.train.job import check
        from pipeline.train.job import train as job

        options = _options(given)
        quiet = quiet or not is_first()
        finished, code = show(lambda stop: check(options) if dry_run else job(options, stop), quiet=quiet)
    if finished.about["talks"] and (as_json or dry_run):
        from cli.console import print_json

        print_json(finished.summary)
    if finished.about["many"]:
        _leave(code)
    raise typer.Exit(code)


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
    try:
        yield
    except TpsenceError as error:
        if is_first():
            raise
        time.sleep(_SECONDS_FOR_THE_FIRST)
        if isinstance(error, InputError):
            raise typer.Exit(EXIT_USAGE) from None
        error.message = f"process {os.environ['RANK']}: {error.message}"
        raise


def _list_settings() -> None:
    """Print all settings."""
    from cli.console import print_settings
    from pipeline.train.presets import explain

    print_settings(explain())


def _leave(code: int) -> NoReturn:
    """End this process at once: threads of torch outlive the group, and have aborted the interpreter's orderly end."""
    os._exit(code)
