"""The kit for a borrowed GPU machine: packed, run at toy size on this CPU, and unpacked."""

import json
import os
import shutil
import subprocess
import sys
import zipfile
from collections.abc import Sequence
from importlib import import_module
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from gpu import pack, run, unpack
from pipeline.train.presets import load_config
from tests.conftest import ROOT
from tpsence.weights import load_generator

SPY = '''
import os, sys

class Absent:
    """Refuses what a borrowed machine does not have."""

    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] in {"mmcv", "mmseg", "mmpretrain"}:
            raise ModuleNotFoundError(f"No module named {name!r}, as on the GPU machine", name=name)

sys.meta_path.insert(0, Absent())
if "SEEN" in os.environ:
    with open(os.environ["SEEN"], "a") as seen:
        seen.write(" ".join(sys.orig_argv) + "\\n")
'''
"""Runs in every Python that starts with the wheels installed."""


def stand_in_wheel(requirements: Sequence[str], folder: Path) -> None:
    """Put a wheel with the spy into a folder, in place of all that is asked for."""
    assert "onedl-mmengine==0.10.12" in requirements
    about = "spy-1.dist-info"
    files = {"sitecustomize.py": SPY, f"{about}/METADATA": "Metadata-Version: 2.1\nName: spy\nVersion: 1\n"}
    files[f"{about}/WHEEL"] = "Wheel-Version: 1.0\nGenerator: tests\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
    with zipfile.ZipFile(folder / "spy-1-py3-none-any.whl", "w") as wheel:
        for name, content in files.items():
            wheel.writestr(name, content)
        wheel.writestr(f"{about}/RECORD", "".join(f"{name},,\n" for name in [*files, f"{about}/RECORD"]))


def paint(folder: Path, count: int, *, size: tuple[int, int] = (64, 36), maps: bool = False) -> None:
    random = np.random.default_rng(0)
    folder.mkdir(parents=True)
    for index in range(count):
        shape = size[::-1] if maps else (*size[::-1], 3)
        values = random.integers(0, 3 if maps else 256, shape, dtype=np.uint8)
        Image.fromarray(values).save(folder / f"{index:02d}.png")


@pytest.fixture
def data(tmp_path: Path) -> Path:
    for name, count in (("trainA", 4), ("trainP", 4), ("trainB", 2), ("trainS", 4), ("trainT", 2)):
        paint(tmp_path / "data" / name, count, maps=name in pack.MAPS)
    (tmp_path / "data" / "trainS" / "classes.json").write_text("{}")
    paint(tmp_path / "tests", 3)
    return tmp_path / "data"


@pytest.fixture
def clone(tmp_path: Path) -> Path:
    """A git clone with a tracked file of 1000 bytes, another that git would add, and one that it ignores."""
    root = tmp_path / "clone"
    root.mkdir()
    subprocess.run(["git", "init", "-q", root], check=True)
    (root / ".gitignore").write_text("ignored\n")
    for name in ("tracked", "new", "ignored"):
        (root / name).write_bytes(b"x" * 1000)
    subprocess.run(["git", "-C", root, "add", "tracked"], check=True)
    return root


def contents(data: Path, start: Path | None = None) -> pack.Contents:
    return pack.Contents(data=data, tests=data.parent / "tests", start=start)


# Packing


def test_a_packed_folder_holds_all_in_the_width_of_training_and_git_does_not_see_it(data: Path, clone: Path) -> None:
    shutil.rmtree(data / "trainA")
    paint(data / "trainA", 4, size=(1280, 720))
    shutil.rmtree(data / "trainS")
    paint(data / "trainS", 4, size=(1280, 720), maps=True)
    out = clone / ".gpu"
    line = pack.pack(contents(data), out, stand_in_wheel, root=clone)
    assert '"trainA": 4' in line
    for folder in ("trainA", "trainP", "trainB"):
        assert {file.suffix for file in (out / "data" / folder).iterdir()} == {".jpg"}
    with Image.open(out / "data/trainA/00.jpg") as picture, Image.open(out / "data/trainS/00.png") as label_map:
        assert picture.size == label_map.size == (592, 333)
        assert set(np.unique(np.asarray(label_map)).tolist()) == {0, 1, 2}
    assert len(list((out / "tests").iterdir())) == 3
    listed = subprocess.run(
        ["git", "-C", clone, "status", "--porcelain"], check=True, capture_output=True, text=True
    ).stdout
    assert ".gpu" not in listed
    pack.pack(contents(data), out, stand_in_wheel, root=clone)  # again
    assert (clone / ".git/info/exclude").read_text().splitlines().count("/.gpu/") == 1


