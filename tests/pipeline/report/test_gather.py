"""What a report shows of a run: which pictures, which boxes, how large the page gets."""

import dataclasses
import io
import json
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from pipeline.augment.finished import FinishedRun, finished_run
from pipeline.augment.job import prepare
from pipeline.augment.options import AugmentOptions
from pipeline.augment.weights_choice import chosen_weights
from pipeline.engine.events import Done, Found
from pipeline.engine.resources import Resources
from pipeline.engine.tally import Tally
from pipeline.engine.tasks import Action, Task
from pipeline.evaluate.figures import Evaluation, Figure, Group
from pipeline.evaluate.record import write_evaluation
from pipeline.gate.measures import PictureMeasure, PictureMeasures
from pipeline.gate.options import Gate
from pipeline.labels.interface import LabelledObject
from pipeline.labels.registry import open_labels
from pipeline.pages.template import MOST_BYTES
from pipeline.report.choose import MOST_BOXES, boxes_to_draw, for_gallery, sample
from pipeline.report.content import Content, ShownSkip
from pipeline.report.gather import classes as classes_module
from pipeline.report.gather import measured as measured_module
from pipeline.report.gather.boxes import Judged, Measured, boxes_of
from pipeline.report.gather.classes import Classes, classes_of
from pipeline.report.gather.colour import ColourChange
from pipeline.report.gather.counted import MOST_WORST, Counted
from pipeline.report.gather.measured import measure
from pipeline.report.gather.pictures import shown_crop, shown_picture
from pipeline.report.gather.whole import gather
from pipeline.report.page import render, render_small
from tests.generators import result_of
from tests.pipeline.report.contents import ordinary
from tests.shell import words_in_shell


def gathered(run: FinishedRun) -> Content:
    """Compare boxes and gather what the report shows."""
    measured = result_of(measure(run, 0))
    return result_of(gather(run, measured, counted_of(run, measured)))


def counted_of(run: FinishedRun, measured: Measured) -> Counted:
    """Count the boxes of a run."""
    counted = Counted(classes_of(run, measured))
    assert all(counted.passing(boxes_of(run, measured)))
    return counted


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


def judged(place: int, kept: float, *lost: str) -> Judged:
    return Judged(
        name="a.jpg",
        place=place,
        id=None,
        line=None,
        category="car",
        corners=None,
        shares={"structure": kept},
        kept=kept,
        lost=lost,
    )


def test_a_picture_is_scaled_down_and_its_boxes_are_not() -> None:
    pixels = np.zeros((800, 1600, 3), np.uint8)
    objects = [
        LabelledObject("car", (-10, 10, 100, 900)),
        LabelledObject("bus", (0.5, 0.5, 0.75, 1), relative=True),
        LabelledObject("bus", (1700, 0, 1800, 10)),
        LabelledObject("bus", None),
    ]
    (task,) = tasks("a.jpg")
    known = {0: judged(0, 0.9), 1: judged(1, 0.5, "structure")}
    shown = shown_picture(task, (pixels, pixels + 9), objects, known, [0, 1, 1, 1])
    assert (shown.name, shown.file) == ("a.jpg", "a.jpg")
    assert shown.size == (1600, 800)
    assert opened(shown.before).size == opened(shown.after).size == (640, 320)
    assert [(box.box, box.category, box.flagged, box.place) for box in shown.boxes] == [
        ((800, 400, 1200, 800), 1, True, 1),
        ((0, 10, 100, 800), 0, False, 0),
    ]
    small = pixels[:40, :30]
    assert opened(shown_picture(task, (small, small), [], {}, []).before).size == (30, 40)


def test_a_crop_has_its_surroundings_and_is_enlarged() -> None:
    pair = (np.zeros((100, 200, 3), np.uint8),) * 2
    (task,) = tasks("a.jpg")
    found = judged(7, 0.2, "structure", "colour")
    crop = shown_crop(task, pair, LabelledObject("car", (190, 20, 230, 40)), found, 3)
    assert crop is not None
    assert list(crop.box) == [190, 20, 200, 40]
    assert max(crop.size) == max(opened(crop.before).size) == 160
    assert (crop.place, crop.lost, crop.file) == (7, ("structure", "colour"), "a.jpg")
    assert shown_crop(task, pair, LabelledObject("car", (300, 0, 310, 10)), found, 0) is None


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
        job = prepare(
            open_labels(labels, None, None),
            chosen_weights(tiny_weights),
            tmp_path / "out",
            options,
            Resources(workers=0),
        )
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
    monkeypatch.setattr(classes_module, "MOST_CATEGORIES", 2)
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
    monkeypatch.setattr(measured_module, "compare", None)
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


