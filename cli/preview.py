"""``tpsence preview``: parse, call the job, print."""

from pathlib import Path
from typing import Annotated

import typer

from cli.options import JsonOption, QuietOption, finish
from cli.schema import Given, command
from pipeline.engine.schema import RUN
from pipeline.preview.options import PreviewOptions

OpenOption = Annotated[bool, typer.Option("--open", help="Open the page in the browser.", rich_help_panel=RUN)]


@command(PreviewOptions)
def preview(
    given: Given[PreviewOptions],
    open_page: OpenOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Show a few pictures in rain side by side, to choose settings by.

    Writes a page, preview.html, and the same as one picture, preview.png. A
    row is a picture, a column a combination of --weights, --strengths and
    --water, with the tpsence augment command that makes it of the whole data
    set. Every pixel is as that makes it, before it is scaled for the page.

    Exit codes: 0 done, 3 done with skips, 2 bad usage, 1 failed, 130 stopped
    by Ctrl-C, 143 by SIGTERM (nothing is written).

    Examples:
      tpsence preview photo.jpg --open
      tpsence preview photos --number 5
      tpsence preview data/coco.json --water none,light,heavy
      tpsence preview data/coco.json --strengths 0.5,1,1.5 --out looks
      tpsence preview photo.jpg --weights rain,runs/mine
    """
    from cli.show import show
    from pipeline.preview.job import preview as job

    options = given.options()
    finished, code = show(lambda stop: job(options, stop), quiet=quiet)
    if open_page and not finished.stopped:
        _open(Path(finished.summary["page"]), quiet=quiet)
    finish(finished.summary, as_json=as_json, code=code)


def _open(page: Path, *, quiet: bool) -> None:
    """Open a page in the browser, or say where it is."""
    import webbrowser

    from cli.console import say

    place = page.absolute()
    if not webbrowser.open(place.as_uri()) and not quiet:
        say(f"no browser found: open {place}", style="yellow")
