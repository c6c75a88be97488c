"""What stands in for the relay and all behind it: it says what a test wants, and needs no Ray."""

import pickle
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import Pipe
from multiprocessing.connection import Connection
from subprocess import Popen
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.engine.ray import engine, relay_process
from pipeline.engine.ray.jobs import BatchResult, SentJob, unpacked
from pipeline.engine.ray.messages import Connect, FromRelay, Job, Portion, Ready, Result, Stop, Wanted
from pipeline.engine.ray.relay_process import Relay

Batches = Sequence[tuple[int, bytes]]


class StandIn:
    """The other end of a connection."""

    connect: Connect
    portions: int
    job: SentJob

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self.heard_stop = False

    def say(self, message: FromRelay) -> None:
        """Say something."""
        self._connection.send(message)

    def hear(self) -> object:
        """Return what the main process says next, but for a stop, which is noted."""
        message = self._connection.recv()
        if not isinstance(message, Stop):
            return message
        self.heard_stop = True
        return None

    def wait_for_stop(self) -> None:
        """Wait until the main process wants to stop."""
        while not self.heard_stop:
            assert self.hear() is None

    def hears_nothing(self, seconds: float) -> bool:
        """Tell whether the main process says nothing for some time."""
        return not self._connection.poll(seconds)

    def begin(self, workers: int = 2) -> None:
        """Take a job."""
        connect = self.hear()
        assert isinstance(connect, Connect)
        self.connect = connect
        self.say(Ready(nodes=1, workers=workers))
        job = self.hear()
        assert isinstance(job, Job)
        self.portions, self.job = job.portions, unpacked(job.content)
        self.job.arrived(1)

    def portion(self, number: int) -> Batches:
        """Ask for a portion, and wait for it."""
        self.say(Wanted(number=number))
        while not isinstance(message := self.hear(), Portion):
            assert message is None
        assert message.number == number
        return message.batches

    def result(self, number: int, tasks: bytes) -> BatchResult:
        """Do the work for a batch."""
        return BatchResult(number=number, made=self.job.do(pickle.loads(tasks)), lines=self.job.lines())  # noqa: S301

    def bring(self, *results: BatchResult) -> None:
        """Send results."""
        for result in results:
            self.say(Result(content=pickle.dumps(result)))


class _Relay(Relay):
    """A relay that is no process."""

    def kill(self) -> None:
        """Hang up: the other end does not last longer."""
        self._connection.close()


@contextmanager
def standing_in(play: Callable[[StandIn], None]) -> Iterator[None]:
    """Let a function play the part of the relay meanwhile, in a thread; a main process that hangs up ends it."""
    with pytest.MonkeyPatch.context() as patch:
        failed: list[BaseException] = []

        @contextmanager
        def relay() -> Iterator[Relay]:
            ours, theirs = Pipe()

            def run() -> None:
                try:
                    with theirs, suppress(EOFError, OSError):
                        play(StandIn(theirs))
                except BaseException as error:
                    failed.append(error)

            thread = threading.Thread(target=run)
            thread.start()
            process = cast("Popen[bytes]", SimpleNamespace(wait=lambda seconds: 0, returncode=0))
            with TemporaryFile() as log:
                try:
                    yield _Relay(ours, process, log)
                finally:
                    ours.close()
                    thread.join()

        patch.setattr(engine, "relay", relay)
        patch.setattr(relay_process, "_kill", lambda process: None)
        try:
            yield
        finally:
            if failed:
                raise failed[0]
