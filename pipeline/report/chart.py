"""The histogram of a report, laid out in the units of its picture."""

from collections.abc import Sequence
from dataclasses import dataclass

from pipeline.report.content import Changes

_PLOT = (60.0, 30.0, 546.0, 196.0)
"""(x0, y0, x1, y1) of the histogram's axes in its picture of 560 x 252 units."""
_LEAST_BAR = 1.5
"""Height that one box has at least, so that a lone one among thousands is seen."""


@dataclass(frozen=True, slots=True)
class Bar:
    """Part of a histogram's bar, in the units of its picture."""

    x: float
    y: float
    width: float
    height: float
    flagged: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """A histogram, in the units of its picture."""

    plot: tuple[float, float, float, float]
    """(x0, y0, x1, y1) of the axes."""
    bars: Sequence[Bar]
    ticks: Sequence[tuple[float, int]]
    """Height and number of boxes."""
    threshold: float
    """Where the line stands, from the left."""
    rows: Sequence[tuple[float, float, int]]
    """Change from, to, 0 to 1, and boxes."""


def chart_of(changes: Changes) -> Chart:
    """Lay out the histogram; a bar that the threshold cuts is in two parts."""
    left, top, right, bottom = _PLOT
    bins = len(changes.counts)
    step = _tick_step(max(changes.counts, default=0))
    most = step * max(1, -(-max(changes.counts, default=0) // step))
    bars = []
    for index, count in enumerate(changes.counts):
        if not count:
            continue
        height = max(_LEAST_BAR, (bottom - top) * count / most)
        start, end = index / bins, (index + 1) / bins
        cut = min(max(changes.threshold, start), end)
        for begin, stop, flagged in ((start, cut, False), (cut, end, True)):
            if begin < stop:
                gap = 1.0 if stop == end else 0.0  # between bars, not between the parts of one
                x, width = left + (right - left) * begin, (right - left) * (stop - begin)
                bars.append(Bar(x, bottom - height, max(0.5, width - gap), height, flagged))
    return Chart(
        plot=_PLOT,
        bars=bars,
        ticks=[(bottom - (bottom - top) * number / most, number) for number in range(0, most + 1, step)],
        threshold=left + (right - left) * changes.threshold,
        rows=[(index / bins, (index + 1) / bins, count) for index, count in enumerate(changes.counts)],
    )


def _tick_step(most: int) -> int:
    """Return 1, 2 or 5 times a power of ten, so that at most five steps reach a number."""
    step = 1
    while True:
        for factor in (1, 2, 5):
            if factor * step * 5 >= most:
                return factor * step
        step *= 10
