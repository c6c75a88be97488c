"""Copies of pictures, and what is drawn for each, from end to end: the same however a run comes to its end."""

import csv
import itertools
import json
import pickle
import shutil
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from pipeline.augment.collect import collect
from pipeline.augment.finished import finished_run
from pipeline.augment.job import augment, check, open_job
from pipeline.augment.options import AugmentOptions
from pipeline.engine.interface import never
from pipeline.engine.processes import ProcessEngine
from pipeline.errors import OutputError
from pipeline.labels.interface import LabelledObject
from pipeline.report.augmented import write_report
from pipeline.report.gather.command import command_of
from pipeline.report.gather.facts import facts_of
from tests.generators import result_of
from tests.pipeline.augment.second_weights import end_of, second_weights
from tests.pipeline.augment.test_water import done, run
from tests.pipeline.augment.wet_set import WetSet, data_of, make_wet_set
from tests.pipeline.labels.label_sets import tree
from tpsence.errors import InputError

Summary = dict[str, Any]
Options = Callable[..., AugmentOptions]
DRAWN = {"strength": "0.3..1.2", "water": "none..heavy"}
STEMS = ["a", "b", "deep/c", "d", "night", "wall"]


@pytest.fixture
def wet(tmp_path: Path) -> WetSet:
    return make_wet_set(tmp_path / "data")


@pytest.fixture
def second(tmp_path: Path) -> Path:
    return second_weights(tmp_path / "second.pth")


@pytest.fixture
def options(wet: WetSet, tiny_weights: Path, tmp_path: Path) -> Options:
    """Return options on the small data set, three copies of each picture, that others can replace."""

    def make(out: str = "out", **more: object) -> AugmentOptions:
        places = {"labels": wet.labels, "out": tmp_path / out, "weights": str(tiny_weights), "maps": wet.maps}
        told: dict[str, Any] = {**places, "width": 48, "workers": 0, "copies": 3, "water": "heavy", **more}
        return AugmentOptions(**{name: value for name, value in told.items() if value is not None})

    return make


def rows(out: Path) -> list[dict[str, str]]:
    with (out / "variants.csv").open(newline="") as stream:
        return list(csv.DictReader(stream))


def coco(out: Path) -> dict[str, Any]:
    return dict(json.loads((out / "coco.json").read_bytes()))


def picture(file: Path) -> np.ndarray[tuple[int, ...], np.dtype[np.uint8]]:
    with Image.open(file) as opened:
        return np.asarray(opened.convert("RGB"))


# What is there


def test_each_copy_is_there_with_the_labels_of_its_picture(options: Options, wet: WetSet, tmp_path: Path) -> None:
    summary = run(options(**DRAWN))
    source, out = json.loads(wet.labels.read_bytes()), tmp_path / "out"
    assert (summary["pictures"], summary["translated"], summary["labels"]["annotations"]) == (18, 18, 36)
    assert summary["labels"]["equal"]
    assert summary["variants"] == {"pictures": 6, "copies": 3, "weights": {end_of(options().weights): 1.0}, **DRAWN}
    labels = coco(out)
    names = Counter(name for image in source["images"] for name in [image["file_name"]])
    assert [len(labels[key]) for key in ("images", "annotations")] == [18, 36]
    found = {image["file_name"]: image["id"] for image in labels["images"]}
    assert len(set(found.values())) == 18
    boxes = Counter((one["image_id"], tuple(one["bbox"])) for one in labels["annotations"])
    for name in names:
        for copy in (1, 2, 3):
            stem, extension = name.rsplit(".", 1)
            file = f"{stem}_{copy}.{extension}"
            assert (out / "images" / file).is_file() or (out / file).is_file()
            assert boxes[found[file], (30, 20, 20, 24)] == 1


def test_copies_of_one_picture_differ_and_the_table_says_in_what(options: Options, tmp_path: Path) -> None:
    water = run(options(**DRAWN))["water"]
    table = rows(tmp_path / "out")
    levels = Counter(row["water"] for row in table)
    assert (water["levels"], water["pictures"], water["rain_rate"]) == (levels, 18 - levels["none"], None)
    assert [(row["file"], row["copy"]) for row in table[:3]] == [(f"a_{copy}.jpg", str(copy)) for copy in (1, 2, 3)]
    assert {row["weights"] for row in table} == {end_of(options().weights)}
    assert {row["water"] for row in table} == {"none", "light", "moderate", "heavy"}
    assert len({row["strength"] for row in table}) > 15
    for _, group in itertools.groupby(table, lambda row: row["source"]):
        made = [picture(tmp_path / "out" / row["output"]) for row in group]
        assert not any(np.array_equal(one, other) for one, other in itertools.combinations(made, 2))


