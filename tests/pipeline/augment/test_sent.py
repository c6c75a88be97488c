"""Work that is sent to other processes: it does not grow with the data set, and what comes back is as if done here."""

import json
import os
import pickle
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.augment.collect import collect
from pipeline.augment.job import augment, open_job
from pipeline.augment.options import AugmentOptions
from pipeline.engine.events import Event, Finished, Outcome
from pipeline.engine.flow import outcomes
from pipeline.engine.interface import Stop
from pipeline.engine.tally import Tally
from pipeline.engine.tasks import Task
from pipeline.engine.threads import ThreadEngine
from pipeline.labels.hints.listing import pictures_near
from tests.pipeline.augment.wet_set import WetSet, data_of, make_wet_set
from tests.pipeline.own_process import work_in_own_process
from tpsence.errors import TpsenceError

TOLD = {"copies": 2, "pairs": True, "suffix": "_r", "fraction": 0.7, "keep_originals": True}


def options(wet: WetSet, out: Path, weights: Path, **more: object) -> AugmentOptions:
    """Options on a data set, with its maps, that others can replace."""
    told: dict[str, Any] = {
        "labels": wet.labels,
        "out": out,
        "weights": str(weights),
        "maps": wet.maps,
        "width": 48,
        "water": "heavy",
        "workers": 0,
        **more,
    }
    return AugmentOptions(**told)


def run(told: AugmentOptions) -> dict[str, Any]:
    return finished(augment(told))


def finished(events: Iterable[Event]) -> dict[str, Any]:
    """Run a job to its end and return its summary."""
    *_, last = events
    assert isinstance(last, Finished)
    return dict(last.summary)


@pytest.fixture
def wet(tmp_path: Path) -> WetSet:
    """The small data set, with a picture that is missing."""
    wet = make_wet_set(tmp_path / "data")
    (wet.images / "d.png").rename(wet.images / "D.PNG")
    return wet


def noted(out: Path) -> dict[str, list[str]]:
    """The lines of ledger and journals, sorted."""
    return {file.name: sorted(file.read_text().splitlines()) for file in (out / ".tpsence").glob("*.jsonl")}


