"""``tpsence augment --gate`` and ``--pairs``, and the report at the end."""

import json
import re
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.cli.conftest import Run
from tests.pipeline.labels.label_sets import form, tree

SIZE = (96, 64)
BOXES = [[8, 8, 32, 24], [48, 24, 40, 32], [0, 0, 4, 4]]
NAMES = ["a.png", "deep/b.png", "c.png", "d.png"]


@dataclass(frozen=True)
class Data:
    """A data set whose translation changes nothing, so that a test decides what becomes of a box."""

    labels: Path
    options: list[object]

    @property
    def source(self) -> Any:  # noqa: ANN401 (parsed JSON)
        return json.loads(self.labels.read_bytes())


@pytest.fixture
def data(tmp_path: Path, paint: Callable[..., Path], tiny_weights: Path) -> Data:
    images, annotations = [], []
    for index, name in enumerate(NAMES):
        paint(tmp_path / "data" / name, size=SIZE, seed=index)
        images.append({"id": index, "file_name": name, "width": SIZE[0], "height": SIZE[1]})
        annotations += [
            {"id": 10 * index + n, "image_id": index, "category_id": n, "bbox": box} for n, box in enumerate(BOXES)
        ]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 0, "name": "car"}]}
    labels = tmp_path / "data" / "coco.json"
    labels.write_text(json.dumps(content))
    options = ["--labels", labels, "--weights", tiny_weights, "--strength", "0", "--workers", "0"]
    return Data(labels, options)


def erase(picture: Path, box: list[int]) -> None:
    """Paint over a box."""
    with Image.open(picture) as opened:
        pixels = np.array(opened)
    x, y, width, height = box
    pixels[y : y + height, x : x + width] = 127
    Image.fromarray(pixels).save(picture)


def flagged_boxes(out: Path) -> list[dict[str, Any]]:
    """Read the boxes that are listed; the pictures of these tests, which do not change, are listed too."""
    lines = [json.loads(line) for line in (out / "flagged.jsonl").read_text().splitlines()]
    assert all(("annotation" in line) != ("picture" in line) for line in lines)
    return [line for line in lines if "annotation" in line]


def made_with_erased_box(tpsence: Run, data: Data, out: Path, *options: object) -> dict[str, Any]:
    """Run, lose an object of deep/b.png as a bad generator would, and run on as if killed before the gate."""
    command = ["augment", *data.options, "--out", out, *options]
    assert tpsence(*command, "--quiet").code == 0
    erase(out / "deep" / "b.png", BOXES[1])
    (out / ".tpsence" / "boxes.jsonl").unlink()
    ran = tpsence(*command, "--json")
    assert ran.code == 0
    return {**ran.json, "err": ran.err}


