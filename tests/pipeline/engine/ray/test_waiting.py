"""A relay that waits for a cluster ends with the main process, and does not wait for ever."""

import socket
import subprocess
import sys
from multiprocessing.connection import Connection

import pytest

from pipeline.engine.ray.messages import Refused

PROGRAM = """
import sys, time
from multiprocessing.connection import Connection
from pipeline.engine.ray.waiting import not_for_ever
connection = Connection(int(sys.argv[1]))
with not_for_ever(connection, "10.0.0.1:6379", float(sys.argv[2])):
    if sys.argv[3] == "hangs":
        connection.send("waits")
        time.sleep(600)
connection.send("came back")
time.sleep(float(sys.argv[2]) + 0.5)
"""


def ran(seconds: float, how: str, *, leave: bool) -> tuple[int, list[object]]:
    """Run a process that waits; return its exit code, and what it has said."""
    ours, theirs = socket.socketpair()
    with theirs:
        command = [sys.executable, "-c", PROGRAM, str(theirs.fileno()), str(seconds), how]
        process = subprocess.Popen(command, pass_fds=[theirs.fileno()])
    said: list[object] = []
    with Connection(ours.detach()) as connection:
        said.append(connection.recv())
        if not leave:
            try:
                said.append(connection.recv())
            except EOFError:
                said.append(None)
    return process.wait(60), said


def test_it_ends_with_the_main_process() -> None:
    assert ran(500, "hangs", leave=True) == (1, ["waits"])


def test_it_says_that_the_cluster_has_not_answered() -> None:
    code, (_, refused) = ran(0.1, "hangs", leave=False)
    assert code == 1
    assert isinstance(refused, Refused)
    assert refused.message.endswith("no connection to a Ray cluster (it has not answered for 0.1 s)")


@pytest.mark.parametrize("leave", [True, False])
def test_what_comes_back_is_not_ended(leave: bool) -> None:
    assert ran(0.1, "comes back", leave=leave)[0] == 0
