"""A worker: it has the whole work of the job, and does it for one batch after the other."""

import pickle
import socket
from dataclasses import replace
from typing import Any

import pyarrow
import ray

from pipeline.engine.cores import share_cores
from pipeline.engine.ray.arrival import faults_of_node
from pipeline.engine.ray.jobs import DEADLY, Batch, BatchResult, SentJob, told_of_node, unpacked
from pipeline.errors import RunError

NUMBER, TASKS, RESULT = "batch", "tasks", "result"
"""Columns: the number of a batch, its pickled tasks, and its pickled result."""


class Worker:
    """Maps batches of tasks to what became of them.

    What it cannot be made with, it says of its first batch: Ray would start it again and again, or end with words of
    its own.

    Args:
        job: Reference to the pickled job, in a list: a node fetches it once for all of its workers.
        conductor: Handle of the conductor.
        cores: That this worker may use.
        version: As for ``faults_of_node``.
        places: As for ``faults_of_node``: its node may have come after the others were asked.
    """

    def __init__(self, job: Any, conductor: Any, cores: int, version: str, places: bytes) -> None:  # noqa: ANN401 (Ray's)
        share_cores(cores)
        self._conductor = conductor
        self._name = ray.get_runtime_context().get_actor_id() or ""
        self._fault: Exception | None = None
        try:
            if fault := faults_of_node(version, places, tries_to_write=False):
                self._fault = RunError(f"node {_node()} {fault[0]}", fault[1])
                return
            self._job: SentJob = unpacked(ray.get(job[0]))
            self._job.arrived(cores)
        except Exception as error:
            self._fault = told_of_node(error, _node())

    def __call__(self, table: Any) -> Any:  # noqa: ANN401 (tables of Arrow)
        """Do the work for one batch.

        Args:
            table: One row.
        """
        (number,), (tasks,) = table[NUMBER].to_pylist(), table[TASKS].to_pylist()
        result = self._result(number, tasks)
        return pyarrow.table({NUMBER: pyarrow.array([number], pyarrow.int64()), RESULT: [_packed(result)]})

    def _result(self, number: int, tasks: bytes) -> BatchResult:
        """Do the work for a batch, or find that there is nothing to do."""
        order = ray.get(self._conductor.begin.remote(number, self._name)) if tasks else None
        if order is None or order.is_void:
            return BatchResult(number=number)
        if self._fault is not None:
            return BatchResult(number=number, error=self._fault)
        batch: Batch = pickle.loads(tasks)  # noqa: S301 (the main process's own)
        try:
            made = self._one_by_one(number, batch, order.deaths) if order.one_by_one else self._job.do(batch)
        except Exception as error:
            return BatchResult(number=number, lines=self._job.lines(), error=told_of_node(error, _node()))
        return BatchResult(number=number, made=made, lines=self._job.lines())

    def _one_by_one(self, number: int, batch: Batch, deaths: Any) -> list[Any]:  # noqa: ANN401 (a mapping)
        """Do the work for each item by itself, and say which it is before."""
        made = []
        for place, item in enumerate(batch.items):
            if deaths.get(place, 0) >= DEADLY:
                made.append(self._job.given_up(item, deaths[place]))
                continue
            ray.get(self._conductor.at.remote(number, place))
            made.append(self._job.do_one(item, batch))
        ray.get(self._conductor.at.remote(number, None))
        return made


def _packed(result: BatchResult) -> bytes:
    """Pickle a result, or that it cannot be pickled."""
    try:
        return pickle.dumps(result, protocol=5)
    except Exception as error:
        return pickle.dumps(replace(result, made=None, error=told_of_node(error, _node())), protocol=5)


def _node() -> str:
    """Return what a user calls this node."""
    return f"{socket.gethostname()} ({ray.util.get_node_ip_address()})"
