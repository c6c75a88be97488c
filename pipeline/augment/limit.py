"""How much may be flagged before a run counts as failed."""

from collections.abc import Mapping
from typing import Any

MANY = 0.2
"""A larger share that is flagged is worth a warning."""


def parse_share(value: object) -> object:
    """Take ``5%`` for 0.05; anything else stays as it is, for the schema to check."""
    if isinstance(value, str) and value.strip().endswith("%"):
        try:
            return float(value.strip()[:-1]) / 100
        except ValueError:
            return value
    return value


def flagged_share(summary: Mapping[str, Any]) -> float:
    """Return the share of the judged boxes that is flagged, or of the pictures at fault where no box was judged.

    Args:
        summary: Of a run.
    """
    gate, faults = summary.get("gate"), summary.get("faults")
    if gate and gate.get("judged"):
        return float(gate["flagged"] / gate["judged"])
    if faults and faults.get("measured"):
        return float(faults["at_fault"] / faults["measured"])
    return 0.0


def is_over(summary: Mapping[str, Any], most: float | None) -> bool:
    """Tell whether more is flagged than a run may have."""
    return most is not None and flagged_share(summary) > most
