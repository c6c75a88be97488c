"""What is wrong with whole pictures, of a run."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from pipeline.gate.measures import Fault, PictureMeasure
from pipeline.gate.verdict import faults_of

_FIRST = 5
"""Pictures of each fault that the summary names."""


@dataclass(frozen=True, kw_only=True)
class Faults:
    """What is wrong with the pictures of a run."""

    listed: Sequence[Mapping[str, Any]]
    """The lines of ``flagged.jsonl``."""
    numbers: Mapping[str, Any]
    """What the summary tells: pictures measured, at fault, the number and the first names by fault."""


def faults_among(names: Iterable[str], measured: Mapping[str, PictureMeasure | None]) -> Faults:
    """Find the pictures of a run with which something is wrong.

    Args:
        names: The translated pictures, in the order of the labels.
        measured: By name; a picture that was not measured is none of them.
    """
    by_fault: dict[Fault, list[str]] = {fault: [] for fault in Fault}
    listed = []
    count = 0
    for name in names:
        measure = measured.get(name)
        if measure is None:
            continue
        count += 1
        if faults := faults_of(measure):
            listed.append(_line(name, measure, faults))
            for fault in faults:
                by_fault[fault].append(name)
    return Faults(
        listed=listed,
        numbers={
            "measured": count,
            "at_fault": len(listed),
            "by_fault": {fault.value: len(found) for fault, found in by_fault.items()},
            "first": {fault.value: found[:_FIRST] for fault, found in by_fault.items() if found},
        },
    )


def _line(name: str, measure: PictureMeasure, faults: Sequence[Fault]) -> dict[str, Any]:
    """Describe a picture at fault."""
    words = [fault.value for fault in faults]
    return {"file": name, "picture": words, **asdict(measure), "reason": f"the picture is {' and '.join(words)}"}
