"""The parts of a run that several machines or GPUs share."""

import re
from dataclasses import dataclass

from tpsence.errors import InputError


@dataclass(frozen=True, kw_only=True)
class Shard:
    """One part of a run that is split over several machines or GPUs."""

    index: int = 1
    """1 to ``count``."""
    count: int = 1
    """Number of parts."""

    def __post_init__(self) -> None:
        """Check the range."""
        if not 1 <= self.index <= self.count:
            raise InputError(f"`shard` {self.index}/{self.count}: no such part", "Give i/n with 1 <= i <= n.")

    @classmethod
    def parse(cls, text: str) -> "Shard":
        """Read ``i/n``.

        Raises:
            InputError: Not two numbers, or i not in 1..n.
        """
        found = re.fullmatch(r"(\d{1,6})/(\d{1,6})", text.strip())
        if not found:
            raise InputError(f"`shard` {text!r}: not of the form i/n", "For example `shard` 1/4.")
        return cls(index=int(found.group(1)), count=int(found.group(2)))

    @property
    def name(self) -> str:
        """A name for files: ``2-of-4``."""
        return f"{self.index}-of-{self.count}"