def test_alike_in_all_that_is_told_copies_have_other_puddles_streaks_and_drops(
    options: Options, tmp_path: Path
) -> None:
    run(options(width=None, weights=None, water_only=True))
    table = rows(tmp_path / "out")
    assert {(row["weights"], row["strength"], row["water"]) for row in table} == {("", "", "heavy")}
    made = [picture(tmp_path / "out" / row["output"]) for row in table[:3]]
    assert not any(np.array_equal(one, other) for one, other in itertools.combinations(made, 2))


def test_a_copy_is_the_same_however_many_there_are(options: Options, tmp_path: Path) -> None:
    for copies in (1, 2, 3):
        run(options(f"of{copies}", copies=copies, **DRAWN))
    of = {copies: data_of(tmp_path / f"of{copies}") for copies in (1, 2, 3)}
    pictures = [name for name in of[2] if name.endswith((".jpg", ".png"))]
    assert len(pictures) == 12
    assert all(of[2][name] == of[3][name] for name in pictures)
    firsts = {name.replace("_1.", "."): name for name in pictures if "_1." in name}
    assert all(of[1][plain] == of[2][name] for plain, name in firsts.items())


def test_without_copies_and_draws_there_is_no_table_and_no_word(options: Options, tmp_path: Path) -> None:
    summary = run(options(copies=1))
    assert summary["variants"] is None
    assert not (tmp_path / "out/variants.csv").exists()
    settings = json.loads((tmp_path / "out/run.json").read_text())["settings"]
    assert not {"copies", "mixture"} & settings.keys()
    assert isinstance(settings["weights_sha256"], str)


# However a run comes to its end


@pytest.mark.parametrize("pairs", [False, True])
def test_shards_come_to_the_same_bytes(options: Options, tmp_path: Path, pairs: bool) -> None:
    told = {**DRAWN, "pairs": pairs, "gate": "flag", "fraction": 0.7, "keep_originals": True, "suffix": "_r"}
    whole = run(options("whole", **told))
    for part in (2, 3, 1):
        run(options("parts", **told, shard=f"{part}/3"))
    joined = done(collect(tmp_path / "parts"))
    assert data_of(tmp_path / "parts") == data_of(tmp_path / "whole")
    same = ("pictures", "labels", "gate", "faults", "water", "variants", "skipped")
    assert {key: joined[key] for key in same} == {key: whole[key] for key in same}


@pytest.mark.parametrize("pictures", [1, 4, 11])
def test_a_run_that_was_stopped_goes_on_to_the_same_bytes(options: Options, tmp_path: Path, pictures: int) -> None:
    run(options("whole", **DRAWN, gate="flag"))
    asked = itertools.count()
    first = done(augment(options(**DRAWN, gate="flag"), lambda: next(asked) >= pictures))
    assert (first["complete"], first["labels"]) == (False, None)
    assert not (tmp_path / "out/variants.csv").exists()
    assert run(options(**DRAWN, gate="flag"))["reused"] == first["translated"]
    assert data_of(tmp_path / "out") == data_of(tmp_path / "whole")


def test_workers_and_order_change_no_byte(options: Options, wet: WetSet, second: Path, tmp_path: Path) -> None:
    told = {**DRAWN, "weights": f"{options().weights}=0.5,{second}=0.5"}
    run(options("one", **told, workers=0))
    run(options("other", **told, workers=3))
    assert data_of(tmp_path / "one") == data_of(tmp_path / "other")
    content = json.loads(wet.labels.read_bytes())
    content["images"].reverse()
    wet.labels.write_text(json.dumps(content))
    run(options("turned", **told))
    one, turned = data_of(tmp_path / "one"), data_of(tmp_path / "turned")
    assert {name for name in one if one[name] != turned[name]} == {"coco.json", "variants.csv"}


