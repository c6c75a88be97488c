"""What is known of a stage, and whether it has to run."""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, field
from enum import Enum
from typing import Annotated, Any

from pydantic import Field, TypeAdapter, ValidationError

from pipeline.errors import OutputError
from pipeline.output.chain_folder import State


class Need(str, Enum):
    """What is to be done about a stage."""

    NOTHING = "nothing"
    RESUME = "resume"
    """Begin it, or continue where it was."""
    ANEW = "anew"
    """Drop what is there, because it was made of something else."""


@dataclass(frozen=True, kw_only=True)
class StageRecord:
    """What ``run.json`` tells of a stage."""

    state: State
    inputs: Mapping[str, Any] = field(default_factory=dict)
    """Everything that its output depends on: settings, and hashes of contents."""
    outputs: str | None = None
    """Hash of what it has written."""
    started: str | None = None
    finished: str | None = None
    seconds: Annotated[float, Field(allow_inf_nan=False)] = 0.0
    """Duration of all its runs with these inputs together."""
    summary: Mapping[str, Any] = field(default_factory=dict)
    error: str | None = None
    forced: bool = False
    """It was begun because the user wanted it anew."""

    def as_dict(self) -> dict[str, Any]:
        """Return the JSON object."""
        return {**asdict(self), "state": self.state.value}

    @classmethod
    def from_dict(cls, content: object) -> "StageRecord":
        """Read the JSON object.

        Raises:
            OutputError: It is damaged.
        """
        try:
            return _RECORDS.validate_python(content)
        except ValidationError as error:
            place = ".".join(map(str, error.errors()[0]["loc"]))
            raise OutputError(f"run.json: a damaged stage ({place})", "Start anew in another folder.") from error


_RECORDS = TypeAdapter(StageRecord)


@dataclass(frozen=True, slots=True)
class Decision:
    """What is to be done about a stage, and why."""

    need: Need
    reason: str
    inputs: Mapping[str, Any]
    """What its output would depend on now."""
    forced: bool
    """The user wants it anew."""


def changed_keys(record: StageRecord, inputs: Mapping[str, Any]) -> list[str]:
    """Return the keys of a stage's inputs that are others now than they were."""
    return [key for key in {**record.inputs, **inputs} if record.inputs.get(key) != inputs.get(key)]


def decide(
    record: StageRecord | None,
    inputs: Mapping[str, Any],
    outputs: Callable[[], str],
    *,
    forced: bool,
    mends: bool,
) -> Decision:
    """Decide whether a stage has to run.

    Args:
        record: What is known of it, or None where it never ran.
        inputs: What its output would depend on now.
        outputs: Computes the hash of what is there of its output.
        forced: The user wants it anew.
        mends: Begun again, the stage makes good what is missing of its output.
    """
    need, reason = _judged(record, inputs, outputs, forced=forced, mends=mends)
    return Decision(need, reason, inputs, forced)


def _judged(
    record: StageRecord | None, inputs: Mapping[str, Any], outputs: Callable[[], str], *, forced: bool, mends: bool
) -> tuple[Need, str]:
    """Return what is to be done about a stage, and why; see ``decide``."""
    if record is None or not record.inputs:
        return Need.RESUME, "has not run yet"
    changed = changed_keys(record, inputs)
    goes_on = record.state in _WORDS and record.forced and not changed
    if forced and not goes_on:
        return Need.ANEW, "asked for"
    if changed:
        return Need.ANEW, f"changed: {', '.join(changed)}"
    if record.state in _WORDS:
        return Need.RESUME, f"continues, it was {_WORDS[record.state]}"
    if outputs() != record.outputs:
        return Need.RESUME if mends else Need.ANEW, "what it made has changed, or is gone"
    return Need.NOTHING, "unchanged"


_WORDS = {State.RUNNING: "killed", State.STOPPED: "stopped", State.FAILED: "broken off by an error"}
