"""``tpsence augment`` from end to end, on small pictures and a tiny generator."""

import hashlib
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.weights.packaged import RAIN
from tests.cli.conftest import CocoSet, Ran, Run
from tests.conftest import FullDisk

FAST = ("--width", 32, "--workers", 0, "--no-report")


def tree(folder: Path) -> dict[str, str]:
    """Hash every file below a folder."""
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def dataset(folder: Path) -> dict[str, str]:
    """The same without what differs from run to run."""
    return {
        name: digest
        for name, digest in tree(folder).items()
        if name not in {"run.json", "report.html", "boxes.csv"} and not name.startswith(".tpsence")
    }


def pixels(path: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.int16]]:
    with Image.open(path) as picture:
        return np.asarray(picture.convert("RGB")).astype(np.int16)


@pytest.fixture
def augment(tpsence: Run, coco: CocoSet, tiny_weights: Path) -> Run:
    """Run augment on the small COCO set with some more arguments."""

    def run(*more: object) -> Ran:
        return tpsence("augment", "--labels", coco.labels, "--weights", tiny_weights, *FAST, *more)

    return run


def test_whole_run(augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    before = tree(coco.folder)
    ran = augment("--out", tmp_path / "out", "--json")
    assert ran.code == 0, ran.err
    assert (ran.json["translated"], ran.json["complete"], ran.json["skipped"]) == (6, True, {})
    proved = dict(ran.json["labels"])
    source = proved.pop("source")
    assert proved == {"equal": True, "files": 1, "pictures": 6, "annotations": 10, "how": "as parsed JSON"}
    assert source == {
        **{"annotations": 10, "repeated": 0, "left_out": 0, "dropped": 0, "ownerless": 1, "files": 1},
        **{"class_lists": [], "left_behind": []},
    }
    assert "labels read back and equal to the source" in ran.err
    assert json.loads((tmp_path / "out/coco.json").read_text()) == json.loads(coco.labels.read_text())
    for name in coco.names:
        with Image.open(coco.folder / "images" / name) as source, Image.open(tmp_path / "out/images" / name) as result:
            result.load()
            assert (result.size, result.format) == (source.size, source.format)
        assert np.abs(pixels(coco.folder / "images" / name) - pixels(tmp_path / "out/images" / name)).mean() > 5
    assert tree(coco.folder) == before
    assert (tmp_path / "out/skipped.jsonl").read_text() == ""
    assert json.loads((tmp_path / "out/run.json").read_text())["settings"]["width"] == 32


def test_bad_pictures_become_skips_and_leave_the_labels(augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    (coco.folder / "images/a.jpg").unlink()
    (coco.folder / "images/b.png").write_bytes(b"\x89PNG\r\n\x1a\n junk")
    (coco.folder / "images/f.JPG").write_bytes((coco.folder / "images/f.JPG").read_bytes()[:-200])
    ran = augment("--out", tmp_path / "out", "--json")
    assert ran.code == 3
    assert ran.json["skipped"] == {"missing": 1, "unsupported format": 1, "truncated": 1}
    lines = [json.loads(line) for line in (tmp_path / "out/skipped.jsonl").read_text().splitlines()]
    assert {line["file"]: line["reason"] for line in lines} == {
        "a.jpg": "missing",
        "b.png": "unsupported format",
        "f.JPG": "truncated",
    }
    written = json.loads((tmp_path / "out/coco.json").read_text())
    assert [image["id"] for image in written["images"]] == [20, 30, 40]
    assert {one["image_id"] for one in written["annotations"]} == {20, 30, 40, 12345}
    assert sorted(tree(tmp_path / "out/images")) == ["deep/c.jpg", "deep/d.webp", "ünï.jpg"]


def test_strict_stops_at_a_bad_picture(augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    (coco.folder / "images/deep/c.jpg").unlink()
    ran = augment("--out", tmp_path / "out", "--strict")
    assert ran.code == 1
    assert "deep/c.jpg: missing" in ran.err
    assert not (tmp_path / "out/coco.json").exists()


def test_wrong_size_is_skipped_with_both_sizes(augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    content = json.loads(coco.labels.read_text())
    content["images"][0]["width"] = 99
    coco.labels.write_text(json.dumps(content))
    assert augment("--out", tmp_path / "out").code == 3
    line = json.loads((tmp_path / "out/skipped.jsonl").read_text())
    assert (line["reason"], line["detail"]) == ("wrong size", "the picture is 33x21, the label says 99x21")


def test_second_run_continues_and_makes_only_what_is_missing(augment: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert augment("--out", out).code == 0
    whole = dataset(out)
    (out / "images/a.jpg").unlink()
    (out / "coco.json").unlink()
    untouched = (out / "images/b.png").stat().st_mtime_ns
    ran = augment("--out", out, "--json")
    assert (ran.code, ran.json["translated"], ran.json["reused"]) == (0, 1, 5)
    assert dataset(out) == whole
    assert (out / "images/b.png").stat().st_mtime_ns == untouched


@pytest.mark.parametrize(
    ("option", "value", "named"),
    [
        ("--strength", 0.5, "strength: 1.0 there, 0.5 now"),
        ("--width", 64, "width: 32 there, 64 now"),
        ("--detail", "model", "detail: residual there, model now"),
        ("--suffix", "_r", "suffix"),
        ("--quality", 80, "quality"),
        ("--fraction", 0.5, "fraction"),
    ],
)
def test_other_settings_are_refused_by_name(
    augment: Run, tmp_path: Path, option: str, value: object, named: str
) -> None:
    out = tmp_path / "out"
    augment("--out", out)
    before = tree(out)
    ran = augment("--out", out, option, value)
    assert (ran.code, tree(out)) == (2, before)
    assert named in ran.err
    assert "--overwrite" in ran.err


def test_other_weights_are_refused(augment: Run, tmp_path: Path, tiny_weights: Path) -> None:
    import torch

    augment("--out", tmp_path / "out")
    state = torch.load(tiny_weights, weights_only=True)
    torch.save({key: value * (2 if "weight" in key else 1) for key, value in state.items()}, tmp_path / "other.pth")
    ran = augment("--out", tmp_path / "out", "--weights", tmp_path / "other.pth")
    assert ran.code == 2
    assert "weights_sha256" in ran.err


def test_overwrite_starts_anew_and_spares_foreign_files(augment: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    augment("--out", out)
    (out / "notes.txt").write_text("mine")
    ran = augment("--out", out, "--suffix", "_rain", "--overwrite", "--json")
    assert (ran.code, ran.json["translated"]) == (0, 6)
    assert sorted(tree(out / "images")) == sorted(
        ["a_rain.jpg", "b_rain.png", "deep/c_rain.jpg", "deep/d_rain.webp", "ünï_rain.jpg", "f_rain.JPG"]
    )
    assert (out / "notes.txt").read_text() == "mine"


def test_overwrite_refuses_a_folder_that_is_not_its_own(augment: Run, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out/thesis.txt").write_text("mine")
    ran = augment("--out", tmp_path / "out", "--overwrite")
    assert ran.code == 2
    assert "not written by tpsence" in ran.err
    assert tree(tmp_path / "out").keys() == {"thesis.txt"}


def test_suffix_renames_pictures_and_labels_alike(augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    assert augment("--out", tmp_path / "out", "--suffix", "_rain").code == 0
    written = json.loads((tmp_path / "out/coco.json").read_text())
    source = json.loads(coco.labels.read_text())
    for image, original in zip(written["images"], source["images"], strict=True):
        assert (tmp_path / "out/images" / image["file_name"]).is_file()
        assert image | {"file_name": original["file_name"]} == original
    assert written | {"images": source["images"]} == source


def test_fraction_leaves_the_rest_out(augment: Run, tmp_path: Path) -> None:
    assert augment("--out", tmp_path / "out", "--fraction", 0.5, "--seed", 3).code == 0
    names = set(tree(tmp_path / "out/images"))
    assert 0 < len(names) < 6
    written = json.loads((tmp_path / "out/coco.json").read_text())
    assert {image["file_name"] for image in written["images"]} == names


def test_keep_originals_completes_the_set(augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = augment("--out", out, "--fraction", 0.5, "--seed", 3, "--keep-originals", "--suffix", "_rain", "--json")
    assert (ran.code, ran.json["translated"] + ran.json["kept"]) == (0, 6)
    assert ran.json["kept"] > 0
    written = json.loads((out / "coco.json").read_text())
    for image, name in zip(written["images"], coco.names, strict=True):
        result, source = out / "images" / image["file_name"], coco.folder / "images" / name
        assert result.samefile(source) == (image["file_name"] == name)


def test_shards_joined_equal_the_whole(augment: Run, tpsence: Run, coco: CocoSet, tmp_path: Path) -> None:
    (coco.folder / "images/b.png").unlink()
    assert augment("--out", tmp_path / "whole").code == 3
    out = tmp_path / "parts"
    assert tpsence("augment", "--collect", "--out", out).code == 2
    shares = []
    for index in (1, 2, 3):
        ran = augment("--out", out, "--shard", f"{index}/3", "--json")
        assert ran.code in {0, 3}
        shares.append(ran.json["pictures"])
        assert not (out / "coco.json").exists()
        if index < 3:
            early = tpsence("augment", "--collect", "--out", out)
            assert early.code == 2
            assert f"{index + 1}-of-3" in early.err
    assert sum(shares) == 6
    joined = tpsence("augment", "--collect", "--out", out, "--json")
    assert joined.code == 3, joined.err
    assert joined.json["translated"] == 5
    assert dataset(out) == dataset(tmp_path / "whole")


def test_collect_misses_a_picture(augment: Run, tpsence: Run, tmp_path: Path) -> None:
    for index in (1, 2):
        augment("--out", tmp_path / "out", "--shard", f"{index}/2")
    (tmp_path / "out/images/a.jpg").unlink()
    ran = tpsence("augment", "--collect", "--out", tmp_path / "out")
    assert ran.code == 1
    assert "a.jpg" in ran.err
    assert not (tmp_path / "out/coco.json").exists()


def test_dry_run_writes_nothing_and_counts(augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    (coco.folder / "images/a.jpg").unlink()
    before = tree(tmp_path)
    ran = augment("--out", tmp_path / "out", "--dry-run", "--json")
    assert ran.code == 3
    assert (ran.json["translate"], ran.json["skipped"]) == (5, {"missing": 1})
    assert ran.json["sizes"] == {"40x24": 3, "33x21": 2}
    assert "collisions: none" in ran.err
    assert tree(tmp_path) == before


def test_worker_count_changes_no_byte(augment: Run, tmp_path: Path) -> None:
    for workers in (0, 1, 3):
        assert augment("--out", tmp_path / str(workers), "--workers", workers).code == 0
    assert dataset(tmp_path / "0") == dataset(tmp_path / "1") == dataset(tmp_path / "3")


def test_batch_size_changes_no_pixel_by_more_than_one_level(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    for index in range(5):
        paint(tmp_path / "in" / f"{index}.png", size=(40, 24), seed=index)
    for batch in (1, 4):
        run = tpsence(
            "augment", "--images", tmp_path / "in", "--weights", tiny_weights, "--out", tmp_path / f"b{batch}", *FAST,
            "--batch-size", batch,
        )  # fmt: skip
        assert run.code == 0
    for index in range(5):
        one, four = (pixels(tmp_path / f"b{batch}" / f"{index}.png") for batch in (1, 4))
        assert np.abs(one - four).max() <= 1


def test_strength_zero_keeps_every_pixel(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    paint(tmp_path / "in/a.png", size=(50, 30))
    command = ("augment", "--images", tmp_path / "in", "--weights", tiny_weights, "--out", tmp_path / "out")
    assert tpsence(*command, *FAST, "--strength", 0).code == 0
    assert np.array_equal(pixels(tmp_path / "in/a.png"), pixels(tmp_path / "out/a.png"))


def test_folder_without_labels(tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path) -> None:
    (coco.folder / "images/readme.txt").write_text("not a picture")
    (coco.folder / "images/x.gif").write_bytes(b"GIF89a")
    ran = tpsence(
        "augment", "--images", coco.folder / "images", "--weights", tiny_weights, "--out", tmp_path / "o", *FAST
    )
    assert ran.code == 3
    assert "1 unsupported format" in ran.err
    assert sorted(name for name in dataset(tmp_path / "o") if name != "skipped.jsonl") == sorted(coco.names)


@pytest.mark.parametrize("size", [(1, 1), (1, 9), (700, 1), (3, 200), (641, 7)])
def test_sizes_of_all_shapes(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path], size: tuple[int, int]
) -> None:
    paint(tmp_path / "in/a.png", size=size)
    for width in (0, 48):
        out = tmp_path / f"out{width}"
        ran = tpsence(
            "augment", "--images", tmp_path / "in", "--weights", tiny_weights, "--out", out, "--width", width,
            "--workers", 0,
        )  # fmt: skip
        assert ran.code == 0, ran.err
        with Image.open(out / "a.png") as picture:
            assert picture.size == size


def test_8k_picture(tpsence: Run, tiny_weights: Path, tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    Image.new("RGB", (7680, 4320), (90, 120, 150)).save(tmp_path / "in/8k.jpg")
    ran = tpsence("augment", "--images", tmp_path / "in", "--weights", tiny_weights, "--out", tmp_path / "out")
    assert ran.code == 0, ran.err
    with Image.open(tmp_path / "out/8k.jpg") as picture:
        assert picture.size == (7680, 4320)


def test_unwritable_output_is_one_line(augment: Run, tmp_path: Path, full_disk: FullDisk) -> None:
    with full_disk("files.txt"):
        ran = augment("--out", tmp_path / "out")
    assert ran.code == 1
    assert "No space left on device" in ran.err
    assert "Traceback" not in ran.err


def test_disk_full_midway_keeps_what_is_written(augment: Run, tmp_path: Path, full_disk: FullDisk) -> None:
    with full_disk("d.webp"):
        ran = augment("--out", tmp_path / "out")
    assert ran.code == 1
    assert "No space left" in ran.err
    assert (tmp_path / "out/images/a.jpg").exists()
    assert not (tmp_path / "out/coco.json").exists()
    again = augment("--out", tmp_path / "out", "--json")
    assert (again.code, again.json["reused"] > 0) == (0, True)


def test_a_folder_without_labels_is_said_to_have_none(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    paint(tmp_path / "in/a.png")
    command = ("augment", "--images", tmp_path / "in", "--weights", tiny_weights, "--out", tmp_path / "out", *FAST)
    assert "(no labels)" in tpsence(*command, "--dry-run").err
    assert "1 picture, no labels;" in tpsence(*command).err


def test_quiet_prints_nothing(augment: Run, tmp_path: Path) -> None:
    ran = augment("--out", tmp_path / "out", "--quiet")
    assert (ran.code, ran.out, ran.err) == (0, "", "")


def test_output_folder_that_cannot_be_made(augment: Run, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    ran = augment("--out", tmp_path / "file" / "out")
    assert ran.code == 2
    assert "cannot be made" in ran.err


def test_linked_labels_are_joined_like_others(tpsence: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path) -> None:
    (tmp_path / "store").mkdir()
    coco.labels.rename(tmp_path / "store/1234.json")
    coco.labels.symlink_to(tmp_path / "store/1234.json")
    command = ("augment", "--labels", coco.labels, "--weights", tiny_weights, *FAST)
    assert tpsence(*command, "--out", tmp_path / "whole").code == 0
    for part in ("1/2", "2/2"):
        assert tpsence(*command, "--out", tmp_path / "parts", "--shard", part).code == 0
    joined = tpsence("augment", "--collect", "--out", tmp_path / "parts")
    assert joined.code == 0, joined.err
    assert dataset(tmp_path / "parts") == dataset(tmp_path / "whole")


def test_a_generator_that_overflows_makes_skips_not_black_pictures(
    augment: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    from pipeline.effects.device_generator import DeviceGenerator

    change = DeviceGenerator.change
    monkeypatch.setattr(DeviceGenerator, "change", lambda self, batch: change(self, batch) / torch.zeros(()))
    ran = augment("--out", tmp_path / "out", "--json")
    assert (ran.code, ran.json["skipped"]) == (3, {"not finite": 6})
    assert not (tmp_path / "out/images").exists()


def on_yolo_set(folder: Path, weights: Path) -> tuple[object, ...]:
    """The command on the labels in ``set/labels``."""
    return ("augment", "--labels", folder / "set/labels", "--weights", weights, "--out", folder / "out", *FAST)


def test_labels_are_not_written_through_a_link(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    paint(tmp_path / "set/images/a.png")
    (tmp_path / "set/labels").mkdir()
    (tmp_path / "set/labels/a.txt").write_text("0 0.5 0.5 1 1")
    command = on_yolo_set(tmp_path, tiny_weights)
    assert tpsence(*command).code == 0
    (tmp_path / "out/labels/a.txt").unlink()
    (tmp_path / "out/labels").rmdir()
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "out/labels").symlink_to(tmp_path / "elsewhere")
    ran = tpsence(*command)
    assert ran.code == 1
    assert "link" in ran.err
    assert not list((tmp_path / "elsewhere").iterdir())


def test_a_picture_that_left_the_source_leaves_the_output(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    for name in ("a", "b"):
        paint(tmp_path / f"set/images/{name}.png")
        (tmp_path / "set/labels").mkdir(exist_ok=True)
        (tmp_path / f"set/labels/{name}.txt").write_text("0 0.5 0.5 1 1")
    command = on_yolo_set(tmp_path, tiny_weights)
    assert tpsence(*command).code == 0
    (tmp_path / "set/images/a.png").unlink()
    (tmp_path / "set/labels/a.txt").unlink()
    assert tpsence(*command).code == 0
    assert sorted(name for name in dataset(tmp_path / "out") if "/" in name) == ["images/b.png", "labels/b.txt"]


@pytest.mark.parametrize("edit", [lambda text: text + " ", lambda text: text[:-9]], ids=["longer", "half written"])
def test_labels_that_change_during_the_run_stop_it(
    augment: Run, coco: CocoSet, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, edit: Callable[[str], str]
) -> None:
    from pipeline.output.folder import OutputFolder

    write = OutputFolder.write
    changed = edit(coco.labels.read_text())  # the same from every thread that writes

    def write_and_touch(self: OutputFolder, relative: str, data: bytes) -> None:
        coco.labels.write_text(changed)
        write(self, relative, data)

    monkeypatch.setattr(OutputFolder, "write", write_and_touch)
    ran = augment("--out", tmp_path / "out")
    assert ran.code == 1
    assert "changed during the run" in ran.err
    assert not (tmp_path / "out/coco.json").exists()


def test_dry_run_of_overwrite_counts_everything_anew(augment: Run, tmp_path: Path) -> None:
    augment("--out", tmp_path / "out")
    ran = augment("--out", tmp_path / "out", "--dry-run", "--overwrite", "--json")
    assert (ran.json["translate"], ran.json["there"]) == (6, 0)


def test_shards_of_a_data_yaml_whose_path_leads_below_its_folder(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    (tmp_path / "set/labels/train").mkdir(parents=True)
    for index in range(4):
        paint(tmp_path / f"set/images/train/{index}.png", seed=index)
        (tmp_path / f"set/labels/train/{index}.txt").write_text("0 0.5 0.5 1 1")
    (tmp_path / "set/data.yaml").write_text("path: images\ntrain: train\n")
    command = (
        "augment",
        "--labels",
        tmp_path / "set/data.yaml",
        "--weights",
        tiny_weights,
        "--out",
        tmp_path / "o",
        *FAST,
    )
    for part in ("1/2", "2/2"):
        assert tpsence(*command, "--shard", part).code == 0
    joined = tpsence("augment", "--collect", "--out", tmp_path / "o", "--json")
    assert joined.code == 0, joined.err
    assert joined.json["labels"]["files"] == 5


def test_a_full_disk_at_the_start_is_one_line(augment: Run, tmp_path: Path, full_disk: FullDisk) -> None:
    with full_disk():
        ran = augment("--out", tmp_path / "out")
    assert ran.code == 1
    assert f"error: {tmp_path / 'out'}: No space left on device\nhint: What was written is whole." in ran.err


def test_without_weights_the_packaged_ones_are_used_and_their_terms_said_once(
    tpsence: Run, coco: CocoSet, tmp_path: Path
) -> None:
    ran = tpsence("augment", "--labels", coco.labels, "--out", tmp_path / "out", *FAST, "--json")
    assert ran.code == 0, ran.err
    assert ran.err.splitlines()[0] == f"rain: {RAIN.terms}"
    assert ran.err.count("not-for-profit") == 1
    assert ran.json["translated"] == 6
    stored = json.loads((tmp_path / "out/run.json").read_text())
    assert RAIN.sha256 in json.dumps(stored)
    by_name = tpsence(
        "augment", "--labels", coco.labels, "--weights", "rain", "--out", tmp_path / "out", *FAST, "--json"
    )
    assert by_name.json["reused"] == 6


def test_other_weights_have_no_terms_and_quiet_says_none(
    augment: Run, tpsence: Run, coco: CocoSet, tmp_path: Path
) -> None:
    assert "not-for-profit" not in augment("--out", tmp_path / "other").err
    ran = tpsence("augment", "--labels", coco.labels, "--out", tmp_path / "out", *FAST, "--quiet")
    assert (ran.code, ran.err) == (0, "")
