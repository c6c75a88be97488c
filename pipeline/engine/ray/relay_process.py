"""The relay as the main process has it: a child in a session of its own, with a connection and a log."""

import os
import pickle
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from pipeline.engine.ray.messages import Broken, FromRelay, Refused, ToRelay
from pipeline.errors import RunError

AGAIN = "What was written is whole. Run the same command again to continue."
_PROGRAM = (
    "import sys; sys.path[:1] = [] if sys.path[:1] == [''] else sys.path[:1]; "
    "from tpsence.own_packages import own_first; own_first('pipeline'); "
    "from pipeline.engine.ray.relay import main; main(int(sys.argv[1]), sys.argv[2])"
)
_SECONDS_TO_END = 20.0
_SECONDS_TO_DIE = 5.0
_LONGEST_FOLDER = 30
"""Characters of a temporary folder below which Ray's sockets, whose paths have a limit, find a place."""
_NOTE = ":"
"""What lines of Ray's begin with that tell of its repairs and of names, not of a failure: ``:info_message:``."""
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")
_HEADING = re.compile(r"^\[[^\]]*\] (?:\([a-z_]+\) )?[\w.]+:\d+: ")


class Relay:
    """A relay that runs.

    Args:
        connection: To it.
        process: It.
        log: What it and Ray say on stderr.
    """

    def __init__(self, connection: Connection, process: "subprocess.Popen[bytes]", log: IO[bytes]) -> None:
        self._connection = connection
        self._process = process
        self._log = log

    def send(self, message: ToRelay) -> None:
        """Say something; where the relay has ended, ``receive`` tells why, after what is there to be read yet."""
        with suppress(OSError):
            self._connection.send(message)

    def receive(self, seconds: float) -> FromRelay | None:
        """Wait for what it says next, and return that, or None where it says nothing for some seconds.

        Raises:
            RunError: It cannot be done, Ray has failed, or the relay has ended.
        """
        try:
            message: FromRelay | None = self._connection.recv() if self._connection.poll(seconds) else None
        except (EOFError, OSError, pickle.UnpicklingError) as error:
            raise self._lost() from error
        if isinstance(message, Refused):
            raise RunError(message.message, message.hint)
        if isinstance(message, Broken):
            raise RunError(f"Ray: {message.reason}", AGAIN)
        return message

    def kill(self) -> None:
        """End it at once, and what it has started: where nothing has begun there is nothing to finish."""
        _kill(self._process)

    def _lost(self) -> RunError:
        """Return the error that says that the relay has ended, with the last of what it said."""
        with suppress(subprocess.TimeoutExpired):
            self._process.wait(2.0)
        self._log.seek(0)
        lines = map(_without_marks, self._log.read().decode("utf-8", "replace").splitlines())
        said = [line for line in lines if line and not line.startswith(_NOTE)]
        why = f": {said[-1][:200]}" if said and self._process.returncode else ""
        return RunError(f"the connection to the Ray cluster was lost{why}", AGAIN)


@contextmanager
def relay() -> Iterator[Relay]:
    """Start a relay, and end it: a cluster of this machine's own ends with it, what runs elsewhere stops.

    It has a session of its own: what asks a program to end, and reaches all processes of a terminal or of a group, is
    for the main process to deal with. Where that dies in whatever way the connection closes, and the relay ends. Where
    the relay dies, in whatever way, what it has left goes here.
    """
    ours, theirs = socket.socketpair()
    with tempfile.TemporaryFile() as log, _folder() as folder:
        with theirs:
            command = [sys.executable, "-c", _PROGRAM, str(theirs.fileno()), str(folder)]
            process = subprocess.Popen(  # noqa: S603 (our own program)
                command,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        connection = Connection(ours.detach())
        try:
            yield Relay(connection, process, log)
        finally:
            connection.close()
            _end(process)


def _end(process: "subprocess.Popen[bytes]") -> None:
    """Wait until a relay has ended, and end what belongs to it and has not ended with it."""
    with suppress(subprocess.TimeoutExpired):
        process.wait(_SECONDS_TO_END)
    _kill(process)


def _kill(process: "subprocess.Popen[bytes]") -> None:
    """Kill a relay and what it has started, all of its session: some of Ray's processes would stay for a minute."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    end = time.monotonic() + _SECONDS_TO_DIE
    while (others := _session(process.pid)) and time.monotonic() < end:
        for pid in others:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
        time.sleep(0.01)


def _session(leader: int) -> list[int]:
    """Return the processes of a session, without those that have ended; none where the system does not list them."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with suppress(OSError):
            state, _, _, session = stat.read_text(errors="replace").rpartition(")")[2].split()[:4]
            if int(session) == leader and state not in "ZX":
                found.append(int(stat.parent.name))
    return found


@contextmanager
def _folder() -> Iterator[Path]:
    """Make a folder for what Ray writes where it starts a cluster, which goes with it; its path is short."""
    place = tempfile.gettempdir()
    folder = Path(tempfile.mkdtemp(prefix="tpsence-ray-", dir=place if len(place) <= _LONGEST_FOLDER else "/tmp"))  # noqa: S108 (made safely)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _without_marks(line: str) -> str:
    """Return a line of a log without colours of terminals, and without what Ray begins its own lines with."""
    return _HEADING.sub("", _COLOURS.sub("", line)).strip()
