"""The command runs in a folder of a user's that has packages ``cli``, ``pipeline`` and ``configs`` itself."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT

COMMAND = (sys.executable, "-m", "tpsence")
TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "1", "-m", "tpsence")
_SPAWNING = """
import multiprocessing, runpy, sys
from multiprocessing.process import BaseProcess

def start(process, start=BaseProcess.start):
    print("a process starts", file=sys.stderr)
    start(process)

if __name__ == "__main__":
    multiprocessing.set_start_method("spawn")
    BaseProcess.start = start
    runpy.run_module("tpsence", run_name="__main__", alter_sys=True)
"""
"""Runs the command as ``python -m`` does, where processes are not forked."""


def run(folder: Path, *command: str, first: str = ".") -> subprocess.CompletedProcess[str]:
    """Run a command in a folder that is first on the path of Python."""
    path = os.pathsep.join((first, str(ROOT)))
    return subprocess.run(
        command,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": path},
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
    )


@pytest.fixture
def script(tmp_path: Path) -> tuple[str, ...]:
    """The console script, as pip makes it."""
    declared = re.search(r'^tpsence = "([\w.]+):(\w+)"$', (ROOT / "pyproject.toml").read_text("utf-8"), re.MULTILINE)
    assert declared is not None
    module, function = declared.groups()
    file = tmp_path / "bin" / "tpsence"
    file.parent.mkdir()
    file.write_text(
        f"import sys\nfrom {module} import {function}\nif __name__ == '__main__':\n    sys.exit({function}())\n"
    )
    return sys.executable, str(file)


@pytest.mark.parametrize("kind", ["packages", "modules", "folders"])
def test_the_command_is_found(users_folder: Path, script: tuple[str, ...], kind: str) -> None:
    for name in ("pipeline", "cli", "configs"):
        if kind == "modules":
            (users_folder / name / "__init__.py").rename(users_folder / f"{name}.py")
            (users_folder / name).rmdir()
        elif kind == "folders":
            (users_folder / name / "__init__.py").rename(users_folder / name / "main.py")
    for command in (COMMAND, script):
        for first in ("", "."):
            ran = run(users_folder, *command, "train", "--help", first=first)
            assert ran.returncode == 0, ran.stderr
            assert "bdd100k_rain" in ran.stdout
            assert ran.stderr == ""


def test_the_presets_are_ours(users_folder: Path) -> None:
    (users_folder / "set").mkdir()
    ran = run(users_folder, *COMMAND, "train", "no_such_preset", "--data", "set", "--out", "run")
    assert ran.returncode == 2
    assert "bdd100k_rain" in ran.stderr


def test_torchrun_finds_it(users_folder: Path) -> None:
    ran = run(users_folder, *TORCHRUN, "train", "--list-settings")
    assert ran.returncode == 0, ran.stderr
    assert "optim.batch_size = " in ran.stdout


def test_the_old_name_of_the_command_goes_on() -> None:
    ran = run(ROOT, sys.executable, "-m", "cli", "--version")
    assert (ran.returncode, ran.stdout.split()[0], ran.stderr) == (0, "tpsence", "")


def test_processes_that_are_not_forked_find_ours(
    users_folder: Path, paint: Callable[..., Path], tiny_weights: Path
) -> None:
    """The gate measures in two processes from sixteen pictures on."""
    images, annotations = [], []
    for index in range(16):
        name = f"{index:02d}.png"
        paint(users_folder / name, size=(48, 32), seed=index)
        images.append({"id": index, "file_name": name, "width": 48, "height": 32})
        annotations.append({"id": index, "image_id": index, "category_id": 0, "bbox": [8, 8, 24, 16]})
    tree = {"images": images, "annotations": annotations, "categories": [{"id": 0, "name": "car"}]}
    (users_folder / "coco.json").write_text(json.dumps(tree))
    (users_folder / "spawning.py").write_text(_SPAWNING)
    command = "augment --labels coco.json --out ../out --water none --workers 2 --gate flag --no-report --weights"
    ran = run(users_folder, sys.executable, "spawning.py", *command.split(), str(tiny_weights))
    assert ran.returncode == 0, ran.stderr
    assert ran.stderr.count("a process starts") == 2
    assert "of the user" not in ran.stderr
