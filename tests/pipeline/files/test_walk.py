"""Listing a folder of the user's: through links, under the names of the links, never in circles, never outside."""

from pathlib import Path

import pytest

from pipeline.errors import UnsafeNameError
from pipeline.files.jail import name_below
from pipeline.files.walk import list_files


def made(folder: Path, *names: str) -> Path:
    for name in names:
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).touch()
    return folder


def test_a_linked_folder_has_the_names_of_its_link(tmp_path: Path) -> None:
    root = made(tmp_path / "set", ".store/1/a.jpg", "b.jpg")
    (root / "train").symlink_to(".store/1")
    assert list_files(root) == ["b.jpg", "train/a.jpg"]


def test_a_link_that_leads_outside_is_refused_and_followed_on_demand(tmp_path: Path) -> None:
    root = made(tmp_path / "set", "b.jpg")
    made(tmp_path / "disk", "sub/a.jpg")
    (root / "train").symlink_to("../disk")
    with pytest.raises(UnsafeNameError, match="symbolic link") as caught:
        list_files(root)
    assert "`follow_links`" in str(caught.value.hint)
    assert list_files(root, follow_links=True) == ["b.jpg", "train/sub/a.jpg"]


def test_links_in_a_circle_end(tmp_path: Path) -> None:
    root = made(tmp_path / "set", "a/x.jpg", "b/y.jpg")
    (root / "a" / "up").symlink_to("..")
    (root / "a" / "other").symlink_to("../b")
    (root / "b" / "other").symlink_to("../a")
    found = list_files(root)
    assert {"a/x.jpg", "b/y.jpg", "a/other/y.jpg", "b/other/x.jpg"} <= set(found)
    assert max(name.count("/") for name in found) <= 3


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("set/link/a.jpg", "link/a.jpg"),
        ("set", ""),
        ("alias/a.jpg", "a.jpg"),
        ("disk/a.jpg", None),
        ("set/../disk", None),
    ],
)
def test_a_path_is_called_by_its_own_name(tmp_path: Path, path: str, expected: str | None) -> None:
    made(tmp_path / "set", "a.jpg")
    made(tmp_path / "disk", "a.jpg")
    (tmp_path / "set" / "link").symlink_to("../disk")
    (tmp_path / "alias").symlink_to("set")
    assert name_below(tmp_path / path, tmp_path / "set") == expected
