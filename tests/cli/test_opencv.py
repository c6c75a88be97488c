"""A machine on which OpenCV cannot be loaded gets a line with what to install, and is helped without it."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import CocoSet
from tests.conftest import ROOT

NO_GL = "raise ImportError('libGL.so.1: cannot open shared object file: No such file or directory')\n"


@pytest.fixture
def run(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return a function that runs the command where ``import cv2`` fails as it does without libGL."""
    (tmp_path / "first" / "cv2").mkdir(parents=True)
    (tmp_path / "first" / "cv2" / "__init__.py").write_text(NO_GL)
    path = os.pathsep.join((str(tmp_path / "first"), str(ROOT)))

    def run(*words: object) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "tpsence", *map(str, words)]
        env = {**os.environ, "PYTHONPATH": path}
        return subprocess.run(command, cwd=tmp_path, env=env, capture_output=True, text=True, check=False, timeout=100)

    return run


def assert_explained(ran: subprocess.CompletedProcess[str]) -> None:
    """Check the two lines at the end."""
    error, hint = ran.stderr.splitlines()[-2:]
    assert error == "error: OpenCV cannot be loaded: libGL.so.1 is missing"
    assert hint.startswith(
        "hint: Debian, Ubuntu: apt install libgl1 libglib2.0-0; Fedora: dnf install mesa-libGL glib2;"
    )
    assert ran.returncode == 1
    assert "Traceback" not in ran.stderr


def test_augment_says_what_to_install(run: Callable[..., subprocess.CompletedProcess[str]], coco: CocoSet) -> None:
    assert_explained(run("augment", "--labels", coco.labels, "--out", "out"))


def test_segment_says_what_to_install(run: Callable[..., subprocess.CompletedProcess[str]], coco: CocoSet) -> None:
    """Here it is mmsegmentation that imports OpenCV, within a module that a configuration names."""
    assert_explained(run("segment", "--images", coco.folder / "images", "--out", "maps", "--model", "road-lite"))


@pytest.mark.parametrize("words", [["--help"], ["augment", "--help"], ["segment", "--help"], ["--version"]])
def test_help_needs_no_opencv(run: Callable[..., subprocess.CompletedProcess[str]], words: list[str]) -> None:
    ran = run(*words)
    assert (ran.returncode, ran.stderr) == (0, "")
