"""The recipe for Slurm, with stand-ins for ``sbatch`` and ``srun``: what the jobs would do, is done here at once."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.conftest import ROOT, Painter

RECIPE = ROOT / "examples" / "slurm"
SBATCH = """#!/usr/bin/env bash
# Runs the script for each task of the array, and says its number; what depends on a job that has failed is not begun.
set -eu
last=1
echo "$*" >>"$STAND_IN/asked"
while [[ $1 == --* ]]; do
  case $1 in
    --array=1-*) last=${1#--array=1-} array=yes ;;
    --dependency=afterok:*) [[ ! -e $STAND_IN/failed ]] || exit 0 ;;
  esac
  shift
done
for ((task = 1; task <= last; task++)); do
  if [[ -n ${array:-} ]]; then export SLURM_ARRAY_TASK_ID=$task; fi
  bash "$@" >>"$STAND_IN/log" 2>&1 || touch "$STAND_IN/failed"
done
echo "4711;cluster"
"""


@pytest.fixture
def slurm(tmp_path: Path) -> dict[str, str]:
    """An environment in which there is a Slurm, and ``tpsence`` is this one."""
    tools = tmp_path / "tools"
    tools.mkdir()
    run = f'#!/bin/sh\nPYTHONPATH="{ROOT}" exec "{sys.executable}" -m tpsence "$@"\n'
    for name, text in (("sbatch", SBATCH), ("srun", '#!/bin/sh\nexec "$@"\n'), ("tpsence", run)):
        (tools / name).write_text(text)
        (tools / name).chmod(0o755)
    return {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "STAND_IN": str(tools)}


def submit(environment: dict[str, str], folder: Path, *words: str) -> "subprocess.CompletedProcess[str]":
    if shutil.which("bash") is None:
        pytest.skip("needs bash")
    command = [str(RECIPE / "submit.sh"), *words]
    return subprocess.run(command, cwd=folder, env=environment, capture_output=True, text=True, check=False)


def test_all_shards_are_made_and_joined_a_skip_is_no_failure(
    slurm: dict[str, str], tmp_path: Path, paint: Painter, tiny_weights: Path
) -> None:
    names = [f"{index}.jpg" for index in range(6)]
    for index, name in enumerate(names):
        paint(tmp_path / "data" / name, seed=index)
    (tmp_path / "data" / names[0]).write_bytes(b"no picture")
    images = [{"id": index, "file_name": name, "width": 24, "height": 16} for index, name in enumerate(names)]
    tree = {"images": images, "annotations": [], "categories": []}
    (tmp_path / "data" / "coco.json").write_text(json.dumps(tree))
    options = ("--labels", "data/coco.json", "--weights", str(tiny_weights), "--width", "24", "--water", "none")
    ran = submit(slurm, tmp_path, "2", "my rain", *options)
    log = (tmp_path / "tools" / "log").read_text()
    assert ran.returncode == 0, ran.stderr + log
    asked = (tmp_path / "tools" / "asked").read_text().splitlines()
    assert asked[0].startswith("--parsable --array=1-2 ")
    assert "--dependency=afterok:4711 " in asked[1]
    written = json.loads((tmp_path / "my rain" / "coco.json").read_text())
    assert [image["file_name"] for image in written["images"]] == names[1:], log
    assert (tmp_path / "my rain" / "report.html").is_file()


def test_nothing_is_joined_after_a_failure(slurm: dict[str, str], tmp_path: Path) -> None:
    submit(slurm, tmp_path, "1", "rainy", "--labels", "none.json")
    assert "none.json" in (tmp_path / "tools" / "log").read_text()
    assert not (tmp_path / "rainy").exists()


def test_without_words_it_says_how_it_is_used(slurm: dict[str, str], tmp_path: Path) -> None:
    ran = submit(slurm, tmp_path, "2")
    assert (ran.returncode, ran.stderr.startswith("usage: ")) == (2, True)
    assert not (tmp_path / "tools" / "asked").exists()
