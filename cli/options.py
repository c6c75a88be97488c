"""What several commands can be told about how they show their work; what they work on is in their schemas."""

from typing import Annotated

import typer

from pipeline.engine.schema import RUN

DryRunOption = Annotated[
    bool, typer.Option("--dry-run", help="Say what would happen and write nothing.", rich_help_panel=RUN)
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print the summary as JSON on stdout.", rich_help_panel=RUN)]
QuietOption = Annotated[bool, typer.Option("--quiet", help="Print errors alone.", rich_help_panel=RUN)]
