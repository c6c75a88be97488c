"""Write the report of a finished ``tpsence augment``."""

from collections.abc import Generator
from pathlib import Path

from pipeline.augment.finished import FinishedRun, finished_run
from pipeline.engine.cores import available_cores
from pipeline.engine.events import Done, Found
from pipeline.output.records import write_boxes
from pipeline.report.boxes_table import boxes_table
from pipeline.report.gather.boxes import Measured, boxes_of
from pipeline.report.gather.classes import classes_of
from pipeline.report.gather.counted import Counted
from pipeline.report.gather.measured import measure
from pipeline.report.gather.whole import gather
from pipeline.report.page import render_small


def write_report(out: Path, workers: int | None) -> Generator[Found | Done, None, Path]:
    """Write the report of a run into its folder, and the table of its boxes beside it.

    Args:
        out: The folder.
        workers: Processes that decode and measure; 0 for none, None chooses.

    Yields:
        How many pictures have been compared, and read to be shown.

    Returns:
        The page.

    Raises:
        OutputError: The folder holds no finished run.
        InputError: The source is not there any more, or has changed.
        RunError: The page cannot be written.
    """
    run = finished_run(out)
    measured = yield from measure(run, chosen_workers(workers))
    counted = write_table(out, run, measured)
    content = yield from gather(run, measured, counted)
    return run.folder.write_report(render_small(content))


def write_table(out: Path, run: FinishedRun, measured: Measured) -> Counted:
    """Write the table of the boxes, and count them as they pass.

    Args:
        out: The folder of the report.
        run: The run.
        measured: What was measured of its boxes.

    Raises:
        LabelError: The labels have changed since the run.
        RunError: It cannot be written.
    """
    counted = Counted(classes_of(run, measured))
    write_boxes(out, boxes_table(counted.passing(boxes_of(run, measured))))
    return counted


def chosen_workers(workers: int | None) -> int:
    """Return the number of processes that measure beside no network: one for each core, but few."""
    return min(8, available_cores()) if workers is None else workers