def test_work_that_was_sent_draws_and_makes_the_same(options: Options, second: Path, tmp_path: Path) -> None:
    told = {**DRAWN, "weights": f"{options().weights}=0.5,{second}=0.5"}
    run(options("here", **told))
    job = open_job(options("there", **told))
    sent = pickle.loads(pickle.dumps(job.work()))  # noqa: S301 (ours)
    with job.opened(overwrite=False):
        list(ProcessEngine(2, tmp_path / "there").run(sent, job.tasks, never))
    here, there = data_of(tmp_path / "here"), data_of(tmp_path / "there")
    assert {name for name in here if name not in there} == {"coco.json", "skipped.jsonl", "variants.csv"}
    assert all(here[name] == digest for name, digest in there.items())


def test_a_changed_source_makes_its_copies_again_and_no_other(options: Options, wet: WetSet, tmp_path: Path) -> None:
    run(options())
    Image.new("RGB", (96, 64), (9, 99, 9)).save(wet.images / "b.png")
    again = run(options())
    assert (again["translated"], again["reused"]) == (3, 15)


def test_other_amounts_are_another_run(options: Options) -> None:
    run(options(**DRAWN))
    for other in ({"copies": 2}, {"strength": "0.3..1.1"}, {"water": "none,heavy"}):
        with pytest.raises(OutputError, match="holds a run with other settings"):
            run(options(**{**DRAWN, **other}))
    assert run(options(**DRAWN))["reused"] == 18


def test_a_run_begun_before_there_were_copies_goes_on(options: Options, tmp_path: Path) -> None:
    run(options(copies=1))
    file = tmp_path / "out/run.json"
    content = json.loads(file.read_text())
    assert "copies" not in content["settings"]
    content["summary"].pop("variants")
    file.write_text(json.dumps(content))
    assert finished_run(tmp_path / "out").options.copies == 1
    assert run(options(copies=1))["reused"] == 6


def test_overwrite_leaves_no_table_of_another_run(options: Options, tmp_path: Path) -> None:
    run(options())
    run(options(copies=1, overwrite=True))
    assert not (tmp_path / "out/variants.csv").exists()
    assert len(list((tmp_path / "out").rglob("*.png"))) == 4


# What is left out, kept, judged


def test_a_missing_picture_is_left_out_with_all_its_copies(options: Options, wet: WetSet, tmp_path: Path) -> None:
    (wet.images / "d.png").rename(wet.images / "D.PNG")
    summary = run(options())
    lines = [json.loads(line) for line in (tmp_path / "out/skipped.jsonl").read_text().splitlines()]
    assert [line["file"] for line in lines] == ["d_1.png", "d_2.png", "d_3.png"]
    assert all("'D.PNG' is there" in line["detail"] for line in lines)
    assert (summary["translated"], summary["labels"]["annotations"]) == (15, 30)
    assert summary["labels"]["source"]["left_out"] == 6
    assert len(rows(tmp_path / "out")) == 15


def test_originals_are_kept_once_and_are_in_no_row(options: Options, tmp_path: Path) -> None:
    summary = run(options(fraction=0.5, keep_originals=True))
    table = rows(tmp_path / "out")
    assert summary["kept"] + len(table) / 3 == 6
    assert 0 < summary["kept"] < 6
    names = {image["file_name"] for image in coco(tmp_path / "out")["images"]}
    assert len(names) == summary["kept"] + len(table)


def test_boxes_are_compared_with_the_source_of_a_copy_and_marked_in_it_alone(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"strength": 0.0, "water": "none", "maps": None}
    assert run(options("same", **told, gate="flag"))["gate"]["flagged"] == 0
    run(options(**told, gate="drop"))
    out = tmp_path / "out"
    file = next(out.rglob("a_2.jpg"))
    pixels = picture(file).copy()
    pixels[18:46, 28:52] = pixels[:, :20].mean((0, 1))
    Image.fromarray(pixels).save(file, quality=95)
    (out / ".tpsence/boxes.jsonl").unlink()
    summary = run(options(**told, gate="drop"))
    flagged = [json.loads(line) for line in (out / "flagged.jsonl").read_text().splitlines()]
    assert [line["file"] for line in flagged if "annotation" in line] == ["a_2.jpg"]
    assert summary["labels"]["annotations"] == 35
    assert summary["labels"]["source"]["dropped"] == 1
    labels = coco(out)
    of = {image["file_name"]: image["id"] for image in labels["images"]}
    boxes = Counter(one["image_id"] for one in labels["annotations"])
    assert [boxes[of[f"a_{copy}.jpg"]] for copy in (1, 2, 3)] == [2, 1, 2]


