"""Small runs of every command, on the example data set, and what they leave behind."""

import hashlib
import json
import shutil
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import torch

from benchmarks.common import ROOT
from tpsence.architectures import Resnet

STREET = ROOT / "examples" / "street"
_WIDTH = ("--width", "128")
_QUICK = (
    *("model.ngf=4", "model.ndf=4", "model.projection=8", "loss.patches=16", "data.width=64", "data.crop=32"),
    *("optim.batch_size=1", "optim.epochs=2", "optim.decay_epochs=1", "run.save_every=4", "run.log_every=1"),
    "run.grid_every=5",
)
_SETTINGS = tuple(word for setting in _QUICK for word in ("--set", setting))
_OF_THE_RUN = frozenset({"run.json", "report.html", "evaluation.json"})
"""Files that tell times and how often a run was continued: they must be there."""


@dataclass(frozen=True, kw_only=True)
class Command:
    """A command that can be killed and run again."""

    name: str
    arguments: Sequence[str]
    out: Path
    """What it writes to."""
    reset: Callable[[], None]
    """Puts everything to where it was before the first run."""
    has_workers: bool = True
    """It has processes that decode."""

    def line(self) -> list[str]:
        """Return the command line."""
        return [sys.executable, "-m", "tpsence", *self.arguments]


def commands(work: Path) -> dict[str, Command]:
    """Return the commands, on data below a folder."""
    weights = _tiny_weights(work)
    labels = ("--labels", str(STREET / "coco.json"))
    augment = ("augment", *labels, "--weights", str(weights), *_WIDTH, "--workers", "2")
    street, out = work / "street", work / "out"
    made = work / "made"
    chain = ("--clear", str(STREET / "trainA"), "--rainy", str(STREET / "trainB"), *labels, "--preset", "tiny")
    some = (
        Command(
            name="augment", arguments=(*augment, "--gate", "flag", "--pairs", "--out", str(out)), out=out,
            reset=lambda: _remove(out),
        ),
        Command(
            name="segment", arguments=("segment", str(street), "--phases", "train", "--workers", "2"), out=street,
            reset=lambda: _fresh_street(street),
        ),
        Command(
            name="train", arguments=("train", "tiny", "--data", str(STREET), *_SETTINGS, "--workers", "2", "--resume",
            "--out", str(out)), out=out, reset=lambda: _remove(out),
        ),
        Command(
            name="run", arguments=("run", *chain, *_SETTINGS, "--gate", "flag", "--out", str(out)), out=out,
            reset=lambda: _remove(out),
        ),
        Command(
            name="report", arguments=("report", str(out), "--workers", "2"), out=out,
            reset=lambda: _copied_run(made, out, (*augment, "--no-report", "--out")),
        ),
        Command(
            name="evaluate", arguments=("evaluate", str(out), "--real", str(STREET / "trainB"), "--workers", "2"),
            out=out, reset=lambda: _copied_run(made, out, (*augment, "--no-report", "--out")),
        ),
    )  # fmt: skip
    return {one.name: one for one in some}


def tree(out: Path) -> dict[str, str]:
    """Return the hash of every file of an output, but for locks and what tells times; those are only named.

    What TensorBoard has written is left out: its names have times in them. So are checkpoints but the last: where a
    training was asked to stop, the one before it is of that step.
    """
    found = {}
    files = sorted(out.rglob("*"))
    last = max((file.name for file in files if file.match("checkpoints/*.pt")), default="")
    for file in files:
        name = file.relative_to(out)
        is_older = file.match("checkpoints/*.pt") and file.name != last
        if file.is_file() and not is_older and not {".tpsence", "tensorboard"} & set(name.parts):
            found[name.as_posix()] = "" if file.name in _OF_THE_RUN else _hash(file)
    return found


def differences(one: Mapping[str, str], other: Mapping[str, str]) -> list[str]:
    """Name the files in which two outputs differ."""
    return sorted(name for name in one.keys() | other.keys() if one.get(name) != other.get(name))


def _hash(file: Path) -> str:
    """The hash of a file; of a training's figures without their seconds, of a checkpoint by what it holds."""
    if file.suffix == ".pt":
        return hashlib.sha256(_held(torch.load(file, weights_only=True)).encode()).hexdigest()
    if file.suffix == ".jsonl" and file.name == "metrics.jsonl":
        return hashlib.sha256("".join(map(_without_times, file.read_text().splitlines())).encode()).hexdigest()
    return hashlib.sha256(file.read_bytes()).hexdigest()


def _held(value: object) -> str:
    """Write down what a checkpoint holds, to the bit; the bytes of its file depend on more.

    The state of torch's own random numbers is left out: each process begins them by chance, and no step draws any.
    """
    if isinstance(value, torch.Tensor):
        return f"{value.dtype} {tuple(value.shape)} {hashlib.sha256(value.contiguous().numpy().tobytes()).hexdigest()}"
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{key!r}: {_held(one)}" for key, one in value.items() if key != "random") + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(_held, value)) + "]"
    return repr(value)


def _without_times(line: str) -> str:
    """A line of a training's figures without its seconds."""
    return json.dumps(
        {key: value for key, value in json.loads(line).items() if "second" not in key and "_s" not in key}
    )


def _tiny_weights(work: Path) -> Path:
    """Write a small random generator."""
    torch.manual_seed(0)
    path = work / "latest_net_G.pth"
    torch.save(Resnet(blocks=4, ngf=4).build().state_dict(), path)
    return path


def _remove(folder: Path) -> None:
    """Remove what a run has written."""
    shutil.rmtree(folder, ignore_errors=True)


def _fresh_street(street: Path) -> None:
    """Put pictures without label maps into a folder."""
    _remove(street)
    for name in ("trainA", "trainB"):
        shutil.copytree(STREET / name, street / name)


def _copied_run(made: Path, out: Path, command: Sequence[str]) -> None:
    """Put a finished run into a folder, and make it first where there is none yet."""
    if not made.exists():
        subprocess.run([sys.executable, "-m", "tpsence", *command, str(out), "--quiet"], check=True, cwd=ROOT)
        shutil.copytree(out, made)
    _remove(out)
    shutil.copytree(made, out)
