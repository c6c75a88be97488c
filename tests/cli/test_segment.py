"""``tpsence segment`` as a user runs it, with a tiny network of random weights."""

import hashlib
import json
import os
import shutil
import threading
from collections.abc import Callable
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from PIL import Image, ImageOps

from pipeline.classes.schemes import conversion, find_scheme
from pipeline.files.locks import lock
from pipeline.segment.mmseg.download import WeightsAddress
from pipeline.segment.mmseg.zoo import find_model
from pipeline.weights.packaged import ROAD_LITE
from tests.cli.conftest import Ran, Run
from tests.cli.train_runs import changed
from tests.conftest import ROOT, FullDisk
from tests.pipeline.segment.mmseg.tiny_model import write_tiny_model
from tpsence import similarity


@pytest.fixture(scope="module")
def model(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """A config and its weights: 19 classes, in one pass."""
    return write_tiny_model(tmp_path_factory.mktemp("model"))


@pytest.fixture
def segment(tpsence: Run, model: tuple[Path, Path]) -> Run:
    """Run segment with the tiny network."""

    def run(*arguments: object) -> Ran:
        return tpsence("segment", *arguments, "--model", model[0], "--weights", model[1], "--workers", 0)

    return run


@pytest.fixture
def data(tmp_path: Path, paint: Callable[..., Path]) -> Path:
    """A data folder with sub-folders, several formats and sizes, and test pictures."""
    root = tmp_path / "data"
    for index, name in enumerate(("trainA/a.jpg", "trainA/day/b.png", "trainA/day/ü.webp", "trainA/day/d.jpg")):
        paint(root / name, size=(96, 64) if index % 2 else (80, 64), seed=index)
    for index, name in enumerate(("trainB/r.jpg", "trainB/s.jpg", "testA/t.jpg", "testB/u.bmp")):
        paint(root / name, size=(64, 48), seed=10 + index)
    return root


def below(folder: Path, pattern: str = "*.png") -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob(pattern))


def ids_in(file: Path) -> NDArray[np.uint8]:
    with Image.open(file) as image:
        assert image.mode == "P"
        return np.asarray(image)


def all_ids(folder: Path) -> dict[str, NDArray[np.uint8]]:
    return {name: ids_in(folder / name) for name in below(folder)}


def same(first: dict[str, NDArray[np.uint8]], second: dict[str, NDArray[np.uint8]], share: float = 1.0) -> bool:
    return first.keys() == second.keys() and all(np.mean(first[name] == second[name]) >= share for name in first)


def test_a_data_folder_gets_its_maps(segment: Run, data: Path) -> None:
    ran = segment(data, "--json")
    assert ran.code == 0, ran.err
    assert below(data / "trainS") == ["a.png", "day/b.png", "day/d.png", "day/ü.png"]
    assert below(data / "trainT") == ["r.png", "s.png"]
    assert not (data / "testS").exists()
    for label_folder, picture_folder in (("trainS", "trainA"), ("trainT", "trainB")):
        for picture in below(data / picture_folder, "*.*"):
            with Image.open(data / picture_folder / picture) as before:
                size = before.size
            with Image.open((data / label_folder / picture).with_suffix(".png")) as after:
                assert (after.size, after.mode, after.format) == (size, "P", "PNG")
    assert [(folder["made"], folder["reused"]) for folder in ran.json["folders"]] == [(4, 0), (2, 0)]
    assert ran.json["complete"] is True
    everything = np.concatenate([ids.ravel() for ids in all_ids(data / "trainS").values()])
    assert len(np.unique(everything)) > 3  # else the tests here would compare nothing
    assert everything.max() < 19


def test_colours_are_those_of_the_data_set_and_stand_in_the_list_of_classes(segment: Run, data: Path) -> None:
    segment(data)
    content = json.loads((data / "trainS/classes.json").read_text())
    cityscapes = find_scheme("cityscapes")
    assert content["classes"] == list(cityscapes.classes)
    assert [tuple(colour) for colour in content["palette"]] == list(cityscapes.palette)
    assert (content["ignore"], content["scheme"]) == (255, "cityscapes")
    assert len(content["weights_sha256"]) == 64
    with Image.open(data / "trainS/a.png") as image:
        colours = np.asarray(image.convert("RGB"))
        ids = np.asarray(image)
    assert np.array_equal(colours, np.array(cityscapes.palette, dtype=np.uint8)[ids])


