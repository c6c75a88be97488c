"""What several commands can be told about how they show their work; what they work on is in their schemas."""

from collections.abc import Mapping
from typing import Annotated, NoReturn

import typer

from pipeline.engine.schema import RUN

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would happen and write nothing.", rich_help_panel=RUN)
]
JsonOption = Annotated[
    bool, typer.Option("--json", help="Print the summary, or the error, as JSON on stdout.", rich_help_panel=RUN)
]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print nothing but errors.", rich_help_panel=RUN)]


def finish(content: Mapping[str, object], *, as_json: bool, code: int) -> NoReturn:
    """Print the JSON that was asked for and leave."""
    if as_json:
        from cli.console import print_json

        print_json(content)
    raise typer.Exit(code)
