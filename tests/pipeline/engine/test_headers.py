"""What headers tell before anything is decoded."""

from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from pipeline.engine import headers
from pipeline.engine.headers import read_headers
from pipeline.engine.tasks import Action, Task
from pipeline.images.codec import Header, read_header
from pipeline.images.skips import Reason


def test_a_missing_picture_is_told_with_the_one_that_is_there(tmp_path: Path) -> None:
    (tmp_path / "sub").mkdir()
    Image.new("RGB", (8, 8)).save(tmp_path / "sub" / "a b.PNG")
    tasks = [Task(name, name, Action.TRANSLATE, None) for name in ("sub/a b.PNG", "sub/a%20b.PNG", "none.png")]
    good, skips = read_headers(tmp_path, tasks, max_pixels=100)
    assert [task.name for task, _ in good] == ["sub/a b.PNG"]
    assert [skip.reason for skip in skips] == [Reason.MISSING] * 2
    assert skips[0].detail.endswith("; 'sub/a b.PNG' is there: the name in the labels is percent-encoded")
    assert "is there" not in skips[1].detail


def test_copies_of_a_picture_are_read_once_and_told_by_their_own_names(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Image.new("RGB", (8, 8)).save(tmp_path / "a.png")
    tasks = [
        Task(f"{stem}_{copy}.png", "", Action.TRANSLATE, None, f"{stem}.png", copy)
        for stem in ("a", "A")
        for copy in (1, 2)
    ]
    read: list[str] = []

    def counted(file: Path, *rest: Any) -> Header:  # noqa: ANN401 (what is passed on)
        read.append(file.name)
        return read_header(file, *rest)

    monkeypatch.setattr(headers, "read_header", counted)
    good, skips = read_headers(tmp_path, tasks, max_pixels=100)
    assert [task.name for task, _ in good] == ["a_1.png", "a_2.png"]
    assert [skip.file for skip in skips] == ["A_1.png", "A_2.png"]
    assert all("'a.png' is there" in skip.detail for skip in skips)
    assert sorted(read) == ["A.png", "a.png"]
