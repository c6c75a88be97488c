"""What a report shows of a run: which pictures, which boxes, how large the page gets."""

import dataclasses
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.augment.job import prepare
from pipeline.augment.options import AugmentOptions
from pipeline.engine.resources import Resources
from pipeline.engine.tally import Tally
from pipeline.engine.tasks import Action, Task
from pipeline.gate.options import Gate
from pipeline.gate.verdict import LOST_BELOW
from pipeline.labels.interface import LabelledObject
from pipeline.labels.registry import open_labels
from pipeline.report import gather as gathering
from pipeline.report.choose import MOST_BOXES, boxes_to_draw, for_gallery, sample
from pipeline.report.content import Content
from pipeline.report.gather import FinishedRun, finished_run, measure
from pipeline.report.page import render, render_small
from pipeline.report.pictures import shown_crop, shown_picture
from tests.generators import result_of
from tests.pipeline.report.contents import ordinary


def gathered(run: FinishedRun) -> Content:
    """Compare boxes and gather what the report shows."""
    return gathering.gather(run, result_of(measure(run, 0)))


def tasks(*names: str) -> list[Task]:
    return [Task(name, name, Action.TRANSLATE, None) for name in names]


def test_the_sample_is_by_name_and_not_by_order() -> None:
    many = tasks(*map(str, range(1000)))
    chosen = sample(many, 10)
    assert len(chosen) == 10
    assert {task.name for task in sample(many[::-1], 10)} == {task.name for task in chosen}
    assert {task.name for task in sample(many[:3], 10)} == {"0", "1", "2"}


def test_the_gallery_has_every_class_if_it_can() -> None:
    many = tasks(*map(str, range(50)))
    classes = {task.name: [0] for task in many} | {"40": [1], "45": [2, 2], "49": [3, 1]}
    chosen = [task.name for task in for_gallery(many, classes, 5)]
    assert set(chosen) == {"0", "1", "2", "45", "49"}
    assert chosen == sorted(chosen, key=int)
    assert len(for_gallery(many, {}, 5)) == 5


def test_flagged_boxes_are_drawn_before_the_largest() -> None:
    objects = [LabelledObject("car", (0, 0, size, size)) for size in range(1, 201)] + [LabelledObject("car", None)]
    places = boxes_to_draw(objects, lambda place: place in {0, 5}, float)
    assert len(places) == MOST_BOXES
    assert {0, 5} <= set(places)
    assert places == sorted(places, reverse=True)
    assert min(set(places) - {0, 5}) == 200 - MOST_BOXES + 2


def opened(webp: bytes) -> Image.Image:
    picture = Image.open(io.BytesIO(webp))
    assert picture.format == "WEBP"
    return picture


def test_a_picture_is_scaled_down_and_its_boxes_are_not() -> None:
    pixels = np.zeros((800, 1600, 3), np.uint8)
    objects = [
        LabelledObject("car", (-10, 10, 100, 900)),
        LabelledObject("bus", (0.5, 0.5, 0.75, 1), relative=True),
        LabelledObject("bus", (1700, 0, 1800, 10)),
        LabelledObject("bus", None),
    ]
    shown = shown_picture("a.jpg", pixels, pixels + 9, objects, [0.9, LOST_BELOW - 0.01, None, None], [0, 1, 1, 1])
    assert shown.size == (1600, 800)
    assert opened(shown.before).size == opened(shown.after).size == (640, 320)
    assert [(box.box, box.category, box.flagged) for box in shown.boxes] == [
        ((800, 400, 1200, 800), 1, True),
        ((0, 10, 100, 800), 0, False),
    ]
    assert opened(shown_picture("a", pixels[:40, :30], pixels[:40, :30], [], [], []).before).size == (30, 40)


