"""``tpsence evaluate``: of a run, of two folders, and what is wrong in a line."""

import csv
import json
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import pytest
from PIL import Image

from pipeline.evaluate.features.sizes import SameArea
from tests.cli.conftest import Run

SIZE = (48, 32)
COUNT = 12


@dataclass(frozen=True)
class Scenes:
    """Made-up clear and rainy pictures: bright and blue, or grey, dark and blurred."""

    clear: Path
    rainy: Path
    labels: Path


def scene(seed: int, *, rainy: bool) -> np.ndarray:
    random = np.random.default_rng(seed)
    pixels = np.full((SIZE[1], SIZE[0], 3), (120, 170, 240), np.float32)
    pixels[16:] = (90, 80, 70)
    pixels[18:28, 10:24] = random.integers(0, 256, (10, 14, 3))
    pixels += random.normal(0, 6, pixels.shape)
    return as_rain(pixels) if rainy else pixels.clip(0, 255).astype(np.uint8)


def as_rain(pixels: np.ndarray) -> np.ndarray:
    grey = pixels.mean(2, keepdims=True) * 0.8 + pixels * 0.2
    return np.asarray(cv2.GaussianBlur(0.5 * grey.astype(np.float32), (0, 0), 1.0)).clip(0, 255).astype(np.uint8)


