"""How well found boxes agree with true ones: AP50 and recall, by class and for all.

Which found box is right, ``matching.py`` tells, by a library that takes 600 MB for half a million boxes: it gets the
pictures a few hundred at a time, and only score and verdict of each found box are kept. The average precision is out of
these as COCO has it, the mean of the interpolated precision at the recalls 0, 0.01 to 1; a test compares it with the
library's own of all pictures at once.

Average precision is about all found boxes, however low their score. Recall here is that of the boxes with a score of at
least ``CONFIDENT``, which a user of the detector would see; among enough faint ones everything is found.

COCO's regions of crowds, in which a found box counts neither way, are not known here: a box is an object.

Source: Lin et al., "Microsoft COCO: Common Objects in Context", ECCV 2014; https://cocodataset.org/#detection-eval.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from pipeline.metrics.matching import Boxes, Classes, PictureBoxes, Scores, matches_of, require_library
from pipeline.metrics.ratio import Ratio, ratio_of_sums

CONFIDENT = 0.25
"""Score from which a found box counts as seen: what ultralytics shows by default (YOLOX: 0.3)."""
_RECALLS = np.linspace(0, 1, 101)
_AT_A_TIME = 256
"""Pictures that the library gets together."""


@dataclass(frozen=True, slots=True)
class ClassAgreement:
    """How one class was found."""

    ap50: float | None
    """Average precision in [0, 1], or None where the class has no true box."""
    recall: float | None
    """Share of the true boxes that a confident box found, or None where there is none."""
    truth: int
    """True boxes."""
    found: int
    """Confident boxes."""


@dataclass(frozen=True, slots=True)
class DetectionAgreement:
    """How well found boxes agree with true ones in a set of pictures."""

    classes: Mapping[str, ClassAgreement]
    """By name, those with a true box or a confident one."""
    ap50: float | None
    """Mean over the classes that have a true box, or None where none has."""
    recall: Ratio | None
    """Share of all true boxes that a confident box found, with its interval by the jackknife over the pictures, or None
    where there is none."""
    truth: int
    """True boxes."""
    found: int
    """Confident boxes."""
    pictures: int
    """How many pictures there are."""


class DetectionPairs:
    """Collects pictures with their found and true boxes, and compares them. It keeps 7 bytes a found box.

    Args:
        confident: Score from which a found box counts for recall.

    Raises:
        InputError: faster-coco-eval is not installed.
    """

    def __init__(self, confident: float = CONFIDENT) -> None:
        require_library()
        self._confident = confident
        self._waiting: list[PictureBoxes] = []
        self._scores: list[Scores] = [np.empty(0, np.float32)]
        self._right: list[NDArray[np.bool_]] = [np.empty(0, np.bool_)]
        self._classes: list[NDArray[np.int16]] = [np.empty(0, np.int16)]
        self._true: Counter[int] = Counter()
        self._recalled: Counter[int] = Counter()
        self._true_in: list[int] = []
        self._recalled_in: list[int] = []

    def add(self, *, boxes: Boxes, scores: Scores, classes: Classes, truth: Boxes, truth_classes: Classes) -> None:
        """Add a picture.

        Args:
            boxes: (N, 4), found.
            scores: (N,), of the found boxes.
            classes: (N,), of the found boxes, below 32,768 as all ids here.
            truth: (M, 4), true.
            truth_classes: (M,), of the true boxes.

        Raises:
            ValueError: Not as many boxes as scores or classes.
        """
        if not len(boxes) == len(scores) == len(classes) or len(truth) != len(truth_classes):
            raise ValueError(
                f"{len(boxes)} boxes, {len(scores)} scores, {len(classes)} classes; "
                f"{len(truth)} true boxes, {len(truth_classes)} classes"
            )
        self._waiting.append(PictureBoxes(boxes, scores, classes, truth, truth_classes))
        if len(self._waiting) == _AT_A_TIME:
            self._compare()

    def result(self, names: Sequence[str]) -> DetectionAgreement:
        """Compare what was added.

        Args:
            names: Of the classes, each another, by id.

        Returns:
            The agreement of all pictures.
        """
        self._compare()
        scores, right = np.concatenate(self._scores), np.concatenate(self._right)
        classes = np.concatenate(self._classes)
        seen = Counter(classes[scores >= self._confident].tolist())
        each: dict[str, ClassAgreement] = {}
        for number in sorted(self._true.keys() | seen.keys()):
            own, true = classes == number, self._true[number]
            each[names[number]] = ClassAgreement(
                ap50=average_precision(scores[own], right[own], true) if true else None,
                recall=self._recalled[number] / true if true else None,
                truth=true,
                found=seen[number],
            )
        averages = [one.ap50 for one in each.values() if one.ap50 is not None]
        return DetectionAgreement(
            classes=each,
            ap50=float(np.mean(averages)) if averages else None,
            recall=ratio_of_sums(self._recalled_in, self._true_in) if averages else None,
            truth=self._true.total(),
            found=seen.total(),
            pictures=len(self._true_in),
        )

    def _compare(self) -> None:
        """Compare the pictures that wait."""
        pictures, self._waiting = self._waiting, []
        if not pictures:
            return
        _, scores, classes, _, truth_classes = map(np.concatenate, zip(*pictures, strict=True))
        finds = matches_of(pictures)
        recalled = finds[(finds >= 0) & (scores >= self._confident)]
        place = np.repeat(np.arange(len(pictures)), [len(picture.truth) for picture in pictures])
        self._scores.append(scores.astype(np.float32))
        self._right.append(finds >= 0)
        self._classes.append(classes.astype(np.int16))
        self._true.update(truth_classes.tolist())
        self._recalled.update(truth_classes[recalled].tolist())
        self._true_in += [len(picture.truth) for picture in pictures]
        self._recalled_in += np.bincount(place[recalled], minlength=len(pictures)).tolist()


def average_precision(scores: Scores, right: NDArray[np.bool_], truth: int) -> float:
    """Return the average precision of one class.

    Args:
        scores: (N,), of the found boxes, in the order of the pictures.
        right: (N,), whether each is a true one.
        truth: How many true boxes there are, at least as many as are right and at least 1.

    Returns:
        In [0, 1]: the mean, over the recalls 0, 0.01 to 1, of the best precision that there is at that recall or above.
    """
    hits = np.cumsum(right[np.argsort(-scores, kind="stable")])
    precision = hits / np.arange(1, len(hits) + 1)
    best = np.append(np.maximum.accumulate(precision[::-1])[::-1], 0.0)  # 0 beyond the last recall reached
    return float(best[np.searchsorted(hits / truth, _RECALLS)].mean())