def test_a_crop_has_its_surroundings_and_is_enlarged() -> None:
    before = np.zeros((100, 200, 3), np.uint8)
    crop = shown_crop("a.jpg", before, before, (190, 20, 230, 40), 3, 0.2)
    assert crop is not None
    assert list(crop.box) == [190, 20, 200, 40]
    assert max(crop.size) == max(opened(crop.before).size) == 160
    assert crop.flagged
    assert shown_crop("a.jpg", before, before, (300, 0, 310, 10), 0, 0.2) is None


def test_a_page_that_would_be_too_large_loses_pictures_and_nothing_else() -> None:
    content = ordinary()
    noise = np.random.default_rng(0).integers(0, 256, (300, 300, 3), dtype=np.uint8)
    large = dataclasses.replace(content.gallery[0], before=bytes(noise), after=bytes(noise))
    content = dataclasses.replace(content, gallery=[large] * 8)
    assert len(render(content)) > 4_000_000
    page = render_small(content, 2_000_000)
    assert 1_000_000 < len(page.encode()) < 2_000_000
    assert all(one.reason in page for one in content.skips)


Finished = Callable[[Sequence[str]], Path]


@pytest.fixture
def finished(tmp_path: Path, paint: Callable[..., Path], tiny_weights: Path) -> Finished:
    """Return a function that makes the folder of a run, given the class of each picture's one box."""

    def make(classes: Sequence[str]) -> Path:
        images, annotations = [], []
        for index, _ in enumerate(classes):
            paint(tmp_path / "data" / f"{index}.png", size=(40, 32), seed=index)
            images.append({"id": index, "file_name": f"{index}.png"})
            annotations.append({"id": index, "image_id": index, "category_id": index, "bbox": [4, 4, 24, 20]})
        categories = [{"id": index, "name": name} for index, name in enumerate(classes)]
        labels = tmp_path / "data" / "coco.json"
        labels.write_text(json.dumps({"images": images, "annotations": annotations, "categories": categories}))
        options = AugmentOptions(gate=Gate.FLAG)
        job = prepare(open_labels(labels, None, None), tiny_weights, tmp_path / "out", options, Resources(workers=0))
        with job.opened(overwrite=False):
            tally = Tally()
            for outcome in job.run():
                tally.add(outcome)
            assert len(list(job.measure(job.to_measure(tally)))) == len(classes)
            job.finish(tally, seconds=1, complete=True)
        return tmp_path / "out"

    return make


def test_the_rarer_classes_are_one_line_when_there_are_many(
    finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(gathering, "MOST_CATEGORIES", 2)
    run = finished_run(finished(["car", "bus", "car", "bike", "van" * 500, "car", "bus"]))
    content = gathered(run)
    assert [(one.name, one.annotations, one.measured) for one in content.categories] == [
        ("car", 3, 3),
        ("bus", 2, 2),
        ("2 other classes", 2, 2),
    ]
    assert {box.category for picture in content.gallery for box in picture.boxes} == {0, 1, 2}


def test_what_the_gate_has_measured_is_shown_and_not_measured_again(
    finished: Finished, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = finished_run(finished(["car"] * 4))
    monkeypatch.setattr(gathering, "compare", None)
    content = gathered(run)
    assert content.changes is not None
    assert (content.changes.judged, content.changes.pictures, content.changes.of_pictures) == (4, 4, 4)
    assert sum(content.changes.counts) == 4
    assert [crop.kept for crop in content.worst] == sorted(crop.kept for crop in content.worst)
    assert not any("sample" in note for note in content.notes)


def test_a_picture_that_is_gone_since_is_left_out(finished: Finished) -> None:
    out = finished(["car"] * 4)
    (out / "2.png").unlink()
    content = gathered(finished_run(out))
    assert {picture.name for picture in content.gallery} == {"0.png", "1.png", "3.png"}
    assert {crop.name for crop in content.worst} <= {"0.png", "1.png", "3.png"}


def test_texts_of_any_length_stay_short(finished: Finished) -> None:
    (category,) = gathered(finished_run(finished(["x" * 100_000]))).categories
    assert len(category.name) < 400
