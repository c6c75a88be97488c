"""How work runs: what a job says of its work, and what an engine makes of it.

A job describes what is done for each task in three steps (``Work``); an engine decides where and when each step runs.
``threads.py`` decodes in threads of this process, ``processes.py`` in processes of their own. An engine that sends
tasks to other machines is one more module beside these: work can be pickled, and what cannot be sent (a network on its
device) is built anew where it arrives.
"""

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Generic, Protocol, TypeVar

from pipeline.engine.events import Outcome
from pipeline.engine.tasks import Task
from pipeline.images.geometry import Size
from pipeline.images.skips import Skip
from pipeline.output.folder import OutputFolder

T = TypeVar("T")
Decoded = TypeVar("Decoded")
Made = TypeVar("Made")

Stop = Callable[[], bool]
"""Asked before each task; when it says yes, what is in flight is finished and no more begins."""


def never() -> bool:
    """Never ask for a stop."""
    return False


class Work(ABC, Generic[Decoded, Made]):
    """What is done for every task.

    ``decode`` and ``finish`` run beside each other and beside ``translate``, in any thread, process or machine: they
    depend on their arguments and on what was pickled with the work. ``translate`` runs where the device is, for one
    group at a time.

    What is known of single tasks can grow with their number. So work is sent once to every machine without it
    (``with_own(None)``), and each batch of tasks with its part of it (``own_of``, ``with_own``).
    """

    @abstractmethod
    def written_to(self) -> OutputFolder:
        """Return the folder that ``finish`` writes to and notes in."""

    def own_of(self, tasks: Sequence[Task]) -> object:
        """Return what is known of some tasks and of no others; it is small, and can be pickled.

        Raises:
            InputError: The input has changed since it was read.
        """
        del tasks
        return None

    def with_own(self, own: object) -> "Work[Decoded, Made]":
        """Return the same work that knows something of single tasks, and no more of any.

        Args:
            own: Of ``own_of`` of the same kind of work; None for nothing at all.
        """
        del own
        return self

    @abstractmethod
    def decode(self, task: Task) -> Decoded | Skip:
        """Read what a task needs. What is no ``Batchable`` is not translated and goes to ``finish`` as it is."""

    @abstractmethod
    def batch_size(self, size: Size) -> int:
        """Return how many things of a common (W, H) are translated together."""

    @abstractmethod
    def translate(self, group: Sequence[Decoded]) -> Sequence[Made | Skip]:
        """Do what the device is for, for several things of one common size.

        Returns:
            One result for each of them, in their order.
        """

    @abstractmethod
    def finish(self, item: Decoded, made: Made | None) -> Outcome:
        """Bring a result to its place.

        Args:
            item: What was decoded.
            made: What was made of it, or None where it was not translated.

        Raises:
            OSError: It cannot be written.
        """

    @abstractmethod
    def pixels(self, item: Decoded) -> int:
        """Return the size W * H of what ``finish`` holds in memory for an item."""


class Engine(Protocol):
    """Runs work."""

    def decoded(self, decode: Callable[[T], Decoded], items: Iterable[T], count: int, stop: Stop) -> Iterator[Decoded]:
        """Yield what is decoded of each item, in order.

        Args:
            decode: As ``Work.decode``; items may be anything that can be pickled.
            items: What to decode.
            count: Their number.
            stop: Asked before each.
        """
        ...

    def run(self, work: Work[Decoded, Made], tasks: Sequence[Task], stop: Stop) -> Iterator[Outcome]:
        """Yield what became of each task, in the order of the groups that were translated together.

        An engine that has to be waited for says between them what is being done, as ``Done`` with a count of 0.

        Args:
            work: What to do.
            tasks: What to do it for.
            stop: Asked before each.

        Raises:
            RunError: Something cannot be written, or a worker died.
        """
        ...
