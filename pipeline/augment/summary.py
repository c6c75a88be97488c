"""What a run did, in numbers."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any


@dataclass(frozen=True, kw_only=True)
class Summary:
    """What a run did; the ``--json`` output."""

    out: str
    """The output folder."""
    format: str
    """Format of the labels: ``coco``, ``none``."""
    complete: bool
    """Whether every picture was dealt with and, without shards, the labels were written."""
    pictures: int
    """Pictures that the output was to have, of this shard."""
    translated: int
    """Pictures translated in this run."""
    kept: int
    """Originals that went to the output in this run."""
    reused: int
    """There already, from an earlier run with the same settings."""
    skipped: Mapping[str, int]
    """Pictures left out, by reason."""
    choice: Mapping[str, Any] | None
    """Which pictures are chosen to be translated, of how many, of all shards, and by class; None where all are. See
    ``Choice.numbers``."""
    labels: Mapping[str, Any] | None
    """Label files, pictures and annotations that were read back and found equal, and what has become of all that the
    source had; or None."""
    gate: Mapping[str, Any] | None = None
    """Boxes judged, not judged, flagged, and what became of these; None where the gate is off."""
    faults: Mapping[str, Any] | None = None
    """Pictures measured, at fault, the number and the first names by fault; None where the labels are not written."""
    variants: Mapping[str, Any] | None = None
    """Pictures, copies of each, and what is drawn for each: strength, water, weights with their shares; None where all
    are done alike."""
    water: Mapping[str, Any] | None = None
    """Level, rain rate in mm/h (where pictures differ in it None, and ``levels`` has their number by level), amounts,
    wet pictures in the output, how many of them without ground and by night, and where the label maps came from; None
    without water."""
    seconds: float
    """Duration of the run."""
    images_per_s: float
    """Translated pictures a second."""
    device: str | None = None
    precision: str | None = None
    width: int | None = None
    """Width that the generator ran at, 0 for each picture's own."""
    shard: str | None = None
    """``2-of-4``, or None for the whole."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return asdict(self)


def add_up(parts: Sequence[Mapping[str, Any]], key: str) -> int:
    """Add a number of several summaries."""
    return sum(int(part.get(key, 0)) for part in parts)