def test_what_comes_back_makes_the_folder_that_one_process_makes(
    wet: WetSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    whole = run(options(wet, tmp_path / "here", tiny_weights, **TOLD))
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    told = options(wet, Path("there"), tiny_weights, **TOLD)
    job = open_job(told)
    tally = Tally(skips=list(job.plan.labels.skips))
    with job.opened(overwrite=False):
        job.plan.labels.objects("a_1.jpg")  # so that the file is not read again, which is gone meanwhile
        wet.labels.rename(tmp_path / "hidden")
        for outcome in work_in_own_process(job.work(), job.tasks, tmp_path / "other"):
            tally.add(outcome)
        (tmp_path / "hidden").rename(wet.labels)
        summary = job.finish(tally, seconds=1, complete=True).as_dict()
    assert data_of(tmp_path / "there") == data_of(tmp_path / "here")
    assert noted(tmp_path / "there") == noted(tmp_path / "here")
    assert {"ledger.jsonl", "noted.jsonl", "pictures.jsonl"} == noted(tmp_path / "here").keys()
    other = {"out", "seconds", "images_per_s"}
    assert {key: summary[key] for key in summary if key not in other} == {
        key: whole[key] for key in whole if key not in other
    }
    again = run(told)
    assert (again["reused"], again["translated"]) == (whole["translated"] + whole["kept"], 0)


def extended(wet: WetSet, pictures: int) -> None:
    """Put more pictures into the labels, with a map each; none of them is there."""
    content = json.loads(wet.labels.read_bytes())
    for number in range(pictures):
        name, index = f"more/{number}.png", len(content["images"])
        content["images"].append({"id": index, "file_name": name, "width": 96, "height": 64})
        content["annotations"].append({"id": 1000 + number, "image_id": index, "category_id": 1, "bbox": [1, 2, 3, 4]})
        (wet.maps / "more").mkdir(exist_ok=True)
        os.link(wet.maps / "a.png", wet.maps / name)
    wet.labels.write_text(json.dumps(content))


def test_what_is_sent_to_every_node_and_with_a_batch_does_not_grow_with_the_pictures(
    tiny_weights: Path, tmp_path: Path
) -> None:
    sizes = []
    for folder, pictures in (("few", 1), ("all", 300)):
        wet = make_wet_set(tmp_path / folder)
        extended(wet, pictures)
        job = open_job(options(wet, tmp_path / folder / "out", tiny_weights, copies=2, pairs=True))
        work = job.work()
        own = work.own_of(job.tasks[:4])
        batch = work.with_own(own)
        assert len(job.tasks) == 2 * (6 + pictures)
        assert batch.own_of(job.tasks[:4]) == own
        assert [*batch.clean_targets] == [task.name for task in job.tasks[:4]]
        sizes.append([len(pickle.dumps(one)) for one in (work.with_own(None), own, batch)])
    assert sizes[0] == sizes[1]


def reversed_run(engine: ThreadEngine, work: Any, tasks: Sequence[Task], stop: Stop) -> Iterator[Outcome]:  # noqa: ANN401
    """An engine that begins with the last one."""
    yield from outcomes(work, map(work.decode, reversed(tasks)), engine.out)


@pytest.mark.parametrize("shards", [1, 2])
def test_no_file_depends_on_the_order_in_which_an_engine_finishes(
    shards: int, wet: WetSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    extended(wet, 5)  # all of them missing
    Image.new("RGB", (40, 30)).save(wet.images / "b.png")  # not of the size in the labels
    told = {**TOLD, "fraction": 1, "keep_originals": False, "gate": "flag", "strength": "0.3..1.1"}
    whole = run(options(wet, tmp_path / "here", tiny_weights, **told))
    monkeypatch.setattr(ThreadEngine, "run", reversed_run)
    for index in range(shards, 0, -1):
        parts = run(options(wet, tmp_path / "there", tiny_weights, **told, shard=f"{index}/{shards}"))
    if shards > 1:
        parts = finished(collect(tmp_path / "there"))
    assert data_of(tmp_path / "there") == data_of(tmp_path / "here")
    same = ("pictures", "labels", "gate", "faults", "water", "variants", "skipped")
    assert json.dumps([parts[key] for key in same]) == json.dumps([whole[key] for key in same])
    skips = [json.loads(line)["file"] for line in (tmp_path / "here/skipped.jsonl").read_text().splitlines()]
    copies = [f"{stem}_{copy}" for stem in ("b", "d", *(f"more/{number}" for number in range(5))) for copy in (1, 2)]
    assert skips == [f"{name}.png" for name in copies]


def test_a_picture_that_the_work_was_not_sent_with_is_no_picture_without_objects(
    wet: WetSet, tiny_weights: Path, tmp_path: Path
) -> None:
    job = open_job(options(wet, tmp_path / "out", tiny_weights))
    with pytest.raises(KeyError, match=r"a\.jpg"):
        job.work().with_own(None).decode(job.tasks[0])


def test_labels_that_have_changed_are_noticed_where_batches_are_made(
    wet: WetSet, tiny_weights: Path, tmp_path: Path
) -> None:
    job = open_job(options(wet, tmp_path / "out", tiny_weights))
    wet.labels.write_text(wet.labels.read_text() + " ")
    with pytest.raises(TpsenceError, match="changed during the run"):
        job.work().own_of(job.tasks)


def test_a_folder_is_looked_through_once_for_the_missing_pictures_of_all_batches(
    wet: WetSet, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = list[Path]()

    def counted(root: Path, most: int) -> object:
        asked.append(root)
        return pictures_near(root, most)

    job = open_job(options(wet, tmp_path / "out", tiny_weights))
    monkeypatch.setattr("pipeline.labels.hints.look_alikes.pictures_near", counted)
    work = pickle.loads(pickle.dumps(job.work().with_own(None)))  # noqa: S301 (made here)
    missing = [task for task in job.tasks if task.name == "d.png"]
    for _ in range(3):
        skip = work.with_own(job.work().own_of(missing)).decode(missing[0])
        assert "'D.PNG' is there" in skip.detail
    assert len(asked) == 1
