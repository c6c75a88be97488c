"""What the machine, or a limit of it, does not give is said as that and not as a fault of the program."""

import errno
import os

import pytest

from cli.exhausted import explained
from cli.flags import with_flags
from pipeline.errors import RunError
from tests.cli.conftest import Run
from tpsence.errors import InputError, TpsenceError


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (MemoryError("Unable to allocate 3.52 MiB for an array"), "not enough memory"),
        (MemoryError(), "not enough memory"),
        (OSError(errno.ENOMEM, os.strerror(errno.ENOMEM)), "not enough memory"),
        (OSError("_C.so: failed to map segment from shared object"), "not enough memory"),
        (ImportError("libtorch_cpu.so: failed to map segment from shared object"), "not enough memory"),
        (RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried"), "not enough memory"),
        (RuntimeError("could not create a primitive"), "not enough memory"),
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


def blaming(cause: Exception, kind: type[TpsenceError] = InputError) -> TpsenceError:
    """Return an error of the project's own with a cause behind another."""
    try:
        try:
            raise cause
        except Exception as error:
            raise ImportError("Failed to import x") from error
    except ImportError as error:
        try:
            raise kind("a.py: cannot be imported", "Install it.") from error
        except TpsenceError as raised:
            return raised


def test_a_lack_behind_an_error_that_blames_the_input_is_found() -> None:
    found = explained(blaming(OSError(errno.ENOMEM, os.strerror(errno.ENOMEM))))
    assert found is not None
    assert found[0].startswith("not enough memory: ")
    assert explained(blaming(OSError(errno.EIO, os.strerror(errno.EIO)))) is None


def test_what_the_project_says_of_a_lack_itself_stands() -> None:
    assert explained(blaming(RuntimeError("CUDA out of memory"), RunError)) is None


def test_an_input_that_was_blamed_for_a_lack_is_cleared(tpsence: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def app(**_: object) -> None:
        raise blaming(MemoryError("Unable to allocate 3.52 MiB"))

    monkeypatch.setattr("cli.main.app", app)
    ran = tpsence("segment")
    assert ran.code == 1
    assert ran.err.startswith("error: not enough memory: Unable to allocate 3.52 MiB\nhint: Give the command less")
    assert "Install it" not in ran.err


def test_the_command_ends_with_the_line(tpsence: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def app(**_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr("cli.main.app", app)
    ran = tpsence("augment")
    assert ran.code == 1
    assert ran.err.startswith("error: no more threads or processes can be started: can't start new thread")
    assert "unexpected" not in ran.err
