"""Water from end to end: what is written is the same however it comes to be, and every picture is accounted for."""

import itertools
import json
import pickle
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.augment import generators, method
from pipeline.augment.collect import collect
from pipeline.augment.job import augment, check, open_job
from pipeline.augment.options import AugmentOptions
from pipeline.augment.scenes import Scenes, scene_objects, seed_of
from pipeline.engine.events import Event, Finished
from pipeline.engine.interface import never
from pipeline.engine.processes import ProcessEngine
from pipeline.engine.tasks import Action, Task
from pipeline.labels import json_file, json_labels
from pipeline.labels.copies import Copies
from pipeline.labels.interface import LabelledObject
from pipeline.labels.memory import InMemory
from tests.pipeline.augment.wet_set import WetSet, data_of, make_wet_set, put_map, street_map
from tpsence.errors import InputError, TpsenceError
from tpsence.weights import generator_bytes, load_generator

Summary = dict[str, Any]


@pytest.fixture
def wet(tmp_path: Path) -> WetSet:
    return make_wet_set(tmp_path / "data")


@pytest.fixture
def options(wet: WetSet, tiny_weights: Path, tmp_path: Path) -> Callable[..., AugmentOptions]:
    """Return options on the small data set, with its maps and the tiny generator, that others can replace."""

    def make(out: str = "out", **more: object) -> AugmentOptions:
        told: dict[str, Any] = {
            "labels": wet.labels,
            "out": tmp_path / out,
            "weights": str(tiny_weights),
            "maps": wet.maps,
            "width": 48,
            "water": "heavy",
            "workers": 0,
            **more,
        }
        return AugmentOptions(**{name: value for name, value in told.items() if value is not None})

    return make


Options = Callable[..., AugmentOptions]


def done(events: Iterable[Event]) -> Summary:
    """Run a job to its end and return its summary."""
    last = list(events)[-1]
    assert isinstance(last, Finished)
    return dict(last.summary)


def run(options: AugmentOptions) -> Summary:
    return done(augment(options))


def settings_in(out: Path) -> Summary:
    return dict(json.loads((out / "run.json").read_text())["settings"])


def test_every_picture_gets_its_water_and_is_accounted_for(options: Options, tmp_path: Path) -> None:
    summary = run(options(water_amounts={"haze": 0.5}, strength=0.1))  # a random generator makes day of night
    assert summary["labels"]["equal"]
    assert summary["water"] == {
        "level": "heavy",
        "rain_rate": 25.0,
        "amounts": {"overcast": 1.0, "wet_ground": 1.0, "haze": 0.5, "streaks": 1.0, "drops": 1.0},
        "pictures": 6,
        "without_ground": 1,
        "by_night": 1,
        "maps": "maps",
    }
    settings = settings_in(tmp_path / "out")
    assert (settings["water"], settings["water_amounts"]) == ("heavy", {"haze": 0.5})
    assert settings["maps"] == str(tmp_path / "data/maps")
    assert settings["maps_sha256"]
    run(options("dry", water="none", strength=0.1))
    wet, dry = data_of(tmp_path / "out"), data_of(tmp_path / "dry")
    assert wet.keys() == dry.keys()
    assert [name for name in wet if wet[name] == dry[name]] == ["coco.json", "skipped.jsonl"]


def test_workers_change_no_byte(options: Options, tmp_path: Path) -> None:
    for workers in (1, 4):
        run(options(f"out{workers}", workers=workers, pairs=True))
    assert data_of(tmp_path / "out1") == data_of(tmp_path / "out4")


def test_shards_change_no_byte_and_their_facts_are_added_up(options: Options, tmp_path: Path) -> None:
    whole = run(options("whole", pairs=True))
    parts = [run(options("parts", pairs=True, shard=f"{part}/3")) for part in (2, 3, 1)]
    assert sum(part["water"]["pictures"] for part in parts) == 6
    joined = done(collect(tmp_path / "parts"))
    assert joined["water"] == whole["water"]
    assert data_of(tmp_path / "parts") == data_of(tmp_path / "whole")


@pytest.mark.parametrize("pictures", [1, 3, 5])
def test_a_run_that_was_stopped_goes_on_to_the_same_end(pictures: int, options: Options, tmp_path: Path) -> None:
    whole = run(options("whole", pairs=True))
    asked = itertools.count()
    first = done(augment(options(pairs=True), lambda: next(asked) >= pictures))
    assert not first["complete"]
    assert first["water"]["pictures"] == first["translated"] < 6
    last = run(options(pairs=True))
    assert (last["reused"], last["water"]) == (first["translated"], whole["water"])
    assert data_of(tmp_path / "out") == data_of(tmp_path / "whole")


