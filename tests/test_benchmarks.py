"""The benchmarks run, on sizes that tell nothing about speed, and print what they promise."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import ROOT

TINY = ("--ngf", 4, "--blocks", 4)
MANY = ("--images", 60, "--pictures", 2, "--planned", 400, "--enough", 1, "--labels")


def run(name: str, *arguments: object) -> str:
    command = [sys.executable, str(ROOT / "benchmarks" / f"{name}.py"), *map(str, arguments)]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stdout


def from_json(name: str, *arguments: object) -> Any:  # noqa: ANN401 (JSON)
    return json.loads(run(name, *arguments, "--json"))


def test_augment_is_measured_beside_the_plain_way() -> None:
    rows = from_json("augment", "--images", 2, "--size", "64x48", "--repeats", 1, "--precision", "bf16", *TINY)
    assert list(rows) == ["plain way", "tpsence bf16"]
    for row in rows.values():
        assert all(row[key] > 0 for key in ("network", "command", "limit"))


def test_training_is_measured_and_its_losses_are_the_plain_way_s() -> None:
    sizes = ("--crop", 32, "--ngf", 4, "--ndf", 4, "--repeats", 1, "--steps", 1)
    plain, ours = from_json("train", *sizes, "--precision", "fp32")
    assert plain["ratio"] == 1
    assert ours["loss_difference"] < 1e-4
    assert min(plain["seconds"], ours["seconds"], ours["memory"]) > 0


def test_the_translator_is_measured_beside_augment() -> None:
    row = from_json(
        "translator", "--images", 2, "--size", "64x48", "--repeats", 1, "--water", "none", "--device", "cpu"
    )
    assert row["ratio"] == row["translator"] / row["augment"] > 0


def test_what_is_beside_the_network_is_measured() -> None:
    rows = from_json("overhead", "--images", 12)
    assert list(rows) == ["12"]
    assert rows["12"]["wall"] > rows["12"]["driving"] > 0


def test_the_stages_of_a_picture_are_in_the_table() -> None:
    text = run("overhead", "--images", 2)
    assert "read and decode" in text
    assert "compose" in text


def test_an_evaluation_is_measured() -> None:
    row = from_json("evaluate", "--images", 12, "--size", "64x48", "--model", "none")
    assert row["images_per_s"] > 0
    assert row["peak_megabytes"] > 100


def test_an_engine_is_measured_by_itself_on_one_core_and_two_and_at_a_start_with_many_pictures() -> None:
    text = run("ray_engine", "--engines", "local", "--json", *MANY)
    costs, ways, engines = map(json.loads, text.splitlines())
    assert min(costs["local"]["start_up"], costs["local"]["rate"]) > 0
    assert [sorted(sample) for sample in costs["local"]["memory"]] == [["main", "ray", "relay", "workers"]] * 3
    assert min(sample["main"] for sample in costs["local"]["memory"]) > 0
    assert list(ways) == ["local, 1 core", "local, 2 cores"]
    assert ways["local, 1 core"]["share"] == 1
    assert min(min(way.values()) for way in ways.values()) > 0
    assert engines["local"]["seconds"] >= engines["local"]["first"] > 0
    assert engines["local"]["made"] >= 1


def test_a_label_file_is_measured() -> None:
    rows = from_json("labels", "--annotations", 200)
    assert rows["200"]["annotations"] == 200
    assert rows["200"]["memory"] > 0


def test_water_is_measured_by_level_and_by_effect_and_its_memory() -> None:
    few = ("--pictures", 1, "--turns", 1, "--sizes", "64x48", "--memory", "320x180")
    tables = from_json("water", *few)
    assert list(tables["levels"]["64x48"]) == ["none", "light", "moderate", "heavy"]
    assert list(tables["effects"]["64x48"]) == ["nothing", "overcast", "wet_ground", "haze", "streaks", "drops"]
    assert min(tables["levels"]["64x48"].values()) > 0
    peak = tables["memory"]["320x180"]
    assert peak["peak"] > peak["picture"] == pytest.approx(0.1728)


def test_fp32_is_within_a_level_of_the_trained_generator_run_plainly() -> None:
    rows = from_json("precision", "--limit", 2)
    assert rows["fp32"]["largest"] <= 1
    assert rows["fp32"]["mean"] < rows["bf16"]["mean"]


def test_backends_agree() -> None:
    pytest.importorskip("onnxruntime")
    rows = from_json("backends", "--size", "64x48", "--repeats", 1, *TINY, "--only", "fp32: ONNX Runtime")
    assert list(rows) == ["fp32: plain", "fp32: ONNX Runtime"]
    assert all(turn["largest"] < 0.1 and turn["seconds"] > 0 for turns in rows.values() for turn in turns)


def test_growth_is_measured_and_drawn(tmp_path: Path) -> None:
    sizes = ("--sizes", "32x24", "--counts", 3, "--workers", 1, "--batches", 2, "--precision", "fp32")
    run("growth", "--out", tmp_path, *sizes, *TINY)
    points = json.loads((tmp_path / "growth.json").read_text())
    assert [point["vary"] for point in points] == ["size", "size", "batch", "workers", "count"]
    for name in ("size.svg", "batch_workers_count.svg"):
        assert "<svg" in (tmp_path / name).read_text()
    before = (tmp_path / "size.svg").read_bytes()
    run("growth", "--out", tmp_path, "--draw")
    assert (tmp_path / "size.svg").read_bytes() == before


def test_the_layers_are_added_up_by_kind() -> None:
    kinds = from_json("layers", "--size", "32x24", "--ngf", 32, "--blocks", 1)
    for spent in kinds.values():
        assert {"Conv2d", "WinogradConv", "InstanceNorm", "ConvByRows", "BilinearUp"} <= set(spent)
        assert min(spent.values()) > 0
