"""``boxes.csv``: a row for each box that was compared, for spreadsheets and scripts."""

import csv
import io
from collections.abc import Iterable, Iterator
from functools import lru_cache

from pipeline.files.text import table_cell
from pipeline.gate.measures import Loss
from pipeline.report.gather.boxes import Judged

LOSSES = tuple(loss.value for loss in Loss)
COLUMNS = ("file", "annotation", "id", "line", "class", "x0", "y0", "x1", "y1", *LOSSES, "kept", "flagged_by")
_PART = 1 << 16
"""Characters that are yielded together."""


def boxes_table(boxes: Iterable[Judged]) -> Iterator[str]:
    """Yield the table part by part, each of whole lines, the heading first.

    Names are of unknown origin: each is one cell, on one line, and none is a formula.

    Args:
        boxes: In the order of the rows.

    Raises:
        LabelError: As ``boxes`` does.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    cell = lru_cache(maxsize=4096)(table_cell)  # few names on many lines
    writer.writerow(COLUMNS)
    for box in boxes:
        names = [box.place, table_cell("" if box.id is None else str(box.id)), "" if box.line is None else box.line]
        writer.writerow([cell(box.name), *names, cell(box.category), *_numbers(box), " ".join(box.lost)])
        if stream.tell() >= _PART:
            yield stream.getvalue()
            stream.seek(0)
            stream.truncate()
    yield stream.getvalue()


def _numbers(box: Judged) -> list[object]:
    """Return the cells of a box from its corners on."""
    corners = [""] * 4 if box.corners is None else [f"{value:.2f}" for value in box.corners]
    shares = [box.shares.get(loss) for loss in LOSSES]
    return [*corners, *("" if share is None else share for share in shares), box.kept]
