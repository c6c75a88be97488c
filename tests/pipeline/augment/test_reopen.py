"""The plan of a run that is over comes from its ``run.json``, which may be damaged."""

from pathlib import Path

import pytest

from pipeline.augment.reopen import plan_again
from pipeline.errors import OutputError
from tests.pipeline.labels.label_sets import put


@pytest.mark.parametrize("name", ["kitti", "auto", "none", "", None, 1, ["coco"], {}])
def test_a_format_that_is_none_is_damage(tmp_path: Path, name: object) -> None:
    put(tmp_path, {"x.json": b'{"images": [{"id": 1, "file_name": "a.jpg"}]}', "a.jpg": b"x"})
    settings = {"labels": str(tmp_path / "x.json"), "images": str(tmp_path), "format": name}
    with pytest.raises(OutputError, match="damaged") as caught:
        plan_again({"settings": settings}, tmp_path / "out")
    assert "`overwrite`" in str(caught.value.hint)


def test_a_data_set_that_was_in_memory_is_not_there_again(tmp_path: Path) -> None:
    settings = {"images": str(tmp_path), "dataset": "0", "format": "memory"}
    with pytest.raises(OutputError, match="made of a data set in memory"):
        plan_again({"settings": settings}, tmp_path / "out")
