"""What the machine, or a limit of it, does not give is said as that and not as a fault of the program."""

import errno
import os

import pytest

from cli.exhausted import explained
from cli.flags import with_flags
from tests.cli.conftest import Run


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (MemoryError("Unable to allocate 3.52 MiB for an array"), "not enough memory"),
        (MemoryError(), "not enough memory"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "not enough memory"),
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), "not enough memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "not enough memory"),
        (RuntimeError("can't start new thread"), "no more threads"),
        (BlockingIOError(errno.EAGAIN, os.strerror(errno.EAGAIN)), "no more threads"),
    ],
)
def test_a_lack_is_said_with_a_remedy(error: Exception, what: str) -> None:
    found = explained(error)
    assert found is not None
    message, hint = found
    assert message.startswith(what)
    assert "\n" not in message + hint
    assert "--workers 0" in hint
    assert with_flags(hint) == hint


@pytest.mark.parametrize("error", [RuntimeError("shapes differ"), OSError(errno.EIO, "x"), KeyError("out of memory")])
def test_anything_else_is_not(error: Exception) -> None:
    assert explained(error) is None


def test_the_command_ends_with_the_line(tpsence: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def app() -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("cli.main.app", app)
    ran = tpsence("augment")
    assert ran.code == 1
    assert ran.err.startswith("error: no more threads or processes can be started: can't start new thread")
    assert "unexpected" not in ran.err
