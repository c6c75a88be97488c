"""What ``benchmarks/kills.py`` does to a command, and that it sees what is lost."""

import random
import signal
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest
import torch

from benchmarks.killing.commands import Command, differences, tree
from benchmarks.killing.hit import Hit, run_and_hit
from benchmarks.kills import killed

_WORK = """
import os, pathlib, sys, time
out, count, seconds = pathlib.Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3])
out.mkdir(exist_ok=True)
for number in range(count):
    place = out / f"{number}.txt"
    if not place.exists():
        time.sleep(seconds)
        place.write_text(sys.argv[4])
"""


@dataclass(frozen=True, kw_only=True)
class Small(Command):
    """Writes files, one after the other, and goes on where it was."""

    def line(self) -> list[str]:
        return [sys.executable, "-c", _WORK, *self.arguments]


@pytest.fixture
def small(tmp_path: Path) -> Callable[..., Small]:
    """Return a function that makes a command of some files, each of which takes some seconds."""
    out = tmp_path / "out"

    def make(count: int, seconds: float, text: str = "whole") -> Small:
        def reset() -> None:
            for file in out.glob("*"):
                file.unlink()

        return Small(name="small", arguments=(str(out), str(count), str(seconds), text), out=out, reset=reset)

    return make


@pytest.mark.parametrize("hit", [Hit.ALL, Hit.MAIN, Hit.TERM, Hit.HANG_UP])
def test_a_command_is_hit_at_its_moment(small: Callable[..., Small], hit: Hit) -> None:
    ended = run_and_hit(small(1, 60), hit, 0.2)
    assert (ended.was_hit, ended.is_done, ended.code) == (True, False, -hit.number)
    assert run_and_hit(small(1, 0)).is_done
    late = run_and_hit(small(1, 0), hit, 30)
    assert (late.was_hit, late.code) == (False, 0)


def test_a_killed_command_goes_on_until_its_output_is_like_an_undisturbed_one(small: Callable[..., Small]) -> None:
    command = small(4, 0.3)
    run_and_hit(command)
    whole = tree(command.out)
    row = killed(command, Hit.ALL, 3, random.Random(0), whole, (0.1, 1.2))  # noqa: S311
    assert (row.hits, row.equal, row.faults) == (3, row.folders, [])
    assert row.folders >= 1


def test_what_differs_afterwards_is_a_fault(small: Callable[..., Small]) -> None:
    row = killed(small(2, 0, "cut"), Hit.ALL, 0, random.Random(0), {"0.txt": "", "1.txt": ""}, (0.1, 0.2))  # noqa: S311
    assert row.faults == []  # nothing was to be hit
    row = killed(small(2, 0, "cut"), Hit.TERM, 1, random.Random(0), {"0.txt": ""}, (20, 30))  # noqa: S311
    assert row.equal == 0
    assert row.faults[0].startswith("differs: ['0.txt', '1.txt']")


def test_files_that_tell_times_are_only_named(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for folder, seconds in ((one, 1), (other, 2)):
        (folder / ".tpsence").mkdir(parents=True)
        (folder / ".tpsence" / "lock").write_text(str(seconds))
        (folder / "run.json").write_text(str(seconds))
        (folder / "metrics.jsonl").write_text(f'{{"loss": 1.5, "seconds": {seconds}}}\n')
        (folder / "a.jpg").write_bytes(b"a")
    assert differences(tree(one), tree(other)) == []
    (other / "a.jpg").write_bytes(b"b")
    (other / "run.json").unlink()
    assert differences(tree(one), tree(other)) == ["a.jpg", "run.json"]
    assert Hit.WORKER.number == signal.SIGKILL


def test_of_checkpoints_only_the_last_is_compared(tmp_path: Path) -> None:
    one, other = tmp_path / "one", tmp_path / "other"
    for out, steps in ((one, (44, 48)), (other, (47, 48))):
        (out / "checkpoints").mkdir(parents=True)
        for step in steps:
            torch.save({"step": step}, out / "checkpoints" / f"step-{step:08d}.pt")
    assert differences(tree(one), tree(other)) == []
    torch.save({"step": 49}, other / "checkpoints" / "step-00000048.pt")
    assert differences(tree(one), tree(other)) == ["checkpoints/step-00000048.pt"]
