"""Reads losses from the device now and then, so that it never waits, and notices those that are not finite."""

import math

import torch
from torch import Tensor

from pipeline.errors import RunError
from pipeline.train.processes import Processes
from tpsence.model import LOSS_NAMES


class Meter:
    """Collects the losses of steps.

    Args:
        processes: Whose losses are averaged.
    """

    def __init__(self, processes: Processes) -> None:
        self._processes = processes
        self._waiting: list[Tensor] = []

    def add(self, losses: Tensor) -> None:
        """Take the losses of a step, (8,) on any device, without waiting for them."""
        self._waiting.append(losses)

    def read(self, step: int) -> dict[str, float]:
        """Return the mean of each loss over all processes and the steps since the last call.

        All processes call it at the same step.

        Args:
            step: Number of the step that was added last, counted from 1.

        Raises:
            RunError: A loss is not finite; names the first such step.
        """
        rows = self._processes.mean(torch.stack(self._waiting)).tolist()
        first = step - len(rows) + 1
        self._waiting.clear()
        for number, row in enumerate(rows, start=first):
            bad = [name for name, value in zip(LOSS_NAMES, row, strict=True) if not math.isfinite(value)]
            if bad:
                raise RunError(
                    f"step {number}: the {bad[0]} loss is not finite",
                    "What was saved before is good. Begin anew with a lower optim.lr, or with `precision` fp32.",
                )
        return {name: sum(column) / len(rows) for name, column in zip(LOSS_NAMES, zip(*rows, strict=True), strict=True)}
