"""How far a training is."""

from collections.abc import Mapping
from dataclasses import dataclass

_SHORT = {"generator": "G", "tps": "TPS", "contrastive": "NCE", "real": "D real", "fake": "D fake"}
"""The losses that are shown while it runs."""


@dataclass(frozen=True)
class Progress:
    """How far the training is.

    Attributes:
        step: Steps done.
        last_step: Steps in all.
        epoch: The epoch of this step, from 1.
        losses: Mean losses when they were read last; empty before the first time.
    """

    step: int
    last_step: int
    epoch: int
    losses: Mapping[str, float]

    def text(self) -> str:
        """Write epoch and losses, to stand beside a bar."""
        losses = (f"{short} {self.losses[name]:.3f}" for name, short in _SHORT.items() if name in self.losses)
        return ", ".join(filter(None, (f"epoch {self.epoch}", " ".join(losses))))
