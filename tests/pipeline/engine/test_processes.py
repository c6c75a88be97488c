"""Processes that decode: what they leave to the main process, and how those that hang end."""

import io
import multiprocessing.process
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import redirect_stderr, suppress
from pathlib import Path
from typing import Any

import pytest
import torch.utils.data._utils
from torch.utils.data import Dataset

from pipeline.engine.processes import decoded_ahead, worker_deaths_explained
from pipeline.errors import RunError
from pipeline.files.text import one_line
from tests.conftest import ROOT

NUMBERS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Pids(Dataset[int]):
    """Items that tell which process has made them; a negative index takes a minute."""

    def __getitem__(self, index: int) -> int:
        if index < 0:
            time.sleep(60)
        return os.getpid()


@pytest.mark.parametrize("number", NUMBERS)
def test_what_reaches_the_whole_group_is_left_to_the_main_process(number: signal.Signals) -> None:
    stream = decoded_ahead(Pids(), range(50), 50, 1)
    pid = next(stream)
    assert pid != os.getpid()
    os.kill(pid, number)
    assert list(stream) == [pid] * 49


class Uncaught(Dataset[str]):
    """Makes of an error what a decoding process says where nobody catches it."""

    def __getitem__(self, error: Exception) -> str:
        with redirect_stderr(io.StringIO()) as said:
            sys.excepthook(type(error), error, None)
        return said.getvalue()


def test_a_process_says_nothing_of_a_main_process_that_is_gone() -> None:
    errors = [ConnectionResetError(104, "reset"), BrokenPipeError(32, "pipe"), EOFError(), ValueError("a fault")]
    assert list(decoded_ahead(Uncaught(), errors, 4, 1)) == ["", "", "", "ValueError: a fault\n"]


def test_what_comes_while_a_process_starts_comes_afterwards(monkeypatch: pytest.MonkeyPatch) -> None:
    came: list[str] = []
    loader = torch.utils.data.DataLoader
    start = loader.__iter__

    def signalled(self: object) -> Iterator[int]:
        signal.raise_signal(signal.SIGTERM)
        stream: Iterator[int] = start(self)  # type: ignore[arg-type]
        came.append("started")
        return stream

    monkeypatch.setattr(loader, "__iter__", signalled)
    before = signal.signal(signal.SIGTERM, lambda *_: came.append("signal"))
    try:
        stream = decoded_ahead(Pids(), range(3), 3, 1)
    finally:
        signal.signal(signal.SIGTERM, before)
    assert came == ["started", "signal"]
    assert len(set(stream)) == 1
    assert not signal.pthread_sigmask(signal.SIG_BLOCK, ())


@worker_deaths_explained()
def killed_while_faults_are_forgiven() -> None:
    """Kill a decoding process and wait for what comes of it, with no room for an ``Exception``."""
    stream = decoded_ahead(Pids(), range(10_000), 10_000, 1)
    os.kill(next(stream), signal.SIGKILL)
    until = time.monotonic() + 60
    while time.monotonic() < until:
        with suppress(Exception):  # as what reads pictures has it
            time.sleep(0.01)


def test_what_forgives_any_fault_does_not_take_the_death_of_a_process_for_one() -> None:
    with pytest.raises(RunError, match="a decoding process died") as caught:
        killed_while_faults_are_forgiven()
    assert not isinstance(caught.value.__cause__, Exception)


@worker_deaths_explained()
def killed_in_a_word() -> None:
    """Be told of a dead decoding process by the connection to it, before the signal has come."""
    raise ConnectionResetError


def signal_of_a_death() -> None:
    """Do what is done when the signal comes that a decoding process has been killed."""

    def died(*_: object) -> None:
        raise RuntimeError("DataLoader worker (pid 1) is killed by signal: Killed.")

    handler: Any = signal.getsignal(signal.SIGCHLD)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(handler, "_handler", died)
        handler(signal.SIGCHLD, None)


def test_a_death_that_was_told_is_not_told_again_when_its_signal_comes() -> None:
    stream = decoded_ahead(Pids(), range(3), 3, 1)
    with pytest.raises(RunError, match="a decoding process died"):
        killed_in_a_word()
    signal_of_a_death()  # late, as while Python ends
    assert len(set(stream)) == 1
    stream = decoded_ahead(Pids(), range(3), 3, 1)
    with pytest.raises(BaseException, match="killed by signal"):  # with new processes it is told again
        signal_of_a_death()
    assert len(set(stream)) == 1


def test_where_one_cannot_be_started_the_others_end(monkeypatch: pytest.MonkeyPatch) -> None:
    started: list[multiprocessing.process.BaseProcess] = []
    start = multiprocessing.process.BaseProcess.start

    def only_two(self: multiprocessing.process.BaseProcess) -> None:
        if len(started) == 2:
            raise BlockingIOError(11, "Resource temporarily unavailable")
        start(self)
        started.append(self)

    monkeypatch.setattr(multiprocessing.process.BaseProcess, "start", only_two)
    with pytest.raises(RunError, match="cannot be started: Resource temporarily unavailable"):
        decoded_ahead(Pids(), range(8), 8, 4)
    assert [process.is_alive() for process in started] == [False, False]


def test_a_program_that_ends_with_work_in_hand_does_not_wait_for_it() -> None:
    script = (
        "from tests.pipeline.engine.test_processes import *\n"
        "stream = decoded_ahead(Pids(), [0, -1, -1], 3, 1)\nprint(next(stream))\nraise SystemExit(3)"
    )
    ended = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, timeout=50, check=False)
    assert ended.returncode == 3
    with pytest.raises(ProcessLookupError):
        os.kill(int(ended.stdout), 0)


def test_a_process_that_hangs_is_ended_with_the_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.utils.data._utils, "MP_STATUS_CHECK_INTERVAL", 0.2)
    stream = decoded_ahead(Pids(), [0, -1, -1], 3, 1)
    pid = next(stream)
    began = time.monotonic()
    del stream
    assert time.monotonic() - began < 30
    with pytest.raises(ProcessLookupError):
        os.kill(pid, 0)


@pytest.mark.parametrize("method", ["spawn", "forkserver"])
def test_a_process_that_is_not_forked_is_made_of_our_packages(method: str, users_folder: Path) -> None:
    code = (
        "import multiprocessing, sys\n"
        "from pathlib import Path\n"
        "from tpsence.own_packages import own_first\n"
        "own_first('pipeline')\n"
        "from pipeline.engine.processes import ProcessEngine\n"
        "from pipeline.files.text import one_line\n"
        f"multiprocessing.set_start_method({method!r})\n"
        "print(*ProcessEngine(1, Path()).decoded(one_line, ['a\\n', 'b'], 2, lambda: False), sep='')\n"
    )
    path = os.pathsep.join((".", str(ROOT)))
    ran = subprocess.run(
        [sys.executable, "-c", code],
        cwd=users_folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.split() == [one_line("a\n") + "b"]
