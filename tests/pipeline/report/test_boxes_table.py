"""``boxes.csv``: a row for each box, whatever its names are."""

import csv
import io
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest

from pipeline.augment.finished import FinishedRun
from pipeline.augment.options import AugmentOptions
from pipeline.engine.tasks import Action, Task
from pipeline.files.text import table_cell
from pipeline.gate.measures import BoxMeasure, PictureMeasures
from pipeline.labels.interface import LabelledObject
from pipeline.report.boxes_table import COLUMNS, boxes_table
from pipeline.report.gather.boxes import boxes_of
from tests.pipeline.pages.hostile import HOSTILE


def run_of(name: str, *objects: LabelledObject, size: tuple[int, int] | None = (200, 100)) -> FinishedRun:
    """Return a run of one picture."""
    labels = SimpleNamespace(objects=lambda _: objects, image_root=Path("nowhere"))
    plan: Any = SimpleNamespace(labels=labels, translated=lambda _: [Task(name, name, Action.TRANSLATE, size)])
    return FinishedRun(folder=cast("Any", None), plan=plan, options=AugmentOptions(), record={}, skips=[])


def table(run: FinishedRun, name: str, *measures: BoxMeasure | None) -> list[dict[str, str]]:
    text = "".join(boxes_table(boxes_of(run, {name: PictureMeasures(measures)})))
    return list(csv.DictReader(io.StringIO(text)))


def test_each_judged_box_has_its_place_and_its_shares() -> None:
    run = run_of(
        "a.jpg",
        LabelledObject("car", (1, 2, 30.5, 40), id="=7"),
        LabelledObject("car", None),
        LabelledObject("traffic light", (0.5, 0.25, 1, 0.5), relative=True, line=3),
    )
    first, second = table(run, "a.jpg", BoxMeasure(0.9, 0.8, 0.1), None, BoxMeasure(0.7, None, 0.2))
    assert tuple(first) == COLUMNS
    assert [first[key] for key in ("file", "class", "x0", "y0", "x1", "y1")] == [
        *("a.jpg", "car", "1.00", "2.00", "30.50", "40.00"),
    ]
    assert [first[key] for key in ("structure", "contrast", "colour", "kept", "flagged_by")] == [
        *("0.9", "0.8", "", "0.8", ""),
    ]
    assert [first[key] for key in ("annotation", "id", "line")] == ["0", "'=7", ""]
    assert [second[key] for key in ("annotation", "id", "line")] == ["2", "", "3"]
    assert [second[key] for key in ("class", "x0", "y0", "x1", "y1")] == [
        *("traffic light", "100.00", "25.00", "200.00", "50.00"),
    ]
    assert [second[key] for key in ("structure", "contrast", "colour", "kept", "flagged_by")] == [
        *("0.7", "", "0.2", "0.2", "colour"),
    ]


def test_the_place_of_a_box_in_shares_is_not_known_without_its_picture() -> None:
    run = run_of("a.jpg", LabelledObject("car", (0.5, 0.25, 1, 0.5), relative=True), size=None)
    (row,) = table(run, "a.jpg", BoxMeasure(0.9, None, None))
    assert [row[key] for key in ("x0", "y0", "x1", "y1", "kept")] == ["", "", "", "", "0.9"]


@pytest.mark.parametrize("name", [*HOSTILE, '=HYPERLINK("http://x")', "+1", "-1", "@SUM(A1)", "\t=1", ' "a", b'])
def test_a_name_is_one_cell_on_one_line_and_no_formula(name: str) -> None:
    run = run_of(name, LabelledObject(name, (0, 0, 10, 10)))
    lines = "".join(boxes_table(boxes_of(run, {name: PictureMeasures([BoxMeasure(0.9, None, None)])}))).splitlines(
        keepends=True
    )
    assert len(lines) == 2
    "".join(lines).encode()
    assert lines[1].count("\n") == 1
    (row,) = table(run, name, BoxMeasure(0.9, None, None))
    assert row["file"] == row["class"] == table_cell(name)
    assert row["file"][0] not in "=+-@\t\r"
    assert row["kept"] == "0.9"
