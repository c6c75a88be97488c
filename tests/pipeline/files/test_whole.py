"""Files are whole or not there."""

import os
from collections.abc import Iterator
from pathlib import Path

import pytest

from pipeline.files.rooted import Rooted
from pipeline.files.whole import remove_temporary_files, write_parts, write_whole


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def break_replace(monkeypatch: pytest.MonkeyPatch, error: BaseException) -> None:
    def fail(*_: object, **__: object) -> None:
        raise error

    monkeypatch.setattr(os, "replace", fail)


def break_link(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise OSError(18, "Invalid cross-device link")

    monkeypatch.setattr(os, "link", fail)


@pytest.mark.parametrize("sync", [True, False])
def test_a_file_is_written_and_nothing_else(sync: bool, tmp_path: Path) -> None:
    write_whole(tmp_path / "a.bin", b"\0new", sync=sync)
    assert (tmp_path / "a.bin").read_bytes() == b"\0new"
    assert names(tmp_path) == ["a.bin"]


def test_an_old_file_is_replaced(tmp_path: Path) -> None:
    (tmp_path / "a").write_bytes(b"a longer old content")
    write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize(("sync", "calls"), [(True, 1), (False, 0)])
def test_the_data_are_flushed_to_the_disk_before_the_rename(
    sync: bool, calls: int, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    there_at_flush: list[bool] = []
    monkeypatch.setattr(os, "fsync", lambda _: there_at_flush.append((tmp_path / "a").exists()))
    write_whole(tmp_path / "a", b"new", sync=sync)
    assert there_at_flush == [False] * calls


@pytest.mark.parametrize("error", [OSError(28, "No space left on device"), KeyboardInterrupt()])
@pytest.mark.parametrize("old", [None, b"old"])
def test_a_failure_at_the_rename_leaves_what_was_there(
    error: BaseException, old: bytes | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "a"
    if old is not None:
        path.write_bytes(old)
    break_replace(monkeypatch, error)
    with pytest.raises(type(error)):
        write_whole(path, b"new")
    assert names(tmp_path) == ([] if old is None else ["a"])
    assert old is None or path.read_bytes() == old


def test_a_failure_while_writing_leaves_what_was_there(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: int) -> None:
        raise OSError(5, "Input/output error")

    (tmp_path / "a").write_bytes(b"old")
    monkeypatch.setattr(os, "fsync", fail)
    with pytest.raises(OSError, match="Input/output error"):
        write_whole(tmp_path / "a", b"new")
    assert names(tmp_path) == ["a"]
    assert (tmp_path / "a").read_bytes() == b"old"


def test_a_missing_folder_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        write_whole(tmp_path / "none" / "a", b"new")


def test_a_link_at_the_place_is_replaced_and_its_target_kept(tmp_path: Path) -> None:
    (tmp_path / "target").write_bytes(b"target")
    (tmp_path / "a").symlink_to("target")
    write_whole(tmp_path / "a", b"new")
    assert not (tmp_path / "a").is_symlink()
    assert (tmp_path / "target").read_bytes() == b"target"


def test_a_file_is_linked_and_takes_no_space(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"data")
    Rooted(tmp_path).link("a", tmp_path / "source")
    assert (tmp_path / "a").samefile(tmp_path / "source")
    assert names(tmp_path) == ["a", "source"]


def test_a_file_without_links_on_its_file_system_is_copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "source").write_bytes(b"data")
    break_link(monkeypatch)
    Rooted(tmp_path).link("a", tmp_path / "source")
    assert (tmp_path / "a").read_bytes() == b"data"
    assert not (tmp_path / "a").samefile(tmp_path / "source")
    assert names(tmp_path) == ["a", "source"]


def test_linking_twice_leaves_no_temporary_file(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"data")
    for _ in range(2):
        Rooted(tmp_path).link("a", tmp_path / "source")
    assert names(tmp_path) == ["a", "source"]


def test_a_linked_source_is_followed(tmp_path: Path) -> None:
    (tmp_path / "real").write_bytes(b"data")
    (tmp_path / "source").symlink_to("real")
    Rooted(tmp_path).link("a", tmp_path / "source")
    assert not (tmp_path / "a").is_symlink()
    assert (tmp_path / "a").samefile(tmp_path / "real")


def test_a_link_replaces_an_old_file(tmp_path: Path) -> None:
    (tmp_path / "source").write_bytes(b"data")
    (tmp_path / "a").write_bytes(b"old")
    Rooted(tmp_path).link("a", tmp_path / "source")
    assert (tmp_path / "a").read_bytes() == b"data"


def test_a_missing_source_is_an_error_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        Rooted(tmp_path).link("a", tmp_path / "none")
    assert names(tmp_path) == []


def test_a_link_that_cannot_be_renamed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "source").write_bytes(b"data")
    break_replace(monkeypatch, OSError(28, "No space left on device"))
    with pytest.raises(OSError, match="No space"):
        Rooted(tmp_path).link("a", tmp_path / "source")
    assert names(tmp_path) == ["source"]


def test_a_write_after_a_link_that_was_killed_leaves_the_source(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "source").write_bytes(b"data")
    with monkeypatch.context() as patch:
        break_replace(patch, OSError("killed here"))
        patch.setattr(os, "unlink", lambda *_, **__: None)  # killed: nothing is tidied up
        with pytest.raises(OSError, match="killed"):
            Rooted(tmp_path).link("a", tmp_path / "source")
    assert len(names(tmp_path)) == 2
    write_whole(tmp_path / "a", b"new")
    assert (tmp_path / "source").read_bytes() == b"data"
    assert (tmp_path / "a").read_bytes() == b"new"


@pytest.mark.parametrize("tag", ["", "-12-of-34"])
@pytest.mark.parametrize("name", ["n" * 251 + ".jpg", "雨" * 85, "\udcff" * 255], ids=["ascii", "rain", "bytes"])
def test_names_of_255_bytes_are_written_and_linked(name: str, tag: str, tmp_path: Path) -> None:
    assert len(os.fsencode(name)) == 255
    write_whole(tmp_path / name, b"data", tag=tag)
    Rooted(tmp_path).link("b" if tag else name, tmp_path / name, tag=tag)
    assert (tmp_path / name).read_bytes() == b"data"
    assert len(names(tmp_path)) == (2 if tag else 1)


def remove_below(folder: Path, tag: str = "") -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        remove_temporary_files(descriptor, tag)
    finally:
        os.close(descriptor)


def leave_temporary_file(path: Path, tag: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Leave what a run leaves that is killed while it writes."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with monkeypatch.context() as patch:
        break_replace(patch, OSError("killed here"))
        patch.setattr(os, "unlink", lambda *_, **__: None)
        with pytest.raises(OSError, match="killed"):
            write_whole(path, b"half", tag=tag)


@pytest.mark.parametrize(
    ("tag", "left"),
    [("-1-of-12", ["-11-of-12", "-2-of-12"]), ("-2-of-12", ["-1-of-12", "-11-of-12"]), ("", [])],
)
def test_temporary_files_of_a_tag_are_removed_and_no_other(
    tag: str, left: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "a.jpg").write_bytes(b"mine")
    (tmp_path / "mine.tmp").write_bytes(b"mine")
    for other in ("-1-of-12", "-2-of-12", "-11-of-12"):
        leave_temporary_file(tmp_path / "deep" / "er" / "a.jpg", other, monkeypatch)
    assert len(names(tmp_path / "deep" / "er")) == 3
    remove_below(tmp_path, tag)
    assert sorted(path.name[len(".tpsence-") + 16 : -len(".tmp")] for path in tmp_path.rglob(".tpsence-*")) == left
    assert names(tmp_path) == ["a.jpg", "deep", "mine.tmp"]


def test_temporary_files_behind_a_link_are_not_touched(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    leave_temporary_file(tmp_path / "elsewhere" / "a", "", monkeypatch)
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "link").symlink_to(tmp_path / "elsewhere")
    remove_below(tmp_path / "out")
    assert len(names(tmp_path / "elsewhere")) == 1


def test_parts_become_one_file_and_a_failure_between_them_leaves_what_was_there(tmp_path: Path) -> None:
    def failing() -> Iterator[bytes]:
        yield b"half"
        raise ValueError("no more")

    write_parts(tmp_path / "a", iter([b"one", b"", b"two"]))
    assert (tmp_path / "a").read_bytes() == b"onetwo"
    with pytest.raises(ValueError, match="no more"):
        write_parts(tmp_path / "a", failing())
    assert (tmp_path / "a").read_bytes() == b"onetwo"
    assert names(tmp_path) == ["a"]
