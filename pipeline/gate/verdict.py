"""From measures to a verdict: which annotations are marked or dropped, and the list of them."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engine.tasks import Task
from pipeline.gate.colour_classes import means_colour
from pipeline.gate.measures import BoxMeasure, Fault, Loss, PictureMeasure, PictureMeasures
from pipeline.gate.options import Gate
from pipeline.labels.interface import LabelledObject, LabelSet, Marks

LOST_BELOW = 0.55
"""Less than this of a measure is left: the object may have vanished. All measures of a box are scaled so that it is the
same for each; found on one half of the real pictures (docs/gate.md)."""
FLAT_BELOW = 0.25
"""Less than this of a picture's contrast is left: it is flat. Light x 0.35 leaves 0.35."""
BLOWN_FROM = 0.3
"""This share of a picture's pixels, or more, has become white: it is blown out."""
UNCHANGED_BELOW = 1.0
"""A mean change of fewer levels: the picture is nearly unchanged. JPEG at the default quality makes some 0.3."""


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate has found."""

    marks: Marks
    listed: Sequence[Mapping[str, Any]]
    """The lines of ``flagged.jsonl``."""
    numbers: Mapping[str, Any]
    """What the summary tells: boxes judged, not judged, flagged, also by what they have lost, and what became of
    these."""


def losses_of(measure: BoxMeasure | None, category: str, colour_classes: Sequence[str]) -> tuple[Loss, ...]:
    """Return what a box has lost, empty where nothing or where it cannot be told.

    Args:
        measure: Of the box.
        category: Its class.
        colour_classes: Words of the classes whose colour counts (``colour_classes.words_of``).
    """
    shares = _shares(measure, category, colour_classes)
    return tuple(loss for loss, share in shares.items() if share < LOST_BELOW)


def kept_of(measure: BoxMeasure | None, category: str, colour_classes: Sequence[str]) -> float | None:
    """Return the smallest share that is left of what counts for a box's class, or None where it cannot be told.

    It is under ``LOST_BELOW`` where ``losses_of`` finds a loss, and there alone.
    """
    return min(_shares(measure, category, colour_classes).values(), default=None)


def faults_of(picture: PictureMeasure | None) -> tuple[Fault, ...]:
    """Return what is wrong with a picture, empty where nothing or where it was not measured."""
    if picture is None:
        return ()
    found = {
        Fault.FLAT: picture.contrast is not None and picture.contrast < FLAT_BELOW,
        Fault.BLOWN: picture.clipped >= BLOWN_FROM,
        Fault.UNCHANGED: picture.change < UNCHANGED_BELOW,
    }
    return tuple(fault for fault, is_so in found.items() if is_so)


def judge(
    labels: LabelSet,
    tasks: Sequence[Task],
    measured: Mapping[str, PictureMeasures],
    gate: Gate,
    colour_classes: Sequence[str],
) -> Verdict:
    """Judge the annotations of all pictures.

    Args:
        labels: The data set.
        tasks: The translated pictures, each of which is measured.
        measured: The measures by the picture's name.
        gate: What becomes of the annotations.
        colour_classes: As for ``losses_of``.

    Raises:
        LabelError: The labels have changed since they were read.
    """
    action = "dropped" if gate is Gate.DROP else "marked" if labels.takes_marks else "listed"
    listed: list[dict[str, Any]] = []
    kept: dict[str, dict[int, float]] = {}
    lost: Counter[Loss] = Counter()
    judged = unjudged = 0
    for task in tasks:
        measures = measured[task.name].boxes
        for place, (one, measure) in enumerate(zip(labels.objects(task.name), measures, strict=True)):
            losses = losses_of(measure, one.category, colour_classes)
            share = kept_of(measure, one.category, colour_classes)
            judged += share is not None
            unjudged += share is None
            if measure is not None and share is not None and losses:
                lost.update(losses)
                kept.setdefault(task.name, {})[place] = share
                listed.append(_line(task.name, place, one, measure, losses, share, action))
    numbers = {
        "gate": gate.value,
        "judged": judged,
        "not_judged": unjudged,
        "flagged": len(listed),
        "by_loss": {loss.value: lost[loss] for loss in Loss},
        "action": action,
    }
    marks = Marks(drop=gate is Gate.DROP, kept=kept if action != "listed" else {})
    return Verdict(marks=marks, listed=listed, numbers=numbers)


def _shares(measure: BoxMeasure | None, category: str, colour_classes: Sequence[str]) -> dict[Loss, float]:
    """Return the shares that can be told and count for a class."""
    if measure is None:
        return {}
    shares = {loss: measure.share(loss) for loss in Loss}
    if not means_colour(category, colour_classes):
        del shares[Loss.COLOUR]
    return {loss: share for loss, share in shares.items() if share is not None}


def _line(
    name: str,
    place: int,
    one: LabelledObject,
    measure: BoxMeasure,
    losses: Sequence[Loss],
    share: float,
    action: str,
) -> dict[str, Any]:
    """Describe an annotation whose object may have vanished."""
    shown = " and ".join(f"{measure.share(loss):.3f} of its {loss.value}" for loss in losses)
    return {
        "file": name,
        "annotation": place,
        **({} if one.id is None else {"id": one.id}),
        **({} if one.line is None else {"line": one.line}),
        "class": one.category,
        "box": one.box,
        "box_in": "shares of width and height" if one.relative else "pixels",
        "lost": [loss.value for loss in losses],
        "kept": share,
        "reason": f"{shown} {'is' if len(losses) == 1 else 'are'} left, under {LOST_BELOW}",
        "action": action,
    }
