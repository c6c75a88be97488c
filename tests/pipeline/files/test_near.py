"""The hint for a path that is not there."""

from pathlib import Path

import pytest

from pipeline.files.near import near_hint


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ("data/coco.jsn", "no 'coco.jsn' in {root}/data, but coco.json."),
        ("data/COCO.JSON", "no 'COCO.JSON' in {root}/data, but coco.json."),
        ("dat/coco.json", "no 'dat' in {root}, but data."),
        ("data/x/y/z.json", "no 'x' in {root}/data."),
    ],
)
def test_it_says_where_the_path_ends_and_what_is_like_it(tmp_path: Path, given: str, told: str) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data/coco.json").touch()
    (tmp_path / "data/other.txt").touch()
    assert near_hint(tmp_path / given, "labels") == f"Check the path after `labels`: {told.format(root=tmp_path)}"


@pytest.mark.parametrize("given", ["link", "file/labels"])
def test_what_is_there_and_leads_nowhere_is_not_said_to_be_missing(tmp_path: Path, given: str) -> None:
    (tmp_path / "link").symlink_to("nowhere")
    (tmp_path / "file").touch()
    assert near_hint(tmp_path / given, "labels") == "Check the path after `labels`."


def test_names_of_others_stay_on_one_line(tmp_path: Path) -> None:
    (tmp_path / "coco\n.json").touch()
    assert near_hint(tmp_path / "coco.json", "labels").endswith(r", but coco\n.json.")
