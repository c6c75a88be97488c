"""The actor that runs the job in the cluster: a Ray Data dataset, and what its workers have to ask while they work."""

import re
import threading
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from queue import Empty, Queue
from typing import Any

import ray

from pipeline.engine.ray.dataset import Pool, results
from tpsence.errors import first_line

_SECONDS = 1.0
"""How long a question waits for its answer at most."""
_MOST_RESULTS = 64
"""Batches that are handed on at a time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """What a worker is to do with a batch."""

    is_void: bool = False
    """Nothing: no more is to begin, or it was done before."""
    one_by_one: bool = False
    """A worker has died of it, or with it: the items are done one by one, so that the next death tells which it is."""
    deaths: Mapping[int, int] = field(default_factory=dict)
    """How many workers have died of an item, by its place in the batch."""


@dataclass(slots=True)
class _Attempts:
    """What is known of a batch that was begun."""

    worker: str = ""
    begun: int = 0
    at: int | None = None
    deaths: dict[int, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class News:
    """What has happened since the last time."""

    results: Sequence[bytes]
    """Pickled ``jobs.BatchResult``s."""
    wanted: Sequence[int]
    """Portions of the plan that are asked for."""
    busy: int
    """Workers that have a batch."""
    has_ended: bool
    problem: str | None
    """What Ray says where it has failed."""


class Conductor:
    """Runs a job; several threads call it at the same time."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._delivered = threading.Condition(self._lock)
        self._portions: dict[int, Sequence[tuple[int, bytes]]] = {}
        self._awaited: set[int] = set()
        self._wanted: list[int] = []
        self._attempts: dict[int, _Attempts] = {}
        self._done: set[int] = set()
        self._stopped = False
        self._results: Queue[bytes] = Queue(4 * _MOST_RESULTS)
        self._ended = threading.Event()
        self._problem: str | None = None

    def start(self, pool: Pool, job: Any, portions: int) -> None:  # noqa: ANN401 (a reference of Ray's, in a list)
        """Begin, and return.

        Args:
            pool: The workers.
            job: Reference to the pickled job, in a list, so that it is not fetched here.
            portions: Number of portions of the plan.
        """
        threading.Thread(target=self._run, args=(pool, job, portions), daemon=True).start()

    # For the relay

    def news(self) -> News:
        """Wait a moment for something to happen, and tell it."""
        found = [*self._taken()]
        with self._lock:
            wanted, self._wanted = self._wanted, []
            busy = len({one.worker for one in self._attempts.values()})
            is_over = self._stopped and not self._attempts  # what is still to be started may never find its place
        has_ended = (self._ended.is_set() or is_over) and self._results.empty()
        return News(results=found, wanted=wanted, busy=busy, has_ended=has_ended, problem=self._problem)

    def deliver(self, number: int, batches: Sequence[tuple[int, bytes]]) -> None:
        """Take a portion of the plan, which was asked for."""
        with self._delivered:
            self._portions[number] = batches
            self._delivered.notify_all()

    def stop(self) -> None:
        """Let no more batches begin."""
        with self._delivered:
            self._stopped = True
            self._delivered.notify_all()

    # For what reads the plan

    def portion(self, number: int) -> Sequence[tuple[int, bytes]] | None:
        """Return a portion of the plan, or None where it is not there yet; ask again then.

        The number of each batch, and its pickled items.
        """
        with self._delivered:
            if number not in self._awaited:  # what is delivered twice would be kept for ever
                self._awaited.add(number)
                self._wanted.append(number)
            self._delivered.wait_for(lambda: number in self._portions or self._stopped, _SECONDS)
            if number not in self._portions:
                return () if self._stopped else None
            self._awaited.remove(number)
            return self._portions.pop(number)

    # For workers

    def begin(self, batch: int, worker: str) -> Order:
        """Say what is to be done with a batch.

        Args:
            batch: Its number.
            worker: Who has it.
        """
        with self._lock:
            if batch in self._done or (self._stopped and batch not in self._attempts):
                return Order(is_void=True)
            attempts = self._attempts.setdefault(batch, _Attempts())
            if attempts.at is not None:
                attempts.deaths[attempts.at] = attempts.deaths.get(attempts.at, 0) + 1
            attempts.worker, attempts.at = worker, None
            attempts.begun += 1
            return Order(one_by_one=attempts.begun > 1, deaths=dict(attempts.deaths))

    def at(self, batch: int, place: int | None) -> None:
        """Note which item of a batch is begun, by its place, or that none is."""
        with self._lock:
            if batch in self._attempts:
                self._attempts[batch].at = place

    def _taken(self) -> Iterator[bytes]:
        """Yield what has come back, after a moment's wait where there is nothing."""
        try:
            yield self._results.get(timeout=0 if self._ended.is_set() else 0.1)
            for _ in range(_MOST_RESULTS - 1):
                yield self._results.get_nowait()
        except Empty:
            return

    def _run(self, pool: Pool, job: Any, portions: int) -> None:  # noqa: ANN401 (as for start)
        """Run the dataset."""
        try:
            for batch, content in results(pool, job, portions):
                with self._lock:
                    is_open = batch in self._attempts
                if is_open:
                    self._results.put(content)  # before it counts as done: after a stop nothing is waited for then
                    with self._lock:
                        del self._attempts[batch]
                        self._done.add(batch)
        except BaseException as error:
            self._problem = _said_by(error)
        finally:
            self._ended.set()


def _said_by(error: BaseException) -> str:
    """Return what Ray has failed of, in one line."""
    cause = getattr(error, "cause", None) or error  # Ray's own text begins with where it was
    if isinstance(cause, ray.exceptions.ActorDiedError) and "creation task" in first_line(cause):
        # On a node that came later, and on which even the worker's module cannot be imported.
        node = re.search(r"ip=([^,)]+)", str(cause))
        where, why = node[1] if node else "a node", str(cause).strip().splitlines()[-1]
        return f"no worker can be started on {where}, which may lack this version of tpsence: {why[:200]}"
    return f"{type(cause).__name__}: {first_line(cause)}" if isinstance(cause, Exception) else repr(cause)
