"""Counts over all boxes that were compared, in one pass: a large data set has more of them than should be held."""

from array import array
from bisect import bisect_right, insort
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import chain
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
_UNKNOWN = "size not known"


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
        """Count a box."""
        cell = self._cells.get((row, column))
        if cell is None:
            cell = self._cells[row, column] = _Cell()
        cell.kept.append(share)
        cell.flagged += flagged

    def table(self, columns: Mapping[str, Sequence[str]], names: Sequence[str]) -> KeptTable:
        """Return what a page shows: all classes together, then the first ones of which there is anything.

        Args:
            columns: The headings, and what is counted together below each.
            names: Of the classes.
        """
        rows = sorted({row for row, _ in self._cells})
        groups = [(None, "all classes", rows), *((row, names[row], [row]) for row in rows[:MOST_ROWS])]
        shown = [
            KeptRow(category=row, name=name, cells=[self._together(part, words) for words in columns.values()])
            for row, name, part in groups
        ]
        return KeptTable(columns=list(columns), rows=shown)

    def _together(self, rows: Sequence[int], columns: Sequence[str]) -> KeptCell:
        """Return what a page shows of some cells together."""
        cells = [cell for row in rows for column in columns if (cell := self._cells.get((row, column))) is not None]
        kept = array("f", chain.from_iterable(cell.kept for cell in cells))
        middle = round(median(kept), 3) if kept else None
        return KeptCell(judged=len(kept), flagged=sum(cell.flagged for cell in cells), kept=middle)


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
        self.classes = classes
        """Of the labels."""
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

    def passing(self, boxes: Iterable[Judged]) -> Iterator[Judged]:
        """Yield boxes, each counted as it passes."""
        for box in boxes:
            self.add(box)
            yield box

    def add(self, box: Judged) -> None:
        """Count a box."""
        row, flagged = self.classes.index[box.category], bool(box.lost)
        self._judged[row] += 1
        self._flagged[row] += flagged
        self.bins[min(BINS - 1, int((1 - box.kept) * BINS))] += 1
        self._by_size.add(row, _column(box), box.kept, flagged=flagged)
        for loss, share in box.shares.items():
            if share is not None:
                self._by_loss.add(row, loss, share, flagged=loss in box.lost)
        self._add_worst(box)

    def categories(self) -> list[Category]:
        """Return the classes with what was measured of each."""
        pairs = zip(self.classes.names, self.classes.annotations, strict=True)
        return [
            Category(name=name, annotations=annotations, measured=self._judged[number], flagged=self._flagged[number])
            for number, (name, annotations) in enumerate(pairs)
        ]

    def by_size(self) -> KeptTable:
        """Return what is kept by class and size of box."""
        return self._by_size.table({**{size: [size] for size in SIZES}, ALL: [*SIZES, _UNKNOWN]}, self.classes.names)

    def by_loss(self, losses: Sequence[str]) -> KeptTable:
        """Return what is kept by class and by what a box can lose."""
        return self._by_loss.table({loss: [loss] for loss in losses}, self.classes.names)

    def _add_worst(self, box: Judged) -> None:
        """Keep a box if it is one of the worst."""
        if len(self.worst) < MOST_WORST or _order(box) < _order(self.worst[-1]):
            insort(self.worst, box, key=_order)
            del self.worst[MOST_WORST:]


def _column(box: Judged) -> str:
    """Return the size that a box counts as."""
    side = box.side
    return _UNKNOWN if side is None else SIZES[bisect_right(SIDES, side)]


def _order(box: Judged) -> tuple[float, int, str, int]:
    """Return what boxes are sorted by: the worst first, of these what has lost most, always in the same order."""
    return box.kept, -len(box.lost), box.name, box.place
