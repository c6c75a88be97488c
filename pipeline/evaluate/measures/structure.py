"""Whether the objects are still there, by the gate: shares of boxes that may have lost theirs, pictures at fault."""

from array import array
from collections import Counter
from collections.abc import Sequence

import numpy as np

from pipeline.evaluate.figures import Figure, Group, Unit
from pipeline.files.text import count
from pipeline.gate.measures import Fault, Loss, PictureMeasures
from pipeline.gate.verdict import faults_of, losses_of
from pipeline.labels.interface import LabelledObject
from pipeline.metrics.ratio import Ratio, ratio_of_sums, wilson

FEW, MANY = 0.01, 0.05
"""Shares of lost boxes up to which labels hold, and from which they do not."""


class StructureKept:
    """The gate's measures, picture by picture.

    Args:
        colour_classes: Words of the classes whose colour is their meaning (``colour_classes.words_of``).
    """

    def __init__(self, colour_classes: Sequence[str]) -> None:
        self._colour_classes = colour_classes
        self._boxes = _Counts()
        self._classes: dict[str, _Counts] = {}
        self._lost: Counter[Loss] = Counter()
        self._faults: Counter[Fault] = Counter()
        self._pictures = 0

    def add(self, measured: PictureMeasures, objects: Sequence[LabelledObject]) -> None:
        """Add a picture and its boxes."""
        self._pictures += 1
        self._faults.update(faults_of(measured.picture))
        lost, judged = Counter[str](), Counter[str]()
        for measure, one in zip(measured.boxes, objects, strict=True):
            if measure is not None:
                losses = losses_of(measure, one.category, self._colour_classes)
                self._lost.update(losses)
                judged[one.category] += 1
                lost[one.category] += bool(losses)
        self._boxes.add(lost.total(), judged.total())
        for category, number in judged.items():
            self._classes.setdefault(category, _Counts()).add(lost[category], number)

    def figures(self) -> list[Figure]:
        """Return the shares of lost boxes, in all and by class, and of pictures at fault."""
        figures = self._of_boxes() if self._boxes.judged else []
        for fault in Fault:
            number = self._faults[fault]
            text = f"{count(number, 'picture')}: look at them" if number else "none"
            figures.append(self._figure(f"pictures {fault.value}", "", wilson(number, self._pictures), text))
        return figures

    def _of_boxes(self) -> list[Figure]:
        """Return the shares of boxes, in all and by class."""
        whole = self._boxes.ratio()
        lost = ", ".join(f"{self._lost[loss]:,} {loss.value}" for loss in Loss if self._lost[loss])
        text = f"{_judged(whole.value)}; {self._boxes.lost:,} of {self._boxes.judged:,}" + (f": {lost}" if lost else "")
        figures = [self._figure("boxes lost", "", whole, text)]
        for category in sorted(self._classes):
            counts = self._classes[category]
            text = f"{_judged(counts.lost / counts.judged)}; {counts.lost:,} of {counts.judged:,}"
            figures.append(self._figure("boxes lost", category, counts.ratio(), text))
        return figures

    def _figure(self, name: str, category: str, share: Ratio, judgement: str) -> Figure:
        """Return a share with its interval."""
        return Figure.of(
            share,
            group=Group.STRUCTURE,
            name=name,
            category=category,
            unit=Unit.SHARE,
            pictures=len(self._classes[category]) if category else self._pictures,
            judgement=judgement,
        )


class _Counts:
    """Lost and judged boxes of each picture: 16 bytes each."""

    def __init__(self) -> None:
        self._values = array("d")

    def add(self, lost: int, judged: int) -> None:
        """Append those of a picture."""
        self._values.extend((lost, judged))

    def __len__(self) -> int:
        return len(self._values) // 2

    @property
    def lost(self) -> int:
        """Boxes that are lost."""
        return int(sum(self._values[::2]))

    @property
    def judged(self) -> int:
        """Boxes that could be judged."""
        return int(sum(self._values[1::2]))

    def ratio(self) -> Ratio:
        """Return the share of lost boxes; where few are lost, the jackknife alone would say too much."""
        lost, judged = np.array(self._values).reshape(-1, 2).T
        by_picture, by_box = ratio_of_sums(lost, judged), wilson(self.lost, self.judged)
        return Ratio(by_picture.value, min(by_picture.low, by_box.low), max(by_picture.high, by_box.high))


def _judged(share: float) -> str:
    """Say what a share of lost boxes means for the labels."""
    if share <= FEW:
        return "labels hold"
    return "look at those that are flagged" if share <= MANY else "labels do not hold for many"