def test_order_and_number_of_the_pictures_change_no_byte(options: Options, wet: WetSet, tmp_path: Path) -> None:
    run(options("all"))
    content = json.loads(wet.labels.read_text())
    content["images"] = content["images"][:0:-1]
    wet.labels.write_text(json.dumps(content))
    run(options("some"))
    before, after = data_of(tmp_path / "all"), data_of(tmp_path / "some")
    pictures = [name for name in after if name.startswith("images/")]
    assert len(pictures) == 5
    assert all(before[name] == after[name] for name in pictures)


def test_the_seed_moves_the_water_and_the_name_decides(options: Options, tmp_path: Path) -> None:
    run(options("one"))
    run(options("other", seed=1))
    one, other = data_of(tmp_path / "one"), data_of(tmp_path / "other")
    assert all(one[name] != other[name] for name in one if name.startswith("images/"))


def test_without_water_nothing_is_loaded_and_nothing_changes(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise AssertionError("nobody asks for scenes")

    monkeypatch.setattr(method, "Scenes", refuse)
    monkeypatch.setattr(method, "RainEffect", refuse)
    summary = run(options("told", water="none"))
    assert summary["water"] is None
    run(options("untold", water=None, maps=None))  # weights that say nothing of water
    assert data_of(tmp_path / "told") == data_of(tmp_path / "untold")
    assert settings_in(tmp_path / "untold")["water"] == "none"
    assert not list((tmp_path / "told/.tpsence").glob("noted*"))


def test_weights_can_ask_for_water(options: Options, tiny_weights: Path, tmp_path: Path) -> None:
    loaded = load_generator(tiny_weights)
    file = tmp_path / "wet.safetensors"
    metadata = loaded.metadata.model_copy(update={"water": "light"})
    file.write_bytes(generator_bytes(loaded.generator, metadata))
    assert run(options("said", weights=str(file), water=None))["water"]["level"] == "light"
    run(options("told", water="light"))
    assert data_of(tmp_path / "said") == data_of(tmp_path / "told")
    assert run(options("none", weights=str(file), water="none"))["water"] is None


def test_water_alone_needs_no_weights(options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(generators, "load_generator", lambda path: pytest.fail("no weights are wanted"))
    summary = run(options(weights=None, width=None, water=None, water_only=True))
    assert (summary["water"]["level"], summary["width"]) == ("moderate", None)
    record = json.loads((tmp_path / "out/run.json").read_text())
    assert "weights" not in record
    assert (record["settings"]["water"], record["settings"]["weights_sha256"]) == ("moderate", None)


def test_lanes_are_a_part_of_the_ground(options: Options, tmp_path: Path) -> None:
    run(options("with"))
    shutil.rmtree(tmp_path / "data")
    make_wet_set(tmp_path / "data", lane=False)
    run(options("without"))
    one, other = data_of(tmp_path / "with"), data_of(tmp_path / "without")
    assert [name for name in one if one[name] != other[name]] == ["coco.json"]


def test_objects_of_a_scene_are_in_pixels_with_their_outlines() -> None:
    triangle = (((0.0, 0.0), (0.5, 0.0), (0.0, 0.5)),)
    objects = [
        LabelledObject("car", (0.1, 0.2, 0.3, 0.4), relative=True, outline=triangle),
        LabelledObject("traffic lane", (0, 0, 1, 1)),
        LabelledObject("person", None),
        LabelledObject("person", None, outline=(((1.0, 2.0), (5.0, 2.0), (3.0, 9.0)),)),
    ]
    found = scene_objects(objects, (100, 50))
    assert [one.box for one in found] == [(10.0, 10.0, 30.0, 20.0), (1.0, 2.0, 5.0, 9.0)]
    assert found[0].outline == (((0.0, 0.0), (50.0, 0.0), (0.0, 25.0)),)


def test_what_falls_by_lot_in_a_picture_is_the_same_as_ever() -> None:
    assert (seed_of("a.jpg", 0), seed_of("a.jpg", 0, 2)) == (74524861, 3930248153)


def test_objects_are_those_of_a_copy_also_where_another_picture_has_its_name() -> None:
    boxes = {"a.jpg": (1.0, 1.0, 5.0, 5.0), "a_2.jpg": (2.0, 2.0, 9.0, 9.0)}
    labels = InMemory(Path("/"), {name: [LabelledObject("car", box)] for name, box in boxes.items()})
    scenes = Scenes(labels=Copies(labels, boxes, 2), seed=0, maps=None, max_pixels=100)
    for name, source in (("a_2.jpg", "a.jpg"), ("a_2_1.jpg", "a_2.jpg")):
        task = Task(name, name, Action.TRANSLATE, None, source)
        assert [one.box for one in scenes.of(task, np.zeros((10, 10, 3), np.uint8)).objects] == [boxes[source]]


def test_a_label_file_is_read_once_for_all_objects(
    options: Options, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    job = open_job(options(workers=4))
    read, asked = json_file.read_json, list[Path]()

    def counted(path: Path, **more: Any) -> object:  # noqa: ANN401 (passed on)
        asked.append(path)
        return read(path, **more)

    monkeypatch.setattr(json_labels, "read_json", counted)
    with job.opened(overwrite=False):
        assert len(list(job.run())) == 6
    assert len(asked) == 1


def test_labels_that_change_under_a_run_end_it(options: Options, wet: WetSet) -> None:
    job = open_job(options())
    wet.labels.write_text(wet.labels.read_text() + " ")
    with job.opened(overwrite=False), pytest.raises(TpsenceError, match="changed during the run"):
        list(job.run())


@pytest.mark.parametrize("workers", [0, 2])
def test_work_that_was_sent_does_the_same(workers: int, options: Options, tmp_path: Path) -> None:
    run(options("here", pairs=True))
    job = open_job(options("there", pairs=True))
    next(iter(job.plan.labels.objects("a.jpg")))
    data = pickle.dumps(job.work())
    assert b"bbox" not in data  # annotations are read where they are asked for
    with job.opened(overwrite=False):
        list(ProcessEngine(workers, tmp_path / "there").run(pickle.loads(data), job.tasks, never))  # noqa: S301 (ours)
    here, there = data_of(tmp_path / "here"), data_of(tmp_path / "there")
    assert there
    assert all(here[name] == digest for name, digest in there.items())


@pytest.mark.parametrize(("target", "equal_to"), [("clean", "made"), ("original", "source"), (None, "made")])
def test_pairs_have_the_targets_that_were_told(
    target: str | None, equal_to: str, options: Options, wet: WetSet, tmp_path: Path
) -> None:
    run(options(pairs=True, pairs_target=target))
    out = tmp_path / "out"
    for name in ("b.png", "d.png"):
        source, made = ((wet.images / name).read_bytes(), (out / "pairs/target" / name).read_bytes())
        assert (source == made) is (equal_to == "source")
        assert (out / "pairs/input" / name).read_bytes() == (out / "images" / name).read_bytes() != made
    with Image.open(out / "pairs/target/c.jpg") as one, Image.open(out / "pairs/input/c.jpg") as other:
        assert (one.format, one.size) == (other.format, other.size) == ("JPEG", (96, 64))
        if equal_to == "made":
            assert one.quantization == other.quantization  # type: ignore[attr-defined]


def test_a_clean_target_is_the_input_without_what_falls(options: Options, tmp_path: Path) -> None:
    run(options("rainy", pairs=True))
    run(options("still", water_amounts={"streaks": 0, "drops": 0}))
    for name in ("b.png", "d.png"):
        target = np.asarray(Image.open(tmp_path / "rainy/pairs/target" / name)).astype(int)
        still = np.asarray(Image.open(tmp_path / "still/images" / name)).astype(int)
        assert np.abs(target - still).max() <= 1


def test_a_picture_whose_clean_target_is_missing_is_made_once_more(options: Options, tmp_path: Path) -> None:
    out = tmp_path / "out"
    run(options(pairs=True))
    before = data_of(out)
    (out / "pairs/target/b.png").unlink()
    assert done(check(options(pairs=True)))["translate"] == 1
    last = run(options(pairs=True))
    assert (last["translated"], last["reused"]) == (1, 5)
    assert data_of(out) == before


def test_shards_are_not_joined_without_their_clean_targets(options: Options, tmp_path: Path) -> None:
    for part in (1, 2):
        run(options(pairs=True, shard=f"{part}/2"))
    (tmp_path / "out/pairs/target/b.png").unlink()
    with pytest.raises(TpsenceError, match=r"1 missing, for example images/b\.png"):
        done(collect(tmp_path / "out"))


def test_a_clean_target_is_there_before_its_picture(
    options: Options, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    job = open_job(options(pairs=True))
    written: list[str] = []
    monkeypatch.setattr(type(job.folder), "write", lambda self, name, data: written.append(name))
    with job.opened(overwrite=False):
        list(job.run())
    for name in ("a.jpg", "night.png"):
        assert written.index(f"pairs/target/{name}") < written.index(f"images/{name}")


@pytest.mark.parametrize("more", [{"water": None}, {"water": "none"}])
def test_clean_targets_without_water_are_refused_before_anything_is_written(
    more: Summary, options: Options, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="`pairs_target` clean: without water"):
        run(options(pairs=True, pairs_target="clean", **more))
    assert not (tmp_path / "out").exists()


def test_a_missing_map_is_refused_before_anything_is_written(options: Options, wet: WetSet, tmp_path: Path) -> None:
    (wet.maps / "deep/c.png").unlink()
    with pytest.raises(InputError, match=r"1 picture has no label map, for example deep/c\.jpg"):
        run(options())
    assert not (tmp_path / "out").exists()
    rest = run(options(limit=1, keep_originals=True))  # only those that are translated need one
    assert (rest["translated"], rest["kept"]) == (1, 5)


def test_maps_that_cannot_be_used_are_skips(options: Options, wet: WetSet) -> None:
    (wet.maps / "a.png").write_bytes(b"junk")
    put_map(wet.maps / "b.png", street_map((40, 64)))
    summary = run(options())
    assert summary["skipped"] == {"unsupported format": 1, "wrong size": 1}
    assert (summary["translated"], summary["water"]["pictures"]) == (4, 4)


def test_other_maps_are_another_run(options: Options, wet: WetSet, tmp_path: Path) -> None:
    run(options())
    shutil.copytree(wet.maps, tmp_path / "other maps")
    with pytest.raises(TpsenceError, match="holds a run with other settings: maps: "):
        run(options(maps=tmp_path / "other maps"))
    (wet.maps / "classes.json").write_text('{"classes": ["sky", "road", "wall"]}')
    with pytest.raises(TpsenceError, match="holds a run with other settings: maps_sha256: "):
        run(options())


def test_the_output_may_not_be_among_the_maps(options: Options, wet: WetSet) -> None:
    with pytest.raises(TpsenceError, match="is inside the input"):
        run(options(out="data/maps/out"))


def test_a_dry_run_tells_level_and_maps_and_writes_nothing(options: Options, tmp_path: Path) -> None:
    plan = done(check(options(pairs=True)))
    assert (plan["water"], plan["maps"]) == ("heavy", "maps")
    assert plan["bytes_needed"] > done(check(options()))["bytes_needed"]
    plan = done(check(options(water="none")))
    assert (plan["water"], plan["maps"]) == ("none", None)
    assert not (tmp_path / "out").exists()


def test_what_is_about_to_happen_is_said(options: Options) -> None:
    events: list[Event] = list(augment(options()))
    texts = list(getattr(events[0], "texts", ()))
    assert texts[-1] == "water: heavy, 25 mm/h; label maps: maps"
    assert not any("water" in text for text in getattr(next(augment(options("dry", water="none"))), "texts", ()))


@pytest.mark.parametrize("water_only", [False, True])
def test_maps_are_made_on_the_way(water_only: bool, options: Options, wet: WetSet, tmp_path: Path) -> None:
    pytest.importorskip("mmseg")
    alone: Summary = {"weights": None, "width": None, "water_only": True} if water_only else {}
    torch.manual_seed(0)
    Image.new("RGB", (3000, 8), (90, 90, 90)).save(wet.images / "b.png")  # too long for a map, and no skip
    content = json.loads(wet.labels.read_text())
    content["images"][1].update(width=3000, height=8)
    wet.labels.write_text(json.dumps(content))
    events = list(augment(options(maps=None, **alone)))
    assert "road-lite: weights trained on CamVid, for personal and research use" in getattr(events[0], "texts", ())
    summary = done(events)
    assert (summary["water"]["maps"], summary["water"]["pictures"], summary["skipped"]) == ("road-lite", 6, {})
    assert summary["water"]["without_ground"] >= 1
    assert settings_in(tmp_path / "out")["maps"] is None
