"""Options that several commands have."""

from collections.abc import Mapping
from typing import Annotated, NoReturn

import typer

from pipeline.engine.resources import Precision
from tpsence.errors import InputError

_RUN = "Run"

DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.", rich_help_panel=_RUN)]
WorkersOption = Annotated[
    str,
    typer.Option(
        "--workers", help="Threads (augment) or processes that decode ahead, 0 for none, or auto.", rich_help_panel=_RUN
    ),
]
PrecisionOption = Annotated[
    Precision,
    typer.Option("--precision", help="auto is bf16 on GPUs that have it, else fp32.", rich_help_panel=_RUN),
]
BatchOption = Annotated[
    str, typer.Option("--batch-size", help="Pictures of equal shape at once, or auto.", rich_help_panel=_RUN)
]
MaxPixelsOption = Annotated[
    int, typer.Option("--max-pixels", help="Skip pictures with more pixels.", rich_help_panel=_RUN)
]
OverwriteOption = Annotated[
    bool,
    typer.Option("--overwrite", help="Remove the files of an earlier run in the output first.", rich_help_panel=_RUN),
]
StrictOption = Annotated[
    bool, typer.Option("--strict", help="Stop at the first picture that cannot be done.", rich_help_panel=_RUN)
]
DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would happen and write nothing.", rich_help_panel=_RUN)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.", rich_help_panel=_RUN)]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print errors alone.", rich_help_panel=_RUN)]
SetOption = Annotated[
    list[str] | None,
    typer.Option(
        "--set",
        metavar="KEY=VALUE",
        help="Change a setting of the preset; can be given many times. See tpsence train --list-settings.",
        rich_help_panel="Method",
        show_default=False,
    ),
]


def number_or_auto(option: str, text: str) -> int | None:
    """Read the text of an option: ``auto``, which gives None, or a whole number.

    Raises:
        InputError: Neither.
    """
    if text == "auto":
        return None
    try:
        return int(text)
    except ValueError:
        raise InputError(f"{option} {text!r}: not a number", "Give a whole number, or auto.") from None


def given(context: typer.Context) -> set[str]:
    """Return the parameters that stand on the command line."""
    sources = {name: context.get_parameter_source(name) for name in context.params}
    return {name for name, source in sources.items() if source is not None and source.name == "COMMANDLINE"}


def finish(content: Mapping[str, object], *, as_json: bool, code: int) -> NoReturn:
    """Print the JSON that was asked for and leave."""
    if as_json:
        from cli.console import print_json

        print_json(content)
    raise typer.Exit(code)
