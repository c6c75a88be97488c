"""The classes of the labels, as a page lists them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from pipeline.augment.finished import FinishedRun
from pipeline.gate.options import Gate
from pipeline.pages.words import short
from pipeline.report.gather.boxes import Measured, boxes_of

MOST_CATEGORIES = 500
"""Classes that are listed at most; the rarer ones are one line together."""
_OTHER = "other classes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Classes:
    """The classes of a data set."""

    names: Sequence[str]
    """As they are shown."""
    annotations: Sequence[int]
    """Annotations of each in the output."""
    index: Mapping[str, int]
    """Place of each class of the labels in the two above, by its name there."""

    def of(self, run: FinishedRun, picture: str) -> list[int]:
        """Return the place of the class of each annotation of a picture."""
        return [self.index[one.category] for one in run.plan.labels.objects(picture)]


def classes_of(run: FinishedRun, measured: Measured) -> Classes:
    """Count the annotations by class, the most frequent class first.

    Raises:
        LabelError: The labels have changed since the run.
    """
    annotations: Counter[str] = Counter()
    for task in run.written:
        annotations.update(one.category for one in run.plan.labels.objects(task.name))
    if run.options.gate is Gate.DROP:
        annotations.subtract(box.category for box in boxes_of(run, measured) if box.lost)
    names = [name for name, _ in sorted(annotations.items(), key=lambda pair: (-pair[1], pair[0]))]
    listed, others = names[:MOST_CATEGORIES], names[MOST_CATEGORIES:]
    groups = [(name, [name]) for name in listed] + ([(f"{len(others):,} {_OTHER}", others)] if others else [])
    return Classes(
        names=[short(name) for name, _ in groups],
        annotations=[sum(annotations[one] for one in group) for _, group in groups],
        index={one: number for number, (_, group) in enumerate(groups) for one in group},
    )
