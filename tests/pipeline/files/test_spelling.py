"""Whether a file system tells names apart that differ by spelling only, asked of what is there."""

import os
import sys
import unicodedata
from pathlib import Path

import pytest

from pipeline.files import spelling
from pipeline.files.spelling import tells_spellings_apart

COMPOSED = unicodedata.normalize("NFC", "é")
APART = unicodedata.normalize("NFD", "é")


def tree(folder: Path) -> list[Path]:
    return sorted(folder.rglob("*"))


@pytest.mark.parametrize("out", ["", "out", "none/deeper"])
@pytest.mark.parametrize("names", [[], ["a.jpg"], ["a.jpg", "A.jpg"], ["1", "a"], [COMPOSED, "b"], [APART, "B"]])
def test_the_answer_is_that_of_the_file_system_and_nothing_is_written(
    out: str, names: list[str], tmp_path: Path
) -> None:
    folder = tmp_path / "Folder"
    (folder / "out").mkdir(parents=True)
    for name in names:
        (folder / name).touch()
        (folder / "out" / name).touch()
    (tmp_path / "probe").touch()
    before = tree(tmp_path)
    assert tells_spellings_apart(folder / out) == (not (tmp_path / "PROBE").exists())
    assert tree(tmp_path) == before


@pytest.fixture
def told_as_one(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The forms that a file system, which the test pretends, takes for one: "case", "accents"."""
    forms: set[str] = set()

    def is_one(one: Path, other: Path) -> bool:
        if one.name.casefold() == other.name.casefold():
            return "case" in forms
        return "accents" in forms

    monkeypatch.setattr(spelling, "_is_one", is_one)
    return forms


@pytest.mark.parametrize("names", [["a"], ["É"], ["1", "b"]])
def test_a_file_system_that_takes_cases_for_one_is_noticed(
    names: list[str], told_as_one: set[str], tmp_path: Path
) -> None:
    told_as_one.add("case")
    for name in names:
        (tmp_path / name).touch()
    assert not tells_spellings_apart(tmp_path)
    assert not tells_spellings_apart(tmp_path / "none")


@pytest.mark.parametrize("name", [COMPOSED, APART])
def test_a_file_system_that_takes_accents_for_one_is_noticed(name: str, told_as_one: set[str], tmp_path: Path) -> None:
    told_as_one.add("accents")
    (tmp_path / name).touch()
    assert not tells_spellings_apart(tmp_path)


@pytest.mark.parametrize(("system", "apart"), [("linux", True), ("darwin", False)])
def test_of_accents_that_no_name_has_the_system_s_custom_is_believed(
    system: str, apart: bool, told_as_one: set[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "platform", system)
    monkeypatch.setattr(spelling, "_known_names", lambda _: iter([(tmp_path, ["a.jpg"])]))
    assert tells_spellings_apart(tmp_path) == apart
    assert not told_as_one


def test_where_nothing_shows_it_they_count_as_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spelling, "_known_names", lambda _: iter([(tmp_path, ["1", "2.3"])]))
    assert not tells_spellings_apart(tmp_path)


def test_two_names_of_one_file_do_not_deceive(tmp_path: Path) -> None:
    (tmp_path / "a").touch()
    try:
        os.link(tmp_path / "a", tmp_path / "A")
    except FileExistsError:
        pytest.skip("this file system takes cases for one")
    assert tells_spellings_apart(tmp_path)
