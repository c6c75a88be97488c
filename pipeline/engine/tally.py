"""The count of what became of pictures."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import NoReturn

from pipeline.engine.events import Done, How, Outcome
from pipeline.engine.tasks import Task
from pipeline.errors import StrictError
from pipeline.images.skips import Skip, in_order


@dataclass
class Tally:
    """Counts outcomes."""

    pictures: int = 0
    """Pictures counted, whatever became of them."""
    made: int = 0
    """Pictures translated, segmented or converted."""
    kept: int = 0
    """Originals that went to the output as they are."""
    reused: int = 0
    """Pictures that were there already."""
    skips: list[Skip] = field(default_factory=list)
    """What was left out, and why."""

    def add(self, outcome: Outcome) -> None:
        """Count one outcome; what only says what is being done is none."""
        if isinstance(outcome, Done) and not outcome.count:
            return
        self.pictures += 1
        if isinstance(outcome, Skip):
            self.skips.append(outcome)
        elif outcome.how is How.REUSED:
            self.reused += 1
        elif outcome.how is How.KEPT:
            self.kept += 1
        else:
            self.made += 1

    def order_skips(self, tasks: Iterable[Task]) -> None:
        """Bring what was left out into the order of a plan: engines may finish in any other.

        Args:
            tasks: All of the job, in their order.
        """
        self.skips = in_order(self.skips, (task.name for task in tasks))


def refuse_skip(skip: Skip) -> NoReturn:
    """End a run at a picture that was left out.

    Raises:
        StrictError: Always; names the picture.
    """
    raise StrictError(f"{skip.file}: {skip.reason.value}, {skip.detail}", "Mend the picture, or run without `strict`.")
