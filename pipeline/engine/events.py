"""What a job tells while it runs. Importing this module is quick.

Every command's job is an iterator of these: what there is to do (``Found``), each thing that is done (``Done``) or left
out (``Skip``), where a chain is (``Stage``), and the end (``Finished``). Errors are raised.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import Enum
from typing import Any

from pipeline.images.skips import Skip

__all__ = ["Done", "Event", "Finished", "Found", "How", "Outcome", "Skip", "Stage", "StageState", "Unit"]


class Unit(str, Enum):
    """What is counted."""

    IMAGES = "images"
    FILES = "files"
    STEPS = "steps"
    """Steps of a training; each has some images."""
    BYTES = "bytes"


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is to do next. What follows, up to the next of these, counts towards it."""

    total: int | None
    """How many, or None where that is not known."""
    unit: Unit = Unit.IMAGES
    """What is counted."""
    what: str = ""
    """What is done to them, where that is not what the command is for: ``boxes compared``."""
    done: int = 0
    """How many are done already."""
    images_each: int = 1
    """Images in each of them: of a training's step, its batch."""
    texts: Sequence[str] = ()
    """What a person should know before, a line each."""
    warnings: Sequence[str] = ()
    """What a person should mind before, a line each."""
    can_stop: bool = True
    """From here on the job answers a wish to stop: what is in flight is finished, and it ends where it can go on."""


class How(str, Enum):
    """How a thing came to be done."""

    MADE = "made"
    """It was made in this run."""
    KEPT = "kept"
    """An original went to the output as it is."""
    REUSED = "reused"
    """It was there already, from an earlier run with the same settings."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """Something is done."""

    name: str = ""
    """Name of a picture, as the data set has it; empty for what has no name."""
    how: How = How.MADE
    """How it came to be done."""
    count: int = 1
    """How many things this event stands for; 0 where it only says, in its text, what is being done."""
    text: str = ""
    """What else there is to say, for people."""


Outcome = Done | Skip
"""What became of one picture."""


class StageState(str, Enum):
    """What is happening to a stage of a chain."""

    LOOKING = "looking for what has changed"
    BEGINS = "begins"
    CLEARED = "cleared"
    """What was there before, made of other inputs, was put aside."""
    UNCHANGED = "unchanged"
    NOT_NEEDED = "not needed"
    STOPPED = "stopped"
    FAILED = "failed"
    DONE = "done"


@dataclass(frozen=True, slots=True, kw_only=True)
class Stage:
    """Where a chain is. Between ``BEGINS`` and the end of a stage come the events of its own job."""

    name: str
    """Name of the stage: ``segment``, ``train``, ``augment`` or ``report``."""
    state: StageState
    """What is happening to it."""
    text: str = ""
    """Why it begins, or what became of what was there before."""
    place: int
    """Among the stages, from 1."""
    stages: Sequence[str]
    """Names of all stages, in order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finished:
    """The job has ended."""

    command: str
    """The job that has ended: ``augment``."""
    summary: Mapping[str, Any]
    """What it did, as JSON takes it; the same as ``--json`` prints."""
    skips: int = 0
    """How many pictures were left out."""
    stopped: bool = False
    """It was stopped before its end, and the same job continues."""
    time_over: bool = False
    """What has stopped it is the end of the time that it was given, so that it ended as it should."""
    over_limit: bool = False
    """All is written, but more of it is flagged than the user takes."""
    dry: bool = False
    """Nothing was done: this is what would be."""
    about: Mapping[str, Any] = field(default_factory=dict)
    """What else a person may want to know of it."""


Event = Found | Done | Skip | Stage | Finished
"""What a job yields."""