@pytest.fixture(autouse=True)
def small_pictures_for_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the network see few pixels: it is what takes the time of these tests."""
    pytest.importorskip("torch")
    from pipeline.evaluate.features import lite2

    monkeypatch.setattr(lite2, "SIZES", SameArea(96 * 64, least=32))


@pytest.fixture(scope="session")
def scenes(tmp_path_factory: pytest.TempPathFactory) -> Scenes:
    folder = tmp_path_factory.mktemp("scenes")
    images, annotations = [], []
    for index in range(COUNT):
        for name, rainy in (("clear", False), ("rainy", True)):
            file = folder / name / f"{index:02}.png"
            file.parent.mkdir(exist_ok=True)
            Image.fromarray(scene(index + 100 * rainy, rainy=rainy)).save(file)
        images.append({"id": index, "file_name": f"{index:02}.png", "width": SIZE[0], "height": SIZE[1]})
        annotations.append({"id": index, "image_id": index, "category_id": 0, "bbox": [10, 18, 14, 10]})
    labels = folder / "coco.json"
    content = {"images": images, "annotations": annotations, "categories": [{"id": 0, "name": "traffic light"}]}
    labels.write_text(json.dumps(content))
    return Scenes(folder / "clear", folder / "rainy", labels)


@pytest.fixture
def translated(tmp_path: Path, scenes: Scenes) -> Path:
    """The clear pictures as rain, as another tool would have written them."""
    out = tmp_path / "translated"
    out.mkdir()
    for file in scenes.clear.iterdir():
        with Image.open(file) as opened:
            Image.fromarray(as_rain(np.asarray(opened).astype(np.float32))).save(out / file.name)
    return out


def figures(content: Any) -> dict[tuple[str, str], Any]:  # noqa: ANN401 (parsed JSON)
    return {(figure["name"], figure["category"]): figure for figure in content["figures"]}


def test_two_folders_are_compared(tpsence: Run, scenes: Scenes, translated: Path) -> None:
    options = ("--before", scenes.clear, "--labels", scenes.labels, "--real", scenes.rainy, "--workers", 0)
    ran = tpsence("evaluate", translated, *options, "--json")
    assert ran.code == 0, ran.err
    found = figures(ran.json)
    assert found["KID, translated", ""]["judgement"] == "nearer to real rain than untouched pictures"
    assert found["probe, area under the curve", ""]["value"] > 0.9
    assert found["translated called rainy", ""]["value"] > 0.7
    assert found["real clear called rainy", ""]["value"] < 0.3
    assert 0 < found["mIoU", ""]["value"] <= 1
    assert found["chroma kept, boxes", "traffic light"]["value"] < 0.5
    assert found["boxes lost", ""]["pictures"] == COUNT
    stored = json.loads((translated / "evaluation.json").read_text())
    assert stored["figures"] == ran.json["figures"]
    assert stored["measured"]["settings"]["real"] == str(scenes.rainy)
    assert len(stored["measured"]["features"]["weights_sha256"]) == 64
    with (translated / "evaluation.csv").open(newline="") as stream:
        assert len(list(csv.DictReader(stream))) == len(stored["figures"])
    again = tpsence("evaluate", translated, *options, "--json", "--quiet")
    assert again.json["figures"] == ran.json["figures"]
    assert again.err == ""


def test_a_run_is_compared_with_its_sources_and_its_report_tells(
    tpsence: Run, scenes: Scenes, tiny_weights: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    made = tpsence(
        "augment", "--labels", scenes.labels, "--images", scenes.clear, "--weights", tiny_weights, "--out", out,
        "--width", 48, "--suffix", "_rain",
    )  # fmt: skip
    assert made.code == 0, made.err
    ran = tpsence("evaluate", out, "--real", scenes.rainy, "--model", "none", "--workers", 0)
    assert ran.code == 0, ran.err
    assert "KID, translated" in ran.out
    assert "traffic light" in ran.out
    assert "Distance to real rain" in ran.out
    assert "12 of 12 translated pictures measured." in ran.out
    assert "mIoU" not in ran.out
    assert f"report: {out / 'report.html'}" in ran.err
    assert (out / "evaluation.json").is_file()
    # The run is as it was: the same command continues it, and what was found goes with what it was found of.
    again = tpsence(
        "augment", "--labels", scenes.labels, "--images", scenes.clear, "--weights", tiny_weights, "--out", out,
        "--width", 48, "--suffix", "_rain", "--json",
    )  # fmt: skip
    assert again.json["reused"] == COUNT
    assert (out / "evaluation.json").is_file()
    other = tpsence(
        "augment", "--labels", scenes.labels, "--images", scenes.clear, "--weights", tiny_weights, "--out", out,
        "--width", 48, "--overwrite",
    )  # fmt: skip
    assert other.code == 0, other.err
    assert not (out / "evaluation.json").exists()


def test_pictures_that_cannot_be_read_are_left_out_and_named(
    tpsence: Run, scenes: Scenes, translated: Path, tmp_path: Path
) -> None:
    real = tmp_path / "real"
    shutil.copytree(scenes.rainy, real)
    (real / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n broken")
    (translated / "03.png").write_bytes(b"no picture")
    ran = tpsence("evaluate", translated, "--before", scenes.clear, "--real", real, "--model", "none", "--workers", 0)
    assert ran.code == 3
    assert "11 of 12 translated pictures measured." in ran.out
    assert "03.png" in ran.err
    assert "broken.png" in ran.err
    assert json.loads((translated / "evaluation.json").read_text())["pictures"] == 11


def test_too_few_that_can_be_read_write_nothing(tpsence: Run, scenes: Scenes, translated: Path, tmp_path: Path) -> None:
    real = tmp_path / "real"
    shutil.copytree(scenes.rainy, real)
    for file in sorted(real.iterdir())[:5]:
        file.write_bytes(b"no picture")
    ran = tpsence("evaluate", translated, "--before", scenes.clear, "--real", real, "--model", "none", "--workers", 0)
    assert ran.code == 1
    assert "only 7 pictures of it can be read" in ran.err
    assert not (translated / "evaluation.json").exists()


def line_of(ran: Any) -> str:  # noqa: ANN401 (what a command left behind)
    """The only line of an error, with its hint."""
    assert ran.code == 2
    assert ran.out == ""
    assert "Traceback" not in ran.err
    error, hint = ran.err.strip().splitlines()
    assert error.startswith("error: ")
    assert hint.startswith("hint: ")
    return f"{error} {hint}"


def test_what_is_wrong_is_said_in_a_line(
    tpsence: Run, scenes: Scenes, translated: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    few = tmp_path / "few"
    paint(few / "one.png")
    text = tmp_path / "text.onnx"
    text.write_text("no network")
    given = ("evaluate", translated, "--before", scenes.clear, "--real", scenes.rainy)
    cases: list[tuple[tuple[object, ...], str]] = [
        (("evaluate", translated, "--real", scenes.rainy), "Give the folder of the originals with --before"),
        (("evaluate", translated, "--before", scenes.clear, "--real", few), "few: 1 picture to measure"),
        (("evaluate", translated, "--before", few, "--real", scenes.rainy), "has the name of one in"),
        ((*given, "--clear", tmp_path / "gone"), "gone: no such folder"),
        ((*given, "--detector", tmp_path / "gone.onnx"), "gone.onnx"),
        ((*given, "--detector", text), "text.onnx"),
        ((*given, "--map", "car=vehicle"), "--map goes with --detector"),
        ((*given, "--features", "nothing"), "--features 'nothing': not known"),
        ((*given, "--model", "nothing"), "nothing"),
        ((*given, "--device", "cuda:7"), "--device cuda:7"),
        (("evaluate", tmp_path / "nowhere", "--real", scenes.rainy), "nowhere"),
    ]
    for arguments, wanted in cases:
        assert wanted in line_of(tpsence(*arguments)), arguments
    assert not (translated / "evaluation.json").exists()


def test_classes_that_the_detector_does_not_know_are_said_in_a_line(
    tpsence: Run, scenes: Scenes, translated: Path, tmp_path: Path
) -> None:
    from tests.pipeline.evaluate.detector.tiny_detectors import CELLS, write_model

    names = {"names": "{0: 'vehicle', 1: 'person'}", "task": "detect", "stride": "32", "imgsz": "[64, 64]"}
    detector = write_model(tmp_path / "tiny.onnx", np.zeros((1, 6, CELLS), np.float32), noted=names)
    given = ("evaluate", translated, "--before", scenes.clear, "--labels", scenes.labels, "--real", scenes.rainy)
    assert "traffic light" in line_of(tpsence(*given, "--detector", detector))
    assert "no class 'lorry'" in line_of(tpsence(*given, "--detector", detector, "--map", "traffic light=lorry"))
    ran = tpsence(
        *given, "--detector", detector, "--map", "traffic light=vehicle", "--model", "none", "--workers", 0, "--json"
    )
    assert ran.code == 0, ran.err
    assert figures(ran.json)["recall, after against labels", ""]["value"] == 0


def test_a_package_of_the_extra_that_is_missing_is_named(
    tpsence: Run, scenes: Scenes, translated: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(__import__("sys").modules, "torchmetrics", None)
    ran = tpsence("evaluate", translated, "--before", scenes.clear, "--real", scenes.rainy)
    assert "pip install 'tpsence[evaluate]'" in line_of(ran)
