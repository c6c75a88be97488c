"""``tpsence report``: parse, call the job, print."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption, QuietOption, WorkersOption, finish, number_or_auto

OutArgument = Annotated[
    Path, typer.Argument(metavar="OUT", help="The --out of tpsence augment or tpsence run.", show_default=False)
]


def report(
    out: OutArgument,
    workers: WorkersOption = "auto",
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write OUT/report.html: what the run has made, to look at.

    One page that needs no network: summary, settings, skips, pictures before
    and after with their boxes, and how much each box has changed, the worst
    first. Where the gate has not compared all boxes, a sample is compared.

    Exit codes: 0 done, 2 bad usage, 1 failed.

    Examples:
      tpsence report rainy
      tpsence report runs/street --json
    """
    from cli.show import show
    from pipeline.report.job import report as job

    number = number_or_auto("--workers", workers)
    finished, code = show(lambda stop: job(out, number), quiet=quiet)
    finish(finished.summary, as_json=as_json, code=code)
