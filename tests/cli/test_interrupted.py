"""Runs that are killed or stopped, and then continued."""

import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from tests.cli.test_augment import dataset, tree

PICTURES = 24


@pytest.fixture
def command(tmp_path: Path, tiny_weights: Path, paint: Callable[..., Path]) -> Callable[[Path], list[str]]:
    """Return a function that makes the command line for an output folder, on pictures that take a while."""
    images = []
    for index in range(PICTURES):
        paint(tmp_path / "data/images" / f"{index:02d}.png", size=(300, 200), seed=index)
        images.append({"id": index, "file_name": f"{index:02d}.png", "width": 300, "height": 200})
    (tmp_path / "data/coco.json").write_text(json.dumps({"images": images, "annotations": []}))

    def make(out: Path) -> list[str]:
        labels = str(tmp_path / "data/coco.json")
        options = ["--labels", labels, "--weights", str(tiny_weights), "--out", str(out), "--width", "400"]
        return [sys.executable, "-m", "tpsence", "augment", *options]

    return make


def start_and_wait_for(command: list[str], out: Path, pictures: int) -> subprocess.Popen[str]:
    """Start a run in a process group of its own and wait until it has written some pictures."""
    process = subprocess.Popen(command, stderr=subprocess.PIPE, text=True, start_new_session=True)
    deadline = time.monotonic() + 120
    while len(list((out / "images").glob("*.png"))) < pictures:
        assert process.poll() is None, process.stderr and process.stderr.read()
        assert time.monotonic() < deadline
        time.sleep(0.002)
    return process


def test_killed_again_and_again_the_output_is_that_of_an_undisturbed_run(
    command: Callable[[Path], list[str]], tmp_path: Path
) -> None:
    subprocess.run(command(tmp_path / "whole"), check=True, capture_output=True)
    out = tmp_path / "killed"
    for pictures in (1, 7, 15):
        process = start_and_wait_for(command(out), out, pictures)
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        assert not (out / "coco.json").exists()
        for file in (out / "images").glob("*.png"):
            with Image.open(file) as picture:
                picture.load()
    subprocess.run(command(out), check=True, capture_output=True)
    assert dataset(out) == dataset(tmp_path / "whole")
    assert not [name for name in tree(out) if name.endswith(".tmp")]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_signal_finishes_what_is_in_flight_and_the_run_can_be_continued(
    command: Callable[[Path], list[str]], tmp_path: Path, number: signal.Signals, code: int
) -> None:
    out = tmp_path / "out"
    process = start_and_wait_for(command(out), out, 2)
    # Ctrl-C reaches every process of the terminal, and so may the others; a scheduler may signal the main one alone.
    (os.kill if number is signal.SIGTERM else os.killpg)(process.pid, number)
    _, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert "finishing what is in flight" in err
    assert "Traceback" not in err
    done = len(list((out / "images").glob("*.png")))
    assert 2 <= done < PICTURES
    assert not (out / "coco.json").exists()
    assert not [name for name in tree(out) if name.endswith(".tmp")]
    ran = subprocess.run([*command(out), "--json"], check=True, capture_output=True, text=True)
    assert json.loads(ran.stdout)["reused"] == done
    assert (out / "coco.json").exists()
