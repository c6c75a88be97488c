"""``tpsence augment`` on a part of a data set, on one picture, and looked through before."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import yaml

from pipeline.augment.work import Translation
from pipeline.engine.events import Done, Finished, Found, Skip
from pipeline.engine.tasks import Task
from pipeline.translate.jobs import augment as augment_in_python
from tests.cli.conftest import Run
from tests.cli.test_augment import FAST, dataset, tree
from tpsence.errors import InputError

WET = ("--water-only", "--water", "light", *FAST[2:])


def tables(text: str) -> list[list[str]]:
    return [line.split() for line in text.splitlines()]


@pytest.fixture
def street(tmp_path: Path, paint: Callable[..., Path]) -> Path:
    """A YOLO data set with three splits; of its nine pictures two have a bus."""
    folder = tmp_path / "street"
    splits = {"train": range(6), "val": range(6, 8), "test": range(8, 9)}
    for split, numbers in splits.items():
        for number in numbers:
            paint(folder / f"images/{split}/{number}.png", size=(40, 24), seed=number)
            text = folder / f"labels/{split}/{number}.txt"
            text.parent.mkdir(parents=True, exist_ok=True)
            text.write_text("0 .5 .5 .2 .2\n" * 2 + ("1 .5 .5 .2 .2\n" if number in {3, 7} else ""))
    paths = {split: f"images/{split}" for split in splits}
    (folder / "data.yaml").write_text(json.dumps({**paths, "names": ["car", "Bus"]}))
    return folder


def test_one_split_alone_with_a_warning_of_those_that_are_missing(tpsence: Run, street: Path, tmp_path: Path) -> None:
    command = ("augment", "--labels", street, "--out", tmp_path / "out", "--split", "train", *WET)
    dry = tpsence(*command, "--dry-run", "--json")
    ran = tpsence(*command, "--json")
    assert (dry.code, ran.code) == (0, 0), ran.err
    assert ran.json["choice"] == dry.json["choice"] == {
        **{"pictures": 9, "candidates": 6, "chosen": 6, "classes": None},
        "splits_left_out": ["val", "test"],
    }  # fmt: skip
    for err in (dry.err, ran.err):
        assert "splits val, test have no picture in the output" in err
        assert "--keep-originals carries them" in err
    pictures = sorted(name for name in dataset(tmp_path / "out") if name.endswith(".png"))
    assert pictures == [f"images/train/{number}.png" for number in range(6)]


def test_one_split_in_rain_and_the_others_as_they_were(tpsence: Run, street: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = tpsence("augment", "--labels", street, "--out", out, "--split", "train", "--keep-originals", *WET, "--json")
    assert (ran.code, ran.json["translated"], ran.json["kept"]) == (0, 6, 3), ran.err
    assert "no picture in the output" not in ran.err
    for source in (street / "images").rglob("*.png"):
        result = out / source.relative_to(street)
        assert result.samefile(source) == ("train" not in source.parts)
    said = yaml.safe_load((out / "data.yaml").read_text())
    assert [said[split] for split in ("train", "val", "test")] == ["images/train", "images/val", "images/test"]


def test_a_split_that_is_not_there_is_one_line(tpsence: Run, street: Path, tmp_path: Path) -> None:
    ran = tpsence("augment", "--labels", street, "--out", tmp_path / "out", "--split", "valid", *WET)
    assert ran.code == 2
    assert "data.yaml: no --split 'valid'; it has train, val, test" in ran.err
    assert not (tmp_path / "out").exists()


def test_classes_are_told_before_and_after(tpsence: Run, street: Path, tmp_path: Path) -> None:
    command = ("augment", "--labels", street, "--out", tmp_path / "out", "--only-classes", "bus", *WET)
    dry, ran = tpsence(*command, "--dry-run"), tpsence(*command, "--json")
    assert ran.code == 0, ran.err
    classes = {"car": {"before": 18, "after": 4}, "Bus": {"before": 2, "after": 2}}
    assert (ran.json["translated"], ran.json["choice"]["classes"]) == (2, classes)
    assert ran.json["labels"]["annotations"] == 6  # the labels stay whole
    for err in (dry.err, ran.err):
        assert "chosen: 2 of 9 pictures" in err
        assert ["annotations", "of", "before", "after"] in tables(err)
        assert ["Bus", "2", "2", "100%"] in tables(err)
        assert ["car", "18", "4", "22%"] in tables(err)


def test_balance_and_limit_are_the_same_in_shards_and_in_a_continued_run(
    tpsence: Run, street: Path, tmp_path: Path
) -> None:
    told = ("--labels", street, "--limit", "3", "--balance", "classes", "--only-classes", "car,bus", *WET)
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert tpsence("augment", *told, "--out", whole).code == 0
    again = tpsence("augment", *told, "--out", whole, "--json")
    assert (again.code, again.json["reused"]) == (0, 3)
    for index in (1, 2):
        assert tpsence("augment", *told, "--out", parts, "--shard", f"{index}/2").code == 0
    joined = tpsence("augment", "--collect", "--out", parts, "--no-report", "--json")
    assert (joined.code, joined.json["choice"]) == (0, again.json["choice"])
    assert dataset(parts).keys() == dataset(whole).keys()
    assert sum(name.endswith(".png") for name in dataset(whole)) == 3


def test_a_share_of_before_is_neither_continued_nor_reported(tpsence: Run, street: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ("augment", "--labels", street, "--out", out, "--fraction", "0.5", *WET)
    assert tpsence(*command).code == 0
    run = json.loads((out / "run.json").read_text())
    assert run["settings"].pop("choice") == "by count"
    (out / "run.json").write_text(json.dumps(run))
    before = tree(out)
    again, report = tpsence(*command), tpsence("report", out)
    assert (again.code, report.code, tree(out)) == (2, 2, before)
    assert "choice: None there, by count now" in again.err
    assert "an older version of tpsence chose the share" in report.err


# One picture


def test_one_picture_with_the_output_beside_it(tpsence: Run, tmp_path: Path, paint: Callable[..., Path]) -> None:
    for name in ("one", "two"):
        paint(tmp_path / f"photos/{name}.png", size=(40, 24))
    out = tmp_path / "photos/rainy"
    command = ("augment", "--images", tmp_path / "photos/one.png", "--out", out, *WET[:-1])  # with a report
    ran = tpsence(*command, "--json")
    assert (ran.code, ran.json["translated"]) == (0, 1), ran.err
    assert (out / "report.html").is_file()
    assert sorted(path.name for path in out.glob("*.png")) == ["one.png"]
    assert tpsence(*command, "--json").json["reused"] == 1
    around = tpsence("augment", "--images", tmp_path / "photos/one.png", "--out", tmp_path / "photos", *WET)
    assert (around.code, "contains the input" in around.err) == (2, True)


def test_one_picture_goes_into_a_folder_too(tpsence: Run, tmp_path: Path, paint: Callable[..., Path]) -> None:
    picture = paint(tmp_path / "one.png", size=(40, 24))
    ran = tpsence("augment", "--images", picture, "--out", tmp_path / "rainy.png", *WET)
    assert ran.code == 2
    assert "rainy.png: the name of a picture, and the output is a folder" in ran.err
    assert f"Give a folder with --out, such as {tmp_path / 'rainy'}; the picture there is called one.png." in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["one.png"]


def test_one_picture_in_python(tmp_path: Path, paint: Callable[..., Path]) -> None:
    picture = paint(tmp_path / "one.png", size=(40, 24))
    told: dict[str, Any] = {"images": picture, "out": tmp_path / "out", "water_only": True, "workers": 0}
    events = list(augment_in_python(**told))
    assert [event.name for event in events if isinstance(event, Done)] == ["one.png"]
    assert (tmp_path / "out/one.png").is_file()


# A look through


@pytest.fixture
def damaged(tmp_path: Path, paint: Callable[..., Path]) -> Path:
    """Three pictures, one of which breaks off behind its header, and one which is none."""
    for name in ("a.png", "b.png", "c.jpg"):
        paint(tmp_path / "in" / name, size=(400, 240))
    whole = (tmp_path / "in/b.png").read_bytes()
    (tmp_path / "in/b.png").write_bytes(whole[: len(whole) // 2])
    (tmp_path / "in/d.jpg").write_bytes(b"not a picture")
    return tmp_path / "in"


@pytest.mark.parametrize("workers", [0, 2])
def test_thorough_names_what_the_run_would_skip(tpsence: Run, damaged: Path, tmp_path: Path, workers: int) -> None:
    command = ("augment", "--images", damaged, "--out", tmp_path / "out", *WET, "--workers", workers)
    before = tree(tmp_path)
    headers, thorough = tpsence(*command, "--dry-run", "--json"), tpsence(*command, "--dry-run", "--thorough", "--json")
    assert tree(tmp_path) == before
    assert (headers.code, headers.json["thorough"], headers.json["translate"]) == (3, False, 3)
    assert "headers alone were read, no picture decoded: --thorough decodes each" in headers.err
    assert (thorough.code, thorough.json["thorough"], thorough.json["translate"]) == (3, True, 2)
    assert "every picture was decoded" in thorough.err
    assert "b.png: " in thorough.err
    assert "b.png: " not in headers.err
    ran = tpsence(*command, "--json")
    assert ran.json["skipped"] == thorough.json["skipped"]
    assert ran.json["translated"] == 2


def test_thorough_tells_how_far_it_is(damaged: Path, tmp_path: Path) -> None:
    told: dict[str, Any] = {"images": damaged, "out": tmp_path / "out", "water_only": True, "workers": 0}
    found, *events, finished = augment_in_python(dry_run=True, thorough=True, **told)
    assert isinstance(found, Found)
    assert (found.total, found.what) == (3, "pictures decoded")
    assert [(type(event), getattr(event, "name", None) or getattr(event, "file", None)) for event in events] == [
        *((Done, "a.png"), (Skip, "b.png"), (Done, "c.jpg"))
    ]
    assert isinstance(finished, Finished)
    assert finished.skips == 2


def test_thorough_decodes_a_picture_once_for_all_its_copies(
    damaged: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded = []
    decode = Translation.decode

    def counted(work: Translation, task: Task) -> object:
        decoded.append(task.source)
        return decode(work, task)

    monkeypatch.setattr(Translation, "decode", counted)
    told: dict[str, Any] = {"images": damaged, "out": tmp_path / "out", "water_only": True, "workers": 0}
    found, *events, finished = augment_in_python(dry_run=True, thorough=True, copies=3, **told)
    assert decoded == ["a.png", "b.png", "c.jpg"]
    assert isinstance(found, Found)
    assert sum(event.count if isinstance(event, Done) else 1 for event in events) == found.total == 9
    assert isinstance(finished, Finished)
    assert [skip.file for skip in finished.about["skips"] if skip.file[0] == "b"] == ["b_1.png", "b_2.png", "b_3.png"]
    assert (finished.summary["translate"], finished.skips) == (6, 6)


def test_thorough_alone_is_refused(tpsence: Run, damaged: Path, tmp_path: Path) -> None:
    ran = tpsence("augment", "--images", damaged, "--out", tmp_path / "out", "--thorough")
    assert ran.code == 2
    assert "--thorough goes with --dry-run" in ran.err
    with pytest.raises(InputError, match="`thorough` goes with `dry_run`"):
        augment_in_python(images=damaged, out=tmp_path / "out", thorough=True)
