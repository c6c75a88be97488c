"""Folders of trainings that somebody else had in hand: one line and a remedy, or made good, and nothing beyond them."""

import json
import os
import shutil
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from tests.cli.conftest import Run
from tests.cli.train_runs import TINY, assert_same_run, changed, content, paint_set
from tests.pipeline.labels.label_sets import tree

STEPS = 4
LAST = f"checkpoints/step-{STEPS:08d}.pt"
Edit = Callable[[dict[str, Any]], object]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return paint_set(tmp_path_factory.mktemp("data") / "set", STEPS, STEPS)


@pytest.fixture
def command(data: Path, tmp_path: Path) -> tuple[object, ...]:
    settings = changed("run.save_every=3", "run.grid_every=2", "optim.ema=0.9")
    return (*TINY, *settings, "--data", data, "--workers", 0, "--out", tmp_path / "out")


@pytest.fixture(scope="module")
def kept(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The finished run, once it is there."""
    return {}


@pytest.fixture
def out(command: tuple[object, ...], kept: dict[str, Path], tpsence: Run, tmp_path: Path) -> Path:
    """A folder of a finished run to tamper with, and a folder beside it that nobody may touch."""
    (tmp_path / "victim").mkdir()
    (tmp_path / "victim/file").write_bytes(b"mine")
    if not kept:
        assert tpsence(*command).code == 0
        kept["run"] = tmp_path / "out"
        kept["copy"] = shutil.copytree(tmp_path / "out", tmp_path.parent / "whole")
    else:
        shutil.copytree(kept["copy"], tmp_path / "out")
    return tmp_path / "out"


def edited(edit: Edit) -> Callable[[Path], None]:
    """Return what edits the last checkpoint."""

    def tamper(out: Path) -> None:
        found = content(out)
        edit(found)
        torch.save(found, out / LAST)

    return tamper


def generator(found: dict[str, Any]) -> dict[str, Any]:
    weights: dict[str, Any] = found["learner"]["networks"]["generator"]
    return weights


def adam(found: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = found["learner"]["optimizers"]["generator"]
    return state


def average(found: dict[str, Any]) -> dict[str, torch.Tensor]:
    weights: dict[str, torch.Tensor] = found["learner"]["average"]
    return weights


def schedule(found: dict[str, Any]) -> dict[str, Any]:
    state: dict[str, Any] = found["learner"]["schedules"]["generator"]
    return state


def packed(out: Path) -> None:
    shutil.copy(out / LAST, out.parent / "plain.pt")
    with zipfile.ZipFile(out.parent / "plain.pt") as old, zipfile.ZipFile(out / LAST, "w", zipfile.ZIP_DEFLATED) as new:
        for record in old.infolist():
            new.writestr(record.filename, old.read(record))
    (out.parent / "plain.pt").unlink()


def only_the_last(tamper: Callable[[Path], None]) -> Callable[[Path], None]:
    def without_the_one_before(out: Path) -> None:
        (out / "checkpoints/step-00000003.pt").unlink()
        tamper(out)

    return without_the_one_before


def cut(out: Path) -> None:
    (out / LAST).write_bytes((out / LAST).read_bytes()[:2000])


def linked(name: str) -> Callable[[Path], None]:
    """Return what puts a link out of the folder into the place of something."""

    def tamper(out: Path) -> None:
        place = out / name
        is_folder = place.is_dir()
        if is_folder:
            shutil.rmtree(place)
        else:
            place.unlink(missing_ok=True)
        place.symlink_to(out.parent / ("victim" if is_folder or "." not in name else "victim/file"))

    return tamper


def replaced(name: str, by: str) -> Callable[[Path], None]:
    """Return what puts another kind of thing into the place of something."""

    def tamper(out: Path) -> None:
        place = out / name
        shutil.rmtree(place) if place.is_dir() else place.unlink()
        make: dict[str, Callable[[], None]] = {
            "folder": place.mkdir,
            "file": place.touch,
            "fifo": lambda: os.mkfifo(place),
        }
        make[by]()

    return tamper


def of_another_command(out: Path) -> None:
    (out / "run.json").write_text(json.dumps({"command": "augment", "settings": {}}))


MISFIT = f"{LAST}: does not fit this run ("
REFUSED: dict[str, tuple[Callable[[Path], None], str]] = {
    "cut": (only_the_last(cut), f"{LAST}: truncated or damaged"),
    "packed": (only_the_last(packed), f"{LAST}: 'archive/data.pkl' is compressed"),
    "other shape": (edited(lambda c: generator(c).update({"model.1.bias": torch.zeros(9)})), MISFIT),
    "other kind": (edited(lambda c: generator(c).update({"model.1.bias": torch.zeros(4).half()})), MISFIT),
    "no tensor": (edited(lambda c: generator(c).update({"model.1.bias": [0.0] * 4})), MISFIT),
    "missing": (edited(lambda c: generator(c).pop("model.1.bias")), MISFIT),
    "not finite": (edited(lambda c: generator(c)["model.1.bias"].fill_(float("nan"))), MISFIT),
    "average not finite": (
        edited(lambda c: c["learner"]["average"]["module.model.1.bias"].fill_(float("inf"))),
        MISFIT,
    ),
    "means not finite": (edited(lambda c: adam(c)["state"][1]["exp_avg"].fill_(float("nan"))), MISFIT),
    "means of another shape": (edited(lambda c: adam(c)["state"][1].update(exp_avg=torch.zeros(3))), MISFIT),
    "means of one value": (
        only_the_last(edited(lambda c: adam(c)["state"][1].update(exp_avg=torch.zeros(1).expand(1 << 30)))),
        f"{LAST}: its tensors claim ",
    ),
    "means of another key": (edited(lambda c: adam(c)["state"].update({"x": 3})), MISFIT),
    "rate a text": (edited(lambda c: adam(c)["param_groups"][0].update(lr="x")), MISFIT),
    "rate infinite": (edited(lambda c: adam(c)["param_groups"][0].update(lr=float("inf"))), MISFIT),
    "epoch a text": (edited(lambda c: schedule(c).update(last_epoch="x")), MISFIT),
    "no epoch": (edited(lambda c: schedule(c).pop("last_epoch")), MISFIT),
    "step a text": (edited(lambda c: c.update(step="x")), MISFIT),
    "step beyond": (edited(lambda c: c.update(step=99)), "out: 99 steps are done, and these settings end after 4"),
    "random of another length": (edited(lambda c: c["random"][0].update(cpu=torch.zeros(3).byte())), MISFIT),
    "learner a list": (edited(lambda c: c.update(learner=[])), MISFIT),
    "settings edited": (edited(lambda c: c["config"]["model"].update(ngf=5)), "has other settings: model.ngf: 5 there"),
    "settings unknown": (edited(lambda c: c["config"]["model"].update(x=5)), f"{LAST}: unknown key 'model.x'"),
    "settings a list": (edited(lambda c: c.update(config=[])), f"{LAST}: the settings are not sections"),
    "other pictures": (edited(lambda c: c.update(data="0")), "out: this run was trained on other pictures"),
    "another command": (of_another_command, "out: holds a run of tpsence augment"),
    **{
        f"link {name}": (linked(name), f"{name}: is a symbolic link")
        for name in (
            *("metrics.jsonl", "run.json", "generator.safetensors", ".tpsence-lock"),
            *("checkpoints", "grids", "tensorboard", LAST),
        )
    },
    "folder for a file": (replaced("metrics.jsonl", "folder"), "metrics.jsonl: is no regular file"),
    "file for a folder": (replaced("checkpoints", "file"), "checkpoints: is no folder"),
    "pipe for a file": (replaced("run.json", "fifo"), "run.json: is neither a file nor a folder"),
    "pipe for a checkpoint": (replaced(LAST, "fifo"), f"{LAST}: is neither a file nor a folder"),
}


def entries(folder: Path) -> list[tuple[str, bool]]:
    return sorted((path.relative_to(folder).as_posix(), path.is_symlink()) for path in folder.rglob("*"))


@pytest.mark.parametrize("kind", REFUSED)
def test_a_tampered_folder_is_refused_with_a_line_and_a_remedy(
    tpsence: Run, command: tuple[object, ...], out: Path, kind: str
) -> None:
    tamper, named = REFUSED[kind]
    tamper(out)
    before = entries(out.parent), tree(out) if "pipe" not in kind else None
    ran = tpsence(*command, "--resume")
    assert (ran.code, ran.out) == (2, ""), ran.err
    error, hint = ran.err.splitlines()[-2:]
    assert error.startswith("error: ")
    assert named in error
    assert hint.startswith("hint: ")
    assert before == (entries(out.parent), tree(out) if "pipe" not in kind else None)
    assert (out.parent / "victim/file").read_bytes() == b"mine"


def junk_in_the_figures(out: Path) -> None:
    lines = (out / "metrics.jsonl").read_bytes()
    junk = (b"\xff\x00", b'{"step": 1e400}', b"[" * 100_000, b"[1]", b'{"step": ' + b"9" * 5000 + b"}", b"null", b"{}")
    (out / "metrics.jsonl").write_bytes(b"\n".join((*junk, lines)) + b'{"step": 4, "gen')


def methods_replaced(out: Path) -> None:
    """Let the schedule of the checkpoint before the last take plain values for its methods."""
    (out / LAST).unlink()
    found = content(out)
    schedule(found).update(step=5, get_lr=None, optimizer="x")
    torch.save(found, out / "checkpoints/step-00000003.pt")


MADE_GOOD: dict[str, Callable[[Path], object]] = {
    "junk in the figures": junk_in_the_figures,
    "no run.json": lambda out: (out / "run.json").unlink(),
    "junk in run.json": lambda out: (out / "run.json").write_bytes(b"[" * 100_000),
    "a list in run.json": lambda out: (out / "run.json").write_bytes(b"[]"),
    "junk for a generator": lambda out: (out / "generator.safetensors").write_bytes(b"junk"),
    "no generator": lambda out: (out / "generator.safetensors").unlink(),
    "no grids": lambda out: shutil.rmtree(out / "grids"),
    "methods replaced": methods_replaced,
    "the last checkpoint cut": cut,
}


@pytest.mark.parametrize("kind", MADE_GOOD)
def test_what_can_be_made_good_is(
    tpsence: Run, command: tuple[object, ...], out: Path, kept: dict[str, Path], kind: str
) -> None:
    MADE_GOOD[kind](out)
    ran = tpsence(*command, "--resume", "--json")
    assert (ran.code, ran.json["complete"]) == (0, True), ran.err
    assert_same_run(out, kept["copy"])
    last = f"grids/step-{STEPS:08d}.png"
    assert (out / last).read_bytes() == (kept["copy"] / last).read_bytes()
    assert json.loads((out / "run.json").read_bytes())["summary"] == ran.json
