"""Counts over all boxes that were compared, in one pass: a large data set has more of them than should be held."""

from array import array
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from statistics import median

from pipeline.report.content import Category
from pipeline.report.content_tables import KeptCell, KeptRow, KeptTable
from pipeline.report.gather.boxes import Judged
from pipeline.report.gather.classes import Classes

BINS = 20
"""Bins of the histogram."""
MOST_WORST = 24
"""Boxes that are shown alone at most."""
MOST_ROWS = 60
"""Classes that a table of what is kept has at most."""
SIDES = (16, 32, 96)
"""Where one size of boxes ends and the next begins, in pixels of the shorter side."""
SIZES = ("under 16 px", "16 to 32 px", "32 to 96 px", "from 96 px")
ALL = "all"
_EVERY = -1
"""Row of all classes together."""


@dataclass(slots=True)
class _Cell:
    """Boxes that are counted together."""

    kept: "array[float]" = field(default_factory=lambda: array("f"))
    flagged: int = 0


class _Cells:
    """A table that grows: rows are places of classes, columns are words."""

    def __init__(self) -> None:
        self._cells: dict[tuple[int, str], _Cell] = {}

    def add(self, row: int, column: str, share: float, *, flagged: bool) -> None:
        """Count a box for its class and for all classes together."""
        for one in (_EVERY, row):
            cell = self._cells.setdefault((one, column), _Cell())
            cell.kept.append(share)
            cell.flagged += flagged

    def table(self, columns: Sequence[str], names: Sequence[str]) -> KeptTable:
        """Return what a page shows: all classes together, then the first ones of which there is anything."""
        rows = sorted({row for row, _ in self._cells})[: MOST_ROWS + 1]
        shown = [
            KeptRow(
                category=None if row == _EVERY else row,
                name="all classes" if row == _EVERY else names[row],
                cells=[self._shown(row, column) for column in columns],
            )
            for row in rows
        ]
        return KeptTable(columns=columns, rows=shown)

    def _shown(self, row: int, column: str) -> KeptCell:
        """Return what a page shows of a cell."""
        cell = self._cells.get((row, column), _Cell())
        middle = round(median(cell.kept), 3) if cell.kept else None
        return KeptCell(judged=len(cell.kept), flagged=cell.flagged, kept=middle)


class Counted:
    """What is counted of the boxes.

    Args:
        classes: Of the labels.
    """

    def __init__(self, classes: Classes) -> None:
        self.bins = [0] * BINS
        """Boxes by change, from 0 (all is left) to 1 (nothing is)."""
        self.worst: list[Judged] = []
        """The boxes of which the least is left, that first."""
        self._classes = classes
        self._by_size = _Cells()
        self._by_loss = _Cells()
        self._judged: Counter[int] = Counter()
        self._flagged: Counter[int] = Counter()

    @property
    def judged(self) -> int:
        """Boxes counted."""
        return sum(self._judged.values())

    @property
    def flagged(self) -> int:
        """Boxes among these that have lost something."""
        return sum(self._flagged.values())

    def add(self, box: Judged) -> None:
        """Count a box."""
        row, flagged = self._classes.index[box.category], bool(box.lost)
        self._judged[row] += 1
        self._flagged[row] += flagged
        self.bins[min(BINS - 1, int((1 - box.kept) * BINS))] += 1
        for column in _columns(box):
            self._by_size.add(row, column, box.kept, flagged=flagged)
        for loss, share in box.shares.items():
            if share is not None:
                self._by_loss.add(row, loss, share, flagged=loss in box.lost)
        self._add_worst(box)

    def categories(self) -> list[Category]:
        """Return the classes with what was measured of each."""
        pairs = zip(self._classes.names, self._classes.annotations, strict=True)
        return [
            Category(name=name, annotations=annotations, measured=self._judged[number], flagged=self._flagged[number])
            for number, (name, annotations) in enumerate(pairs)
        ]

    def by_size(self) -> KeptTable:
        """Return what is kept by class and size of box."""
        return self._by_size.table((*SIZES, ALL), self._classes.names)

    def by_loss(self, losses: Sequence[str]) -> KeptTable:
        """Return what is kept by class and by what a box can lose."""
        return self._by_loss.table(losses, self._classes.names)

    def _add_worst(self, box: Judged) -> None:
        """Keep a box if it is one of the worst."""
        if len(self.worst) < MOST_WORST or _order(box) < _order(self.worst[-1]):
            insort(self.worst, box, key=_order)
            del self.worst[MOST_WORST:]


def _columns(box: Judged) -> list[str]:
    """Return the columns that a box counts in: of its size, as far as that is known, and of all."""
    return [ALL] if box.side is None else [SIZES[bisect_right(SIDES, box.side)], ALL]


def _order(box: Judged) -> tuple[float, int, str, int]:
    """Return what boxes are sorted by: the worst first, of these what has lost most, always in the same order."""
    return box.kept, -len(box.lost), box.name, box.place
