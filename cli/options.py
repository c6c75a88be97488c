"""Options that several commands have."""

from typing import Annotated

import typer

from tpsence.errors import InputError

_RUN = "Run"

DeviceOption = Annotated[str, typer.Option("--device", help="auto, cpu, cuda, cuda:1 or mps.", rich_help_panel=_RUN)]
WorkersOption = Annotated[
    str, typer.Option("--workers", help="Processes that decode, 0 for none, or auto.", rich_help_panel=_RUN)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.", rich_help_panel=_RUN)]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print errors alone.", rich_help_panel=_RUN)]


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
