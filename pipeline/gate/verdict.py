"""From measures to a verdict: which annotations are marked or dropped, and the list of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from pipeline.engine.tasks import Task
from pipeline.gate.journal import Shares
from pipeline.gate.measure import VANISHED_BELOW
from pipeline.gate.options import Gate
from pipeline.labels.interface import LabelledObject, LabelSet, Marks


@dataclass(frozen=True, kw_only=True)
class Verdict:
    """What the gate has found."""

    marks: Marks
    listed: Sequence[Mapping[str, Any]]
    """The lines of ``flagged.jsonl``."""
    numbers: Mapping[str, Any]
    """What the summary tells: boxes judged, not judged, flagged, and what became of these."""


def has_vanished(share: float | None) -> bool:
    """Tell whether an object may have vanished, by the share of its structure that is left."""
    return share is not None and share < VANISHED_BELOW


def judge(labels: LabelSet, tasks: Sequence[Task], measured: Mapping[str, Shares], gate: Gate) -> Verdict:
    """Judge the annotations of all pictures.

    Args:
        labels: The data set.
        tasks: The translated pictures, each of which is measured.
        measured: The measures by the picture's name.
        gate: What becomes of the annotations.

    Raises:
        LabelError: The labels have changed since they were read.
    """
    action = "dropped" if gate is Gate.DROP else "marked" if labels.takes_marks else "listed"
    listed: list[dict[str, Any]] = []
    kept: dict[str, dict[int, float]] = {}
    judged = unjudged = 0
    for task in tasks:
        shares = measured[task.name]
        judged += sum(share is not None for share in shares)
        unjudged += sum(share is None for share in shares)
        objects = labels.objects(task.name) if any(map(has_vanished, shares)) else ()
        for place, (one, share) in enumerate(zip(objects, shares, strict=bool(objects))):
            if share is not None and has_vanished(share):
                kept.setdefault(task.name, {})[place] = share
                listed.append(_line(task.name, place, one, share, action))
    return Verdict(
        marks=Marks(drop=gate is Gate.DROP, kept=kept if action != "listed" else {}),
        listed=listed,
        numbers={
            "gate": gate.value,
            "judged": judged,
            "not_judged": unjudged,
            "flagged": len(listed),
            "action": action,
        },
    )


def _line(name: str, place: int, one: LabelledObject, share: float, action: str) -> dict[str, Any]:
    """Describe an annotation whose object may have vanished."""
    return {
        "file": name,
        "annotation": place,
        "class": one.category,
        "box": one.box,
        "box_in": "shares of width and height" if one.relative else "pixels",
        "kept": share,
        "reason": f"{share:.3f} of its structure is left, under {VANISHED_BELOW}",
        "action": action,
    }