def test_pairs_have_the_source_or_the_clean_picture_of_each_copy(options: Options, wet: WetSet, tmp_path: Path) -> None:
    run(options(pairs=True, pairs_target="original"))
    for copy in (1, 2, 3):
        assert (tmp_path / f"out/pairs/target/b_{copy}.png").read_bytes() == (wet.images / "b.png").read_bytes()
    run(options("clean", pairs=True, water="none,heavy"))
    dry = [row["output"].rpartition("/")[2] for row in rows(tmp_path / "clean") if row["water"] == "none"]
    wet_ones = [row["output"].rpartition("/")[2] for row in rows(tmp_path / "clean") if row["water"] == "heavy"]
    assert dry
    assert wet_ones
    for names, same in ((dry, True), (wet_ones, False)):
        for name in names:
            one, target = (picture(tmp_path / f"clean/pairs/{place}/{name}") for place in ("input", "target"))
            assert np.array_equal(one, target) is same


def test_label_maps_go_by_the_name_of_the_source(options: Options, wet: WetSet) -> None:
    assert run(options())["water"]["without_ground"] == 3
    (wet.maps / "b.png").unlink()
    with pytest.raises(InputError, match=r"1 picture has no label map, for example b\.png"):
        run(options("other"))


def test_objects_of_the_source_stay_visible_in_each_copy(options: Options) -> None:
    from pipeline.augment.job import open_job  # as the job does

    job = open_job(options())
    assert job.method.scenes is not None
    scenes = [job.method.scenes.of(task, np.zeros((64, 96, 3), np.uint8)) for task in job.tasks[:3]]
    assert [len(scene.objects) for scene in scenes] == [1, 1, 1]
    assert len({scene.seed for scene in scenes}) == 3
    assert isinstance(job.plan.labels.objects("a_2.jpg")[0], LabelledObject)


# Several generators


def test_each_picture_goes_through_the_generator_that_it_drew(
    options: Options, tiny_weights: Path, second: Path, tmp_path: Path
) -> None:
    mixed = f"{tiny_weights}=0.6,{second}=0.4"
    dry = {"water": "none", "maps": None}
    summary = run(options("mixed", weights=mixed, **dry))
    run(options("first", **dry))
    run(options("second", weights=str(second), **dry))
    table = rows(tmp_path / "mixed")
    assert {row["weights"] for row in table} == {end_of(tiny_weights), end_of(second)}
    for row in table:
        alone = "first" if row["weights"] == end_of(tiny_weights) else "second"
        made, wanted = ((tmp_path / out / row["output"]).read_bytes() for out in ("mixed", alone))
        assert made == wanted
    assert summary["variants"]["weights"] == pytest.approx({end_of(tiny_weights): 0.6, end_of(second): 0.4})
    record = json.loads((tmp_path / "mixed/run.json").read_text())
    assert record["settings"]["weights_sha256"] == [
        json.loads((tmp_path / out / "run.json").read_text())["settings"]["weights_sha256"]
        for out in ("first", "second")
    ]
    assert [one["name"] for one in record["weights"]] == [str(tiny_weights), str(second)]
    assert [(one["width"], one["water"]) for one in record["settings"]["mixture"]] == [(48, "none")] * 2


def test_several_generators_in_shards_stopped_and_reported(
    options: Options, tiny_weights: Path, second: Path, tmp_path: Path
) -> None:
    told = {**DRAWN, "weights": f"{tiny_weights}=1,{second}=3"}
    run(options("whole", **told))
    for part in (1, 2):
        run(options("parts", **told, shard=f"{part}/2"))
    done(collect(tmp_path / "parts"))
    assert data_of(tmp_path / "parts") == data_of(tmp_path / "whole")
    with pytest.raises(OutputError, match="weights_sha256"):
        run(options("whole", **{**told, "weights": f"{second}=3,{tiny_weights}=1"}))
    shown = command_of(finished_run(tmp_path / "whole"))
    assert shown is not None
    words = " ".join(line.removesuffix("\\").strip() for line in shown.lines)
    assert f"--weights {tiny_weights}=0.25,{second}=0.75" in words
    assert "--strength 0.3..1.2 --water none..heavy" in words
    assert "--copies 3" in words
    facts = dict(facts_of(finished_run(tmp_path / "whole")))
    assert facts["Width"] == "48"
    assert len(facts["Weights SHA-256"].split(", ")) == 2
    assert f"weights {end_of(tiny_weights)} 25 %, {end_of(second)} 75 %" in facts["Variants"]


