"""What falls by lot for each picture and copy: the same on every machine, in any order, in any shard."""

from dataclasses import dataclass

from pipeline.engine.tasks import stable_number


@dataclass(frozen=True, slots=True)
class Lot:
    """The lot of one copy of a picture: copy k has the same, however many there are."""

    seed: int
    """Of the run."""
    source: str
    """Name of the picture in the data set."""
    copy: int
    """Which copy it is, from 1."""

    def share(self, what: str) -> float:
        """Return a number from 0 to below 1 for the picture and the copy.

        Args:
            what: What is drawn; different things are drawn independently.
        """
        return (stable_number(f"{what} {self.seed} {self.copy} {self.source}") >> 11) * 2.0**-53

    def turn(self, what: str, count: int) -> int:
        """Return whose turn it is among so many, from 0: the copies of a picture follow each other.

        Args:
            what: As for ``share``.
            count: At least one.
        """
        return (stable_number(f"first {what} {self.seed} {self.source}") + self.copy - 1) % count
