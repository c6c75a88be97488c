"""What became of each picture, and the count of it."""

from dataclasses import dataclass, field

from pipeline.engine.tasks import Action, Task
from pipeline.images.skips import Skip


@dataclass(frozen=True, slots=True)
class Done:
    """One picture of the output that is there now."""

    task: Task
    reused: bool = False
    """It was there already, from an earlier run with the same settings."""


Outcome = Done | Skip


@dataclass
class Tally:
    """Counts outcomes."""

    pictures: int = 0
    made: int = 0
    """Translated, segmented or converted."""
    kept: int = 0
    reused: int = 0
    skips: list[Skip] = field(default_factory=list)

    def add(self, outcome: Outcome) -> None:
        """Count one outcome."""
        self.pictures += 1
        if isinstance(outcome, Skip):
            self.skips.append(outcome)
        elif outcome.reused:
            self.reused += 1
        elif outcome.task.action is Action.KEEP:
            self.kept += 1
        else:
            self.made += 1

    @property
    def fresh(self) -> int:
        """Pictures that this run has dealt with."""
        return self.pictures - self.reused
