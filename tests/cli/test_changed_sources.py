"""A picture whose source has changed is translated again by the next run of the same command, and no other."""

import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import CocoSet, Ran, Run
from tests.cli.test_augment import FAST, dataset

PICTURES = ["a.jpg", "b.png", "deep/c.jpg", "deep/d.webp", "f.JPG", "ünï.jpg"]


@pytest.fixture
def augment(tpsence: Run, coco: CocoSet, tiny_weights: Path) -> Run:
    """Run augment on the small COCO set with some more arguments."""

    def run(*more: object) -> Ran:
        ran = tpsence("augment", "--labels", coco.labels, "--weights", tiny_weights, *FAST, *more)
        assert ran.code == 0, ran.err
        return ran

    return run


def times(out: Path) -> dict[str, int]:
    """When each picture was written."""
    return {name: (out / "images" / name).stat().st_mtime_ns for name in PICTURES}


def remade(before: dict[str, int], out: Path) -> list[str]:
    """The pictures that were written since."""
    return [name for name, time in times(out).items() if time != before[name]]


def repaint(coco: CocoSet, paint: Callable[..., Path], name: str, seed: int = 99) -> None:
    """Put another picture of the same size in the place of one, with an earlier time than it had."""
    place = coco.folder / "images" / name
    time = place.stat().st_mtime_ns - 10**9
    paint(place, size=(40, 24) if coco.names.index(name) % 2 else (33, 21), seed=seed)
    os.utime(place, ns=(time, time))


@pytest.mark.parametrize("more", [(), ("--gate", "flag", "--pairs"), ("--fraction", "0.5", "--keep-originals")])
def test_it_is_as_if_the_source_had_always_been_so(
    augment: Run, coco: CocoSet, tmp_path: Path, paint: Callable[..., Path], more: tuple[str, ...]
) -> None:
    out, anew = tmp_path / "out", tmp_path / "anew"
    augment("--out", out, *more)
    before = times(out)
    for name in ("b.png", "ünï.jpg"):
        repaint(coco, paint, name)
    dry = augment("--out", out, *more, "--dry-run", "--json").json
    assert (dry["translate"] + dry["keep"], dry["there"]) == (2, 4)
    ran = augment("--out", out, *more, "--json").json
    assert (ran["translated"] + ran["kept"], ran["reused"]) == (2, 4)
    assert remade(before, out) == ["b.png", "ünï.jpg"]
    augment("--out", anew, *more)
    assert dataset(out) == dataset(anew)
    if "--gate" in more:
        journals = [(folder / ".tpsence/boxes.jsonl").read_text().splitlines() for folder in (out, anew)]
        assert sorted(journals[0]) == sorted(journals[1])  # what was measured of the picture before is gone
    assert augment("--out", out, *more, "--json").json["reused"] == 6


def test_what_was_only_touched_copied_or_moved_is_reused(augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    out = tmp_path / "out"
    augment("--out", out)
    before = times(out)
    for file in (coco.folder / "images").rglob("*.*"):
        os.utime(file)
    assert augment("--out", out, "--json").json["reused"] == 6
    assert remade(before, out) == []
    shutil.copytree(out, tmp_path / "copy", copy_function=shutil.copyfile)
    assert augment("--out", tmp_path / "copy", "--json").json["reused"] == 6


def test_a_changed_source_that_cannot_be_read_leaves_the_output(
    tpsence: Run, augment: Run, coco: CocoSet, tiny_weights: Path, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    out = tmp_path / "out"
    augment("--out", out)
    (coco.folder / "images/b.png").write_bytes(b"no picture")
    (coco.folder / "images/f.JPG").unlink()
    command = ("augment", "--labels", coco.labels, "--weights", tiny_weights, *FAST, "--out", out, "--json")
    ran = tpsence(*command)
    assert ran.json["skipped"] == {"unsupported format": 1, "missing": 1}
    assert not (out / "images/b.png").exists()
    written = json.loads((out / "coco.json").read_text())["images"]
    assert {"b.png", "f.JPG"}.isdisjoint(image["file_name"] for image in written)
    paint(coco.folder / "images/b.png", size=(40, 24), seed=5)
    paint(coco.folder / "images/f.JPG", size=(40, 24), seed=6)
    assert (augment("--out", out, "--json").json["translated"], (out / "images/b.png").exists()) == (2, True)


def test_a_folder_without_a_ledger_is_made_once_more_and_ends_the_same(augment: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    augment("--out", out)
    whole = dataset(out)
    (out / ".tpsence/ledger.jsonl").unlink()
    assert augment("--out", out, "--json").json["translated"] == 6
    assert augment("--out", out, "--json").json["reused"] == 6
    assert dataset(out) == whole


def test_a_kill_before_the_line_of_the_ledger_costs_one_picture(augment: Run, tmp_path: Path) -> None:
    out = tmp_path / "out"
    augment("--out", out)
    whole, ledger = dataset(out), out / ".tpsence/ledger.jsonl"
    lines = ledger.read_bytes().splitlines(keepends=True)
    ledger.write_bytes(b"".join(lines[:-1]) + lines[-1][:30])
    ran = augment("--out", out, "--json").json
    assert (ran["translated"], ran["reused"]) == (1, 5)
    assert dataset(out) == whole


def test_shards_notice_it_each_and_collect_refuses_what_is_out_of_date(
    tpsence: Run, augment: Run, coco: CocoSet, tmp_path: Path, paint: Callable[..., Path]
) -> None:
    out = tmp_path / "out"
    for shard in ("1/2", "2/2"):
        augment("--out", out, "--shard", shard)
    before = times(out)
    collect = ("augment", "--collect", "--out", out)
    assert tpsence(*collect).code == 0
    for file in (coco.folder / "images").rglob("*.*"):
        os.utime(file)
    assert tpsence(*collect).code == 0
    repaint(coco, paint, "b.png")
    refused = tpsence(*collect)
    assert refused.code == 1
    assert "the sources of 1 pictures have changed since, for example of images/b.png" in refused.err
    assert "run the shard again" in refused.err
    made = [augment("--out", out, "--shard", shard, "--json").json["translated"] for shard in ("1/2", "2/2")]
    assert sorted(made) == [0, 1]
    assert remade(before, out) == ["b.png"]
    assert tpsence(*collect).code == 0
    augment("--out", tmp_path / "anew")
    assert dataset(out) == dataset(tmp_path / "anew")


def test_shards_that_were_copied_together_are_joined(tpsence: Run, augment: Run, coco: CocoSet, tmp_path: Path) -> None:
    for index in (1, 2):
        augment("--out", tmp_path / f"machine{index}", "--shard", f"{index}/2")
    out = tmp_path / "out"
    for index in (1, 2):
        shutil.copytree(tmp_path / f"machine{index}", out, dirs_exist_ok=True, copy_function=shutil.copyfile)
    assert tpsence("augment", "--collect", "--out", out).code == 0
    for ledger in (out / ".tpsence").glob("ledger*"):
        ledger.unlink()
    refused = tpsence("augment", "--collect", "--out", out)
    assert refused.code == 1
    assert "Copy the folder .tpsence of every shard into this one, or run the shard again." in refused.err
