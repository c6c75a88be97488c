"""What headers tell before anything is decoded."""

from pathlib import Path

from PIL import Image

from pipeline.engine.headers import read_headers
from pipeline.engine.tasks import Action, Task
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
