"""Whole commands on a cluster: they write what they write with threads, whoever is killed and whoever goes on."""

import json
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.conftest import ROOT
from tests.pipeline.engine.ray.local_cluster import LocalCluster

OTHERWISE = {"report.html", "run.json"}
"""What tells when a run was."""
FRAMES = 200


def command(*arguments: object) -> list[str]:
    return [sys.executable, "-m", "tpsence", *map(str, arguments), "--quiet", "--json"]


def ran(*arguments: object, code: int = 0) -> dict[str, object]:
    """Run a command, and return its summary."""
    done = subprocess.run(command(*arguments), capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (code, "")
    summary: dict[str, object] = json.loads(done.stdout)
    return summary


def numbers(summary: dict[str, object]) -> dict[str, object]:
    """What a summary says that does not tell of time and place."""
    return {key: value for key, value in summary.items() if key not in {"out", "report", "seconds", "images_per_s"}}


def tree(out: Path) -> dict[str, bytes | list[bytes]]:
    """All files of an output by their names; of journals the lines, whose order tells who was first."""
    files = {file.relative_to(out).as_posix(): file for file in out.rglob("*") if file.is_file()}
    return {
        name: sorted(set(file.read_bytes().splitlines())) if name.startswith(".tpsence/") else file.read_bytes()
        for name, file in files.items()
        if name not in OTHERWISE
    }


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory, paint: Callable[..., Path]) -> Path:
    """A COCO file of 200 small frames, one of them damaged."""
    folder = tmp_path_factory.mktemp("frames")
    names = [f"{place // 50}/{place:03}.jpg" for place in range(FRAMES)]
    for place, name in enumerate(names):
        paint(folder / "images" / name, size=(48, 32), seed=place)
    (folder / "images" / names[77]).write_bytes(b"no picture")
    images = [{"id": n, "file_name": name, "width": 48, "height": 32} for n, name in enumerate(names)]
    boxes = [{"id": n, "image_id": n, "category_id": 1, "bbox": [4, 4, 16, 16]} for n in range(FRAMES)]
    labels = folder / "coco.json"
    labels.write_text(json.dumps({"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "car"}]}))
    return labels


@pytest.fixture(scope="module")
def augment(frames: Path, tiny_weights: Path) -> list[object]:
    return ["augment", "--labels", frames, "--weights", tiny_weights, "--width", 48, "--device", "cpu", "--no-report"]


@pytest.fixture(scope="module")
def expected(augment: list[object], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, object]]:
    """The output of the frames by threads, and its summary."""
    out = tmp_path_factory.mktemp("expected") / "out"
    return out, numbers(ran(*augment, "--out", out, code=3))


def test_200_frames_are_the_same_to_the_byte_and_threads_find_nothing_left_to_do(
    cluster: LocalCluster, augment: list[object], expected: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    out, (whole, summary) = tmp_path / "out", expected
    on_cluster = [*augment, "--out", out, "--engine", "ray", "--address", cluster.address]
    assert numbers(ran(*on_cluster, code=3)) == summary
    assert tree(out) == tree(whole)
    again = ran(*augment, "--out", out, code=3)
    assert (again["translated"], again["reused"]) == (0, FRAMES - 1)
    assert tree(out) == tree(whole)


def test_a_command_that_is_killed_is_finished_by_the_other_engine(
    cluster: LocalCluster, augment: list[object], expected: tuple[Path, dict[str, object]], tmp_path: Path
) -> None:
    out, (whole, summary) = tmp_path / "out", expected
    line = command(*augment, "--out", out, "--engine", "ray", "--address", cluster.address)
    process = subprocess.Popen(line, stdout=subprocess.DEVNULL)
    while process.poll() is None and not any(out.rglob("*.jpg")):
        time.sleep(0.01)
    process.send_signal(signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    finished = ran(*augment, "--out", out, code=3)
    assert isinstance(finished["reused"], int)
    assert finished["reused"] < FRAMES - 1
    assert {**numbers(finished), "reused": 0, "translated": FRAMES - 1} == summary
    assert tree(out) == tree(whole)


def test_the_example_is_the_same_with_water_pairs_and_the_gate(cluster: LocalCluster, tmp_path: Path) -> None:
    labels = ROOT / "examples" / "street" / "coco.json"
    choices = ["--limit", 3, "--width", 128, "--device", "cpu", "--gate", "flag", "--pairs", "--no-report"]
    here, there = tmp_path / "here", tmp_path / "there"
    summary = numbers(ran("augment", "--labels", labels, "--out", here, *choices))
    ray = ["--engine", "ray", "--address", cluster.address, "--workers", 2]
    assert numbers(ran("augment", "--labels", labels, "--out", there, *choices, *ray)) == summary
    assert tree(there) == tree(here)


def test_label_maps_are_the_same(cluster: LocalCluster, tmp_path: Path) -> None:
    images = tmp_path / "images"
    images.mkdir()
    for file in sorted((ROOT / "examples" / "street" / "testA").glob("*"))[:2]:
        (images / file.name).hardlink_to(file)
    made = []
    for engine, where in (("local", ()), ("ray", ("--address", cluster.address, "--workers", 1))):
        out = tmp_path / engine
        how = ["--model", "road-lite", "--device", "cpu", "--engine", engine, *where]
        ran("segment", "--images", images, "--out", out, *how)
        made.append(tree(out))
    assert made[0] == made[1]
