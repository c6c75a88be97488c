"""A job that was sent, as the main process sees it: what is asked for, what comes back, and a wish to stop."""

import pickle
from collections.abc import Iterator

from pipeline.engine.interface import Stop
from pipeline.engine.ray.batches import Portions
from pipeline.engine.ray.jobs import BatchResult
from pipeline.engine.ray.messages import Ended, Portion, Ready, Result, State, Wanted
from pipeline.engine.ray.messages import Stop as StopThere
from pipeline.engine.ray.relay_process import AGAIN, Relay
from pipeline.errors import RunError
from pipeline.files.text import count

_SECONDS_BETWEEN_LOOKS = 0.2
"""How often a wish to stop is looked for."""

Told = tuple[BatchResult | None, str]
"""A batch that has come back, or None, and how the cluster is, in a few words."""


def wait_until_ready(there: Relay, stop: Stop) -> Ready | None:
    """Wait until the cluster is ready; None where a stop is asked for before, which ends the relay at once.

    Args:
        there: The relay, which was told to connect.
        stop: Whether to stop.

    Raises:
        RunError: It cannot be ready.
    """
    while not stop():
        message = there.receive(_SECONDS_BETWEEN_LOOKS)
        if isinstance(message, Ready):
            return message
    there.kill()
    return None


class UnderWay:
    """A job that was sent, until all of its batches are back.

    Args:
        there: What is talked to.
        portions: The plan.
        ready: How many nodes and workers there are.
        stop: Whether to stop.
    """

    def __init__(self, there: Relay, portions: Portions, ready: Ready, stop: Stop) -> None:
        self._there = there
        self._portions = portions
        self._workers = ready.workers
        self._state = State(nodes=ready.nodes, busy=0)
        self._stop = stop
        self._stopped = False
        self._wanted: list[int] = []

    def results(self) -> Iterator[Told]:
        """Yield what becomes of each batch, and how the cluster is when that changes.

        Raises:
            Exception: Ray has failed, or what a batch has failed of.
        """
        while True:
            try:
                self._look_for_stop()
                self._deliver()
                message = self._there.receive(_SECONDS_BETWEEN_LOOKS)
            except RunError:
                if self._stop():  # what has asked this program to end may have ended Ray
                    return
                raise
            if isinstance(message, Ended):
                self._refuse_loss()
                return
            if isinstance(message, Wanted):
                self._wanted.append(message.number)
            elif isinstance(message, State):
                yield from self._is_now(message)
            elif isinstance(message, Result):
                yield from self._came_back(pickle.loads(message.content))  # noqa: S301 (our own workers')

    def _refuse_loss(self) -> None:
        """Refuse an end before all batches are back.

        Raises:
            RunError: Some are not.
        """
        missing = self._portions.number - self._portions.came_back
        if missing and not self._stopped:
            raise RunError(f"Ray has lost {missing:,} batches of {self._portions.number:,}", AGAIN)

    def _is_now(self, state: State) -> Iterator[Told]:
        """Take how the cluster is; it is not told before a worker has begun."""
        has_changed, self._state = state != self._state, state
        if has_changed and state.busy:
            yield None, self._status()

    def _status(self) -> str:
        """Return how the cluster is, in a few words."""
        return f"{count(self._state.nodes, 'node')}, {count(self._state.busy, 'worker')} busy"

    def _came_back(self, result: BatchResult) -> Iterator[Told]:
        """Take a batch that has come back.

        Raises:
            Exception: Why it has failed; what is to be noted of it comes first.
        """
        if result.error is not None or (result.made is not None and self._portions.note(result.number)):
            yield result, self._status()
        if result.error is not None:
            raise result.error

    def _deliver(self) -> None:
        """Send the portions that are asked for and due; nothing where no more is to begin."""
        for number in list(self._wanted):
            if self._stopped or self._portions.is_due(number, self._workers):
                batches = [] if self._stopped else self._portions.of(number)
                self._there.send(Portion(number=number, batches=batches))
                self._wanted.remove(number)

    def _look_for_stop(self) -> None:
        """Pass on a wish to stop, once."""
        if not self._stopped and self._stop():
            self._stopped = True
            self._there.send(StopThere())
