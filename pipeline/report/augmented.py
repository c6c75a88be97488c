"""Write the report of a finished ``tpsence augment``."""

from collections.abc import Generator
from pathlib import Path

from pipeline.engine.cores import available_cores
from pipeline.engine.events import Done, Found
from pipeline.report.gather import finished_run, gather, measure
from pipeline.report.page import render_small


def write_report(out: Path, workers: int | None) -> Generator[Found | Done, None, Path]:
    """Write the report of a run into its folder.

    Args:
        out: The folder.
        workers: Processes that decode and measure; 0 for none, None chooses.

    Yields:
        How far the comparison of boxes is.

    Returns:
        The page.

    Raises:
        OutputError: The folder holds no finished run.
        InputError: The source is not there any more, or has changed.
        RunError: The page cannot be written.
    """
    run = finished_run(out)
    measured = yield from measure(run, chosen_workers(workers))
    return run.folder.write_report(render_small(gather(run, measured)))


def chosen_workers(workers: int | None) -> int:
    """Return the number of processes that measure beside no network: one for each core, but few."""
    return min(8, available_cores()) if workers is None else workers
