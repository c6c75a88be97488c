"""Small training runs: their settings and data, what they have learned, and processes that train and can be killed."""

import json
import multiprocessing
import os
import signal
import socket
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from multiprocessing.context import ForkServerProcess
from pathlib import Path
from typing import Any
from unittest.mock import patch

import numpy as np
import torch
from PIL import Image

from pipeline.train.checkpoints import Checkpoints, read_checkpoint

_SETTINGS = ("model.ngf=4", "model.ndf=4", "model.projection=8", "loss.patches=16", "data.width=64", "data.crop=32")
_RUN = (
    *("optim.batch_size=1", "optim.epochs=1", "optim.decay_epochs=0", "optim.ema=0"),
    *("run.log_every=1", "run.grid_every=0"),
)


def changed(*settings: str) -> list[str]:
    """Write settings as options."""
    return [word for setting in settings for word in ("--set", setting)]


TINY = ("train", "tiny", *changed(*_SETTINGS, *_RUN))
"""A command that trains tiny networks for an epoch."""


def paint_set(root: Path, source: int, target: int, *, maps: bool = True, size: tuple[int, int] = (48, 32)) -> Path:
    """Write a data folder of random pictures, with label maps of class ids or without."""
    random = np.random.default_rng(7)
    width, height = size
    for folder, labels, count in (("trainA", "trainS", source), ("trainB", "trainT", target)):
        (root / folder).mkdir(parents=True)
        for index in range(count):
            pixels = random.integers(0, 256, (height, width, 3), dtype=np.uint8)
            Image.fromarray(pixels).save(root / folder / f"{index:02d}.png")
            if maps:
                (root / labels).mkdir(exist_ok=True)
                ids = random.integers(0, 3, (height // 8, width // 8), dtype=np.uint8).repeat(8, 0).repeat(8, 1)
                Image.fromarray(ids).save(root / labels / f"{index:02d}.png")
    return root


def checkpoint_names(run: Path) -> list[str]:
    return sorted(file.name for file in (run / "checkpoints").iterdir())


def content(run: Path) -> dict[str, Any]:
    """Read the last checkpoint of a run."""
    return read_checkpoint(Checkpoints(run / "checkpoints").newest_first()[0])


def figures(run: Path) -> list[dict[str, float]]:
    """Read the lines of ``metrics.jsonl``; none if it is not there yet."""
    file = run / "metrics.jsonl"
    return [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []


def lines(run: Path) -> int:
    """Count the whole lines of ``metrics.jsonl``, which may just be written."""
    file = run / "metrics.jsonl"
    return file.read_bytes().count(b"\n") if file.exists() else 0


def leftovers(run: Path) -> list[str]:
    """Name the temporary files of a run."""
    return sorted(file.relative_to(run).as_posix() for file in run.rglob("*.tmp"))


def differences(one: object, other: object, where: str = "") -> list[str]:
    """Name the places where two values of tensors, dictionaries and lists are not the same, bit for bit."""
    if isinstance(one, torch.Tensor) and isinstance(other, torch.Tensor):
        same = one.dtype == other.dtype and one.shape == other.shape and bool(torch.equal(one, other))
        return [] if same else [where]
    if isinstance(one, Mapping) and isinstance(other, Mapping):
        if list(one) != list(other):
            return [where]
        return [place for key in one for place in differences(one[key], other[key], f"{where}.{key}")]
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        if len(one) != len(other):
            return [where]
        pairs = enumerate(zip(one, other, strict=True))
        return [place for index, (a, b) in pairs for place in differences(a, b, f"{where}.{index}")]
    return [] if type(one) is type(other) and one == other else [where]


def assert_same_run(one: Path, other: Path) -> None:
    """Compare what two runs have learned, their generators and their figures."""
    first, second = content(one), content(other)
    assert differences(first["learner"], second["learner"]) == []
    assert (first["step"], first["data"]) == (second["step"], second["data"])
    assert (one / "generator.safetensors").read_bytes() == (other / "generator.safetensors").read_bytes()
    assert figures(one) == figures(other)
    assert checkpoint_names(one) == checkpoint_names(other)


_FORKS = multiprocessing.get_context("forkserver")
_FORKS.set_forkserver_preload(
    [
        "tests.cli.train_runs",
        "cli.show",
        "pipeline.train.job",
        "mmengine.config",
        "torch._dynamo",
        "torch.utils.tensorboard",
    ]
)


@dataclass
class Forked:
    """A process that runs the command line. It is forked from one that has torch, which saves seconds."""

    process: ForkServerProcess
    stdout: Path
    stderr: Path

    @property
    def pid(self) -> int:
        assert self.process.pid is not None
        return self.process.pid

    @property
    def out(self) -> str:
        return self.stdout.read_text()

    @property
    def err(self) -> str:
        return self.stderr.read_text()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        """Wait for something that the process does."""
        deadline = time.monotonic() + 120
        while not condition():
            assert self.process.is_alive(), self.err
            assert time.monotonic() < deadline, self.err
            time.sleep(0.002)

    def kill(self) -> None:
        """Kill the process, not those that decode for it, and wait for its end."""
        self.process.kill()
        self.process.join()
        assert self.process.exitcode == -signal.SIGKILL, self.err

    def ended(self) -> int:
        """Wait for the end and return the exit code."""
        self.process.join(120)
        assert self.process.exitcode is not None, self.err
        return self.process.exitcode


@contextmanager
def forked(
    logs: Path,
    *arguments: object,
    environment: Mapping[str, str] | None = None,
    dies_at_write: int | None = None,
) -> Iterator[Forked]:
    """Run the command line in a process and session of its own; at the end it is killed if it is still there.

    Args:
        logs: A new folder for what it prints.
        arguments: After ``tpsence``.
        environment: Added to its environment.
        dies_at_write: Number of the file, from 1, at which it kills itself: the temporary file is written, not renamed.
    """
    logs.mkdir(parents=True)
    started = Forked(
        _FORKS.Process(
            target=_command,
            args=([str(argument) for argument in arguments], logs, dict(environment or {}), dies_at_write),
        ),
        logs / "stdout",
        logs / "stderr",
    )
    started.process.start()
    try:
        yield started
    finally:
        if started.process.is_alive():
            started.process.kill()
        started.process.join()
        started.process.close()


@contextmanager
def ranks(
    logs: Path, *arguments: object, commands: Sequence[Sequence[object]] = ((), ())
) -> Iterator[tuple[Forked, ...]]:
    """Run the command line in processes that train together, with the environment that ``torchrun`` gives them.

    Args:
        logs: A new folder for what they print.
        arguments: Of all.
        commands: More arguments, for each.
    """
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    common = {"MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(port), "WORLD_SIZE": str(len(commands))}
    with ExitStack() as stack:
        yield tuple(
            stack.enter_context(
                forked(
                    logs / str(rank),
                    *arguments,
                    *more,
                    environment={**common, "RANK": str(rank), "LOCAL_RANK": str(rank)},
                )
            )
            for rank, more in enumerate(commands)
        )


def _command(arguments: list[str], logs: Path, environment: dict[str, str], dies_at_write: int | None) -> None:
    """Be the command line."""
    os.setsid()
    multiprocessing.set_start_method(None, force=True)  # for the processes that decode, as without all this
    os.environ.update(environment)
    for number, name in ((1, "stdout"), (2, "stderr")):
        file = os.open(logs / name, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o644)
        os.dup2(file, number)
        os.close(file)
    if dies_at_write is not None:
        _die_at(dies_at_write)
    sys.argv = ["tpsence", *arguments]
    from cli.main import main

    main()


def _die_at(number: int) -> None:
    """Let this process kill itself where it flushes a file for that time."""
    sync, seen = os.fsync, [0]

    def dying(file: Any) -> None:  # noqa: ANN401 (what fsync takes)
        sync(file)
        seen[0] += 1
        if seen[0] == number:
            os.kill(os.getpid(), signal.SIGKILL)

    patch.object(os, "fsync", dying).start()
