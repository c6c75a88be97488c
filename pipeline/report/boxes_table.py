"""``boxes.csv``: a row for each box that was compared, for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterator, Sequence

from pipeline.augment.finished import FinishedRun
from pipeline.files.text import table_cell
from pipeline.gate.measures import Loss
from pipeline.report.gather.boxes import Judged, Measured, boxes_of

LOSSES = tuple(loss.value for loss in Loss)
COLUMNS = ("file", "annotation", "class", "x0", "y0", "x1", "y1", *LOSSES, "kept", "flagged_by")


def boxes_table(run: FinishedRun, measured: Measured) -> Iterator[str]:
    """Yield the lines of the table, the heading first.

    Names are of unknown origin: each is one cell, on one line, and none is a formula.

    Args:
        run: The run.
        measured: What was measured of its boxes.

    Raises:
        LabelError: The labels have changed since the run.
    """
    yield _line(COLUMNS)
    for box in boxes_of(run, measured):
        yield _line(_cells(box))


def _cells(box: Judged) -> list[object]:
    """Return the cells of a box."""
    corners = [""] * 4 if box.corners is None else [f"{value:.2f}" for value in box.corners]
    shares = [box.shares.get(loss) for loss in LOSSES]
    return [
        table_cell(box.name),
        table_cell(str(box.place)),
        table_cell(box.category),
        *corners,
        *("" if share is None else share for share in shares),
        box.kept,
        " ".join(box.lost),
    ]


def _line(cells: Sequence[object]) -> str:
    """Write one line."""
    stream = io.StringIO()
    csv.writer(stream, lineterminator="\n").writerow(cells)
    return stream.getvalue()
