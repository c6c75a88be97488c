"""The job as a Ray Data dataset: a row is a batch of tasks, a pool of actors maps it to a row of what became of it."""

import logging
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pyarrow
import ray
import ray.data
from ray.data import ActorPoolStrategy, Datasource, ReadTask
from ray.data.block import BlockMetadata

from pipeline.engine.ray.worker import NUMBER, RESULT, TASKS, Worker
from tpsence import __version__


@dataclass(frozen=True, slots=True, kw_only=True)
class Pool:
    """The workers of a job."""

    workers: int
    most: int
    cores_each: int
    gpus_each: float
    places: bytes
    """A ``messages.Places``, pickled."""


class _Plan(Datasource):  # type: ignore[misc]  # Ray is not looked into
    """The plan, a read task for each portion, which asks the conductor for it."""

    def __init__(self, conductor: Any, portions: int) -> None:  # noqa: ANN401 (a handle of Ray's)
        super().__init__()
        self._conductor = conductor
        self._portions = portions

    def get_name(self) -> str:
        """Return its name."""
        return "plan"

    def estimate_inmemory_data_size(self) -> int | None:
        """Return nothing: names are small."""
        return None

    def get_read_tasks(self, parallelism: int, *others: object, **more: object) -> list[Any]:
        """Return a task for each portion."""
        del parallelism, others, more
        metadata = BlockMetadata(num_rows=None, size_bytes=None, input_files=None, exec_stats=None)
        return [ReadTask(_Reading(self._conductor, number), metadata) for number in range(self._portions)]


@dataclass(frozen=True, slots=True)
class _Reading:
    """Reads a portion."""

    conductor: Any
    number: int

    def __call__(self) -> Iterator[Any]:
        """Yield tables of one row, of one batch each: only so does a worker get them one by one."""
        batches = None
        while batches is None:
            batches = ray.get(self.conductor.portion.remote(self.number))
        for number, tasks in batches:
            yield pyarrow.table({NUMBER: pyarrow.array([number], pyarrow.int64()), TASKS: [tasks]})


def results(pool: Pool, job: Any, portions: int) -> Iterator[tuple[int, bytes]]:  # noqa: ANN401 (as in Conductor.start)
    """Run the job, and yield the number of each batch that has come back with its pickled ``jobs.BatchResult``.

    A worker that dies is started again, where there is room, and its batch with it.

    Args:
        pool: The workers.
        job: Reference to the pickled job, in a list.
        portions: Number of portions of the plan.
    """
    logging.getLogger("ray.data").setLevel(logging.ERROR)
    context = ray.data.DataContext.get_current()
    context.enable_progress_bars = False
    context.print_on_execution_start = False
    context.target_max_block_size = context.target_min_block_size = 1  # a row is sent on as soon as it is there
    conductor = ray.get_runtime_context().current_actor
    plan = ray.data.read_datasource(_Plan(conductor, portions), num_cpus=0, concurrency=1, override_num_blocks=portions)
    size = {"size": pool.workers} if pool.workers == pool.most else {"min_size": pool.workers, "max_size": pool.most}
    dataset = plan.map_batches(
        Worker,
        fn_constructor_args=(job, conductor, pool.cores_each, __version__, pool.places),
        batch_size=1,  # with GPUs Ray wants to be told
        batch_format="pyarrow",
        zero_copy_batch=True,
        compute=ActorPoolStrategy(**size, max_tasks_in_flight_per_actor=2),
        num_cpus=pool.cores_each,
        num_gpus=pool.gpus_each or None,
    )
    for table in dataset.iter_batches(batch_size=None, batch_format="pyarrow", prefetch_batches=0):
        yield from zip(table[NUMBER].to_pylist(), table[RESULT].to_pylist(), strict=True)