def test_a_run_goes_on_wherever_its_several_generators_lie(
    options: Options, tiny_weights: Path, second: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    told = {"water": "none", "maps": None}
    run(options(weights=f"{tiny_weights}=1,{second}=3", **told))
    before = data_of(tmp_path / "out")
    for file in (tiny_weights, second):
        place = tmp_path / "elsewhere" / end_of(file)
        place.parent.mkdir(parents=True)
        shutil.copy(file, place)
    monkeypatch.chdir(tmp_path / "elsewhere")
    again = run(options(weights=f"{end_of(tiny_weights)}=25%,{end_of(second)}=75%", **told))
    assert (again["translated"], again["reused"]) == (0, 18)
    assert data_of(tmp_path / "out") == before
    assert str(tmp_path) not in (tmp_path / "out/variants.csv").read_text()


def test_what_generators_have_not_in_common_is_recorded_of_each(options: Options, tiny_weights: Path) -> None:
    mixed = f"rain=1,{tiny_weights}=1"
    settings = open_job(options(weights=mixed, width=None)).settings
    assert (settings["width"], settings["detail"]) == (None, None)
    assert [(one["width"], one["detail"]) for one in settings["mixture"]] == [(256, "light"), (640, "residual")]
    settings = open_job(options(weights=mixed, width=48, detail="model")).settings
    assert (settings["width"], settings["detail"]) == (48, "model")


# What reads a run


def test_the_report_shows_copies_beside_their_source(options: Options, wet: WetSet, tmp_path: Path) -> None:
    run(options(**DRAWN, gate="flag"))
    page = result_of(write_report(tmp_path / "out", 0)).read_text()
    assert "3 copies of each of 6 pictures, strength 0.3..1.2, water none..heavy" in page
    assert "deep/c_3.jpg" in page
    shutil.rmtree(wet.images)
    wet.images.mkdir()
    with (tmp_path / "out/boxes.csv").open(newline="") as stream:
        files = Counter(row["file"] for row in csv.DictReader(stream))
    assert {f"{stem}_{copy}" for stem in STEMS for copy in (1, 2, 3)} >= {name.rpartition(".")[0] for name in files}


def test_a_dry_run_counts_copies(options: Options, tmp_path: Path) -> None:
    report = done(check(options(**DRAWN)))
    assert (report["pictures"], report["translate"], report["source"]["annotations"]) == (18, 18, 36)
    assert report["variants"]["copies"] == 3
    assert report["water"] == "none..heavy"
    assert not (tmp_path / "out").exists()
    one = done(check(options(copies=1)))
    assert report["bytes_needed"] == pytest.approx(3 * one["bytes_needed"], abs=3)


def test_other_formats_write_copies_too(options: Options, wet: WetSet, tmp_path: Path) -> None:
    shutil.rmtree(wet.maps)
    for number, name in enumerate(wet.names):
        file = (tmp_path / "yolo/labels" / name).with_suffix(".txt")
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"{number} 0.4 0.5 0.2 0.3\n")
    shutil.copytree(wet.images, tmp_path / "yolo/images")
    summary = run(options(labels=tmp_path / "yolo/labels", water="none", maps=None, suffix="_r"))
    assert (summary["labels"]["files"], summary["labels"]["annotations"]) == (18, 18)
    texts = {name: content for name, content in tree(tmp_path / "out").items() if name.endswith(".txt")}
    assert {name: content for name, content in texts.items() if ".tpsence" not in name} == {
        f"labels/{stem}_r_{copy}.txt": f"{number} 0.4 0.5 0.2 0.3\n".encode()
        for number, stem in enumerate(STEMS)
        for copy in (1, 2, 3)
    }