def test_phases(segment: Run, data: Path) -> None:
    assert segment(data, "--phases", "train,test").code == 0
    assert (below(data / "testS"), below(data / "testT")) == (["t.png"], ["u.png"])
    ran = segment(data, "--phases", "night")
    assert (ran.code, ran.out) == (2, "")
    assert "--phases 'night'" in ran.err


def test_any_folder_of_pictures(segment: Run, data: Path, tmp_path: Path) -> None:
    ran = segment("--images", data / "trainA", "--out", tmp_path / "maps")
    assert ran.code == 0
    segment(data)
    assert same(all_ids(tmp_path / "maps"), all_ids(data / "trainS"))


@pytest.mark.parametrize("workers", [0, 2])
def test_batches_and_workers_change_no_map(
    tpsence: Run, model: tuple[Path, Path], data: Path, tmp_path: Path, workers: int
) -> None:
    for size in (1, 4):
        out = tmp_path / f"by{size}"
        options = ("--batch-size", size, "--workers", workers)
        command = ("segment", "--images", data / "trainA", "--out", out, "--model", model[0], "--weights", model[1])
        assert tpsence(*command, *options).code == 0
    assert same(all_ids(tmp_path / "by1"), all_ids(tmp_path / "by4"), share=0.999)


def test_windows_are_those_of_the_config_and_whole_is_one_pass(
    tpsence: Run, data: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config, weights = write_tiny_model(tmp_path_factory.mktemp("slide"), mode="slide")
    for name, options in (("slide", ()), ("whole", ("--whole",))):
        command = ("segment", "--images", data / "trainA", "--out", tmp_path / name, "--workers", 0, *options)
        assert tpsence(*command, "--model", config, "--weights", weights).code == 0
    slide, whole = all_ids(tmp_path / "slide"), all_ids(tmp_path / "whole")
    assert slide.keys() == whole.keys()
    assert not same(slide, whole, share=0.99)


def test_scheme_maps_the_ids(
    tpsence: Run, data: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config, weights = write_tiny_model(tmp_path_factory.mktemp("ade"), classes=150)
    config.write_text(config.read_text().replace("CityscapesDataset", "ADE20KDataset"))
    for name, options in (("own", ()), ("mapped", ("--scheme", "cityscapes"))):
        command = ("segment", "--images", data / "trainA", "--out", tmp_path / name, "--workers", 0, *options)
        assert tpsence(*command, "--model", config, "--weights", weights).code == 0
    table = conversion(find_scheme("ade20k"), find_scheme("cityscapes"))
    own, mapped = all_ids(tmp_path / "own"), all_ids(tmp_path / "mapped")
    assert len({int(value) for ids in own.values() for value in np.unique(ids)}) > 3
    assert same({name: table[ids] for name, ids in own.items()}, mapped)
    classes = [json.loads((tmp_path / name / "classes.json").read_text())["classes"] for name in ("own", "mapped")]
    assert [len(names) for names in classes] == [150, 19]


def test_a_model_of_unknown_classes_keeps_them_or_is_refused(
    tpsence: Run, data: Path, tmp_path: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    config, weights = write_tiny_model(tmp_path_factory.mktemp("own"), classes=5)
    command = ("segment", "--images", data / "trainA", "--out", tmp_path / "maps", "--workers", 0)
    ran = tpsence(*command, "--model", config, "--weights", weights, "--scheme", "cityscapes")
    assert ran.code == 2
    assert "(class 0, class 1, class 2, ...) are of no known scheme" in ran.err
    assert tpsence(*command, "--model", config, "--weights", weights).code == 0
    content = json.loads((tmp_path / "maps/classes.json").read_text())
    assert (len(content["classes"]), content["scheme"]) == (5, None)


def test_an_unknown_scheme_is_refused_before_anything_is_written(segment: Run, data: Path) -> None:
    for scheme in ("citiscapes", "ade20k"):
        ran = segment(data, "--scheme", scheme)
        assert ran.code == 2
        assert len(ran.err.strip().splitlines()) == 2
        assert not (data / "trainS").exists()


def test_run_again_it_makes_what_is_missing_alone(segment: Run, data: Path) -> None:
    segment(data)
    (data / "trainS/day/b.png").unlink()
    before = {name: (data / "trainS" / name).stat().st_mtime_ns for name in below(data / "trainS")}
    ran = segment(data, "--json")
    assert (ran.code, [folder["made"] for folder in ran.json["folders"]]) == (0, [1, 0])
    assert all((data / "trainS" / name).stat().st_mtime_ns == time for name, time in before.items())


def test_the_map_of_a_picture_that_has_changed_is_made_again_and_no_other(
    segment: Run, data: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    segment(data)
    before = {name: (data / "trainS" / name).stat().st_mtime_ns for name in below(data / "trainS")}
    paint(data / "trainA/day/b.png", size=(96, 64), seed=50)
    os.utime(data / "trainA/a.jpg")
    dry = segment(data, "--dry-run", "--json").json
    assert (dry["to_make"], dry["there"]) == (1, 5)
    assert [(one["made"], one["reused"]) for one in segment(data, "--json").json["folders"]] == [(1, 3), (0, 2)]
    now = {name: (data / "trainS" / name).stat().st_mtime_ns for name in before}
    assert [name for name in before if before[name] != now[name]] == ["day/b.png"]
    assert segment("--images", data / "trainA", "--out", tmp_path / "anew").code == 0
    assert same(all_ids(data / "trainS"), all_ids(tmp_path / "anew"))


def test_other_settings_are_refused_unless_overwritten(segment: Run, data: Path) -> None:
    segment(data)
    ran = segment(data, "--whole")
    assert ran.code == 2
    assert "whole: False there, True now" in ran.err
    assert "Move that folder away, or start anew with --overwrite." in ran.err
    assert segment(data, "--whole", "--overwrite").code == 0


def test_overwrite_touches_nothing_where_one_folder_cannot_be_had(segment: Run, data: Path) -> None:
    segment(data)
    before = all_ids(data / "trainS")
    with lock(data / "trainT/.tpsence/lock", data / "trainT"):
        ran = segment(data, "--overwrite")
    assert ran.code == 2
    assert "another run is writing here" in ran.err
    assert same(all_ids(data / "trainS"), before)
    assert segment(data, "--json").json["folders"][0]["reused"] == 4


@pytest.mark.parametrize("options", [(), ("--overwrite",)])
def test_runs_of_other_commands_are_left_alone(
    segment: Run, tpsence: Run, data: Path, tiny_weights: Path, tmp_path: Path, options: tuple[str, ...]
) -> None:
    out = tmp_path / "out"
    augment = ("augment", "--images", data / "trainA", "--weights", tiny_weights, "--out", out, "--width", 48)
    assert tpsence(*augment).code == 0
    before = below(out, "*.*")
    ran = segment("--images", data / "trainA", "--out", out, *options)
    assert (ran.code, below(out, "*.*")) == (2, before)
    assert "holds a run of tpsence augment" in ran.err
    assert segment(data).code == 0
    ran = tpsence(*augment[:-4], "--out", data / "trainS", "--width", 48, *options)
    assert ran.code == 2
    assert "holds a run of tpsence segment" in ran.err


def test_a_data_set_may_be_moved_and_paths_written_otherwise(
    segment: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment(data)
    segment("--images", data / "testA", "--out", tmp_path / "maps")
    data.rename(tmp_path / "moved")
    (tmp_path / "data").symlink_to(tmp_path / "moved")
    monkeypatch.chdir(tmp_path)
    for arguments in (("moved",), ("--images", "data/testA", "--out", "maps")):
        ran = segment(*arguments, "--json")
        assert (ran.code, {folder["made"] for folder in ran.json["folders"]}) == (0, {0}), ran.err


def test_the_map_of_a_picture_that_is_gone_goes_too(segment: Run, tpsence: Run, data: Path, tmp_path: Path) -> None:
    segment(data)
    (data / "trainA/a.jpg").unlink()
    assert segment(data).code == 0
    assert below(data / "trainS") == ["day/b.png", "day/d.png", "day/ü.png"]
    settings = ("--dry-run", "--set", "loss.weighting=semantic", "--set", "optim.batch_size=1")
    assert tpsence("train", "tiny", "--data", data, "--out", tmp_path / "run", *settings).code == 0


def test_a_folder_of_maps_that_is_one_of_pictures_is_refused(segment: Run, data: Path) -> None:
    (data / "trainS").symlink_to(data / "trainA/day")
    ran = segment(data)
    assert ran.code == 2
    assert "is inside the input" in ran.err
    assert "hint: It is reached through a link" in ran.err
    assert below(data / "trainA", "*.*") == ["a.jpg", "day/b.png", "day/d.jpg", "day/ü.webp"]


def test_maps_of_someone_else_are_left_alone(segment: Run, data: Path) -> None:
    (data / "trainT").mkdir()
    (data / "trainT/r.png").write_bytes(b"mine")
    for options in ((), ("--overwrite",)):
        ran = segment(data, *options)
        assert (ran.code, ran.out) == (2, "")
        assert "trainT: not empty" in ran.err
    assert (data / "trainT/r.png").read_bytes() == b"mine"
    assert not (data / "trainS").exists()


def test_a_bad_picture_is_skipped_with_its_reason(segment: Run, tpsence: Run, data: Path) -> None:
    (data / "trainA/cut.jpg").write_bytes((data / "trainA/a.jpg").read_bytes()[:300])
    (data / "trainA/x.gif").write_bytes(b"GIF89a")
    (data / "trainB/long.png").write_bytes(b"")
    Image.new("RGB", (100, 2)).save(data / "trainB/long.png")
    ran = segment(data, "--json")
    assert ran.code == 3
    lines = [json.loads(line) for line in (data / "trainS/skipped.jsonl").read_text().splitlines()]
    assert [(line["file"], line["reason"]) for line in lines] == [
        ("trainA/cut.jpg", "truncated"),
        ("trainA/x.gif", "unsupported format"),
    ]
    assert [folder["skipped"] for folder in ran.json["folders"]] == [
        {"truncated": 1, "unsupported format": 1},
        {"wrong size": 1},
    ]
    assert below(data / "trainS") == ["a.png", "day/b.png", "day/d.png", "day/ü.png"]
    assert "tpsence train wants a map for every picture" in ran.err
    train = tpsence("train", "tiny", "--data", data, "--out", data / "run", "--set", "loss.weighting=semantic")
    assert train.code == 2
    assert "pictures without a label map (2): trainA/cut.jpg, " in train.err
    assert "hint: Some may be listed in trainS/skipped.jsonl and trainT/skipped.jsonl: mend or remove" in train.err
    ran = segment(data, "--strict")
    assert ran.code == 1
    assert "trainA/cut.jpg: truncated" in ran.err


def test_a_turned_picture_gets_an_upright_map(segment: Run, tmp_path: Path) -> None:
    image = Image.fromarray(np.random.default_rng(0).integers(0, 256, (64, 96, 3), dtype=np.uint8))
    exif = Image.Exif()
    exif[0x0112] = 6
    (tmp_path / "in").mkdir()
    image.save(tmp_path / "in/turned.jpg", exif=exif)
    (tmp_path / "upright").mkdir()
    with Image.open(tmp_path / "in/turned.jpg") as turned:
        ImageOps.exif_transpose(turned).save(tmp_path / "upright/turned.png")
    for name in ("in", "upright"):
        assert segment("--images", tmp_path / name, "--out", tmp_path / f"{name}_maps").code == 0
    assert ids_in(tmp_path / "in_maps/turned.png").shape == (96, 64)
    assert same(all_ids(tmp_path / "in_maps"), all_ids(tmp_path / "upright_maps"))


def test_two_pictures_of_one_stem_are_refused(segment: Run, data: Path, paint: Callable[..., Path]) -> None:
    paint(data / "trainA/a.png")
    ran = segment(data)
    assert ran.code == 2
    assert "would both become a.png" in ran.err
    assert not (data / "trainS").exists()


def test_dry_run_refuses_what_the_run_refuses(tpsence: Run, data: Path) -> None:
    command = ("segment", data, "--model", "road-lite", "--workers", 0)
    assert tpsence(*command).code == 0
    for options in (("--whole",), ("--scheme", "ade20k"), ("--scheme", "nope"), ("--device", "cuda:99")):
        dry, real = tpsence(*command, *options, "--dry-run"), tpsence(*command, *options)
        assert (dry.code, dry.err) == (real.code, real.err)
        assert dry.code == 2
    Image.new("RGB", (100, 2)).save(data / "trainB/long.png")
    assert tpsence(*command, "--dry-run", "--json").json["skipped"] == {"wrong size": 1}


@pytest.mark.parametrize("options", [("--scheme", "nope"), ("--scheme", "camvid"), ("--device", "cuda:99")])
def test_what_needs_no_weights_is_refused_before_they_are_fetched(
    tpsence: Run, data: Path, monkeypatch: pytest.MonkeyPatch, options: tuple[str, ...]
) -> None:
    monkeypatch.setattr("pipeline.segment.mmseg.choice.fetch", lambda *_: pytest.fail("fetched"))
    ran = tpsence("segment", data, "--model", "convnext-xl", *options)
    assert ran.code == 2, ran.err
    assert options[1] in ran.err or "CamVid" in ran.err


def test_a_full_disk_is_one_line_at_the_start_too(segment: Run, data: Path, full_disk: FullDisk) -> None:
    with full_disk():
        ran = segment(data)
    assert ran.code == 1
    assert f"error: {data}/trainS: No space left on device" in ran.err
    assert segment(data).code == 0


def test_a_network_that_fails_is_one_line(
    tpsence: Run, data: Path, tmp_path: Path, model: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_: object) -> None:
        raise AttributeError("no such thing")

    monkeypatch.setattr("mmseg.models.segmentors.EncoderDecoder.inference", fail)
    command = ("segment", "--images", data / "testA", "--out", tmp_path / "maps", "--workers", 0)
    ran = tpsence(*command, "--model", model[0], "--weights", model[1])
    assert ran.code == 1
    assert "error: tiny.py: the network fails on 64x48: no such thing" in ran.err


def test_dry_run_counts_and_writes_nothing(tpsence: Run, data: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("TPSENCE_CACHE", str(data / "cache"))
    before = below(data, "*")
    ran = tpsence("segment", data, "--model", "convnext-tiny", "--dry-run", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["to_make"], ran.json["there"], ran.json["weights_there"]) == (6, 0, False)
    assert ran.json["address"].startswith("https://")
    assert "to be fetched from https://" in ran.err
    assert below(data, "*") == before


def test_a_dry_run_does_not_run_a_config_of_the_users_own_and_says_so(tpsence: Run, data: Path, tmp_path: Path) -> None:
    mine, ran_file = tmp_path / "mine.py", tmp_path / "executed"
    mine.write_text(f"open({str(ran_file)!r}, 'w')\n")
    (tmp_path / "w.pth").write_bytes(b"any")
    ran = tpsence("segment", data, "--model", mine, "--weights", tmp_path / "w.pth", "--dry-run", "--json")
    assert (ran.code, ran.json["to_make"], ran.json["not_run"]) == (0, 6, [str(mine)]), ran.err
    assert f"{mine}: not read, because a .py file is a program and a dry run runs none" in ran.err
    assert not ran_file.exists()


def test_without_a_network_the_message_says_what_to_put_where(
    tpsence: Run, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_network(*_: object, **__: object) -> None:
        raise OSError(101, "Network is unreachable")

    monkeypatch.setenv("TPSENCE_CACHE", str(tmp_path / "cache"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr("socket.getaddrinfo", no_network)
    monkeypatch.setattr("socket.create_connection", no_network)
    ran = tpsence("segment", data, "--model", "convnext-xl")
    assert ran.code == 1
    assert ran.out == ""
    message, hint = ran.err.strip().splitlines()
    assert "https://" in message
    assert "upernet_convnext_xlarge" in message
    assert str(tmp_path / "cache/weights/upernet_convnext_xlarge") in hint
    assert "--weights" in hint
    assert not (data / "trainS").exists()


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        ((), "not given: DATAROOT, or --images and --out"),
        (("--images", "x"), "not given: DATAROOT, or --out"),
        (("x", "--images", "y"), "DATAROOT goes without"),
        (("--images", "x", "--out", "y", "--phases", "test"), "--phases goes with DATAROOT"),
        (("--images", "x", "--out", "y", "--ground-truth-format", "camvid"), "--ground-truth-format goes with"),
        (("--images", "x", "--out", "y", "--ground-truth", "z", "--whole"), "--ground-truth goes without --whole"),
        (("--images", "x", "--out", "y", "--ground-truth", "z", "--workers", "2"), "goes without --workers"),
        (
            ("--images", "x", "--out", "y", "--ground-truth", "z", "--engine", "ray", "--gpus-per-worker", "1"),
            "goes without --gpus-per-worker",
        ),
        (("nowhere",), "nowhere/trainA: no such folder"),
        (("--images", "p.txt", "--out", "maps"), "p.txt: not a folder"),
        (("--images", "in", "--out", "maps", "--model", ""), "--model ''"),
        (("--list-models", "--whole"), "--list-models goes alone"),
        (("--images", "in", "--out", "maps", "--model", "none.py"), "none.py: no such file"),
        (("--images", "in", "--out", "maps", "--model", "convnet-xl"), "--model 'convnet-xl'"),
        (("--images", "in", "--out", "maps", "--weights", "none.pth"), "none.pth: no such file"),
        (("--images", "in", "--out", "maps", "--batch-size", "0"), "--batch-size: out of range"),
        (("--images", "in", "--out", "maps", "--max-pixels", "0"), "--max-pixels: out of range"),
        (("--images", "in", "--out", "p.png"), "p.png: is a file"),
        (("--images", "in", "--out", "in/maps"), "is inside the input"),
    ],
)
def test_bad_usage_is_one_line_and_a_hint(
    tpsence: Run,
    paint: Callable[..., Path],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    arguments: tuple[str, ...],
    said: str,
) -> None:
    paint(tmp_path / "in/p.png")
    paint(tmp_path / "p.png")
    (tmp_path / "p.txt").write_text("not a picture")
    monkeypatch.chdir(tmp_path)
    before = below(tmp_path, "*")
    ran = tpsence("segment", *arguments)
    assert (ran.code, ran.out) == (2, "")
    lines = ran.err.strip().splitlines()
    assert [line.split(":")[0] for line in lines] == ["error", "hint"]
    assert said in lines[0]
    assert below(tmp_path, "*") == before


def test_weights_that_do_not_fit_or_hold_code_are_refused(tpsence: Run, data: Path, model: tuple[Path, Path]) -> None:
    class Poison:
        def __reduce__(self) -> tuple[object, tuple[str]]:
            return os.system, (f"touch {data}/poisoned",)

    torch.save({"state_dict": {"a": Poison()}}, data / "poison.pth")
    torch.save({"state_dict": {"a": torch.zeros(1)}}, data / "other.pth")
    for name, said in (("poison.pth", "nothing of it was executed"), ("other.pth", "other.pth")):
        ran = tpsence("segment", data, "--model", model[0], "--weights", data / name)
        assert ran.code == 2
        assert said in ran.err
        assert len(ran.err.strip().splitlines()) == 2
    assert not (data / "poisoned").exists()
    assert not (data / "trainS").exists()


def test_list_of_models(tpsence: Run) -> None:
    ran = tpsence("segment", "--list-models", "--json")
    names = [model["name"] for model in ran.json["models"]]
    assert ran.json["default"] == "road-lite"
    assert names == [
        "road-lite",
        *("convnext-tiny", "convnext-small", "convnext-base", "convnext-large", "convnext-xl"),
        *("convnext-base-bdd100k", "segformer-b5-cityscapes", "pidnet-l-cityscapes"),
    ]
    table = tpsence("segment", "--list-models")
    assert table.code == 0
    assert len(table.out.splitlines()) == 1 + len(names)
    assert "road-lite (default)" in table.out
    head, first, *_ = table.out.splitlines()
    assert head.split() == ["name", "data", "classes", "mIoU", "parameters", "weights", "licence"]
    assert first.split()[:6] == ["road-lite", "(default)", "CamVid", "11", "62.83", "1.4"]
    assert {line[head.index("licence") - 1] for line in table.out.splitlines()} == {" "}
    assert all(line == line.rstrip() for line in table.out.splitlines())


@pytest.fixture
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty cache, without a network."""
    monkeypatch.setenv("TPSENCE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_without_weights_at_hand_the_packaged_network_makes_the_maps_and_says_so(
    tpsence: Run, data: Path, cache: Path
) -> None:
    ran = tpsence("segment", data, "--workers", 0)
    assert ran.code == 0, ran.err
    said = ran.err.splitlines()
    assert said[0] == "no weights of convnext-xl are at hand: road-lite, which comes with tpsence"
    assert said[1] == f"road-lite: {ROAD_LITE.terms}"
    assert ran.err.count(ROAD_LITE.terms) == 1
    assert not cache.exists()
    content = json.loads((data / "trainS/classes.json").read_text())
    assert (content["model"], content["scheme"]) == ("road-lite", "camvid")
    assert content["weights_sha256"] == ROAD_LITE.sha256
    assert below(data / "trainS") == ["a.png", "day/b.png", "day/d.png", "day/ü.png"]


def test_the_packaged_network_by_name_needs_no_excuse(tpsence: Run, data: Path, cache: Path) -> None:
    ran = tpsence("segment", data, "--model", "road-lite", "--scheme", "cityscapes", "--workers", 0)
    assert ran.code == 0, ran.err
    assert "at hand" not in ran.err
    assert f"road-lite: {ROAD_LITE.terms}" in ran.err
    assert json.loads((data / "trainT/classes.json").read_text())["scheme"] == "cityscapes"


def test_quiet_says_nothing_of_terms(tpsence: Run, data: Path, cache: Path) -> None:
    assert tpsence("segment", data, "--quiet", "--workers", 0).err == ""


def test_weights_of_the_paper_in_the_cache_are_the_default(tpsence: Run, data: Path, cache: Path) -> None:
    published = find_model("convnext-xl").weights
    assert isinstance(published, WeightsAddress)
    place = cache / "weights" / published.file_name
    place.parent.mkdir(parents=True)
    place.write_bytes(b"no weights")
    assert tpsence("segment", "--list-models", "--json").json["default"] == "convnext-xl"
    ran = tpsence("segment", data)
    assert ran.code == 1
    assert f"{published.file_name}: damaged" in ran.err


def test_nothing_of_openmmlab_is_said(segment: Run, data: Path) -> None:
    ran = segment(data)
    assert ran.out == ""
    lines = ran.err.strip().splitlines()
    assert len(lines) == 3, ran.err
    assert lines[0].startswith("6 pictures; ")
    assert lines[1].startswith("6 maps made in ")
    assert lines[2] == f"output: {data}/trainS, {data}/trainT"
    quiet = segment(data, "--quiet")
    assert (quiet.code, quiet.out, quiet.err) == (0, "", "")


def test_ground_truth_is_converted(tpsence: Run, tmp_path: Path, paint: Callable[..., Path]) -> None:
    name = "aachen/aachen_000000_000019"
    paint(tmp_path / "left" / f"{name}_leftImg8bit.png", size=(3, 2))
    (tmp_path / "gt/aachen").mkdir(parents=True)
    label_ids = np.array([[7, 8, 11], [26, 3, 33]], np.uint8)
    Image.fromarray(label_ids).save(tmp_path / "gt" / f"{name}_gtFine_labelIds.png")
    paint(tmp_path / "left/aachen/none_leftImg8bit.png", size=(3, 2))
    out = tmp_path / "trainS"
    command = ("segment", "--ground-truth", tmp_path / "gt", "--images", tmp_path / "left", "--out", out)
    dry = tpsence(*command, "--dry-run", "--json")
    assert (dry.code, dry.json["to_make"], dry.json["weights"]) == (3, 1, None)
    assert dry.json["skipped"] == {"missing": 1}
    assert not out.exists()
    ran = tpsence(*command, "--scheme", "cityscapes", "--json")
    assert ran.code == 3
    assert ids_in(out / f"{name}_leftImg8bit.png").tolist() == [[0, 1, 2], [13, 255, 18]]
    assert ran.json["folders"][0]["skipped"] == {"missing": 1}
    assert json.loads((out / "classes.json").read_text())["ground_truth_format"] == "cityscapes"
    repeated = (*command, "--scheme", "cityscapes", "--json")
    assert tpsence(*repeated).json["folders"][0]["reused"] == 1
    paint(tmp_path / "left" / f"{name}_leftImg8bit.png", size=(2, 3), seed=9)
    assert tpsence(*repeated).json["folders"][0]["skipped"] == {"missing": 1, "wrong size": 1}
    assert not (out / f"{name}_leftImg8bit.png").exists()
    paint(tmp_path / "left" / f"{name}_leftImg8bit.png", size=(3, 2), seed=9)
    assert tpsence(*repeated).json["folders"][0]["made"] == 1


def test_training_refuses_maps_of_different_classes(segment: Run, tpsence: Run, data: Path, tmp_path: Path) -> None:
    segment(data)
    content = json.loads((data / "trainT/classes.json").read_text())
    (data / "trainT/classes.json").write_text(json.dumps({**content, "classes": ["road", "rest"]}))
    ran = tpsence("train", "tiny", "--data", data, "--out", tmp_path / "run", "--set", "loss.weighting=semantic")
    assert ran.code == 2
    assert "label maps of different classes: id 1 is 'sidewalk' in trainS, 'rest' in trainT" in ran.err
    hard = ("--dry-run", "--set", "loss.weighting=hard")
    assert tpsence("train", "tiny", "--data", data, "--out", tmp_path / "run", *hard).code == 0


def test_weights_come_from_the_network_once(
    tpsence: Run, data: Path, tmp_path: Path, model: tuple[Path, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    digest = hashlib.sha256(model[1].read_bytes()).hexdigest()
    name = f"tiny-{digest[:8]}.pth"
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            content = model[1].read_bytes()
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            pass

    monkeypatch.setenv("TPSENCE_CACHE", str(tmp_path / "cache"))
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}).start()
        address = WeightsAddress(url=f"http://127.0.0.1:{server.server_port}/v0.5/{name}")
        known = replace(find_model("convnext-tiny"), config=model[0], overrides={}, weights=address)
        monkeypatch.setattr("pipeline.segment.mmseg.choice.find_model", lambda _: known)
        first = tpsence("segment", data, "--model", "convnext-tiny", "--workers", 0)
        again = tpsence(
            *("segment", "--images", data / "testA", "--out", tmp_path / "again"),
            *("--model", "convnext-tiny", "--workers", 0),
        )
        server.shutdown()
    assert (first.code, again.code) == (0, 0), first.err + again.err
    assert asked == [f"/v0.5/{name}"]
    assert [file.name for file in (tmp_path / "cache/weights").glob("*.pth")] == [name]
    assert json.loads((data / "trainS/classes.json").read_text())["weights_sha256"] == digest


@pytest.mark.parametrize(("measure", "name"), [("mpa", "mean_pixel_accuracy"), ("miou", "mean_iou")])
def test_the_example_data_set_is_segmented_and_trained_on(
    segment: Run, tpsence: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, measure: str, name: str
) -> None:
    root = tmp_path / "street"
    for folder in ("trainA", "trainB"):
        shutil.copytree(ROOT / "examples/street" / folder, root / folder)
    assert segment(root).code == 0
    similarities: list[float] = []
    measured = getattr(similarity, name)

    def spy(source: torch.Tensor, target: torch.Tensor) -> torch.Tensor:
        found: torch.Tensor = measured(source, target)
        similarities.extend(found.tolist())
        return found

    monkeypatch.setattr(f"pipeline.train.setup.{name}", spy)
    small = ("model.ngf=4", "model.ndf=4", "model.projection=8", "loss.patches=16", "data.width=96", "data.crop=64")
    run = ("optim.batch_size=2", "optim.epochs=1", "optim.decay_epochs=0", "run.grid_every=0")
    settings = changed(*small, *run, "loss.weighting=semantic", f"loss.similarity={measure}")
    ran = tpsence("train", "tiny", "--data", root, "--out", tmp_path / "run", *settings, "--workers", 0)
    assert ran.code == 0, ran.err
    assert len(similarities) == len(below(root / "trainA", "*.jpg"))
    assert all(0 <= value < 1 for value in similarities)
    assert len(set(similarities)) > 3
