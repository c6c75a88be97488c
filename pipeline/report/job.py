"""Write the report of a finished run."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

from pipeline.report.content import Content
from pipeline.report.gather import finished_run, gather
from pipeline.report.page import render

MOST_BYTES = 5_000_000
"""Of a page: it opens at once on a telephone, and goes through a mail server."""


def make_report(out: Path, workers: int, on_picture: Callable[[int, int], None]) -> Path:
    """Write the report of a finished ``tpsence augment`` into its folder.

    Args:
        out: The folder.
        workers: Processes that decode and measure; 0 for none.
        on_picture: Called with the number of pictures compared and their total.

    Returns:
        The page.

    Raises:
        OutputError: The folder holds no finished run.
        InputError: The source is not there any more, or has changed.
        RunError: The page cannot be written.
    """
    run = finished_run(out)
    return run.folder.write_report(render_small(gather(run, workers, on_picture)))


def render_small(content: Content, most_bytes: int = MOST_BYTES) -> str:
    """Render a page that is small enough: pictures at the end of the gallery are left out until it is.

    Args:
        content: What it shows.
        most_bytes: Its size, in bytes of UTF-8.
    """
    page = render(content)
    while len(page.encode()) >= most_bytes and content.gallery:
        content = dataclasses.replace(content, gallery=content.gallery[:-1])
        page = render(content)
    return page
