"""Fingerprints: contents and names count, times and order do not."""

import os
from pathlib import Path

import pytest

from pipeline.run.hashes import of_file, of_files
from tests.pipeline.labels.label_sets import put


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return put(tmp_path, {"a": b"1", "b/c": b"2"})


def test_order_and_times_do_not_count(folder: Path) -> None:
    before = of_files(folder, ["a", "b/c"])
    os.utime(folder / "a", (1, 1))
    assert of_files(folder, ["b/c", "a", "a"]) == before


@pytest.mark.parametrize(
    "files",
    [{"a": b"2"}, {"a": b"1x"}, {"b/c": b""}, {"a": b"2", "b/c": b"1"}],
    ids=["a", "longer", "empty", "swapped"],
)
def test_contents_count(folder: Path, files: dict[str, bytes]) -> None:
    before = of_files(folder, ["a", "b/c"])
    put(folder, files)
    assert of_files(folder, ["a", "b/c"]) != before


def test_names_count(folder: Path) -> None:
    put(folder, {"d": b"1"})
    hashes = {of_files(folder, names) for names in (["a"], ["d"], ["a", "d"], [])}
    assert len(hashes) == 4


def test_what_cannot_be_read_counts_as_such(folder: Path) -> None:
    gone, there = of_files(folder, ["a", "x"]), of_files(folder, ["a"])
    assert gone != there
    assert of_files(folder, ["a", "x"]) == gone
    assert of_file(folder / "x") is None
    assert of_file(folder / "b") is None


def test_a_name_that_is_no_valid_text(folder: Path) -> None:
    name = os.fsdecode(b"\xff.png")
    assert of_files(folder, [name]) != of_files(folder, ["a"])