def counted(*boxes: Judged) -> Counted:
    """Count boxes of two classes, car and bus."""
    found = Counted(Classes(names=["car", "bus"], annotations=[10, 5], index={"car": 0, "bus": 1}))
    for box in boxes:
        found.add(box)
    return found


def with_side(category: str, side: float | None, kept: float, *lost: str, **shares: float | None) -> Judged:
    corners = None if side is None else (10.0, 10.0, 10.0 + side, 200.0)
    return Judged(
        name="a.jpg",
        place=0,
        id=None,
        line=None,
        category=category,
        corners=corners,
        shares={"structure": kept, **shares},
        kept=kept,
        lost=lost,
    )


def test_boxes_are_counted_by_their_shorter_side_and_their_class() -> None:
    table = counted(
        with_side("car", 15.9, 0.9),
        with_side("car", 16, 0.2, "structure"),
        with_side("car", 31, 0.4, "structure"),
        with_side("car", 32, 0.7),
        with_side("bus", 96, 0.8),
        with_side("bus", None, 0.6),
    ).by_size()
    shown = {row.name: [(cell.judged, cell.flagged, cell.kept) for cell in row.cells] for row in table.rows}
    assert list(shown) == ["all classes", "car", "bus"]
    assert shown["car"] == [(1, 0, 0.9), (2, 2, 0.3), (1, 0, 0.7), (0, 0, None), (4, 2, 0.55)]
    assert shown["bus"] == [(0, 0, None)] * 3 + [(1, 0, 0.8), (2, 0, 0.7)]
    assert shown["all classes"][-1] == (6, 2, 0.65)


def test_boxes_are_counted_by_what_they_have_lost() -> None:
    table = counted(
        with_side("car", 20, 0.1, "contrast", "colour", structure=0.9, contrast=0.1, colour=0.2),
        with_side("car", 20, 0.8, structure=0.8, contrast=None),
    ).by_loss(["structure", "contrast", "colour"])
    cells = [(cell.judged, cell.flagged, cell.kept) for cell in table.rows[1].cells]
    assert cells == [(2, 0, 0.85), (1, 1, 0.1), (1, 1, 0.2)]


def test_the_worst_boxes_are_the_first_whatever_order_they_come_in() -> None:
    kept = np.random.default_rng(0).permutation(100) / 100 + 0.005  # in the middle of a bin
    found = counted(*(with_side("car", 20, float(value)) for value in kept))
    assert [box.kept for box in found.worst] == sorted(kept.tolist())[:MOST_WORST]
    assert sum(found.bins) == found.judged == 100
    assert found.bins == np.histogram(1 - kept, bins=20, range=(0, 1))[0].tolist()


def test_the_colours_of_a_box_are_told_apart_from_those_of_the_picture() -> None:
    before = np.zeros((40, 40, 3), np.uint8)
    before[:] = (200, 30, 30)
    after = before.copy()
    after[:20, :20] = (30, 200, 30)
    classes = Classes(names=["car", "bus"], annotations=[1, 1], index={"car": 0, "bus": 1})
    change = ColourChange(classes)
    change.add(before, after, [LabelledObject("car", (0, 0, 20, 20)), LabelledObject("bus", (20, 20, 40, 40))])
    found = change.shown(5)
    assert found is not None
    whole, car, bus = found.rows
    assert (found.pictures, found.of_pictures, whole.number, car.number) == (1, 5, 1, 1)
    assert bus.change == pytest.approx(0, abs=0.01)
    assert bus.chroma == pytest.approx(1, abs=0.01)
    assert car.change is not None
    assert car.change > 90
    assert whole.change is not None
    assert 0 < whole.change < car.change
    assert ColourChange(classes).shown(5) is None


def test_a_report_tells_how_many_pictures_it_has_read_and_reaches_the_total(finished: Finished) -> None:
    run = finished_run(finished(["car"] * 4))
    seen: list[object] = []
    measured = result_of(measure(run, 0))
    result_of(gather(run, measured, counted_of(run, measured)), seen)
    (found,) = [one for one in seen if isinstance(one, Found)]
    assert (found.what, found.total) == ("pictures gathered", 4)
    assert sum(one.count for one in seen if isinstance(one, Done)) == found.total


