"""Which samples make the batch of a step, and which process takes which of them."""

from dataclasses import dataclass

from tpsence.errors import InputError

Position = tuple[int, int]
"""Epoch and position in it, both from 0."""


@dataclass(frozen=True, kw_only=True)
class StepPlan:
    """Which positions of which epoch make the batch of a step."""

    length: int
    """Samples in an epoch."""
    batch_size: int
    """Samples of a step, of all processes together."""
    rank: int = 0
    """This process, 0 to ``world_size`` - 1."""
    world_size: int = 1
    """Number of processes."""

    def __post_init__(self) -> None:
        """Check the sizes.

        Raises:
            InputError: The batch is larger than the data set, or cannot be shared evenly.
        """
        if self.batch_size > self.length:
            raise InputError(
                f"optim.batch_size {self.batch_size} is larger than the data set ({self.length} images)",
                f"For example `set` optim.batch_size={self.length}",
            )
        if self.batch_size < 1 or self.batch_size % self.world_size:
            raise InputError(
                f"optim.batch_size {self.batch_size} cannot be shared evenly by {self.world_size} processes",
                f"Give a multiple of {self.world_size}.",
            )

    @property
    def steps_per_epoch(self) -> int:
        """Number of full batches; the rest of an epoch is left out, another one each time."""
        return self.length // self.batch_size

    def positions(self, step: int) -> list[Position]:
        """Return this process's share of a step, steps counted from 0 through all epochs."""
        epoch, index = divmod(step, self.steps_per_epoch)
        share = self.batch_size // self.world_size
        first = index * self.batch_size + self.rank * share
        return [(epoch, position) for position in range(first, first + share)]