def test_off_by_default_and_nothing_is_listed(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = tpsence("augment", *data.options, "--out", out, "--json")
    assert ran.code == 0
    assert ran.json["gate"] is None
    assert flagged_boxes(out) == []
    assert form(json.loads((out / "coco.json").read_bytes())) == form(data.source)


def test_unchanged_pictures_have_no_flag(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = tpsence("augment", *data.options, "--out", out, "--gate", "drop", "--json")
    nothing = {"structure": 0, "contrast": 0, "colour": 0}
    found = {"gate": "drop", "judged": 8, "not_judged": 4, "flagged": 0, "by_loss": nothing, "action": "dropped"}
    assert ran.json["gate"] == found
    assert flagged_boxes(out) == []
    assert form(json.loads((out / "coco.json").read_bytes())) == form(data.source)


def test_a_lost_object_is_marked_and_listed(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = made_with_erased_box(tpsence, data, out, "--gate", "flag")
    lost = {"structure": 1, "contrast": 1, "colour": 0}
    found = {"gate": "flag", "judged": 8, "not_judged": 4, "flagged": 1, "by_loss": lost, "action": "marked"}
    assert ended["gate"] == found
    assert "1 of 8 boxes may have lost their object: marked (listed in flagged.jsonl; lost: 1 structure" in ended["err"]
    (line,) = flagged_boxes(out)
    assert [line[key] for key in ("file", "annotation", "id", "class", "action")] == [
        *("deep/b.png", 1, 11, "category 1", "marked")
    ]
    assert "line" not in line
    assert line["box"] == [48, 24, 88, 56]
    assert line["lost"] == ["structure", "contrast"]
    assert re.fullmatch(r"0\.\d+ of its structure and 0\.\d+ of its contrast are left, under 0\.55", line["reason"])
    expected = data.source
    expected["annotations"][4]["attributes"] = {"tpsence_vanished": True, "tpsence_kept": line["kept"]}
    assert form(json.loads((out / "coco.json").read_bytes())) == form(expected)


def test_a_lost_object_is_dropped_and_listed(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ended = made_with_erased_box(tpsence, data, out, "--gate", "drop")
    assert ended["labels"]["annotations"] == 11
    assert [line["action"] for line in flagged_boxes(out)] == ["dropped"]
    expected = data.source
    del expected["annotations"][4]
    assert form(json.loads((out / "coco.json").read_bytes())) == form(expected)


def test_a_flag_that_yolo_cannot_hold_is_listed(
    tpsence: Run, tmp_path: Path, paint: Callable[..., Path], tiny_weights: Path
) -> None:
    folder, out = tmp_path / "yolo", tmp_path / "out"
    paint(folder / "images" / "deep" / "b.png", size=SIZE)
    label = folder / "labels" / "deep" / "b.txt"
    label.parent.mkdir(parents=True)
    label.write_text(f"0 .2 .2 .3 .3\n1 {68 / 96} {40 / 64} {40 / 96} .5\n")
    options = ["--labels", folder / "labels", "--weights", tiny_weights, "--strength", "0", "--workers", "0"]
    command = ["augment", *options, "--out", out, "--gate", "flag"]
    assert tpsence(*command).code == 0
    erase(out / "images" / "deep" / "b.png", BOXES[1])
    (out / ".tpsence" / "boxes.jsonl").unlink()
    ran = tpsence(*command)
    assert "1 of 2 boxes may have lost their object: not in the labels, which have no place for a mark" in ran.err
    (line,) = flagged_boxes(out)
    assert (line["annotation"], line["line"], line["class"]) == (1, 2, "class 1")
    assert line["box_in"] == "shares of width and height"
    assert "id" not in line
    assert (out / "labels" / "deep" / "b.txt").read_bytes() == label.read_bytes()


def test_what_is_measured_is_not_measured_again(
    tpsence: Run, data: Data, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    command = ["augment", *data.options, "--out", out, "--gate", "flag"]
    assert tpsence(*command).code == 0
    journal = out / ".tpsence" / "boxes.jsonl"
    complete = journal.read_bytes()
    lines = complete.splitlines(keepends=True)
    journal.write_bytes(lines[0] + lines[1] + lines[2][:20])  # cut off by a kill

    read = []
    from pipeline.gate import compare

    def counted(*arguments: Any) -> object:  # noqa: ANN401 (passed on)
        read.append(arguments[2].name)
        return pair_of(*arguments)

    pair_of = compare.read_pair
    monkeypatch.setattr(compare, "read_pair", counted)
    assert tpsence(*command, "--no-report").code == 0
    assert read == NAMES[2:]
    assert [json.loads(line) for line in journal.read_bytes().splitlines() if line[-1:] == b"}"] == list(
        map(json.loads, complete.splitlines())
    )


def test_measures_of_other_boxes_are_of_no_use(
    tpsence: Run, tmp_path: Path, paint: Callable[..., Path], tiny_weights: Path
) -> None:
    folder, out = tmp_path / "yolo", tmp_path / "out"
    paint(folder / "images" / "b.png", size=SIZE)
    label = folder / "labels" / "b.txt"
    label.parent.mkdir(parents=True)
    boxes = "0 .2 .2 .3 .3\n", f"1 {68 / 96} {40 / 64} {40 / 96} .5\n"
    label.write_text(boxes[0] + boxes[1])
    options = ["--labels", folder / "labels", "--weights", tiny_weights, "--strength", "0", "--workers", "0"]
    command = ["augment", *options, "--out", out, "--gate", "drop"]
    assert tpsence(*command).code == 0
    erase(out / "images" / "b.png", BOXES[1])
    (out / ".tpsence" / "boxes.jsonl").unlink()
    for lines, flagged in (
        (boxes[::-1], [0]),
        (boxes, [1]),
        (boxes[:1], []),
        ((*boxes, boxes[0]), [1]),
    ):
        label.write_text("".join(lines))
        assert tpsence(*command).code == 0
        listed = flagged_boxes(out)
        assert [(line["annotation"], line["class"]) for line in listed] == [(place, "class 1") for place in flagged]
        kept = [line for place, line in enumerate(lines) if place not in flagged]
        assert (out / "labels" / "b.txt").read_text() == "".join(kept)
        assert tpsence("report", out).code == 0


@pytest.mark.parametrize(
    "content",
    [
        b"\xff\xfe\n",
        b"[" * 5000 + b"\n",
        b'{"file": "a.png", "of": "x", "boxes": [[9, 1, 1]], "picture": null}\n',
        b'{"file": "a.png", "of": "x", "kept": [0.5]}\n',
        b"[]\n",
        b"x",
    ],
)
def test_a_damaged_journal_is_measured_anew(tpsence: Run, data: Data, tmp_path: Path, content: bytes) -> None:
    out = tmp_path / "out"
    command = ["augment", *data.options, "--out", out, "--gate", "flag", "--json"]
    whole = tpsence(*command).json["gate"]
    (out / ".tpsence" / "boxes.jsonl").write_bytes(content)
    assert tpsence(*command).json["gate"] == whole


def test_shards_mark_as_one_run_does(tpsence: Run, data: Data, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    made_with_erased_box(tpsence, data, whole, "--gate", "flag", "--pairs")
    command = ["augment", *data.options, "--out", parts, "--gate", "flag", "--pairs"]
    for shard in ("1/2", "2/2"):
        assert tpsence(*command, "--shard", shard).code == 0
    erase(parts / "deep" / "b.png", BOXES[1])
    for journal in (parts / ".tpsence").glob("boxes*"):
        journal.unlink()
    refused = tpsence("augment", "--collect", "--out", parts)
    assert refused.code == 1
    assert "were not compared" in refused.err
    for shard in ("1/2", "2/2"):
        assert tpsence(*command, "--shard", shard).code == 0
    assert tpsence("augment", "--collect", "--out", parts).code == 0
    one, other = tree(whole), tree(parts)
    for name in ("coco.json", "flagged.jsonl", "pairs/input/b.png", "pairs/target/b.png"):
        assert one[name] == other[name]
    assert (parts / "report.html").is_file()


def test_a_gate_without_labels_is_refused(tpsence: Run, data: Data, tmp_path: Path) -> None:
    ran = tpsence("augment", "--images", data.labels.parent, "--out", tmp_path / "out", "--gate", "flag")
    assert ran.code == 2
    assert "no boxes" in ran.err
    assert not (tmp_path / "out").exists()


def test_a_run_with_another_gate_is_another_run(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert tpsence("augment", *data.options, "--out", out, "--gate", "flag").code == 0
    ran = tpsence("augment", *data.options, "--out", out)
    assert ran.code == 2
    assert "gate: flag there, off now" in ran.err


def test_overwrite_removes_what_gate_pairs_and_report_have_written(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert tpsence("augment", *data.options, "--out", out, "--gate", "flag", "--pairs").code == 0
    assert tpsence("augment", *data.options, "--out", out, "--overwrite", "--no-report").code == 0
    names = {name for name in tree(out) if not name.startswith(".tpsence/")}
    assert names == {*NAMES, "coco.json", "run.json", "skipped.jsonl", "flagged.jsonl"}


def test_pairs_are_the_translated_and_the_original_under_one_name(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    options = ["--pairs", "--fraction", "0.6", "--keep-originals", "--suffix", "_rain", "--strength", "1"]
    ran = tpsence("augment", *data.options, "--out", out, *options, "--json")
    made = tree(out)
    inputs = {name.removeprefix("pairs/input/") for name in made if name.startswith("pairs/input/")}
    assert len(inputs) == ran.json["translated"] < len(NAMES)
    assert inputs == {name.removeprefix("pairs/target/") for name in made if name.startswith("pairs/target/")}
    for name in inputs:
        place = next(one for one in made if one.endswith(name) and not one.startswith("pairs/"))
        source = place.replace("_rain", "")
        assert made[f"pairs/input/{name}"] == made[place]
        assert made[f"pairs/target/{name}"] == (data.labels.parent / source).read_bytes()
        assert made[f"pairs/input/{name}"] != made[f"pairs/target/{name}"]


def test_pairs_of_equal_names_have_their_folders_in_them(
    tpsence: Run, tmp_path: Path, paint: Callable[..., Path], tiny_weights: Path
) -> None:
    for folder in ("one", "two"):
        paint(tmp_path / "photos" / folder / "x.png", seed=len(folder))
    out = tmp_path / "out"
    options = ["--images", tmp_path / "photos", "--weights", tiny_weights, "--workers", "0"]
    assert tpsence("augment", *options, "--out", out, "--pairs").code == 0
    assert sorted(one.name for one in (out / "pairs" / "input").iterdir()) == ["one_x.png", "two_x.png"]


def test_a_turned_original_is_upright_in_the_pairs(
    tpsence: Run, tmp_path: Path, paint: Callable[..., Path], tiny_weights: Path
) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    paint(tmp_path / "photos" / "x.png", size=(24, 16), exif=exif.tobytes())
    out = tmp_path / "out"
    options = ["--images", tmp_path / "photos", "--weights", tiny_weights, "--workers", "0", "--pairs"]
    assert tpsence("augment", *options, "--out", out).code == 0
    for side in ("input", "target"):
        with Image.open(out / "pairs" / side / "x.png") as picture:
            assert picture.size == (16, 24)
            assert picture.getexif().get(0x0112, 1) == 1


@pytest.mark.parametrize("mode", ["RGB", "L", "LA", "P", "1", "RGBA", "I;16", "CMYK"])
def test_both_pictures_of_a_pair_have_the_same_form(
    tpsence: Run, tmp_path: Path, tiny_weights: Path, mode: str
) -> None:
    name = "x.tif" if mode == "CMYK" else "x.png"
    (tmp_path / "photos").mkdir()
    pixels = np.random.default_rng(0).integers(0, 256, (16, 24, 3), dtype=np.uint8)
    picture = Image.fromarray(pixels)
    picture = Image.fromarray(pixels[..., 0].astype(np.uint16) * 257) if mode == "I;16" else picture.convert(mode)
    picture.save(tmp_path / "photos" / name)
    out = tmp_path / "out"
    options = ["--images", tmp_path / "photos", "--weights", tiny_weights, "--workers", "0", "--pairs"]
    assert tpsence("augment", *options, "--out", out, "--no-report").code == 0
    sides = [Image.open(out / "pairs" / side / name) for side in ("input", "target")]
    assert [(side.mode, side.size) for side in sides] == [("RGB", (24, 16))] * 2
    for side in sides:
        side.close()


def test_a_picture_that_was_skipped_is_in_no_pair(tpsence: Run, data: Data, tmp_path: Path) -> None:
    (data.labels.parent / "c.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    assert tpsence("augment", *data.options, "--out", out, "--pairs", "--gate", "flag").code == 3
    assert sorted(one.name for one in (out / "pairs" / "target").iterdir()) == ["a.png", "b.png", "d.png"]


def test_the_report_is_written_at_the_end_and_again_on_demand(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    (data.labels.parent / "c.png").write_bytes(b"no picture")
    ran = tpsence("augment", *data.options, "--out", out)
    assert f"report: {out / 'report.html'}" in ran.err
    page = (out / "report.html").read_text(encoding="utf-8")
    assert page.count("data:image/webp;base64,") == 2 * 3 + 2 * 6  # three pictures, six boxes that can be judged
    for text in ("deep/b.png", "unsupported format", "category 1", "Gate"):
        assert text in page
    (out / "report.html").unlink()
    again = tpsence("report", out, "--json", "--quiet")
    assert (again.code, again.err, again.json) == (0, "", {"report": str(out / "report.html")})
    assert (out / "report.html").read_text(encoding="utf-8") == page


def test_no_report_leaves_it_away(tpsence: Run, data: Data, tmp_path: Path) -> None:
    assert tpsence("augment", *data.options, "--out", tmp_path / "out", "--no-report").code == 0
    assert not (tmp_path / "out" / "report.html").exists()


def test_a_report_of_something_else_is_refused(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for place, message in ((tmp_path / "none", "no run of tpsence here"), (data.labels.parent, "not written by")):
        ran = tpsence("report", place)
        assert ran.code == 2
        assert message in ran.err
    assert tpsence("augment", *data.options, "--out", out, "--no-report").code == 0
    run = json.loads((out / "run.json").read_text())
    del run["summary"]
    (out / "run.json").write_text(json.dumps(run))
    assert "has not finished" in tpsence("report", out).err
    assert not (out / "report.html").exists()


def test_a_report_says_when_the_source_is_gone_or_has_changed(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    assert tpsence("augment", *data.options, "--out", out, "--no-report").code == 0
    data.labels.write_text(json.dumps({**data.source, "info": 1}))
    ran = tpsence("report", out)
    assert ran.code == 2
    assert "labels_sha256 has changed since the run" in ran.err
    shutil.rmtree(data.labels.parent)
    assert "no such" in tpsence("report", out).err


@pytest.mark.parametrize(("limit", "code"), [("5%", 4), ("0.12", 4), ("13%", 0), ("1", 0)])
def test_more_flagged_than_the_user_takes_ends_with_code_4_when_all_is_written(
    tpsence: Run, data: Data, tmp_path: Path, limit: str, code: int
) -> None:
    out = tmp_path / "out"
    made_with_erased_box(tpsence, data, out, "--gate", "flag")  # 1 of 8 boxes
    ran = tpsence("augment", *data.options, "--out", out, "--gate", "flag", "--max-flagged", limit)
    assert ran.code == code
    assert ("12.5% flagged, more than --max-flagged takes: exit code 4" in ran.err) == (code == 4)
    assert json.loads((out / "run.json").read_text())["summary"]["complete"]
    assert (out / "report.html").is_file()
    assert len(json.loads((out / "coco.json").read_bytes())["annotations"]) == 12


@pytest.mark.parametrize("limit", ["101%", "-0.1", "much"])
def test_a_share_that_is_none_is_refused(tpsence: Run, data: Data, tmp_path: Path, limit: str) -> None:
    ran = tpsence("augment", *data.options, "--out", tmp_path / "out", "--max-flagged", limit)
    assert ran.code == 2
    assert "--max-flagged" in ran.err
    assert not (tmp_path / "out").exists()


def test_shards_are_held_to_the_limit_when_they_are_joined(tpsence: Run, data: Data, tmp_path: Path) -> None:
    out = tmp_path / "out"
    command = ["augment", *data.options, "--out", out, "--gate", "flag", "--max-flagged", "5%"]
    for shard in ("1/2", "2/2"):
        assert tpsence(*command, "--shard", shard).code == 0
    erase(out / "deep" / "b.png", BOXES[1])
    for journal in (out / ".tpsence").glob("boxes*"):
        journal.unlink()
    for shard in ("1/2", "2/2"):
        assert tpsence(*command, "--shard", shard).code == 0
    assert tpsence("augment", "--collect", "--out", out, "--no-report").code == 0
    assert tpsence("augment", "--collect", "--out", out, "--max-flagged", "5%", "--no-report").code == 4


def test_pictures_at_fault_are_named_and_counted_also_without_the_gate(
    tpsence: Run, data: Data, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    ran = tpsence("augment", *data.options, "--out", out, "--json")  # strength 0 changes nothing
    assert ran.code == 0
    assert ran.json["faults"] == {
        "measured": 4,
        "at_fault": 4,
        "by_fault": {"flat": 0, "blown out": 0, "nearly unchanged": 4},
        "first": {"nearly unchanged": NAMES},
    }
    assert f"4 pictures are nearly unchanged (listed in flagged.jsonl): {', '.join(NAMES)}" in ran.err
    assert "100.0% flagged: look at the pictures" in ran.err
    listed = [json.loads(line) for line in (out / "flagged.jsonl").read_text().splitlines()]
    assert [(line["file"], line["picture"]) for line in listed] == [(name, ["nearly unchanged"]) for name in NAMES]
    again = tpsence("augment", *data.options, "--out", out, "--json", "--max-flagged", "50%")
    assert again.code == 4
    assert again.json["reused"] == 4
    assert again.json["faults"] == ran.json["faults"]


def test_a_run_in_pieces_tells_the_same_of_its_pictures_as_one_in_one(tpsence: Run, data: Data, tmp_path: Path) -> None:
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    faults = tpsence("augment", *data.options, "--out", whole, "--json", "--no-report").json["faults"]
    for shard in ("1/2", "2/2"):
        assert tpsence("augment", *data.options, "--out", parts, "--shard", shard).code == 0
    assert tpsence("augment", "--collect", "--out", parts, "--json", "--no-report").json["faults"] == faults


def test_pictures_that_change_are_not_listed(tpsence: Run, data: Data, tmp_path: Path, tiny_weights: Path) -> None:
    out = tmp_path / "out"
    options = ["--labels", data.labels, "--weights", tiny_weights, "--workers", "0", "--no-report"]
    ran = tpsence("augment", *options, "--out", out, "--json")
    assert ran.json["faults"]["measured"] == 4
    assert ran.json["faults"]["at_fault"] == 0
    assert not (out / "flagged.jsonl").exists()


def test_a_red_lamp_that_turned_grey_is_flagged_with_its_colour(
    tpsence: Run, tmp_path: Path, tiny_weights: Path
) -> None:
    folder, out = tmp_path / "data", tmp_path / "out"
    folder.mkdir()
    random = np.random.default_rng(0)
    pixels = np.kron(random.integers(60, 180, (8, 12, 1)), np.ones((8, 8, 3))).astype(np.uint8)
    pixels[16:48, 32:52] = 30
    pixels[20:32, 36:48] = (230, 40, 30)
    Image.fromarray(pixels).save(folder / "a.png")
    names = ["traffic light", "person"]
    content = {
        "images": [{"id": 1, "file_name": "a.png", "width": 96, "height": 64}],
        "annotations": [
            {"id": f"lamp {n}", "image_id": 1, "category_id": n, "bbox": [32, 16, 20, 32]} for n in range(2)
        ],
        "categories": [{"id": n, "name": name} for n, name in enumerate(names)],
    }
    (folder / "coco.json").write_text(json.dumps(content))
    options = ["--labels", folder / "coco.json", "--weights", tiny_weights, "--strength", "0", "--workers", "0"]
    command = ["augment", *options, "--out", out, "--gate", "flag", "--no-report"]
    assert tpsence(*command).code == 0
    lamp = pixels.copy()
    lamp[20:32, 36:48] = round(0.299 * 230 + 0.587 * 40 + 0.114 * 30)
    for after, flagged in ((lamp, ["lamp 0"]), (np.rint(pixels * 0.6).astype(np.uint8), [])):
        Image.fromarray(after).save(out / "a.png")
        (out / ".tpsence" / "boxes.jsonl").unlink()
        ran = tpsence(*command, "--json")
        lines = flagged_boxes(out)
        assert [line["id"] for line in lines] == flagged
        assert all(line["lost"] == ["colour"] for line in lines)
        assert ran.json["gate"]["by_loss"] == {"structure": 0, "contrast": 0, "colour": len(flagged)}
    Image.fromarray(lamp).save(out / "a.png")
    (out / ".tpsence" / "boxes.jsonl").unlink()
    refused = tpsence(*command, "--colour-classes", "none")
    assert refused.code == 2
    assert "colour_classes" in refused.err
