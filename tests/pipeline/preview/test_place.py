"""A preview replaces an earlier one and nothing else."""

import os
from pathlib import Path

import pytest

from pipeline.errors import OutputError, RunError
from pipeline.preview.options import PreviewOptions
from pipeline.preview.page import render_small
from pipeline.preview.place import Place
from pipeline.preview.sheet import draw_sheet
from pipeline.preview.source import Source, open_source
from tests.conftest import FullDisk, Painter
from tests.pipeline.preview.contents import ordinary

PAGE, SHEET = render_small(ordinary()), draw_sheet(ordinary())


@pytest.fixture
def source(tmp_path: Path, paint: Painter) -> Source:
    """A folder of pictures."""
    paint(tmp_path / "photos" / "a.png")
    return open_source(PreviewOptions(source=tmp_path / "photos"))


def test_page_and_sheet_go_to_a_folder_and_replace_what_was_there_before(tmp_path: Path, source: Source) -> None:
    place = Place.told(tmp_path / "new" / "looks")
    for _ in range(2):
        place.check(source)
        place.write(PAGE, SHEET)
    assert (place.page.read_text(), place.sheet.read_bytes()) == (PAGE, SHEET)
    assert sorted(file.name for file in place.folder.iterdir()) == ["preview.html", "preview.png"]


@pytest.mark.parametrize("name", ["look.html", "look.png", "look.HTML"])
def test_the_name_of_one_names_both(tmp_path: Path, name: str) -> None:
    place = Place.told(tmp_path / name)
    assert (place.page, place.sheet) == (tmp_path / "look.html", tmp_path / "look.png")


@pytest.mark.parametrize("name", ["preview.html", "preview.png"])
def test_what_somebody_else_has_written_stays(tmp_path: Path, source: Source, name: str) -> None:
    theirs = tmp_path / "looks" / name
    theirs.parent.mkdir()
    theirs.write_bytes(b"<p>mine</p>")
    with pytest.raises(OutputError, match=f"{name}: not written by tpsence preview"):
        Place.told(theirs.parent).check(source)


def test_a_link_in_its_place_is_not_its_own(tmp_path: Path, source: Source) -> None:
    own = Place.told(tmp_path / "looks")
    own.write(PAGE, SHEET)
    own.page.rename(tmp_path / "elsewhere.html")
    own.page.symlink_to(tmp_path / "elsewhere.html")
    with pytest.raises(OutputError, match=r"preview.html: not written by"):
        own.check(source)


def test_a_place_inside_of_what_is_read_is_refused(tmp_path: Path, source: Source) -> None:
    with pytest.raises(OutputError, match="is inside the input"):
        Place.told(tmp_path / "photos" / "preview").check(source)


def test_a_place_beside_a_single_picture_is_not(tmp_path: Path, source: Source) -> None:
    single = open_source(PreviewOptions(source=tmp_path / "photos" / "a.png"))
    Place.told(tmp_path / "photos").check(single)


def test_a_sheet_that_is_looked_at_is_not_replaced(tmp_path: Path) -> None:
    place = Place.told(tmp_path)
    place.write(PAGE, SHEET)
    with pytest.raises(OutputError, match=r"preview.png: not written by"):
        place.check(open_source(PreviewOptions(source=place.sheet)))


def test_a_file_is_no_folder(tmp_path: Path, source: Source) -> None:
    with pytest.raises(OutputError, match="is a file"):
        Place.told(tmp_path / "photos" / "a.png" / "x.html").check(source)


@pytest.mark.parametrize("name", [".", "new/looks"])
def test_a_folder_that_may_not_be_written_to_is_refused_before_the_work(
    tmp_path: Path, source: Source, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    place = Place.told(tmp_path / "theirs" / name)
    (tmp_path / "theirs").mkdir()
    may = os.access
    monkeypatch.setattr(os, "access", lambda path, mode: path != tmp_path / "theirs" and may(path, mode))
    with pytest.raises(OutputError, match="theirs: cannot be written to") as caught:
        place.check(source)
    assert "`out`" in str(caught.value.hint)


def test_on_a_full_disk_the_old_one_stays_and_it_is_said(tmp_path: Path, full_disk: FullDisk) -> None:
    place = Place.told(tmp_path / "looks")
    place.write(PAGE, SHEET)
    with full_disk(), pytest.raises(RunError, match="No space left on device"):
        place.write(PAGE + "new", SHEET)
    assert place.page.read_text() == PAGE
    assert len(list(place.folder.iterdir())) == 2
