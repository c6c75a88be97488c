"""``benchmarks/readers.py`` counts what libraries read before and after, in copies."""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest
from rich.table import Table

from benchmarks import readers


def read_plainly(labels: Path, images: Path) -> readers.Counts:
    """Count as a library would, and leave something behind as ultralytics does."""
    (labels.parent / "labels.cache").touch()
    found = json.loads(labels.read_text())["annotations"]
    assert (images / "a.png").is_file()
    return Counter(str(one["category_id"]) for one in found)


def data(folder: Path, *categories: int) -> Path:
    """A COCO file and a picture."""
    (folder / "images").mkdir(parents=True)
    (folder / "images" / "a.png").touch()
    labels = folder / "coco.json"
    labels.write_text(json.dumps({"annotations": [{"category_id": one} for one in categories]}))
    return labels


def test_a_copy_is_read_and_what_a_library_writes_stays_there(tmp_path: Path) -> None:
    labels = data(tmp_path / "data", 1, 1, 2)
    found = readers.in_a_copy(read_plainly, labels, labels.parent / "images", labels.parent)
    assert found == {"1": 2, "2": 1}
    assert not (labels.parent / "labels.cache").exists()


@pytest.mark.parametrize("mends_paths", [False, True])
def test_an_absolute_path_leads_into_the_copy_on_demand_alone(tmp_path: Path, mends_paths: bool) -> None:
    labels = tmp_path / "data" / "data.yaml"
    labels.parent.mkdir()
    labels.write_text(f'path: "{labels.parent}"\n')

    def read(place: Path, images: Path) -> readers.Counts:
        assert (str(place.parent) if mends_paths else str(labels.parent)) in place.read_text()
        return Counter()

    assert readers.in_a_copy(read, labels, labels.parent, labels.parent, mends_paths=mends_paths) == Counter()


@pytest.mark.parametrize(("copies", "is_equal"), [("2", True), ("1", False)])
def test_an_output_of_copies_is_expected_to_have_more(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, copies: str, is_equal: bool
) -> None:
    before, after = data(tmp_path / "data", 1, 2), data(tmp_path / "out", 1, 2, 1, 2)
    images = [str(one.parent / "images") for one in (before, after)]
    command = ["readers.py", str(before), str(after), "--images", *images, "--copies", copies]
    monkeypatch.setattr(sys, "argv", command)
    monkeypatch.setattr(readers, "readers_of", lambda labels: {"json": read_plainly})
    with pytest.raises(SystemExit) as ended:
        readers.main()
    assert bool(ended.value.code) is not is_equal


@pytest.mark.parametrize(
    ("before", "after", "is_equal"),
    [
        (Counter(car=2), Counter(car=2), True),
        (Counter(car=2), Counter(car=1), False),
        (Counter(car=2), Counter(bus=2), False),
        (Counter(car=2), "KeyError: 'images'", False),
        ("KeyError: 'images'", "KeyError: 'images'", True),
    ],
)
def test_another_number_is_a_fault_and_so_is_an_output_that_cannot_be_read(
    before: readers.Counts | str, after: readers.Counts | str, is_equal: bool
) -> None:
    table = Table("", "", "", "", "")
    assert readers._add_rows(table, "plain", before, after) is is_equal


def test_a_library_that_is_not_there_is_named(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    labels = data(tmp_path / "data", 1)
    monkeypatch.setattr(sys, "argv", ["readers.py", str(labels), str(labels)])
    monkeypatch.setattr(readers, "readers_of", lambda labels: {"no_such_library": read_plainly})
    with pytest.raises(SystemExit) as ended:
        readers.main()
    assert not ended.value.code
    assert "no_such_library" in capsys.readouterr().out
