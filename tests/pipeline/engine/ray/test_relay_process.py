"""What the main process hears of a relay that has ended, in whatever way."""

from multiprocessing import Pipe
from multiprocessing.connection import Connection
from subprocess import Popen
from tempfile import TemporaryFile
from types import SimpleNamespace
from typing import cast

import pytest

from pipeline.engine.ray.messages import Broken, Ended, Stop
from pipeline.engine.ray.relay_process import Relay
from pipeline.errors import RunError

LOST = "the connection to the Ray cluster was lost"


def heard(said: bytes, code: int) -> tuple[Relay, Connection]:
    """A relay that has said something on stderr and ended with a code, and the other end of its connection."""
    ours, theirs = Pipe()
    log = TemporaryFile()  # noqa: SIM115 (as long as the relay)
    log.write(said)
    process = cast("Popen[bytes]", SimpleNamespace(wait=lambda seconds: code, returncode=code))
    return Relay(ours, process, log), theirs


def test_the_last_words_of_one_that_has_ended_are_heard_though_nothing_can_be_told_to_it() -> None:
    relay, theirs = heard(b"", 0)
    with relay._connection, relay._log:
        theirs.send(Ended())
        theirs.send(Broken(reason="the head was lost"))
        theirs.close()
        relay.send(Stop())
        assert relay.receive(1.0) == Ended()
        with pytest.raises(RunError, match="Ray: the head was lost"):
            relay.receive(1.0)


@pytest.mark.parametrize(
    ("said", "code", "expected"),
    [
        (b"", -9, LOST),
        (
            b"a failure\n:info_message: Attempting to recover 1 lost objects\n\n",
            1,
            f"{LOST}: a failure",
        ),
        (b":info_message: Attempting to recover 1 lost objects\n", 1, LOST),
        (b"a warning\n", 0, LOST),
        (
            b"a warning\n\x1b[33m[2026-01-01 00:00:00,000 C 1 2] (raylet) rpc.cc:12: no route to 10.0.0.1\x1b[0m\n\n",
            1,
            f"{LOST}: no route to 10.0.0.1",
        ),
        (
            b"the raylet died\n:info_message:Attempting to recover 1 lost objects\n",
            1,
            "the connection to the Ray cluster was lost: the raylet died",
        ),
    ],
)
def test_one_that_says_nothing_more_is_lost_with_the_last_line_of_its_log(
    said: bytes, code: int, expected: str
) -> None:
    relay, theirs = heard(said, code)
    with relay._connection, relay._log:
        assert relay.receive(0.0) is None
        theirs.close()
        with pytest.raises(RunError) as caught:
            relay.receive(1.0)
    assert caught.value.message == expected
    assert "Run the same command again" in (caught.value.hint or "")
