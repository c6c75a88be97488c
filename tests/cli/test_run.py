"""``tpsence run``: the whole chain, what it repeats and what it does not, and what it refuses."""

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml
from PIL import Image

from tests.cli.conftest import Run
from tests.conftest import ROOT
from tests.pipeline.labels.label_sets import tree

STREET = ROOT / "examples" / "street"
EXAMPLE = ["--clear", STREET / "trainA", "--rainy", STREET / "trainB", "--labels", STREET / "coco_test.json"]
STAGES = ["segment", "train", "augment", "report"]


@dataclass(frozen=True)
class Small:
    """Few small pictures, and settings for a training of seconds."""

    folder: Path

    @property
    def options(self) -> list[object]:
        """Without label maps, which take longest."""
        quick = ["optim.epochs=1", "optim.decay_epochs=1", "optim.batch_size=1", "data.width=64", "data.crop=32"]
        quick += ["model.ngf=4", "model.ndf=4", "model.projection=8", "loss.patches=16", "loss.weighting=hard"]
        sets = [part for setting in quick for part in ("--set", setting)]
        places = {"--clear": "sun", "--rainy": "rain", "--labels": "coco.json"}
        named = [part for name, place in places.items() for part in (name, self.folder / place)]
        return [*named, "--preset", "tiny", *sets, "--workers", "0"]


@pytest.fixture
def small(tmp_path: Path) -> Small:
    """Four clear and four rainy pictures, and two of the first as a data set."""
    folder = tmp_path / "data"
    for name, source in (("sun", "trainA"), ("rain", "trainB")):
        for index, file in enumerate(sorted((STREET / source).iterdir())[:4]):
            (folder / name).mkdir(parents=True, exist_ok=True)
            with Image.open(file) as picture:
                picture.resize((96, 54)).save(folder / name / f"{index}.png")
    for index in range(3):
        shutil.copy(folder / "sun" / f"{index}.png", folder / f"{index}.png")
    images = [{"id": index, "file_name": f"{index}.png", "width": 96, "height": 54} for index in range(3)]
    boxes = [{"id": index, "image_id": index, "category_id": 1, "bbox": [8, 8, 40, 30]} for index in range(3)]
    content = {"images": images, "annotations": boxes, "categories": [{"id": 1, "name": "car"}]}
    (folder / "coco.json").write_text(json.dumps(content))
    return Small(folder)


def made(out: Path) -> dict[str, bytes]:
    """What a chain has made: all but times, locks and what training keeps to continue."""
    kept = ("dataset/trainS/", "dataset/trainT/", "augmented/", "training/generator.safetensors", "report.html")
    skip = ("run.json", "report.html", "lock")
    return {
        name: content
        for name, content in tree(out).items()
        if name.startswith(kept) and ".tpsence/" not in name and not name.endswith(skip)
    }