def test_a_jpeg_that_is_small_enough_stays_as_it_is(data: Path, clone: Path) -> None:
    file = data / "trainB" / "00.jpg"
    with Image.open(data / "trainB" / "00.png") as picture:
        picture.save(file, quality=60)
    file.with_suffix(".png").unlink()
    pack.pack(contents(data), clone / ".gpu", stand_in_wheel, root=clone)
    assert (clone / ".gpu/data/trainB/00.jpg").read_bytes() == file.read_bytes()


def test_quality_falls_until_all_fits_and_what_does_not_is_refused_in_one_line(data: Path, clone: Path) -> None:
    out = clone / ".gpu"
    pack.pack(contents(data), out, stand_in_wheel, root=clone)
    assert pack.tree_bytes(clone, out) == 2000 + len("ignored\n")
    packed = sum(file.stat().st_size for file in out.rglob("*") if file.is_file())
    line = pack.pack(contents(data), out, stand_in_wheel, root=clone, limit=packed + 2007)
    assert '"quality": 93' in line
    with pytest.raises(SystemExit, match=r"\.gpu: 0.0 MiB and a tree of 0.0 MiB are more than 0.0 MiB: give fewer"):
        pack.pack(contents(data), out, stand_in_wheel, root=clone, limit=2008)


def test_a_folder_of_somebody_else_is_not_overwritten(data: Path, clone: Path) -> None:
    with pytest.raises(SystemExit, match="not made by this script"):
        pack.pack(contents(data), clone, stand_in_wheel, root=clone)
    assert (clone / "tracked").is_file()


def test_weights_that_the_small_training_cannot_begin_with_are_refused(
    data: Path, clone: Path, tiny_weights: Path
) -> None:
    with pytest.raises(SystemExit, match=r"latest_net_G.pth: 4 blocks, ngf 4.*; light_rain_start has .*6 blocks"):
        pack.pack(contents(data, tiny_weights), clone / ".gpu", stand_in_wheel, root=clone)
    assert not (clone / ".gpu").exists()


def test_the_small_training_begins_with_the_weights_that_are_packed(
    monkeypatch: pytest.MonkeyPatch, place: run.Place
) -> None:
    (place.kit / "start.safetensors").touch()
    commands = Commands(monkeypatch)
    run.Training(run.Session(place, run.FULL, 10, "cuda", commands.clock)).all()
    inits = [settings.get("model.init", "") for _, settings, _ in commands.trained[2:]]
    assert inits == [str(place.kit / "start.safetensors")]


def test_every_package_has_a_tested_version() -> None:
    constraints = (ROOT / "constraints.txt").read_text()
    assert "pydantic_core==" in " ".join(pack.pinned(pack.PACKAGES, constraints))
    with pytest.raises(SystemExit, match=r"constraints.txt: no version of left-pad"):
        pack.pinned(["left-pad"], constraints)


# Running


def test_a_toy_run_brings_back_two_generators_and_imports_no_mmcv(data: Path, clone: Path, tmp_path: Path) -> None:
    kit, out, seen = clone / ".gpu", tmp_path / "out", tmp_path / "seen"
    pack.pack(contents(data), kit, stand_in_wheel, root=clone)
    words: list[str | Path] = ["--minutes", "5", "--parts", "train", "--device", "cpu", "--toy", "--kit", kit]
    words += ["--out", out, "--work", tmp_path / "work"]
    command = [sys.executable, ROOT / "models/gpu/run.py", *words]
    subprocess.run(command, check=True, capture_output=True, env={**os.environ, "SEEN": str(seen)})
    log = (out / "log.txt").read_text()
    assert "FAILED" not in log
    assert {"train", "augment", "export"} <= set(seen.read_text().split())
    assert len(list(out.iterdir())) <= 8
    files = unpack.unpack(out, tmp_path / "unpacked")
    assert [file.name for file in files] == ["large.safetensors", "small.safetensors"]
    large, small = (load_generator(file).metadata for file in files)
    assert large.architecture == small.architecture
    assert large.water == small.water == load_config("light_rain").domains.water
    assert small.licence == load_config("light_rain").domains.licence
    rows = [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]
    assert list(dict.fromkeys(row["run"] for row in rows)) == ["start", "large", "small"]
    assert all(row["paired"] > 0 for row in rows)
    with Image.open(out / "sheet.jpg") as sheet:
        assert sheet.size == (3 * 480, 3 * 270)


