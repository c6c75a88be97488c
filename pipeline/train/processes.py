"""The processes that train together, on one machine or many, as ``torchrun`` starts them."""

import gc
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, TypeVar

import torch
import torch.distributed as dist
from torch import Tensor

from tpsence.errors import InputError, TpsenceError

T = TypeVar("T")


@dataclass(frozen=True)
class Processes:
    """This process among those that train together.

    Attributes:
        rank: This process, 0 to ``world_size`` - 1.
        world_size: Number of processes.
        local_rank: This process among those of its machine.
    """

    rank: int = 0
    world_size: int = 1
    local_rank: int = 0

    @property
    def is_first(self) -> bool:
        """Whether this process writes and talks."""
        return self.rank == 0

    @property
    def many(self) -> bool:
        """Whether there are others."""
        return self.world_size > 1

    def about(self) -> dict[str, bool]:
        """Return what a program that shows the training wants to know: whether this process talks, and has company."""
        return {"talks": self.is_first, "many": self.many}

    def mean(self, values: Tensor) -> Tensor:
        """Return the mean of a tensor of any shape over the processes."""
        if self.many:
            dist.all_reduce(values)
            values = values / self.world_size
        return values

    def any(self, flag: bool) -> bool:
        """Tell whether a flag is set in any process. The device is not waited for."""
        if not self.many:
            return flag
        flags = torch.tensor(int(flag))
        dist.all_reduce(flags)
        return bool(flags)

    def gathered(self, value: T) -> list[T]:
        """Return the value of every process, in the order of ranks."""
        if not self.many:
            return [value]
        values: list[Any] = [None] * self.world_size
        dist.all_gather_object(values, value)
        return values

    def once(self, work: Callable[[], T]) -> T:
        """Do something in the first process and give all the result.

        Raises:
            TpsenceError: What the work raised, in all processes.
            OSError: Likewise.
        """
        if not self.many:
            return work()
        result: list[Any] = [None]
        if self.is_first:
            try:
                result = [work()]
            except (TpsenceError, OSError) as error:
                result = [error]
        dist.broadcast_object_list(result, src=0)
        if isinstance(result[0], Exception):
            raise result[0]
        done: T = result[0]
        return done


@contextmanager
def joined(device: str) -> Iterator[Processes]:
    """Join the processes that ``torchrun`` has started with this one; alone without it.

    Args:
        device: The user's ``--device``.

    Raises:
        InputError: The device names one GPU for many processes, or the others cannot be reached.
    """
    own = from_environment()
    if not own.many:
        yield own
        return
    if ":" in device:
        raise InputError(f"`device` {device}: one GPU for {own.world_size} processes", "Give cuda, or leave it out.")
    with_gpus = device in {"auto", "cuda"} and torch.cuda.is_available()
    try:
        # Flags and objects travel between CPUs, so that nobody waits for a GPU to exchange them.
        dist.init_process_group("cpu:gloo,cuda:nccl" if with_gpus else "gloo")
    except (ValueError, RuntimeError) as error:
        raise InputError(
            f"the processes cannot reach each other: {str(error).splitlines()[0]}",
            "Start them with torchrun, for example torchrun --nproc-per-node 2 -m tpsence train ...",
        ) from error
    try:
        yield own
    finally:
        gc.collect()  # what replicates gradients and is not needed any more must not outlive the group it works with
        dist.destroy_process_group()


def from_environment() -> Processes:
    """Return this process as ``torchrun`` describes it in the environment, without joining the others."""
    rank, world_size, local_rank = (
        os.environ.get(name, default) for name, default in (("RANK", "0"), ("WORLD_SIZE", "1"), ("LOCAL_RANK", "0"))
    )
    try:
        return Processes(int(rank), int(world_size), int(local_rank))
    except ValueError:
        raise InputError(
            f"RANK, WORLD_SIZE and LOCAL_RANK are {rank}, {world_size} and {local_rank}, not numbers",
            "torchrun sets them; unset them to train in one process.",
        ) from None
