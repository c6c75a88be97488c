"""Runs of ``tpsence segment`` that are killed or stopped, and then continued."""

import json
import os
import signal
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray
from PIL import Image

from tests.cli.conftest import Run
from tests.cli.train_runs import forked
from tests.pipeline.segment.mmseg.tiny_model import write_tiny_model

PICTURES = 24


@pytest.fixture
def command(tmp_path: Path, paint: Callable[..., Path]) -> list[object]:
    """A command on a data folder whose pictures take a while."""
    config, weights = write_tiny_model(tmp_path / "model")
    for index in range(PICTURES):
        paint(tmp_path / "data" / ("trainA" if index % 2 else "trainB") / f"{index:02d}.png", (300, 200), seed=index)
    return ["segment", tmp_path / "data", "--model", config, "--weights", weights, "--whole"]


def maps(data: Path) -> dict[str, NDArray[np.uint8]]:
    """Read all maps; fails on one that is not whole."""
    found = {}
    for file in sorted(data.glob("train[ST]/*.png")):
        with Image.open(file) as image:
            found[f"{file.parent.name}/{file.name}"] = np.asarray(image)
    return found


def test_killed_again_and_again_the_maps_are_those_of_an_undisturbed_run(
    command: list[object], tpsence: Run, tmp_path: Path
) -> None:
    data = tmp_path / "data"
    assert tpsence(*command).code == 0
    whole = maps(data)
    assert len(whole) == PICTURES
    assert tpsence(*command, "--overwrite", "--dry-run", "--json").json["to_make"] == PICTURES
    for folder in ("trainS", "trainT"):
        for file in sorted((data / folder).iterdir()):
            if file.is_file():
                file.unlink()
    for step, count in enumerate((1, 7, 15)):
        with forked(tmp_path / f"log{step}", *command) as run:
            run.wait_until(lambda count=count: len(list(data.glob("train[ST]/*.png"))) >= count)  # type: ignore[misc]
            run.kill()
        assert maps(data).keys() <= whole.keys()
    ran = tpsence(*command, "--json")
    assert ran.code == 0
    assert 0 < sum(folder["made"] for folder in ran.json["folders"]) < PICTURES
    again = maps(data)
    assert again.keys() == whole.keys()
    assert all(np.array_equal(again[name], whole[name]) for name in whole)
    assert not [*data.rglob("*.tmp")]


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_to_all_processes_finishes_what_is_in_flight(
    command: list[object], tpsence: Run, tmp_path: Path, number: signal.Signals, code: int
) -> None:
    data = tmp_path / "data"
    with forked(tmp_path / "log", *command) as run:
        run.wait_until(lambda: len(maps_there(data)) >= 2)
        os.killpg(run.pid, number)
        assert run.ended() == code, run.err
        assert "finishing what is in flight" in run.err
        assert "stopped; the same command, run again, continues" in run.err
        assert "Traceback" not in run.err
    assert 2 <= len(maps(data)) < PICTURES
    states = [json.loads((data / folder / "run.json").read_text()) for folder in ("trainS", "trainT")]
    assert "finished" not in states[1]  # trainA's maps come first, and the run was stopped before the last
    assert [state["command"] for state in states] == ["segment", "segment"]
    assert tpsence(*command).code == 0
    assert len(maps(data)) == PICTURES


def test_two_runs_at_once_are_refused(command: list[object], tpsence: Run, tmp_path: Path) -> None:
    data = tmp_path / "data"
    with forked(tmp_path / "log", *command) as run:
        run.wait_until(lambda: len(maps_there(data)) >= 1)
        ran = tpsence(*command)
        assert ran.code == 2
        assert "another run is writing here" in ran.err
        assert run.ended() == 0, run.err
    assert len(maps(data)) == PICTURES


def maps_there(data: Path) -> list[Path]:
    return [*data.glob("train[ST]/*.png")]
