"""What a detector finds before and after, and against the labels."""

from collections.abc import Sequence

from pipeline.evaluate.detector.agreement import DetectorAgreement
from pipeline.evaluate.detector.interface import Detections
from pipeline.evaluate.detector.open import Detector
from pipeline.evaluate.figures import Figure, Group, Unit
from pipeline.evaluate.reading import Measured
from pipeline.metrics.detection import CONFIDENT, DetectionAgreement

NOTE = (
    f"AP50 is about all boxes of the detector, recall about those of a score of at least {CONFIDENT}, both at an "
    "overlap of 0.5. What the labels leave out counts as wrong, before and after."
)
_HOLDS, _LOSES = 0.8, 0.6
"""Shares of the boxes before that are found again: of real pictures scaled to half and back, some 0.8."""


class DetectorKept:
    """What a detector finds in pictures before and after.

    Args:
        detector: Finds objects.
        agreement: Compares what is found.
    """

    def __init__(self, detector: Detector, agreement: DetectorAgreement) -> None:
        self._detector = detector
        self._agreement = agreement
        self._pictures = 0

    def add(self, picture: Measured) -> None:
        """Ask about a picture before and after.

        Raises:
            RunError: The detector fails.
        """
        if picture.pixels is None:
            return
        before, after = map(self._detector.detect, picture.pixels)
        self._add(before, after, picture)

    def figures(self) -> list[Figure]:
        """Return recall and AP50 of the three comparisons, in all and by class."""
        found = self._agreement.result()
        figures = self._of("after against before", found.after_before, _again(found.after_before))
        if found.before_labels is not None and found.after_labels is not None:
            text = _against_labels(found.before_labels, found.after_labels)
            figures += self._of("before against labels", found.before_labels, "the mark for the next two")
            figures += self._of("after against labels", found.after_labels, text)
        return figures

    def _add(self, before: Detections, after: Detections, picture: Measured) -> None:
        """Add a picture to the comparisons."""
        self._agreement.add(before, after, picture.objects, picture.size)
        self._pictures += 1

    def _of(self, what: str, found: DetectionAgreement, judgement: str) -> list[Figure]:
        """Return the figures of one comparison."""
        recall = Figure.of(
            found.recall,
            group=Group.DETECTOR,
            name=f"recall, {what}",
            unit=Unit.SHARE,
            pictures=self._pictures,
            judgement=judgement if found.recall else "there is nothing to be found",
        )
        classes = sum(one.truth > 0 for one in found.classes.values())
        mean = self._figure(f"AP50, {what}", "", found.ap50, f"each of {classes:,} classes counts alike")
        by_class: list[Figure] = []
        for name in sorted(found.classes):
            one = found.classes[name]
            by_class.append(self._figure(f"recall, {what}", name, one.recall, f"of {one.truth:,}"))
            by_class.append(self._figure(f"AP50, {what}", name, one.ap50, f"{one.found:,} found"))
        return [recall, mean, *by_class]

    def _figure(self, name: str, category: str, value: float | None, judgement: str) -> Figure:
        """Return a share without an interval."""
        return Figure(
            group=Group.DETECTOR,
            name=name,
            category=category,
            value=value,
            unit=Unit.SHARE,
            pictures=self._pictures,
            judgement=judgement,
        )


def unmatched_note(unmatched: Sequence[str]) -> list[str]:
    """Say which classes of the labels the detector does not know."""
    return [f"The detector does not know {', '.join(unmatched)}: left out."] if unmatched else []


def _again(found: DetectionAgreement) -> str:
    """Say what it means how many boxes are found again."""
    if found.recall is None:
        return "nothing was found before"
    share = found.recall.value
    text = "most are found again" if share >= _HOLDS else "some are lost" if share >= _LOSES else "many are lost"
    return f"{text}, of {found.truth:,} that it saw before"


def _against_labels(before: DetectionAgreement, after: DetectionAgreement) -> str:
    """Say how a detector does after against before."""
    if before.recall is None or after.recall is None:
        return "there is nothing to be found"
    if after.recall.high < before.recall.low:
        return "finds less of what is labelled than before"
    return "not clearly less of what is labelled than before, as far as so many can tell"