def test_a_comparison_reaches_its_total_too(tmp_path: Path, finished: Finished) -> None:
    out = finished(["car"] * 4)
    for file in (out / ".tpsence").glob("boxes*"):
        file.unlink()
    seen: list[object] = []
    result_of(measure(finished_run(out), 0), seen)
    assert [one.total for one in seen if isinstance(one, Found)] == [4]
    assert sum(one.count for one in seen if isinstance(one, Done)) == 4


def test_the_command_of_a_run_has_what_differs_from_the_defaults(finished: Finished, tiny_weights: Path) -> None:
    out = finished(["car"] * 2)
    command = gathered(finished_run(out)).command
    assert command is not None
    words = words_in_shell(command.lines)
    assert words[:2] == ["tpsence", "augment"]
    given = dict(zip(words[2::2], words[3::2], strict=True))
    assert given == {
        "--out": str(out),
        "--labels": str(out.parent / "data" / "coco.json"),
        "--images": str(out.parent / "data"),
        "--format": "coco",
        "--weights": str(tiny_weights),
        "--gate": "flag",
    }
    record = json.loads((out / "run.json").read_text())
    record["settings"]["shards"] = 3
    (out / "run.json").write_text(json.dumps(record))
    command = gathered(finished_run(out)).command
    assert command is not None
    assert "--shard 1/3" in " ".join(command.lines)
    assert command.lines[-1].split()[-1] == "--collect"
    assert "3/3" in command.note


def test_an_evaluation_of_the_pictures_as_they_are_is_shown_and_no_other(finished: Finished) -> None:
    out = finished(["car"] * 2)
    assert gathered(finished_run(out)).evaluation is None
    figure = Figure(group=Group.HUE, name="x" * 1000, value=None, pictures=2, judgement="nothing")
    found = Evaluation(figures=[figure], pictures=2, of_pictures=2, finished="2026-01-02T03:04:05+00:00")
    write_evaluation(out, found, {})
    shown = gathered(finished_run(out)).evaluation
    assert shown is not None
    assert (shown.figures[0].group, shown.figures[0].value, shown.finished) == (
        "Hue kept",
        "-",
        "2026-01-02 03:04:05 UTC",
    )
    assert len(shown.figures[0].name) < 400
    (out / "1.png").write_bytes(b"another")
    assert gathered(finished_run(out)).evaluation is None


def test_everything_at_its_most_stays_small() -> None:
    content = ordinary()
    long = "n" * 300
    table = content.by_size
    assert table is not None
    row = dataclasses.replace(table.rows[1], name=long)
    large = dataclasses.replace(
        content,
        categories=[dataclasses.replace(content.categories[0], name=long)] * 501,
        by_size=dataclasses.replace(table, rows=[row] * 61),
        by_loss=dataclasses.replace(table, rows=[row] * 61),
        skips=[ShownSkip(name=long, reason=long, detail=long)] * 200,
        worst=[dataclasses.replace(content.worst[0], before=bytes(8000), after=bytes(8000))] * 24,
        gallery=[dataclasses.replace(content.gallery[0], before=bytes(150_000), after=bytes(150_000))] * 24,
    )
    page = render_small(large)
    assert len(page.encode()) < MOST_BYTES
    assert page.count('id="picture-') >= 5


def test_pictures_at_fault_are_named_all_that_the_run_has_found_or_those_of_the_sample(finished: Finished) -> None:
    out = finished(["car"] * 3)
    record = json.loads((out / "run.json").read_text())
    by_fault, first = (
        {"flat": 7, "blown out": 0, "nearly unchanged": 1},
        {"flat": ["a\n.jpg"], "nearly unchanged": ["b"]},
    )
    record["summary"]["faults"] = {"by_fault": by_fault, "first": first}
    (out / "run.json").write_text(json.dumps(record))
    notes = gathered(finished_run(out)).notes
    assert "7 pictures are flat: a\\n.jpg and 6 more." in notes
    assert "1 picture is nearly unchanged: b." in notes
    record["summary"]["faults"] = None
    (out / "run.json").write_text(json.dumps(record))
    run = finished_run(out)
    flat = PictureMeasures([], PictureMeasure(contrast=0.01, clipped=0.0, change=50.0))
    measured = {**result_of(measure(run, 0)), "0.png": flat}
    notes = result_of(gather(run, measured, counted_of(run, measured))).notes
    assert any(note.startswith("1 picture is flat: 0.png") for note in notes)
