"""Files that the user names: what is no file is told by its kind, and nothing is waited for."""

import os
import socket
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.odd_files import ODD
from tpsence.digest import file_sha256
from tpsence.regular import open_regular, read_regular, why_no_file


@pytest.mark.parametrize(("kind", "make"), ODD.items(), ids=ODD)
def test_what_is_no_file_is_told_by_its_kind(tmp_path: Path, kind: str, make: Callable[[Path], object]) -> None:
    place = tmp_path / "odd"
    make(place)
    (tmp_path / "link").symlink_to(place)
    for path in (place, tmp_path / "link"):
        for read in (open_regular, read_regular, file_sha256):
            with pytest.raises(OSError, match=f"{kind}, not a file"):
                read(path)
        assert why_no_file(path) == f"{kind}, not a file"


def test_a_link_to_a_file_is_read(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"x")
    (tmp_path / "link").symlink_to("file")
    assert read_regular(tmp_path / "link") == b"x"


def test_a_missing_file_is_missing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        read_regular(tmp_path / "none")
    assert [why_no_file(tmp_path / name) for name in ("none", "a\0b")] == ["no such file"] * 2


def test_a_pipe_that_takes_the_place_of_a_file_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Between the look and the opening anyone may have put it there."""
    (tmp_path / "file").touch()
    os.mkfifo(tmp_path / "pipe")
    regular = (tmp_path / "file").stat()
    monkeypatch.setattr(os, "stat", lambda *_, **__: regular)
    with pytest.raises(OSError, match="a named pipe, not a file"):
        open_regular(tmp_path / "pipe")


def test_no_descriptor_is_left_open(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    with socket.socket() as before:
        lowest = before.fileno()
    for _ in range(3):
        with pytest.raises(OSError, match="a named pipe"):
            open_regular(tmp_path / "pipe")
    with socket.socket() as after:
        assert after.fileno() == lowest
