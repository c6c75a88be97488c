"""``tpsence train`` from end to end, on drawn and painted pictures with tiny networks."""

import errno
import json
import os
import pickle
import re
import resource
import shutil
import signal
import struct
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from safetensors import safe_open

from pipeline.train.checkpoints import Checkpoints
from pipeline.train.metrics_log import Record
from pipeline.train.presets import explain, load_config, preset_names
from tests.cli.conftest import Run
from tests.cli.train_runs import (
    TINY,
    assert_same_run,
    changed,
    checkpoint_names,
    content,
    differences,
    figures,
    leftovers,
    paint_set,
)
from tests.conftest import ROOT
from tpsence.model import LOSS_NAMES

STREET = ROOT / "examples/street"
STEPS = 6
Tree = dict[str, bytes]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six clear and five rainy pictures, with label maps."""
    return paint_set(tmp_path_factory.mktemp("data") / "set", STEPS, 5)


@pytest.fixture
def own(data: Path, tmp_path: Path) -> Path:
    """A copy of the data folder that may be spoilt."""
    return shutil.copytree(data, tmp_path / "own")


@pytest.fixture
def train(tpsence: Run, data: Path, tmp_path: Path) -> Run:
    """Train tiny networks on the small set into ``tmp_path/out`` with some more arguments."""

    def run(*more: object) -> Any:  # noqa: ANN401 (Ran)
        return tpsence(*TINY, "--data", data, "--out", tmp_path / "out", "--workers", 0, *more)

    return run


def tree(folder: Path) -> Tree:
    """Read every file below a folder."""
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def assert_two_lines(err: str, named: str) -> None:
    lines = err.splitlines()
    assert [line.partition(": ")[0] for line in lines] == ["error", "hint"], err
    assert named in lines[0], err


# What a run leaves


def test_whole_run_on_the_example_set_leaves_what_augment_takes(tpsence: Run, tmp_path: Path) -> None:
    out = tmp_path / "run"
    settings = changed("run.save_every=6", "run.log_every=3", "run.grid_every=8", "optim.decay_epochs=1")
    before = tree(STREET)
    ran = tpsence(*TINY, "--data", STREET, "--out", out, "--workers", 0, *settings)
    assert (ran.code, ran.out) == (0, ""), ran.err
    said = ran.err.splitlines()
    assert said[0] == "16 source pictures, 16 target pictures; 4 blocks, ngf 4, weighting semantic; cpu, fp32"
    assert said[1] == "1 epoch + 1 of decay = 2 epochs of 16 steps, seed 0"
    assert re.fullmatch(r"done: 32 steps in \d:\d\d:\d\d", said[2])
    assert said[3:] == [f"generator: {out}/generator.safetensors", f"use it with tpsence augment --weights {out}"]
    assert tree(STREET) == before
    assert {entry.name for entry in out.iterdir()} - {"tensorboard", ".tpsence-lock"} == {
        *("generator.safetensors", "checkpoints", "metrics.jsonl", "run.json", "grids")
    }
    assert checkpoint_names(out) == ["step-00000030.pt", "step-00000032.pt"]
    assert [file.name for file in sorted((out / "grids").iterdir())] == [
        *("step-00000008.png", "step-00000016.png", "step-00000024.png", "step-00000032.png")
    ]
    rows = figures(out)
    logged = sorted({*range(3, 33, 3), *range(6, 33, 6), 32})
    assert [row["step"] for row in rows] == logged
    assert {tuple(row) for row in rows} == {("step", *LOSS_NAMES, "lr")}
    assert [row["lr"] for row in rows] == [2e-4 if row["step"] < 32 else 1e-4 for row in rows]
    assert leftovers(out) == []
    pictures = ("augment", "--images", STREET / "testA", "--weights", out, "--out", tmp_path / "rainy", "--workers", 0)
    ran = tpsence(*pictures, "--json")
    assert (ran.code, ran.json["translated"]) == (0, 6), ran.err
    assert "generator of 4 blocks, ngf 4 on cpu, fp32, width 64" in ran.err


def test_grid_has_a_row_for_each_picture_and_the_generator_between_both_domains(train: Run, tmp_path: Path) -> None:
    assert train("--set", "run.grid_every=4").code == 0
    with (
        Image.open(tmp_path / "out/grids/step-00000004.png") as early,
        Image.open(tmp_path / "out/grids/step-00000006.png") as late,
    ):
        assert early.size == late.size == (3 * (64 + 4) + 4, 4 * (42 + 4) + 4)
        columns = [(4 + 68 * index, 0, 68 + 68 * index, late.height) for index in range(3)]
        same = [early.crop(column).tobytes() == late.crop(column).tobytes() for column in columns]
    assert same == [True, False, True]


def test_run_json_tells_settings_data_and_summary(train: Run, tmp_path: Path) -> None:
    ran = train("--json", "--seed", 3)
    assert (ran.code, ran.json["complete"]) == (0, True)
    record = json.loads((tmp_path / "out/run.json").read_bytes())
    assert record["summary"] == ran.json
    assert record["settings"]["run"]["seed"] == 3
    model = {"generator": "resnet", "blocks": 4, "ngf": 4, "discriminator": "patch", "ndf": 4, "projection": 8}
    assert record["settings"]["model"] == {**model, "init": None}
    assert (record["pictures"], record["processes"], record["from_step"]) == ({"source": 6, "target": 5}, 1, 0)
    assert {"tpsence", "torch", "python", "started", "ended"} < set(record)


def test_json_is_the_summary_and_all_of_stdout(train: Run, tmp_path: Path) -> None:
    ran = train("--json")
    summary = ran.json
    seconds = summary.pop("seconds")
    assert 0 < seconds < 100
    last = figures(tmp_path / "out")[-1]
    assert summary == {
        "out": str(tmp_path / "out"),
        "complete": True,
        "ended": "finished",
        "step": STEPS,
        "last_step": STEPS,
        "images": STEPS,
        "losses": {name: last[name] for name in LOSS_NAMES},
    }
    assert "done: 6 steps" in ran.err


def test_quiet_prints_nothing_and_with_json_the_summary(train: Run) -> None:
    ran = train("--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")
    ran = train("--quiet", "--json", "--resume")
    assert (ran.code, ran.json["step"], ran.json["images"], ran.err) == (0, STEPS, 0, "")


def test_generator_tells_domains_and_width_in_the_direction_trained(train: Run, tmp_path: Path) -> None:
    ran = train("--direction", "BtoA", "--set", "domains.licence=CC0")
    assert ran.err.startswith("5 source pictures, 6 target pictures;")
    with safe_open(tmp_path / "out/generator.safetensors", "pt") as file:
        (header,) = file.metadata().values()
    assert json.loads(header) == json.loads(header) | {
        **{"source_domain": "rain", "target_domain": "clear", "width": 64, "blocks": 4, "ngf": 4, "licence": "CC0"}
    }


def test_generator_is_that_of_the_last_checkpoint_or_its_average(train: Run, tmp_path: Path) -> None:
    def weights() -> dict[str, torch.Tensor]:
        with safe_open(tmp_path / "out/generator.safetensors", "pt") as file:
            return {key: file.get_tensor(key) for key in sorted(file.keys())}

    def learned(state: dict[str, Any], prefix: str) -> dict[str, torch.Tensor]:
        return {key.removeprefix(prefix): value for key, value in sorted(state.items()) if key.startswith(prefix)}

    assert train().code == 0
    learner = content(tmp_path / "out")["learner"]
    assert differences(weights(), learned(learner["networks"]["generator"], "")) == []
    shutil.rmtree(tmp_path / "out")
    assert train("--set", "optim.ema=0.5").code == 0
    learner = content(tmp_path / "out")["learner"]
    assert differences(weights(), learned(learner["average"], "module.")) == []
    assert differences(weights(), learned(learner["networks"]["generator"], "")) != []


def test_same_seed_gives_the_same_run_and_another_another(train: Run, data: Path, tpsence: Run, tmp_path: Path) -> None:
    runs = {"out": 1, "same": 1, "other": 2}
    for name, seed in runs.items():
        assert tpsence(*TINY, "--data", data, "--workers", 0, "--out", tmp_path / name, "--seed", seed).code == 0
    assert_same_run(tmp_path / "out", tmp_path / "same")
    assert figures(tmp_path / "out")[0] != figures(tmp_path / "other")[0]


def test_resume_begins_a_run_continues_it_longer_and_has_nothing_to_do_at_its_end(
    train: Run, data: Path, tpsence: Run, tmp_path: Path
) -> None:
    assert train("--resume", "--set", "optim.epochs=2", "--set", "optim.decay_epochs=1").code == 0
    whole = tmp_path / "whole"
    shutil.move(tmp_path / "out", whole)
    ran = train("--resume", "--set", "optim.decay_epochs=1", "--set", "optim.epochs=0")
    assert "\n0 epochs + 1 of decay = 1 epoch of 6 steps, seed 0\n" in ran.err
    shutil.rmtree(tmp_path / "out")
    assert train().code == 0
    ran = train("--resume", "--set", "optim.epochs=2", "--set", "optim.decay_epochs=1", "--json")
    assert (ran.code, ran.json["step"], ran.json["images"]) == (0, 3 * STEPS, 2 * STEPS)
    assert "\n2 epochs + 1 of decay = 3 epochs of 6 steps, continued after step 6\n" in ran.err
    assert differences(content(tmp_path / "out")["learner"], content(whole)["learner"]) == []
    assert figures(tmp_path / "out") == figures(whole)
    before = tree(tmp_path / "out/checkpoints")
    ran = train("--resume", "--set", "optim.epochs=2", "--set", "optim.decay_epochs=1")
    assert (ran.code, "nothing to do: all 18 steps were done before" in ran.err) == (0, True)
    assert tree(tmp_path / "out/checkpoints") == before
    assert len(figures(tmp_path / "out")) == 3 * STEPS


# What is printed without a run


def test_who_sets_the_epochs_alone_is_told_of_the_decay_and_how_to_leave_it_away(tpsence: Run, tmp_path: Path) -> None:
    words = ("train", "tiny", "--data", STREET, "--out", tmp_path / "out", "--dry-run")
    _, planned, *notes = tpsence(*words, "--set", "optim.epochs=3").err.splitlines()
    assert planned == "3 epochs + 6 of decay = 9 epochs of 4 steps, seed 0"
    assert notes == ["--set optim.decay_epochs=0 leaves the decay out, which makes it 3 epochs"]
    _, planned, *notes = tpsence(*words, "--set", "optim.epochs=3", "--set", "optim.decay_epochs=0").err.splitlines()
    assert (planned, notes) == ("3 epochs of 4 steps, seed 0", [])


def test_dry_run_prints_the_resolved_settings_and_writes_nothing(train: Run, data: Path, tmp_path: Path) -> None:
    before = tree(data)
    ran = train("--dry-run")
    found, planned = ran.err.splitlines()
    assert (ran.code, found) == (
        0,
        "6 source pictures, 5 target pictures; 4 blocks, ngf 4, weighting semantic; cpu, fp32",
    )
    assert planned == "1 epoch of 6 steps, seed 0"
    assert list(ran.json) == ["data", "model", "loss", "optim", "run", "domains"]
    assert ran.json["data"] == {
        **{"width": 64, "crop": 32, "flip": True, "scales": [1.0, 1.0], "jitter": 0.0},
        "max_pixels": 100_000_000,
    }
    assert ran.json["loss"]["layers"] == [0, 4, 8, 12, 14]
    assert not (tmp_path / "out").exists()
    assert tree(data) == before
    quiet = train("--dry-run", "--quiet", "--json")
    assert (quiet.out, quiet.err) == (ran.out, "")


def test_flags_beat_set_wherever_they_stand(
    tpsence: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CXX", sys.executable)  # any program: nothing is compiled
    flags = ("--seed", 0, "--precision", "bf16", "--direction", "BtoA", "--compile")
    sets = changed("run.seed=5", "run.precision=fp16", "run.direction=AtoB", "run.compile=False", "run.seed=6")
    common = (*TINY, "--data", data, "--out", tmp_path / "out", "--dry-run")
    for arguments in ((*flags, *sets), (*sets, *flags)):
        run = tpsence(*common, *arguments).json["run"]
        chosen = [run[key] for key in ("seed", "precision", "direction", "compile")]
        assert chosen == [0, "bf16", "BtoA", True]
    run = tpsence(*common, *sets).json["run"]
    assert [run[key] for key in ("seed", "precision", "direction", "compile")] == [6, "fp16", "AtoB", False]


def test_list_settings_prints_every_key_with_its_published_value(tpsence: Run) -> None:
    ran = tpsence("train", "--list-settings")
    assert (ran.code, ran.err) == (0, "")
    lines = ran.out.splitlines()
    assert lines[::2] == [f"{key} = {json.dumps(value)}" for key, value, _ in explain()]
    assert lines[1::2] == [f"    {meaning}" for _, _, meaning in explain()]
    assert len(lines) > 60
    assert "optim.lr = 0.0002" in lines


def test_help_names_every_preset_and_every_option(tpsence: Run) -> None:
    ran = tpsence("train", "--help")
    assert (ran.code, ran.err) == (0, "")
    words = set(re.findall(r"[\w-]+", re.sub(r"\x1b\[[\d;]*m", "", ran.out)))
    assert set(preset_names()) <= words
    assert {
        *("--data", "--out", "--set", "--direction", "--seed", "--resume", "--device", "--precision", "--compile"),
        *("--max-time", "--workers", "--dry-run", "--json", "--quiet", "--list-settings", "--help", "PRESET"),
    } <= words


@pytest.mark.parametrize("preset", preset_names())
def test_every_preset_passes_a_dry_run_with_the_method_as_published(
    tpsence: Run, own: Path, tmp_path: Path, preset: str
) -> None:
    # Each has another width and other domains; only those for small machines have another method.
    words = ("train", preset, "--data", own, "--out", tmp_path / "out", "--dry-run", "--set", "optim.batch_size=1")
    if load_config(preset).loss.asks_targets:
        ran = tpsence(*words)
        assert (ran.code, "trainP: no such folder" in ran.err) == (2, True)
        assert "--set loss.paired=0 --set loss.perceptual=0" in ran.err
        shutil.copytree(own / "trainA", own / "trainP")
    ran = tpsence(*words)
    assert ran.code == 0, ran.err
    published = {key: value for key, value, _ in explain()}
    if not preset.startswith(("tiny", "small_rain", "light_rain", "large_rain")):
        assert {f"loss.{name}": value for name, value in ran.json["loss"].items()} == {
            key: value for key, value in published.items() if key.startswith("loss.")
        }


def test_preset_of_the_users_own_is_taken(tpsence: Run, data: Path, tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text(f"_base_ = {str(ROOT / 'configs/tiny.py')!r}\noptim = {{'lr': 1e-3}}\n")
    mine = ("train", tmp_path / "mine.py", *TINY[2:], "--data", data, "--out", tmp_path / "out", "--max-time", "0.001s")
    ran = tpsence(*mine, "--set", "optim.beta1=0.25")
    assert ran.code == 0, ran.err
    settings = json.loads((tmp_path / "out/run.json").read_bytes())["settings"]
    assert (settings["optim"]["lr"], settings["optim"]["beta1"], settings["model"]["ndf"]) == (1e-3, 0.25, 4)


def test_a_dry_run_does_not_run_a_preset_of_the_users_own_and_says_so(tpsence: Run, data: Path, tmp_path: Path) -> None:
    mine, ran_file = tmp_path / "mine.py", tmp_path / "executed"
    mine.write_text(f"open({str(ran_file)!r}, 'w')\n")
    command = ("train", mine, "--data", data, "--out", tmp_path / "out", "--dry-run")
    ran = tpsence(*command)
    assert (ran.code, ran.json) == (0, {"not_run": [str(mine)]}), ran.err
    assert f"{mine}: not read, because a .py file is a program and a dry run runs none" in ran.err
    assert not ran_file.exists()
    assert not (tmp_path / "out").exists()
    assert "unknown key 'optim.x'" in tpsence(*command, "--set", "optim.x=1").err
    assert "no such folder" in tpsence(*command, "--data", tmp_path / "nowhere").err


# Bad usage

GIVEN = ("--data", "{data}", "--out", "{out}")


@pytest.mark.parametrize(
    ("arguments", "named", "hinted"),
    [
        ((), "not given: PRESET, --data, --out", "tpsence train tiny"),
        (GIVEN, "not given: PRESET", "tpsence train tiny"),
        (("tiny", "--out", "{out}"), "not given: --data", "tpsence train tiny"),
        (("tiny", "--data", "{data}"), "not given: --out", "tpsence train tiny"),
        (("tinny", *GIVEN), "unknown preset 'tinny'", "Nearest: tiny."),
        (("bdd100k_rian", *GIVEN), "unknown preset 'bdd100k_rian'", "Nearest: bdd100k_rain"),
        (("{tmp}/none.py", *GIVEN), "none.py: no such file", "bdd100k_rain"),
        (("tiny", *GIVEN, "--set", "optim.learning_rate=1"), "unknown key 'optim.learning_rate'", "optim.lr"),
        (("tiny", *GIVEN, "--set", "loss.wieghting=hard"), "unknown key 'loss.wieghting'", "loss.weighting"),
        (("tiny", *GIVEN, "--set", "optim.lr"), "--set 'optim.lr': no = in it", "section.name=value"),
        (("tiny", *GIVEN, "--set", "optim.lr=fast"), "optim.lr: 'fast' should be a valid number", "Default: 0.0002"),
        (("tiny", *GIVEN, "--set", "data.crop=30"), "data.crop: 30 should be a multiple of 4", "Default: 256"),
        (("tiny", *GIVEN, "--set", "run.seed=-1"), "run.seed: -1 should be greater", "Default: 0"),
        (("tiny", *GIVEN, "--seed", "-1"), "run.seed: -1 should be greater", "Default: 0"),
        (("tiny", *GIVEN, "--set", "data.crop=640"), "a crop of 640 does not fit into pictures of width 320", "--set"),
        (("tiny", *GIVEN, "--set", "optim.batch_size=7"), "optim.batch_size 7 is larger than the data set (6", "=6"),
        (("tiny", *GIVEN, "--device", "tpu"), "--device tpu: not a device", "cpu"),
        (("tiny", *GIVEN, "--device", "cuda:99"), "--device cuda:99: ", ""),
        (("tiny", *GIVEN, "--workers", "x"), "--workers 'x': not a number", "auto"),
        (("tiny", *GIVEN, "--max-time", "soon"), "--max-time 'soon': not a time above zero", "45s, 9m, 1h30m"),
        (("tiny", *GIVEN, "--max-time", "-5"), "--max-time '-5': not a time above zero", "45s, 9m, 1h30m"),
        (("tiny", *GIVEN, "--workers", "-1"), "--workers: out of range", "0 to 256"),
        (("tiny", "--data", "{tmp}/none", "--out", "{out}"), "none/trainA: no such folder", "trainA (clear)"),
        (("tiny", "--data", "{data}/trainA", "--out", "{out}"), "trainA/trainA: no such folder", "trainA (clear)"),
        (("tiny", "--data", "{data}", "--out", "{data}/trainA"), "trainA: is inside the input", "another --out"),
        (("tiny", "--data", "{data}", "--out", "{data}/trainT/x"), "trainT/x: is inside the input", "another --out"),
        (("tiny", "--data", "{data}", "--out", "{data}"), "not a training run (it holds 'trainA')", "empty"),
        (("tiny", "--data", "{data}", "--out", "{file}"), "mine.txt: is a file", "folder"),
        (("tiny", "--data", "{data}", "--out", "{foreign}"), "not a training run (it holds 'photo.jpg')", "empty"),
    ],
)
def test_refused_with_one_line_and_a_hint(
    tpsence: Run, own: Path, tmp_path: Path, arguments: tuple[str, ...], named: str, hinted: str
) -> None:
    (tmp_path / "foreign").mkdir()
    (tmp_path / "foreign/photo.jpg").write_bytes(b"mine")
    (tmp_path / "mine.txt").write_text("mine")
    places = {"data": own, "out": tmp_path / "out", "tmp": tmp_path, "file": tmp_path / "mine.txt"}
    before = tree(tmp_path)
    words = [argument.format(**places, foreign=tmp_path / "foreign") for argument in arguments]
    for more in ((), ("--quiet",), ("--resume", "--json")):
        ran = tpsence("train", *words, *more)
        assert (ran.code, bool(ran.out)) == (2, "--json" in more), ran.err  # test_json_errors.py looks into it
        assert_two_lines(ran.err, named)
        assert hinted in ran.err.splitlines()[1], ran.err
    assert tree(tmp_path) == before
    assert not (tmp_path / "out").exists()


def lose_clear(root: Path) -> None:
    shutil.rmtree(root / "trainA")


def empty_rainy(root: Path) -> None:
    for file in (root / "trainB").iterdir():
        file.rename(file.with_suffix(".txt"))


def lose_maps(root: Path) -> None:
    (root / "trainS/01.png").unlink()
    (root / "trainT/04.png").unlink()


def lose_map_folder(root: Path) -> None:
    shutil.rmtree(root / "trainT")


def add_a_map(root: Path) -> None:
    shutil.copy(root / "trainS/00.png", root / "trainS/extra.png")


def shrink_a_map(root: Path) -> None:
    with Image.open(root / "trainT/02.png") as map_:
        smaller = map_.resize((24, 16))
    smaller.save(root / "trainT/02.png")


def truncate_a_picture(root: Path) -> None:
    file = root / "trainA/05.png"
    file.write_bytes(file.read_bytes()[:500])


def put_a_text_for_a_picture(root: Path) -> None:
    (root / "trainB/00.png").write_text("<html>not found</html>")


@pytest.mark.parametrize(
    ("spoil", "named"),
    [
        (lose_clear, "own/trainA: no such folder"),
        (empty_rainy, "own/trainB: no pictures in it"),
        (lose_maps, "own: pictures without a label map (2): trainA/01.png, trainB/04.png"),
        (lose_map_folder, "own/trainT: no such folder"),
        (add_a_map, "own: label maps without a picture (1): trainS/extra.png"),
        (shrink_a_map, "1 of 22 files cannot be used: trainT/02.png (wrong size: "),
        (truncate_a_picture, "1 of 22 files cannot be used: trainA/05.png (truncated: "),
        (put_a_text_for_a_picture, "1 of 22 files cannot be used: trainB/00.png (unsupported format: "),
    ],
)
def test_data_that_cannot_be_trained_on_is_refused_before_the_first_write(
    tpsence: Run, own: Path, tmp_path: Path, spoil: Callable[[Path], None], named: str
) -> None:
    spoil(own)
    before = tree(tmp_path)
    for more in ((), ("--dry-run",)):
        ran = tpsence(*TINY, "--data", own, "--out", tmp_path / "out", *more)
        assert (ran.code, ran.out) == (2, ""), ran.err
        assert_two_lines(ran.err, named)
    assert tree(tmp_path) == before
    assert not (tmp_path / "out").exists()


def test_maps_are_not_looked_at_where_they_are_not_needed(tpsence: Run, own: Path, tmp_path: Path) -> None:
    lose_map_folder(own)
    (own / "trainS/00.png").write_text("no map")
    for setting in ("loss.weighting=hard", "loss.contrastive=0"):
        ran = tpsence(*TINY, "--data", own, "--out", tmp_path / "out", "--dry-run", "--set", setting)
        assert ran.code == 0, ran.err


def test_syntax_error_in_the_users_preset_names_its_line(tpsence: Run, data: Path, tmp_path: Path) -> None:
    preset = tmp_path / "mine.py"
    preset.write_text('_base_ = "_base.py"\nmodel = {"ngf": 4}\noptim = {"lr" 1e-3}\n')
    ran = tpsence("train", preset, "--data", data, "--out", tmp_path / "out")
    assert ran.code == 2
    assert_two_lines(ran.err, f"{preset}, line 3: ")
    assert not (tmp_path / "out").exists()


# A folder that holds a run


def test_folder_with_a_run_is_left_alone_without_resume(train: Run, tmp_path: Path) -> None:
    assert train().code == 0
    before = tree(tmp_path / "out")
    for more in ((), ("--dry-run",)):
        ran = train(*more)
        assert (ran.code, ran.out) == (2, "")
        assert_two_lines(ran.err, "out: holds a run already (step-00000006.pt)")
        assert "--resume" in ran.err
    assert tree(tmp_path / "out") == before


@pytest.mark.parametrize(
    ("settings", "named"),
    [
        (("model.ngf=8",), "model.ngf: 4 there, 8 now"),
        (("optim.lr=1e-3", "run.seed=4"), "optim.lr: 0.0002 there, 0.001 now; run.seed: 0 there, 4 now"),
        (("run.direction=BtoA",), "run.direction: 'AtoB' there, 'BtoA' now"),
        (("loss.weighting=none",), "loss.weighting: 'semantic' there, 'none' now"),
    ],
)
def test_resume_with_settings_of_another_run_is_refused(
    train: Run, tmp_path: Path, settings: tuple[str, ...], named: str
) -> None:
    assert train().code == 0
    before = tree(tmp_path / "out")
    ran = train("--resume", *changed(*settings))
    assert ran.code == 2
    assert_two_lines(ran.err, named)
    assert tree(tmp_path / "out") == before


def test_resume_with_other_pictures_is_refused(tpsence: Run, own: Path, tmp_path: Path) -> None:
    command = (*TINY, "--data", own, "--out", tmp_path / "out", "--workers", 0)
    assert tpsence(*command).code == 0
    for folder in ("trainA", "trainS"):
        (own / folder / "05.png").rename(own / folder / "06.png")
    ran = tpsence(*command, "--resume")
    assert ran.code == 2
    assert_two_lines(ran.err, "out: this run was trained on other pictures than are there now")


class Poison:
    """A pickle of it makes a file when it is executed."""

    def __init__(self, made: Path) -> None:
        self._made = made

    def __reduce__(self) -> tuple[Callable[..., Any], tuple[str, int]]:
        return os.open, (str(self._made), os.O_CREAT)


def poisoned(path: Path, made: Path) -> None:
    torch.save({"tpsence_checkpoint": 1, "step": Poison(made)}, path)


def plain_poison(path: Path, made: Path) -> None:
    path.write_bytes(pickle.dumps({"tpsence_checkpoint": 1, "step": Poison(made)}))


def of_something_else(path: Path, made: Path) -> None:
    del made
    torch.save({"weight": torch.zeros(3)}, path)


def of_nothing(path: Path, made: Path) -> None:
    del made
    path.write_bytes(b"")


def without_a_learner(path: Path, made: Path) -> None:
    del made
    torch.save({"tpsence_checkpoint": 1, "step": 3}, path)


@pytest.mark.parametrize(
    ("plant", "named"),
    [
        (poisoned, "step-00000003.pt: damaged, or no checkpoint; nothing of it was executed"),
        (plain_poison, "step-00000003.pt: "),
        (of_something_else, "step-00000003.pt: no checkpoint of a training run"),
        (of_nothing, "step-00000003.pt: truncated or damaged"),
        (without_a_learner, ": does not fit this run ("),
    ],
)
def test_checkpoint_from_elsewhere_is_refused_and_executes_nothing(
    train: Run, tmp_path: Path, plant: Callable[[Path, Path], None], named: str
) -> None:
    (tmp_path / "out/checkpoints").mkdir(parents=True)
    plant(tmp_path / "out/checkpoints/step-00000003.pt", tmp_path / "executed")
    before = tree(tmp_path)
    ran = train("--resume")
    assert ran.code == 2
    assert_two_lines(ran.err, named)
    assert not (tmp_path / "executed").exists()
    assert tree(tmp_path) == before


def test_checkpoint_of_other_networks_does_not_fit(train: Run, tmp_path: Path) -> None:
    assert train("--set", "model.ngf=8").code == 0
    (file,) = (tmp_path / "out/checkpoints").iterdir()
    mixed = content(tmp_path / "out")
    mixed["config"]["model"]["ngf"] = 4
    torch.save(mixed, file)
    ran = train("--resume")
    assert ran.code == 2
    assert_two_lines(ran.err, ": does not fit this run (")


def test_latest_checkpoint_that_is_damaged_is_passed_over_with_a_note(train: Run, tmp_path: Path) -> None:
    assert train("--set", "run.save_every=1").code == 0
    whole = shutil.copytree(tmp_path / "out", tmp_path / "whole")
    last = tmp_path / "out/checkpoints/step-00000006.pt"
    last.write_bytes(last.read_bytes()[:1000])
    ran = train("--set", "run.save_every=1", "--resume")
    assert ran.code == 0, ran.err
    assert f"note: {last}: truncated or damaged; the checkpoint before it is used\n" in ran.err
    assert "continued after step 5\n" in ran.err
    assert_same_run(tmp_path / "out", whole)


# What breaks a run


@pytest.fixture
def after_step(monkeypatch: pytest.MonkeyPatch) -> Callable[[int, Callable[[], object]], None]:
    """Return a function that has something done once, after the checkpoint of a step is written."""
    write = Checkpoints.write

    def arrange(step: int, act: Callable[[], object]) -> None:
        def acting(self: Checkpoints, number: int, values: Any) -> Path:  # noqa: ANN401 (passed on)
            file = write(self, number, values)
            if number == step:
                monkeypatch.setattr(Checkpoints, "write", write)
                act()
            return file

        monkeypatch.setattr(Checkpoints, "write", acting)

    return arrange


@pytest.fixture
def file_size_limit() -> Iterator[Callable[[int], None]]:
    """Return a function that limits how large files can become, in bytes; at the end the limit is as it was."""
    limits = resource.getrlimit(resource.RLIMIT_FSIZE)
    assert signal.getsignal(signal.SIGXFSZ) is signal.SIG_IGN  # Python's own choice, so that writing raises
    yield lambda size: resource.setrlimit(resource.RLIMIT_FSIZE, (size, limits[1]))
    resource.setrlimit(resource.RLIMIT_FSIZE, limits)


def test_disk_that_fills_up_keeps_the_checkpoints_and_resume_ends_like_an_undisturbed_run(
    train: Run,
    tmp_path: Path,
    after_step: Callable[[int, Callable[[], object]], None],
    file_size_limit: Callable[[int], None],
) -> None:
    assert train("--set", "run.save_every=1").code == 0
    whole = tmp_path / "whole"
    shutil.move(tmp_path / "out", whole)
    after_step(3, lambda: file_size_limit(200_000))  # a checkpoint has more, the other files have less
    ran = train("--set", "run.save_every=1", "--quiet")
    assert (ran.code, ran.out) == (1, "")
    assert_two_lines(ran.err, f"{tmp_path / 'out'}: {os.strerror(errno.EFBIG)}")
    assert "--resume" in ran.err
    assert checkpoint_names(tmp_path / "out") == ["step-00000002.pt", "step-00000003.pt"]
    assert content(tmp_path / "out")["step"] == 3
    assert leftovers(tmp_path / "out") == []
    file_size_limit(resource.getrlimit(resource.RLIMIT_FSIZE)[1])
    ran = train("--set", "run.save_every=1", "--resume")
    assert (ran.code, "continued after step 3\n" in ran.err) == (0, True)
    assert_same_run(tmp_path / "out", whole)


def test_line_of_figures_that_a_full_disk_cut_off_is_written_anew(
    train: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert train("--set", "run.save_every=2").code == 0
    whole = tmp_path / "whole"
    shutil.move(tmp_path / "out", whole)
    write = Record.write

    def failing(self: Record, step: int, values: Any) -> None:  # noqa: ANN401 (passed on)
        if step < 5:
            write(self, step, values)
            return
        with (tmp_path / "out/metrics.jsonl").open("a") as stream:
            stream.write('{"step": 5, "gen')
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(tmp_path / "out/metrics.jsonl"))

    with monkeypatch.context() as patched:
        patched.setattr(Record, "write", failing)
        ran = train("--set", "run.save_every=2", "--quiet")
    assert ran.code == 1
    assert_two_lines(ran.err, f"{tmp_path / 'out/metrics.jsonl'}: {os.strerror(errno.ENOSPC)}")
    assert train("--set", "run.save_every=2", "--resume").code == 0
    assert_same_run(tmp_path / "out", whole)


def test_picture_that_is_gone_in_mid_run_is_named_and_put_back_the_run_continues(
    tpsence: Run, own: Path, tmp_path: Path, after_step: Callable[[int, Callable[[], object]], None]
) -> None:
    command = (*TINY, "--data", own, "--workers", 0, "--set", "run.save_every=1", "--quiet", "--out")
    assert tpsence(*command, tmp_path / "whole").code == 0
    after_step(2, lambda: (own / "trainB").rename(own / "away"))
    ran = tpsence(*command, tmp_path / "out")
    assert ran.code == 1
    assert_two_lines(ran.err, f"{own}/trainB/0")
    assert "Put it back" in ran.err
    assert content(tmp_path / "out")["step"] == 2
    (own / "away").rename(own / "trainB")
    assert tpsence(*command, tmp_path / "out", "--resume").code == 0
    assert_same_run(tmp_path / "out", tmp_path / "whole")


def test_loss_that_is_not_finite_ends_the_run_and_names_the_step(train: Run, tmp_path: Path) -> None:
    ran = train("--set", "optim.lr=1e30", "--set", "run.save_every=1", "--quiet")
    assert (ran.code, ran.out) == (1, "")
    assert_two_lines(ran.err, "step 1: the generator loss is not finite")
    assert "a lower optim.lr" in ran.err
    assert figures(tmp_path / "out") == []
    assert not (tmp_path / "out/checkpoints").exists()
    assert not (tmp_path / "out/generator.safetensors").exists()


def test_lack_of_memory_names_what_to_lower(train: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 20 GiB")

    monkeypatch.setattr("pipeline.train.learner.Learner.step", fail)
    ran = train("--quiet")
    assert ran.code == 1
    assert_two_lines(ran.err, "step 1: out of memory on cpu")
    assert "optim.batch_size (1) or data.crop (32)" in ran.err


def test_unforeseen_error_is_one_line(train: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*arguments: object) -> None:
        raise struct.error("nobody\nforesaw it")

    monkeypatch.setattr("pipeline.train.learner.Learner.step", fail)
    ran = train("--quiet")
    assert ran.code == 1
    assert_two_lines(ran.err, "unexpected error: nobody foresaw it")


def test_compiling_without_a_compiler_is_refused(train: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CXX", "no-such-compiler")
    ran = train("--compile")
    assert ran.code == 2
    assert_two_lines(ran.err, "--compile: no C++ compiler on this machine (looked for no-such-compiler)")
    assert not (tmp_path / "out").exists()
