"""What a machine can run out of while it trains, in one line with a remedy."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import torch

from pipeline.engine.device import is_out_of_memory
from pipeline.engine.processes import worker_deaths_explained
from pipeline.errors import RunError
from pipeline.train.config import TrainConfig
from tpsence.errors import first_line


@contextmanager
def failures_explained(
    out: Path, config: TrainConfig, device: torch.device, *, many: bool, step: Callable[[], int]
) -> Iterator[None]:
    """Turn what the machine can run out of into a line with a remedy.

    Args:
        out: The run's folder.
        config: The settings.
        device: Where it trains.
        many: Whether other processes train along.
        step: Tells how many steps are done.

    Raises:
        RunError: Memory or disk is full, or a decoding process or another training process died.
    """
    try:
        with worker_deaths_explained():
            yield
    except OSError as error:
        raise RunError(
            f"{error.filename or out}: {first_line(error)}",
            "The last checkpoints are whole. Mend this; the same command then continues (tpsence train with `resume`).",
        ) from error
    except (RuntimeError, MemoryError) as error:
        if is_out_of_memory(error):
            data = config.data
            side = f"data.crop ({data.crop})" if data.crop else f"data.width ({data.width})"
            raise RunError(
                f"step {step() + 1}: out of memory on {device}",
                f"Lower optim.batch_size ({config.optim.batch_size}) or {side}, "
                "or divide the batch with optim.accumulate.",
            ) from error
        if type(error).__module__.startswith(("torch._dynamo", "torch._inductor")):
            raise RunError(f"the networks cannot be compiled: {first_line(error)}", "Leave `compile` out.") from error
        if many and ("gloo" in str(error).lower() or "nccl" in str(error).lower()):
            raise RunError(
                "another training process has ended", "Its own message says why. Start all again with `resume`."
            ) from error
        raise
