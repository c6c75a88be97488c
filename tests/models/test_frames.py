"""Which frames are trained on and which are held out."""

import csv
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import frames


def write(path: Path, seed: int, level: int = 120, size: tuple[int, int] = (64, 36)) -> None:
    """Write a picture of noise in large pixels: the same seed shows the same."""
    path.parent.mkdir(parents=True, exist_ok=True)
    noise = np.random.default_rng(seed).integers(-15, 16, (36, 64, 1))
    pixels = np.clip(level + np.repeat(noise, 3, axis=2), 0, 255).astype(np.uint8)
    Image.fromarray(pixels).resize(size, Image.Resampling.NEAREST).save(path)


@pytest.fixture
def bdd(tmp_path: Path) -> Path:
    """Thirteen and nine frames to train on, of which the rainy 5 to 7 are by night."""
    root = tmp_path / "bdd"
    for at, (folder, count) in enumerate((("trainA", 13), ("trainB", 9), ("testA", 2), ("testB", 1))):
        for number in range(count):
            level = 20 if folder == "trainB" and 5 <= number <= 7 else 120
            write(root / folder / f"{folder}{number:02d}.png", 100 * at + number, level)
    return root


def names(folder: Path) -> set[str]:
    return {file.stem for file in folder.iterdir()}


def detection(root: Path, rows: dict[str, tuple[int, str, str]]) -> Path:
    """Write a detection data set of names, each with its seed, weather and time of day."""
    for name, (seed, _, _) in rows.items():
        write(root / "images" / "train" / f"{name}.png", seed, size=(128, 72))
    with (root / "weather.csv").open("w", newline="") as file:
        table = csv.writer(file)
        table.writerow(["split", "name", "weather", "timeofday"])
        table.writerows(["train", name, weather, time] for name, (_, weather, time) in rows.items())
    return root


def test_every_sixth_clear_and_every_fourth_rainy_frame_is_held_out(bdd: Path, tmp_path: Path) -> None:
    frames.collect(bdd, tmp_path / "work")
    clear, rainy = names(tmp_path / "work/held_out/clear"), names(tmp_path / "work/held_out/rainy")
    assert clear == {"trainA00", "trainA06", "trainA12", "testA00", "testA01"}
    assert rainy == {"trainB00", "trainB04", "trainB08", "testB00"}
    assert names(tmp_path / "work/data/trainA") == names(bdd / "trainA") - clear
    assert names(tmp_path / "work/data/trainB") == {"trainB01", "trainB02", "trainB03"}  # no clear one is by night


def test_the_split_of_the_real_frames_stays(shared_data: Path) -> None:
    found = [frame.folder for frame in frames.bdd_frames(shared_data / "bdd100k_unpaired")]
    assert {folder: found.count(folder) for folder in found} == {
        "data/trainA": 148,
        "data/trainB": 37,
        "held_out/clear": 42,
        "held_out/rainy": 20,
    }


def test_no_night_is_trained_on(bdd: Path, tmp_path: Path) -> None:
    for number in range(11):
        write(tmp_path / "extra/night" / f"n{number:02d}.png", 900 + number, 20)
    write(tmp_path / "extra/clear" / "day.png", 990, 120)
    frames.collect(bdd, tmp_path / "work", extra=tmp_path / "extra")
    assert len(names(tmp_path / "work/held_out/night")) == 11
    assert len(names(tmp_path / "work/data/trainA")) == 10 + 1
    assert names(tmp_path / "work/data/trainB") == {"trainB01", "trainB02", "trainB03"}


def test_what_shows_a_held_out_frame_is_not_trained_on(bdd: Path, tmp_path: Path) -> None:
    rows = {f"d{number}": (700 + number, "clear", "daytime") for number in range(8)}
    rows |= {"held": (6, "clear", "daytime"), "trained": (7, "clear", "daytime"), "evening": (760, "clear", "night")}
    rows |= {"wet": (770, "rainy", ""), "held wet": (104, "rainy", ""), "unknown": (780, "", "")}
    work = tmp_path / "work"
    frames.collect(bdd, work, detection(tmp_path / "det", rows))
    assert names(work / "held_out/detection") == {"d0", "d4", "held"}
    assert names(work / "data/trainA") - names(bdd / "trainA") == {"d1", "d2", "d3", "d5", "d6", "d7"}
    assert names(work / "data/trainB") - names(bdd / "trainB") == {"wet"}


def test_a_wide_picture_is_scaled_down_and_names_stay_unique(tmp_path: Path) -> None:
    write(tmp_path / "a/x.png", 0, size=(1920, 1080))
    write(tmp_path / "b/x.png", 1, size=(640, 360))
    files = [frames.Frame(file=tmp_path / name, folder="data/trainA") for name in ("a/x.png", "b/x.png")]
    frames.copy(files, tmp_path / "work")
    folder = tmp_path / "work/data/trainA"
    assert np.asarray(Image.open(folder / "x.png").convert("L")).shape == (720, 1280)
    assert np.asarray(Image.open(folder / "x_2.png").convert("L")).shape == (360, 640)
