"""How the colours of the pictures that a page shows have changed, whole and by class of box."""

from collections import Counter, defaultdict
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from pipeline.gate.planes import whole_pixels
from pipeline.labels.interface import LabelledObject
from pipeline.metrics.hue import HuePlanes, HueSums
from pipeline.report.content_tables import ColourRow, Colours
from pipeline.report.gather.classes import Classes


class ColourChange:
    """Sums over pictures.

    Args:
        classes: Of the labels.
    """

    def __init__(self, classes: Classes) -> None:
        self._classes = classes
        self._pictures = 0
        self._whole = HueSums()
        self._boxes: Counter[int] = Counter()
        self._of_boxes: defaultdict[int, HueSums] = defaultdict(HueSums)

    def add(self, before: NDArray[np.uint8], after: NDArray[np.uint8], objects: Sequence[LabelledObject]) -> None:
        """Count a picture.

        Args:
            before: (H, W, 3), uint8 RGB.
            after: Of the same shape.
            objects: Its annotations.
        """
        planes = HuePlanes.of(before, after)
        size = before.shape[1], before.shape[0]
        self._pictures += 1
        self._whole += planes.sums()
        for one in objects:
            box = one.in_pixels(size)
            pixels = None if box is None else whole_pixels(box, size)
            if pixels is not None:
                number = self._classes.index[one.category]
                self._boxes[number] += 1
                self._of_boxes[number] += planes.sums(pixels)

    def shown(self, of_pictures: int) -> Colours | None:
        """Return what a page shows, or None where there was no picture.

        Args:
            of_pictures: Pictures that were translated.
        """
        if not self._pictures:
            return None
        whole = ColourRow(
            category=None,
            name="whole pictures",
            number=self._pictures,
            change=self._whole.change,
            chroma=self._whole.chroma,
        )
        rows = [self._row(number) for number in sorted(self._boxes)]
        return Colours(rows=[whole, *rows], pictures=self._pictures, of_pictures=of_pictures)

    def _row(self, number: int) -> ColourRow:
        """Return the row of a class."""
        sums = self._of_boxes[number]
        return ColourRow(
            category=number,
            name=self._classes.names[number],
            number=self._boxes[number],
            change=sums.change,
            chroma=sums.chroma,
        )