class Commands:
    """Stand for the commands of tpsence; each takes some seconds, and those of some presets fail."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, *failing: str) -> None:
        self.failing = failing
        self.time = 0.0
        self.trained: list[tuple[str, dict[str, str], float]] = []
        self.translated: list[str] = []
        monkeypatch.setattr(run.Session, "tpsence", lambda session, *words, seconds: self(*map(str, words)))

    def clock(self) -> float:
        return self.time

    def __call__(self, command: str, first: str, *rest: str) -> str:
        options = dict(pairwise(rest))
        out = Path(options["--out"])
        if command == "train":
            return self.train(first, out, rest)
        self.time += 5
        if command == "export":
            shutil.copy(first, out)
            return ""
        self.translated.append(Path(options["--weights"]).parent.name)
        shutil.copytree(rest[0], out, dirs_exist_ok=True)
        return ""

    def train(self, preset: str, out: Path, rest: Sequence[str]) -> str:
        if preset in self.failing:
            raise run.PartError(f"{preset} has failed")
        settings = dict(word.split("=", 1) for option, word in pairwise(rest) if option == "--set")
        seconds = float(rest[rest.index("--max-time") + 1].removesuffix("s"))
        self.time += seconds + 15
        self.trained.append((preset, settings, seconds))
        out.mkdir(exist_ok=True)
        (out / "generator.safetensors").write_text(preset)
        (out / "metrics.jsonl").write_text('{"step": 1}\n')
        epochs = int(settings["optim.epochs"]) + int(settings["optim.decay_epochs"])
        losses: dict[str, float] = {"paired": 0.1}
        summary: dict[str, Any] = {"step": int(10 * seconds), "last_step": 30 * epochs, "seconds": seconds}
        return json.dumps({**summary, "losses": losses})


@pytest.fixture
def place(data: Path, clone: Path, tmp_path: Path) -> run.Place:
    pack.pack(contents(data), clone / ".gpu", stand_in_wheel, root=clone)
    found = run.Place(kit=clone / ".gpu", out=tmp_path / "out", work=tmp_path / "work")
    found.out.mkdir()
    found.work.mkdir()
    return found


def test_trainings_share_the_minutes(monkeypatch: pytest.MonkeyPatch, place: run.Place) -> None:
    commands = Commands(monkeypatch)
    run.Training(run.Session(place, run.FULL, 10, "cuda", commands.clock)).all()
    presets = [preset for preset, _, _ in commands.trained]
    assert presets == ["large_rain_start", "large_rain", "light_rain_start"]
    assert 500 < commands.time < 600
    assert all(seconds > 100 for _, _, seconds in commands.trained)
    assert "model.init" not in commands.trained[0][1]
    assert commands.trained[1][1]["model.init"].endswith("start/generator.safetensors")
    assert commands.translated == ["large", "work", "work"]  # the pictures to imitate, and the sheet's two columns
    assert (place.out / "large.safetensors").read_text() == "large_rain"
    assert (place.out / "small.safetensors").read_text() == "light_rain_start"


def test_where_the_large_training_fails_the_start_is_imitated_and_brought_back(
    monkeypatch: pytest.MonkeyPatch, place: run.Place
) -> None:
    commands = Commands(monkeypatch, "large_rain")
    run.Training(run.Session(place, run.FULL, 10, "cuda", commands.clock)).all()
    log = (place.out / "log.txt").read_text()
    assert "large_rain: FAILED" in log
    assert log.count("FAILED") == 1
    assert (place.out / "large.safetensors").read_text() == "large_rain_start"
    assert commands.translated[0] == "start"
    assert (place.out / "small.safetensors").is_file()


def test_where_the_small_training_fails_the_large_generator_is_brought_back(
    monkeypatch: pytest.MonkeyPatch, place: run.Place
) -> None:
    commands = Commands(monkeypatch, "light_rain_start")
    run.Training(run.Session(place, run.FULL, 10, "cuda", commands.clock)).all()
    assert "the run small has left no weights" in (place.out / "log.txt").read_text()
    assert [file.name for file in unpack.unpack(place.out, place.work / "un")] == ["large.safetensors"]
    with Image.open(place.out / "sheet.jpg") as sheet:
        assert sheet.width == 2 * 480


def test_a_command_that_runs_too_long_is_ended_with_its_processes(place: run.Place) -> None:
    session = run.Session(place, run.TOY, 1, "cpu")
    script = "import subprocess, sys, time; print('x', file=sys.stderr); subprocess.run(['sleep', '60'])"
    with pytest.raises(run.PartError, match=r"(?s)not done after 2 s; it said:.*x"):
        session.run([sys.executable, "-c", script], 2)
    with pytest.raises(run.PartError, match="exit code 3"):
        session.run([sys.executable, "-c", "raise SystemExit(3)"], 9)
    with pytest.raises(run.PartError, match="no time left"):
        run.Session(place, run.TOY, 0, "cpu").run(["true"], 9)


def test_a_benchmark_that_fails_does_not_stop_the_others(monkeypatch: pytest.MonkeyPatch, place: run.Place) -> None:
    def one(session: run.Session, command: Sequence[str], seconds: float) -> str:
        if "train.py" in command[1]:
            raise run.PartError("out of memory")
        return "a table\n"

    monkeypatch.setattr(run.Session, "run", one)
    session = run.Session(place, run.FULL, 10, "cuda")
    session.part("bench", lambda: run.bench(session))
    text = (place.out / "bench.txt").read_text()
    assert text.count("a table") == 2
    assert "$ train.py --precision bf16 --batch-size 16 --steps 10 --repeats 1\nFAILED: out of memory" in text
    assert "bench: FAILED" in (place.out / "log.txt").read_text()
    assert sum(seconds for seconds, _ in run.FULL.bench.values()) <= run._BENCH_S


@pytest.mark.parametrize("name", run.FULL.bench)
def test_every_option_of_the_benchmarks_is_known(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    script, *options = run.FULL.bench[name][1]
    monkeypatch.setattr(sys, "argv", [script, *options, "--device", "cuda"])
    given = import_module(f"benchmarks.{script.removesuffix('.py')}")._arguments()
    assert given.device == "cuda"


def test_every_change_is_a_known_setting() -> None:
    for scale in (run.FULL, run.TOY):
        assert load_config("large_rain_start", scale.large) != load_config("large_rain_start")
        assert load_config("large_rain", scale.large) != load_config("large_rain")
        assert load_config("light_rain_start", scale.small) != load_config("light_rain_start")
    small, packaged = load_config("light_rain_start", run.FULL.small), load_config("light_rain")
    assert small.model.architecture == packaged.model.architecture
    assert small.data.width == packaged.data.width


# Unpacking


def test_a_missing_part_is_named(place: run.Place, tmp_path: Path) -> None:
    session = run.Session(place, run.TOY, 1, "cpu")
    (tmp_path / "a.safetensors").write_bytes(bytes(range(256)) * 256)
    session.hand_over(tmp_path / "a.safetensors", "a.safetensors")
    (whole,) = unpack.unpack(place.out, tmp_path / "un")
    assert whole.read_bytes() == bytes(range(256)) * 256
    (place.out / "a.safetensors.1").unlink()
    with pytest.raises(SystemExit, match=r"a.safetensors: not what was trained .SHA-256.; is a part missing"):
        unpack.unpack(place.out, tmp_path / "un")


def test_unpacking_tells_what_to_do_next(place: run.Place, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit, match=r"no log.txt in it"):
        unpack.main([str(tmp_path), "--out", str(tmp_path / "un")])
    (place.out / "log.txt").write_text("")
    unpack.main([str(place.out), "--out", str(tmp_path / "un")])
    assert "tpsence evaluate" in capsys.readouterr().out