def test_the_whole_chain_on_the_example_data_set(tpsence: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    short = ["--set", "optim.epochs=1", "--set", "optim.decay_epochs=1"]
    command = ["run", *EXAMPLE, "--out", out, "--preset", "tiny", *short]
    ran = tpsence(*command, "--json")
    assert ran.code == 0, ran.err
    assert ran.json["ran"] == STAGES
    for number, stage in enumerate(STAGES, 1):
        assert f"stage {number} of 4, {stage}: has not run yet" in ran.err
    assert len(list((out / "dataset" / "trainS").glob("*.png"))) == 16
    labels = json.loads((out / "augmented" / "coco_test.json").read_bytes())
    assert labels == json.loads((STREET / "coco_test.json").read_bytes())
    assert len(list((out / "augmented" / "testA").glob("*.jpg"))) == 6
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "8 steps" in page
    assert "32 label maps by road-lite" in page
    record = json.loads((out / "run.json").read_bytes())
    assert record["weights"] == {
        "segmentation": record["stages"]["segment"]["summary"]["weights_sha256"],
        "generator": record["stages"]["augment"]["inputs"]["generator"],
    }
    assert {"tpsence", "torch", "onedl-mmsegmentation"} <= record["versions"].keys()
    assert all(record["data"].values())
    assert record["seeds"] == {"training": 0, "share": 0}
    assert all(record["stages"][stage]["seconds"] > 0 for stage in STAGES)

    before = tree(out)
    again = tpsence(*command)
    assert again.code == 0
    assert "nothing to do: all 4 stages are done and nothing has changed" in again.err
    assert tree(out) == before


def ran_stages(tpsence: Run, small: Small, out: Path, *more: object) -> list[str]:
    """Run the chain and return the stages that have run."""
    ran = tpsence("run", *small.options, "--out", out, "--json", "--quiet", *more)
    assert ran.code == 0, ran.err
    stages: list[str] = ran.json["ran"]
    return stages


def test_only_what_has_changed_runs_again(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert ran_stages(tpsence, small, out) == STAGES[1:]  # the weighting hard needs no label maps
    assert json.loads((out / "run.json").read_bytes())["stages"]["segment"]["state"] == "not needed"
    assert ran_stages(tpsence, small, out) == []
    os.utime(small.folder / "sun" / "0.png", (1, 1))  # times do not count
    assert ran_stages(tpsence, small, out) == []
    assert ran_stages(tpsence, small, out, "--strength", "0.5") == STAGES[2:]
    generator = (out / "training" / "generator.safetensors").read_bytes()
    with Image.open(small.folder / "0.png") as picture:
        picture.transpose(Image.Transpose.FLIP_LEFT_RIGHT).save(small.folder / "0.png")
    assert ran_stages(tpsence, small, out, "--strength", "0.5") == STAGES[2:]
    shutil.copy(small.folder / "rain" / "0.png", small.folder / "rain" / "9.png")
    assert ran_stages(tpsence, small, out, "--strength", "0.5") == STAGES[1:]
    assert (out / "training-1" / "generator.safetensors").read_bytes() == generator
    assert (out / "training" / "generator.safetensors").read_bytes() != generator


def picture(folder: Path, name: str) -> None:
    """Put another picture in the place of one; not into its file, which may be linked to from the output."""
    (folder / name).unlink(missing_ok=True)
    with Image.open(STREET / "testA" / "street_0001.jpg") as opened:
        opened.resize((96, 54)).transpose(Image.Transpose.ROTATE_180).save(folder / name)


def counts(out: Path, stage: str) -> tuple[int, int]:
    """What a stage has made, and what was there already."""
    summary = json.loads((out / "run.json").read_bytes())["stages"][stage]["summary"]
    parts = summary.get("folders", [summary])
    made = sum(part.get("made", part.get("translated", 0)) for part in parts)
    return made, sum(part["reused"] for part in parts)


def test_of_changed_pictures_only_these_are_done_again(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out, anew = tmp_path / "out", tmp_path / "anew"
    options = ["--set", "loss.weighting=semantic", "--gate", "flag", "--pairs"]
    assert ran_stages(tpsence, small, out, *options) == STAGES
    assert (counts(out, "segment"), counts(out, "augment")) == ((8, 0), (3, 0))
    picture(small.folder, "1.png")
    assert ran_stages(tpsence, small, out, *options) == STAGES[2:]
    assert counts(out, "augment") == (1, 2)
    picture(small.folder / "sun", "2.png")
    (small.folder / "sun" / "3.png").unlink()
    (small.folder / "rain" / "1.png").rename(small.folder / "rain" / "5.png")
    assert ran_stages(tpsence, small, out, *options) == STAGES
    assert counts(out, "segment") == (2, 5)
    assert ran_stages(tpsence, small, anew, *options) == STAGES
    assert made(out) == made(anew)


def test_of_a_changed_picture_all_copies_are_done_again(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out, anew = tmp_path / "out", tmp_path / "anew"
    options = ["--copies", "2", "--strength", "0.5..1", "--gate", "flag"]
    ran_stages(tpsence, small, out, *options)
    assert counts(out, "augment") == (6, 0)
    picture(small.folder, "1.png")
    assert ran_stages(tpsence, small, out, *options) == STAGES[2:]
    assert counts(out, "augment") == (2, 4)
    (out / "augmented" / "variants.csv").unlink()
    assert ran_stages(tpsence, small, out, *options)[:1] == ["augment"]
    ran_stages(tpsence, small, anew, *options)
    assert "augmented/variants.csv" in made(out)
    expected = {name: content.replace(bytes(anew), bytes(out)) for name, content in made(anew).items()}
    assert made(out) == expected  # the table names the generator by its path


def test_where_more_than_pictures_has_changed_all_is_done_again(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--set", "loss.weighting=semantic"]
    assert ran_stages(tpsence, small, out, *options) == STAGES
    before = made(out)
    (out / "dataset" / "trainS" / "0.png").write_bytes((out / "dataset" / "trainS" / "1.png").read_bytes())
    (out / "augmented" / "0.png").write_bytes((out / "augmented" / "1.png").read_bytes())
    for folder, name in ((small.folder, "1.png"), (small.folder / "sun", "2.png")):
        good = (folder / name).read_bytes()
        picture(folder, name)
        ran_stages(tpsence, small, out, *options)
        (folder / name).write_bytes(good)
    ran_stages(tpsence, small, out, *options)
    assert made(out) == before


def test_label_maps_that_are_not_needed_for_a_while_are_not_taken_for_those_of_other_pictures(
    tpsence: Run, small: Small, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ["--set", "loss.weighting=semantic"]
    assert ran_stages(tpsence, small, out, *options) == STAGES
    maps = made(out)
    assert ran_stages(tpsence, small, out) == STAGES[1:]
    assert json.loads((out / "run.json").read_bytes())["stages"]["segment"]["state"] == "not needed"
    assert "segment" not in ran_stages(tpsence, small, out, *options)
    assert json.loads((out / "run.json").read_bytes())["stages"]["segment"]["state"] == "done"
    assert made(out) == maps
    ran_stages(tpsence, small, out)
    picture(small.folder / "sun", "0.png")
    assert ran_stages(tpsence, small, out, *options) == STAGES
    assert made(out)["dataset/trainS/0.png"] != maps["dataset/trainS/0.png"]


def test_from_runs_a_stage_and_those_after_it_anew(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran_stages(tpsence, small, out)
    before = made(out)
    assert ran_stages(tpsence, small, out, "--from", "augment") == STAGES[2:]
    assert not (out / "training-1").exists()
    assert ran_stages(tpsence, small, out, "--from", "train") == STAGES[1:]
    assert made(out) == before


def test_what_is_gone_or_changed_is_made_again(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran_stages(tpsence, small, out)
    before = made(out)
    (out / "augmented" / "1.png").unlink()
    assert ran_stages(tpsence, small, out)[:1] == ["augment"]
    (out / "augmented" / "2.png").write_bytes(b"changed")
    assert ran_stages(tpsence, small, out)[:1] == ["augment"]
    (out / "training" / "generator.safetensors").write_bytes(b"changed")
    assert ran_stages(tpsence, small, out) == ["train"]  # its checkpoints make it good
    assert not (out / "training-1").exists()
    for name in ("report.html", "boxes.csv"):
        (out / name).unlink()
        assert ran_stages(tpsence, small, out) == ["report"]
        assert (out / name).is_file()
    assert made(out) == before


def test_what_is_not_the_chains_own_stays_and_hinders_nothing(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--set", "loss.weighting=semantic"]
    ran_stages(tpsence, small, out, *options)
    foreign = [out / "augmented" / "x.cache", out / "augmented" / "deep" / "y", out / "dataset" / "trainS" / "note.txt"]
    for file in foreign:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"mine")
    assert ran_stages(tpsence, small, out, *options, "--strength", "0.5", "--from", "augment") == STAGES[2:]
    assert len(list((out / "augmented").glob("*.png"))) == 3
    ran_stages(tpsence, small, out, *options, "--from", "segment")
    assert [file.read_bytes() for file in foreign] == [b"mine"] * 3


@pytest.mark.parametrize("lost", [".tpsence", "run.json"])
@pytest.mark.parametrize("options", [[], ["--strength", "0.5"]])
def test_records_that_are_lost_are_made_good(
    tpsence: Run, small: Small, tmp_path: Path, lost: str, options: list[object]
) -> None:
    out, anew = tmp_path / "out", tmp_path / "anew"
    ran_stages(tpsence, small, out)
    ran_stages(tpsence, small, anew, *options)
    place = out / "augmented" / lost
    shutil.rmtree(place) if place.is_dir() else place.unlink()
    shutil.copy(out / "augmented" / "0.png", out / "augmented" / "1.png")  # and something changed besides
    assert ran_stages(tpsence, small, out, *options)[0] == "augment"
    assert made(out) == made(anew)
    assert ran_stages(tpsence, small, out, *options) == []


def test_settings_without_effect_and_names_of_folders_cost_no_training(
    tpsence: Run, small: Small, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran_stages(tpsence, small, out)
    assert ran_stages(tpsence, small, out, "--set", "run.save_every=7", "--set", "run.grid_every=9") == []
    (small.folder / "sun").rename(small.folder / "sonne")
    assert ran_stages(tpsence, small, out, "--clear", small.folder / "sonne") == []


@pytest.mark.parametrize("key", ["preset", "model"])
def test_a_dry_run_executes_nothing_of_the_users_and_says_so(
    tpsence: Run, small: Small, tmp_path: Path, key: str
) -> None:
    mine, ran_file = tmp_path / "mine.py", tmp_path / "executed"
    mine.write_text(f"open({str(ran_file)!r}, 'w')\n")
    chain: dict[str, Any] = {"clear": "data/sun", "rainy": "data/rain", "labels": "data/coco.json", "out": "out"}
    if key == "preset":
        chain["preset"] = "mine.py"
    else:
        (tmp_path / "w.pth").write_bytes(b"any")
        chain |= {"preset": "tiny", "segment": {"model": "mine.py", "weights": "w.pth"}}
    (tmp_path / "chain.yaml").write_text(yaml.safe_dump(chain))
    ran = tpsence("run", tmp_path / "chain.yaml", "--dry-run", "--json")
    assert (ran.code, ran.json["not_run"]) == (0, [str(mine)]), ran.err
    assert f"{mine}: not read, because a .py file is a program and a dry run runs none" in ran.err
    assert bool(ran.json["stages"]) == (key == "model")
    assert not ran_file.exists()
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("preset", ["tiny", "mine.py"])
@pytest.mark.parametrize("folder", ["sun", "rain"])
def test_a_picture_to_train_on_that_cannot_be_decoded_is_named_before_any_work(
    tpsence: Run, small: Small, tmp_path: Path, folder: str, preset: str
) -> None:
    bad = small.folder / folder / "1.png"
    bad.write_bytes(bad.read_bytes()[:-600])
    given = str(tmp_path / preset) if preset.endswith(".py") else preset
    command = ["run", *small.options, "--preset", given, "--out", tmp_path / "out", "--set", "loss.weighting=semantic"]
    for more in (["--dry-run"], ["--dry-run", "--json"], *([[]] if preset == "tiny" else [])):
        ran = tpsence(*command, *more)
        assert ran.code == 2, ran.err
        error, hint = ran.err.splitlines()[-2:]
        assert error.startswith(f"error: 1 of 8 files cannot be used: {bad} (")
        assert hint == "hint: Mend or remove these files."
    assert not (tmp_path / "out/dataset/trainS").exists()


def test_a_dry_run_says_what_would_run_and_writes_nothing(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["run", *small.options, "--out", out]
    ran = tpsence(*command, "--dry-run", "--json")
    assert ran.code == 0
    assert [stage["runs"] for stage in ran.json["stages"]] == [False, True, True, True]
    assert not out.exists()
    ran_stages(tpsence, small, out)
    before = tree(out)
    ran = tpsence(*command, "--dry-run", "--json", "--suffix", "_rain")
    assert [stage["reason"] for stage in ran.json["stages"]] == [
        "not needed with this weighting",
        "unchanged",
        "changed: augment.suffix",
        "follows augment",
    ]
    assert [stage["runs"] for stage in tpsence(*command, "--dry-run", "--json", "--from", "report").json["stages"]] == [
        False,
        False,
        False,
        True,
    ]
    assert tree(out) == before


def test_a_config_file_and_options_together(tpsence: Run, small: Small, tmp_path: Path) -> None:
    options = dict(zip(small.options[::2], small.options[1::2], strict=True))
    assert options["--preset"] == "tiny"
    settings = [value for key, value in zip(small.options[::2], small.options[1::2], strict=True) if key == "--set"]
    content = {
        "clear": "sun",
        "rainy": "rain",
        "labels": "coco.json",
        "out": "../from_file",
        "preset": "mine.py",
        "workers": 0,
        "batch_size": "auto",
        "train": {key: yaml.safe_load(value) for key, value in (str(one).split("=") for one in settings)},
        "augment": {"strength": 0.5, "gate": "flag"},
    }
    preset = (ROOT / "configs" / "tiny.py").read_text()
    (small.folder / "mine.py").write_text(preset.replace("_base.py", str(ROOT / "configs" / "_base.py")))
    file = small.folder / "chain.yaml"
    file.write_text(yaml.safe_dump(content))
    ran = tpsence("run", file, "--json", "--quiet")
    assert ran.code == 0, ran.err
    out = tmp_path / "from_file"
    record = json.loads((out / "augmented" / "run.json").read_bytes())["settings"]
    assert (record["strength"], record["gate"]) == (0.5, "flag")
    assert tpsence("run", file, "--json", "--quiet").json["ran"] == []
    other = tmp_path / "other"
    ran = tpsence("run", file, "--out", other, "--strength", "1", "--set", "optim.epochs=2", "--json", "--quiet")
    assert ran.code == 0, ran.err
    chain = json.loads((other / "run.json").read_bytes())
    assert chain["training settings"]["optim"]["epochs"] == 2
    assert chain["training settings"]["model"]["ngf"] == 4
    assert chain["settings"]["augment"]["strength"] == 1


def test_skips_give_their_exit_code_each_time(tpsence: Run, small: Small, tmp_path: Path) -> None:
    (small.folder / "1.png").write_bytes(b"no picture")
    command = ["run", *small.options, "--out", tmp_path / "out"]
    assert tpsence(*command).code == 3
    again = tpsence(*command)
    assert again.code == 3
    assert "nothing to do" in again.err
    assert tpsence(*command, "--from", "report").code == 3
    strict = tpsence(*command, "--strict")
    assert strict.code == 1
    assert "pictures were left out before" in strict.err


def test_more_flagged_than_the_user_takes_gives_its_exit_code_each_time(
    tpsence: Run, small: Small, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    command = ["run", *small.options, "--out", out, "--strength", "0"]  # pictures that do not change are at fault
    first = tpsence(*command, "--max-flagged", "50%", "--json")
    assert first.code == 4
    assert first.json["complete"]
    assert (out / "report.html").is_file()
    again = tpsence(*command, "--max-flagged", "50%", "--json")
    assert again.code == 4
    assert again.json["ran"] == []
    assert tpsence(*command, "--max-flagged", "100%").code == 0
    assert tpsence(*command).code == 0


def test_a_stage_that_fails_is_mended_and_goes_on(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    good = (small.folder / "rain" / "3.png").read_bytes()
    (small.folder / "rain" / "3.png").write_bytes(b"no picture")
    ran = tpsence("run", *small.options, "--out", out)
    assert ran.code == 2
    assert "3.png" in ran.err
    record = json.loads((out / "run.json").read_bytes())["stages"]["train"]
    assert record["state"] == "failed"
    assert "3.png" in record["error"]
    (small.folder / "rain" / "3.png").write_bytes(good)
    assert ran_stages(tpsence, small, out) == STAGES[1:]


def test_report_on_a_chain_has_its_stages(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran_stages(tpsence, small, out)
    (out / "report.html").unlink()
    ran = tpsence("report", out)
    assert ran.code == 0
    assert "last losses" in (out / "report.html").read_text(encoding="utf-8")
    assert not (out / "augmented" / "report.html").exists()
    assert not (out / "augmented" / "boxes.csv").exists()


def test_the_report_of_a_chain_has_its_command_and_its_links_lead_below_it(
    tpsence: Run, small: Small, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran_stages(tpsence, small, out, "--set", "loss.weighting=semantic")
    page = (out / "report.html").read_text(encoding="utf-8")
    assert "tpsence run" in page
    assert "--set loss.weighting=semantic" in page
    assert 'href="./augmented/1.png"' in page
    record = json.loads((out / "run.json").read_text())
    assert record["command line"][:2] == ["tpsence", "run"]
    del record["command line"]  # of an earlier version
    (out / "run.json").write_text(json.dumps(record))
    assert tpsence("report", out).code == 0
    assert "It was not recorded." in (out / "report.html").read_text(encoding="utf-8")


Change = Callable[[Small, list[object]], list[object]]


def replaced(name: str, value: object) -> Change:
    """Change an option."""

    def change(small: Small, options: list[object]) -> list[object]:
        options[options.index(name) + 1] = small.folder / value if isinstance(value, Path) else value
        return options

    return change


REFUSED: dict[str, tuple[Change, str]] = {
    "no clear": (replaced("--clear", Path("none")), "none: no such folder"),
    "no pictures": (replaced("--rainy", Path("sun/0.png")), "no such folder"),
    "no labels": (replaced("--labels", Path("none.json")), "no such file"),
    "preset": (replaced("--preset", "none"), "unknown preset"),
    "out": (lambda small, options: [*options, "--out", small.folder / "sun" / "out"], "is inside the input"),
    "strength": (lambda _, options: [*options, "--strength", "9"], "--strength: out of range"),
    "model": (lambda _, options: [*options, "--set", "loss.weighting=semantic", "--model", "none"], "none"),
    "setting": (lambda _, options: [*options, "--set", "optim.none=1"], "optim.none"),
    "format": (lambda _, options: [*options, "--format", "none"], "--format 'none': not known"),
    "same": (replaced("--rainy", Path("sun")), "is both --clear and --rainy"),
    "init": (lambda _, options: [*options, "--set", "model.init=none.pth"], "none.pth"),
    "init in out": (
        lambda small, options: [*options, "--set", f"model.init={small.folder.parent / 'out' / 'training'}"],
        "is inside the output",
    ),
    "init of another size": (
        lambda _, options: [*options, "--set", "model.init=rain"],
        "the settings say the architecture resnet",
    ),
    "targets": (lambda _, options: [*options, "--set", "loss.paired=1"], "a chain has no targets"),
    "nothing but targets": (replaced("--preset", "light_rain_start"), "a chain has no targets"),
    "device": (lambda _, options: [*options, "--device", "none"], "--device none"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_cannot_work_is_refused_before_anything_is_written(
    tpsence: Run, small: Small, tmp_path: Path, name: str
) -> None:
    change, message = REFUSED[name]
    out = tmp_path / "out"
    ran = tpsence("run", *change(small, ["--out", out, *small.options]))
    assert ran.code == 2
    assert message in ran.err
    assert "error:" in ran.err
    assert "hint:" in ran.err
    assert not out.exists()


def test_a_package_that_the_training_needs_is_missed_before_anything_is_written(
    tpsence: Run, small: Small, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("pipeline.train.frozen_features.find_spec", lambda name: None)
    chosen = [*small.options, "--set", "model.discriminator=features", "--out", tmp_path / "out"]
    ran = tpsence("run", *chosen)
    assert (ran.code, ran.out) == (2, "")
    assert "the package timm is not installed" in ran.err
    assert "pip install 'tpsence[features]'" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_foreign_folder_and_other_runs_are_refused(tpsence: Run, small: Small, tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("mine")
    ran = tpsence("run", *small.options, "--out", tmp_path / "mine")
    assert (ran.code, (tmp_path / "mine" / "thesis.txt").read_text()) == (2, "mine")
    assert "not written by tpsence run" in ran.err
    out = tmp_path / "augment"
    assert tpsence("augment", "--images", small.folder / "sun", "--out", out, "--no-report").code == 0
    assert "holds a run of tpsence augment" in tpsence("run", *small.options, "--out", out).err
    for content in (b"{", b"[]", b'{"stages": {"train": 1}}'):
        (tmp_path / "mine" / "run.json").write_bytes(content)
        ran = tpsence("run", *small.options, "--out", tmp_path / "mine")
        assert ran.code == 2
        assert "unexpected" not in ran.err


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("clear: [", "not valid YAML"),
        ("- 1", "no mapping"),
        ("clear: a", "not given: --rainy, --out"),
        ("{clear: a, rainy: b, out: c, colour: red}", "colour: no such key"),
        ("{clear: a, rainy: b, out: c, augment: {gate: maybe}}", "augment.gate"),
        ("{clear: a, rainy: b, out: c, augment: 7}", "augment"),
        ("{clear: a, rainy: b, out: c, train: [1]}", "train"),
        ("{clear: a, rainy: b, out: c, seed: x}", "seed"),
        ("!!python/object/apply:os.system [exit 1]", "not valid YAML"),
        ("a: !!bool x", "not valid YAML"),
        ("a: !!timestamp x", "not valid YAML"),
        ("a: !!int ''", "not valid YAML"),
        ("<<: {clear: a}", "line 1: the merge key"),
        ("a: &x b\nclear: *x", "line 2: the alias"),
        ("clear: " + "[" * 10_000, "lists and mappings in each other"),
        ("clear: 59" + ":59" * 3000, "line 1: a number of 9,002 characters"),
        ("clear: 2024-13-45\nrainy: b", "not given: --out"),
        ("{clear: a, clear: b}", "the key 'clear' stands twice"),
        ('{clear: "a\\0", rainy: b, out: c}', "clear"),
        ('{clear: a, rainy: b, out: "\\ud800"}', "not valid YAML (line 1: "),
        ("{clear: a, rainy: b, out: " + "c" * 300 + "}", "name too long"),
        ("{clear: a, rainy: b, out: c, train: {optim.lr: {a: 1}}}", "train"),
        ("{clear: a, rainy: b, out: c, train: {optim.lr: [[1]]}}", "train"),
    ],
)
def test_a_config_that_cannot_be_used_is_one_line(tpsence: Run, tmp_path: Path, text: str, message: str) -> None:
    file = tmp_path / "chain.yaml"
    file.write_text(text)
    ran = tpsence("run", file)
    assert ran.code == 2
    assert message in ran.err
    assert len(ran.err.splitlines()) == 2


def start(small: Small, out: Path) -> "subprocess.Popen[bytes]":
    """Start the chain in a process group of its own."""
    command = [sys.executable, "-m", "tpsence", "run", *map(str, small.options), "--out", str(out)]
    return subprocess.Popen(
        command, cwd=ROOT, stderr=subprocess.DEVNULL, stdout=subprocess.DEVNULL, start_new_session=True
    )


def wait_for(process: "subprocess.Popen[bytes]", happened: Callable[[], bool]) -> None:
    """Wait until something has happened, or the process has ended."""
    until = time.monotonic() + 120
    while not happened() and process.poll() is None and time.monotonic() < until:
        time.sleep(0.005)


def is_running(out: Path, stage: str) -> bool:
    """Tell whether a stage has begun, by ``run.json``."""
    try:
        content: Any = json.loads((out / "run.json").read_bytes())
    except (OSError, ValueError):
        return False
    return bool(content["stages"].get(stage, {}).get("state") == "running")


def test_killed_in_any_stage_and_run_again_it_ends_the_same(tpsence: Run, small: Small, tmp_path: Path) -> None:
    whole, killed = tmp_path / "whole", tmp_path / "killed"
    maps = ["--set", "loss.weighting=semantic"]
    assert tpsence("run", *small.options, *maps, "--out", whole).code == 0
    moments: dict[str, Callable[[], bool]] = {
        "segment": lambda: any((killed / "dataset" / "trainS").glob("*.png")),
        "train": lambda: is_running(killed, "train"),
        "augment": lambda: is_running(killed, "augment"),
        "report": lambda: is_running(killed, "report"),
    }
    ended = []
    for moment in moments.values():
        process = subprocess.Popen(
            [sys.executable, "-m", "tpsence", "run", *map(str, [*small.options, *maps]), "--out", str(killed)],
            cwd=ROOT,
            stderr=subprocess.DEVNULL,
            start_new_session=True,
        )
        wait_for(process, moment)
        os.killpg(process.pid, signal.SIGKILL)
        ended.append(process.wait())
    assert ended == [-signal.SIGKILL] * 4
    assert tpsence("run", *small.options, *maps, "--out", killed).code == 0
    assert made(killed) == made(whole)
    assert json.loads((killed / "run.json").read_bytes())["finished"]


def test_ctrl_c_stops_and_the_same_command_continues(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(small, out)
    wait_for(process, lambda: is_running(out, "train"))
    process.send_signal(signal.SIGINT)
    assert process.wait(60) == 130
    stages = json.loads((out / "run.json").read_bytes())["stages"]
    assert stages["train"]["state"] in {"stopped", "done"}
    assert "augment" not in stages
    assert ran_stages(tpsence, small, out)[-2:] == STAGES[2:]


def test_two_at_once_are_refused(tpsence: Run, small: Small, tmp_path: Path) -> None:
    out = tmp_path / "out"
    process = start(small, out)
    try:
        wait_for(process, lambda: is_running(out, "train"))
        ran = tpsence("run", *small.options, "--out", out)
        assert ran.code == 2
        assert "another run is writing here" in ran.err
    finally:
        process.kill()
        process.wait()
