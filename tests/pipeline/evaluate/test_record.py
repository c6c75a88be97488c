"""``evaluation.json`` and ``evaluation.csv``: what is written comes back, what is damaged or stale does not."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image

from pipeline.evaluate.figures import Evaluation, Figure, Group, Unit
from pipeline.evaluate.record import read_evaluation, write_evaluation
from pipeline.output.layout import CSV_FILE, EVALUATION_FILE

KID = Figure(group=Group.DISTANCE, name="KID", value=0.02, low=-0.001, high=0.04, pictures=41, judgement="farther")
UNKNOWN = Figure(group=Group.DISTANCE, name="FID", value=None, pictures=41, judgement="needs 2,048 pictures")
HOSTILE = Figure(group=Group.HUE, name="hue", category="=cmd|'/c calc'!A1\n", value=3.0, unit=Unit.DEGREES, pictures=1)
FOUND = Evaluation(
    figures=[KID, UNKNOWN, HOSTILE], notes=["one"], pictures=41, of_pictures=50, finished="2026-11-27T05:00:00+00:00"
)


@pytest.fixture
def out(tmp_path: Path) -> Path:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    write_evaluation(tmp_path, FOUND, {"features": "lite2"})
    return tmp_path


def test_what_is_written_comes_back(out: Path) -> None:
    assert read_evaluation(out) == FOUND
    assert json.loads((out / EVALUATION_FILE).read_text())["measured"] == {"features": "lite2"}


def test_the_table_has_a_row_for_each_figure_and_no_formula(out: Path) -> None:
    with (out / CSV_FILE).open(newline="") as stream:
        rows = list(csv.DictReader(stream))
    assert [row["name"] for row in rows] == ["KID", "FID", "hue"]
    assert [row["value"] for row in rows] == ["0.02", "", "3.0"]
    assert rows[0]["low"] == "-0.001"  # a number below 0 is no formula
    assert rows[2]["category"].startswith("'=cmd")
    assert "\n" not in rows[2]["category"]


def test_a_folder_without_one_has_none(tmp_path: Path) -> None:
    assert read_evaluation(tmp_path) is None


@pytest.mark.parametrize("change", ["new picture", "other picture", "gone"])
def test_an_evaluation_of_other_pictures_is_none(out: Path, change: str) -> None:
    if change == "gone":
        (out / "a.png").unlink()
    else:
        Image.new("RGB", (9, 7), "red").save(out / ("b.png" if change == "new picture" else "a.png"))
    assert read_evaluation(out) is None


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("figures", [{}]),
        ("figures", None),
        ("figures", [3]),
        ("notes", [3]),
        ("pictures", -1),
        ("pictures", "many"),
        ("finished", None),
    ],
)
def test_a_damaged_file_is_none(out: Path, key: str, value: object) -> None:
    content = json.loads((out / EVALUATION_FILE).read_text())
    (out / EVALUATION_FILE).write_text(json.dumps({**content, key: value}))
    assert read_evaluation(out) is None


@pytest.mark.parametrize("key", ["group", "unit", "value", "low", "name", "judgement", "pictures"])
def test_a_figure_with_an_odd_value_makes_it_none(out: Path, key: str) -> None:
    content = json.loads((out / EVALUATION_FILE).read_text())
    content["figures"][0][key] = ["odd"]
    (out / EVALUATION_FILE).write_text(json.dumps(content))
    assert read_evaluation(out) is None


@pytest.mark.parametrize("text", ["", "[]", "[" * 100_000, "{"])
def test_what_is_no_json_object_is_none(out: Path, text: str) -> None:
    (out / EVALUATION_FILE).write_text(text)
    assert read_evaluation(out) is None


@pytest.mark.parametrize(
    ("figure", "text"),
    [
        (KID, "0.0200 (-0.0010 to 0.0400)"),
        (UNKNOWN, "-"),
        (HOSTILE, "3.0°"),
        (Figure(group=Group.RAINY, name="share", value=0.5, low=0.4, high=0.6, unit=Unit.SHARE, pictures=9), None),
    ],
)
def test_a_figure_is_written_with_its_interval(figure: Figure, text: str | None) -> None:
    assert figure.shown() == (text or "50.0 % (40.0 to 60.0)")
