"""Run a command and hit it at some moment: all of its processes, the main one, or one that works for it."""

import os
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass
from enum import Enum

import psutil

from benchmarks.common import ROOT
from benchmarks.killing.commands import Command


class Hit(Enum):
    """Who gets which signal."""

    ALL = "SIGKILL, all processes"
    MAIN = "SIGKILL, the main process"
    WORKER = "SIGKILL, a worker"
    TERM = "SIGTERM, all processes"
    HANG_UP = "SIGHUP, all processes"

    @property
    def number(self) -> signal.Signals:
        """The signal."""
        return {Hit.TERM: signal.SIGTERM, Hit.HANG_UP: signal.SIGHUP}.get(self, signal.SIGKILL)

    @property
    def codes(self) -> frozenset[int]:
        """How a command ends that was hit, also before it listens to signals, or when all is done."""
        if self is Hit.WORKER:
            return frozenset({1})
        return frozenset({-self.number, 128 + self.number} if self in {Hit.TERM, Hit.HANG_UP} else {-self.number})


@dataclass(frozen=True, slots=True)
class Ended:
    """How a run has ended."""

    was_hit: bool
    code: int
    seconds: float
    said: str
    """On stderr."""

    @property
    def is_done(self) -> bool:
        """It has done all."""
        return self.code in {0, 3}


def run_and_hit(command: Command, hit: Hit | None = None, moment: float = 0.0) -> Ended:
    """Run a command to its end, or hit it.

    Args:
        command: What to run.
        hit: How, or None to let it be.
        moment: Seconds after the start; a worker is hit as soon as there is one from then on.
    """
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    with tempfile.TemporaryFile("w+") as said:
        began = time.monotonic()
        process = subprocess.Popen(
            command.line(), cwd=ROOT, env=environment, stdout=subprocess.DEVNULL, stderr=said, start_new_session=True
        )
        was_hit = hit is not None and _wait_and_hit(process, hit, moment)
        code = process.wait(600)
        seconds = time.monotonic() - began
        _wait_for_the_others(process.pid)
        said.seek(0)
        return Ended(was_hit, code, seconds, said.read())


def _wait_and_hit(process: "subprocess.Popen[bytes]", hit: Hit, moment: float) -> bool:
    """Wait for the moment and send the signal; tell whether anyone has got it."""
    try:
        process.wait(moment)
    except subprocess.TimeoutExpired:
        pass
    else:
        return False
    if hit is Hit.MAIN:
        process.kill()
    elif hit is not Hit.WORKER:
        os.killpg(process.pid, hit.number)
    while hit is Hit.WORKER:
        if process.poll() is not None:
            return False
        if workers := _workers(process.pid):
            os.kill(workers[0], hit.number)
            break
        time.sleep(0.005)
    return True


def _workers(pid: int) -> list[int]:
    """The processes that a process has started."""
    try:
        return [child.pid for child in psutil.Process(pid).children() if child.status() != psutil.STATUS_ZOMBIE]
    except psutil.Error:
        return []


def _wait_for_the_others(group: int) -> None:
    """Wait until no process of a group is left: workers notice the end of the main process after some seconds."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return
        time.sleep(0.02)
    raise TimeoutError(f"processes of {group} are still there after a minute")
