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
from cli.options import DeviceOption, JsonOption, QuietOption, SetOption, WorkersOption, number_or_auto
from pipeline.engine.resources import Precision
from pipeline.train.enums import Direction
from pipeline.train.options import TrainOptions
from tpsence.errors import InputError, TpsenceError

if TYPE_CHECKING:
    pass

_DATA, _METHOD, _RUN = "Data", "Method", "Run"
_SECONDS_FOR_THE_FIRST = 1.0

PresetArgument = Annotated[
    str | None,
    typer.Argument(metavar="PRESET", help="A preset's name, or a .py file of your own.", show_default=False),
]
DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder with trainA (clear), trainB (rainy), and trainS, trainT for the weighting semantic.",
        rich_help_panel=_DATA,
        show_default=False,
    ),
]
OutOption = Annotated[
    Path | None,
    typer.Option("--out", help="Folder of the run, new or to be continued.", rich_help_panel=_DATA, show_default=False),
]
DirectionOption = Annotated[
    Direction | None,
    typer.Option(
        "--direction", help="BtoA trains the inverse: rainy to clear.", rich_help_panel=_METHOD, show_default=False
    ),
]
SeedOption = Annotated[
    int | None,
    typer.Option("--seed", help="The same seed gives the same run.", rich_help_panel=_METHOD, show_default=False),
]
ResumeOption = Annotated[
    bool,
    typer.Option("--resume", help="Continue the run in --out; begin it if there is none.", rich_help_panel=_RUN),
]
PrecisionOption = Annotated[
    Precision | None,
    typer.Option(
        "--precision",
        help="auto is bf16 on GPUs that have it, else fp32. Losses are always in fp32.",
        rich_help_panel=_RUN,
        show_default=False,
    ),
]
CompileOption = Annotated[
    bool, typer.Option("--compile", help="Compile the networks; needs a C++ compiler on CPUs.", rich_help_panel=_RUN)
]
DryRunOption = Annotated[
    bool,
    typer.Option("--dry-run", help="Check settings and data, print the settings and stop.", rich_help_panel=_RUN),
]
ListSettingsOption = Annotated[
    bool, typer.Option("--list-settings", help="Print all settings with their published values and stop.")
]


def train(
    preset: PresetArgument = None,
    data: DataOption = None,
    out: OutOption = None,
    settings: SetOption = None,
    direction: DirectionOption = None,
    seed: SeedOption = None,
    resume: ResumeOption = False,
    device: DeviceOption = "auto",
    precision: PrecisionOption = None,
    compile_networks: CompileOption = False,
    workers: WorkersOption = "auto",
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
    options = TrainOptions(
        preset=preset,
        data=data,
        out=out,
        settings=tuple(settings or ()),
        direction=direction,
        seed=seed,
        resume=resume,
        device=device,
        precision=precision,
        compile=compile_networks,
        workers=number_or_auto("--workers", workers),
    )
    with _said_once():
        from cli.show import show
        from pipeline.train.job import check
        from pipeline.train.job import train as job

        quiet = quiet or not _is_first()
        finished, code = show(lambda stop: check(options) if dry_run else job(options, stop), quiet=quiet)
    if finished.about["talks"] and (as_json or dry_run):
        from cli.console import print_json

        print_json(finished.summary)
    if finished.about["many"]:
        _leave(code)
    raise typer.Exit(code)


@contextmanager
def _said_once() -> Iterator[None]:
    """Let the first of the processes that torchrun has started say what all find wrong in the input.

    The others wait a moment before they end, because torchrun ends all as soon as one has failed. What breaks later
    each says for itself, with its number.
    """
    try:
        yield
    except TpsenceError as error:
        if _is_first():
            raise
        time.sleep(_SECONDS_FOR_THE_FIRST)
        if isinstance(error, InputError):
            raise typer.Exit(EXIT_USAGE) from None
        error.message = f"process {os.environ['RANK']}: {error.message}"
        raise


def _is_first() -> bool:
    """Tell whether this process talks: alone, or the first of those that torchrun has started."""
    rank = os.environ.get("RANK", "0")
    return os.environ.get("WORLD_SIZE", "1") == "1" or not rank.isdigit() or int(rank) == 0


def _list_settings() -> None:
    """Print all settings."""
    from cli.console import print_settings
    from pipeline.train.presets import explain

    print_settings(explain())


def _leave(code: int) -> NoReturn:
    """End this process at once: threads of torch outlive the group, and have aborted the interpreter's orderly end."""
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)
