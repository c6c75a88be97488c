"""Make items ahead in processes of their own, in order."""

import signal
import warnings
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, TypeVar

import torch
from torch.utils.data import DataLoader, Dataset

from pipeline.errors import RunError

T = TypeVar("T")


def decoded_ahead(
    dataset: Dataset[T], indices: Iterable[Any], count: int, workers: int, *, pin: bool = False
) -> Iterator[T]:
    """Return the items at some indices in order, made ahead in processes of their own.

    The processes end with the last reference to the iterator.

    Args:
        dataset: Makes an item from an index; items stay as they are.
        indices: In the order wanted.
        count: Their number.
        workers: Number of processes; 0 makes the items in this one.
        pin: Put tensors in pinned memory, for copies to a GPU.
    """
    with warnings.catch_warnings():
        # More workers than cores is the user's choice; that the processes are forked is torch's.
        warnings.simplefilter("ignore")
        loader: DataLoader[T] = DataLoader(
            dataset,
            batch_size=None,
            sampler=indices,
            num_workers=min(workers, count),
            collate_fn=_unchanged,
            worker_init_fn=_start_worker,
            pin_memory=pin,
            generator=torch.Generator(),  # else it draws from the global one
        )
        return iter(loader)


@contextmanager
def worker_deaths_explained() -> Iterator[None]:
    """Turn torch's error about a decoding process that died into one that a user can act on.

    torch raises it from a signal handler, so it can come up in whatever the main thread is doing: callers that work
    between what a job yields put this around their loop.

    Raises:
        RunError: A decoding process died.
    """
    try:
        yield
    except (RuntimeError, ConnectionError, EOFError) as error:  # the latter two from its pipe, where it died in a word
        if isinstance(error, RuntimeError) and "DataLoader worker" not in str(error):
            raise
        raise RunError(
            "a decoding process died, perhaps for lack of memory or of shared memory",
            "Run the same command again with fewer `workers` to continue; 0 decodes in the main process.",
        ) from error


def _unchanged(item: Any) -> Any:  # noqa: ANN401 (torch's signature, which is meant for batches)
    """Keep torch from taking items apart."""
    return item


def _start_worker(index: int) -> None:
    """Leave Ctrl-C, which reaches every process of the terminal, to the main process."""
    del index
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
