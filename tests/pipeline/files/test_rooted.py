"""Nothing below a folder is reached through a link, at whatever moment it is put there."""

import contextlib
import gc
import os
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import RunError, UnsafeNameError
from pipeline.files.lines import LineFile
from pipeline.files.locks import lock
from pipeline.files.rooted import Rooted
from pipeline.files.whole import _temporary, write_whole


@pytest.fixture
def victim(tmp_path: Path) -> Path:
    """A folder outside, with files of the names that are written."""
    victim = tmp_path / "victim"
    (victim / "sub").mkdir(parents=True)
    for name in ("a", "sub/a"):
        (victim / name).write_bytes(b"mine")
    return victim


@pytest.fixture
def root(tmp_path: Path) -> Rooted:
    (tmp_path / "out").mkdir()
    (tmp_path / "source").write_bytes(b"original")
    return Rooted(tmp_path / "out")


def tree(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


MINE = {"a": b"mine", "sub/a": b"mine"}


def write(root: Rooted, name: str) -> None:
    root.write(name, b"new")


def link(root: Rooted, name: str) -> None:
    root.link(name, root.path.parent / "source")


def add(root: Rooted, name: str) -> None:
    LineFile(root, name).add({"new": 1})


def take_lock(root: Rooted, name: str) -> None:
    with lock(root.path / name, root.path, root=root):
        pass


def write_by_path(root: Rooted, name: str) -> None:
    with root.guarding():
        write_whole(root.path / name, b"new")


Deed = Callable[[Rooted, str], None]
DEEDS: list[Deed] = [write, link, add, take_lock, write_by_path, Rooted.remove]
INTO_FILE: list[Deed] = [add, take_lock]


# What it is for


def test_files_are_written_linked_added_to_and_removed(root: Rooted) -> None:
    write(root, "d/e/a")
    link(root, "d/b")
    add(root, "d/c")
    add(root, "d/c")
    assert tree(root.path) == {"d/e/a": b"new", "d/b": b"original", "d/c": b'{"new": 1}\n{"new": 1}\n'}
    state = root.state("d/e/a")
    assert state is not None
    assert state.st_size == 3
    assert root.state("d/none") is None
    assert root.state("none/a") is None
    for name in ("d/e/a", "d/b", "d/none", "none/a"):
        root.remove(name)
    root.remove_empty_folders(["d/e", "d", "none"])
    assert tree(root.path) == {"d/c": b'{"new": 1}\n{"new": 1}\n'}
    assert not (root.path / "d/e").exists()


@pytest.mark.parametrize("name", ["a\\b", "a:b", "\\a", "-", " ", "\udcff", "x" * 255, "é", "d/\n"])
def test_a_name_is_what_the_file_system_takes_it_for(name: str, root: Rooted) -> None:
    for deed in (write, link, write_by_path):
        deed(root, name)
        assert list(tree(root.path)) == [name]
        assert root.state(name) is not None
    root.remove(name)
    assert tree(root.path) == {}


def test_a_line_that_a_kill_has_cut_off_is_closed(root: Rooted) -> None:
    (root.path / "a").write_bytes(b'{"new')
    add(root, "a")
    assert (root.path / "a").read_bytes() == b'{"new\n{"new": 1}\n'


def test_the_folder_itself_may_be_reached_through_a_link(root: Rooted, tmp_path: Path) -> None:
    (tmp_path / "alias").symlink_to(root.path)
    write(Rooted(tmp_path / "alias"), "d/a")
    assert tree(root.path) == {"d/a": b"new"}


def test_no_folder_is_left_open(root: Rooted, victim: Path) -> None:
    place = Path("/proc/self/fd")
    if not place.exists():
        pytest.skip("this system does not tell what is open")
    (root.path / "link").symlink_to(victim)
    gc.collect()
    before = len(list(place.iterdir()))
    root.hold()
    for deed in DEEDS:
        deed(root, "d/e/a") if deed not in INTO_FILE else deed(root, "a")
        with pytest.raises(UnsafeNameError):
            deed(root, "link/sub/a")
    root.let_go()
    gc.collect()
    assert len(list(place.iterdir())) == before


# Links


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("name", ["a", "sub/a", "sub/none", "none"])
def test_a_linked_folder_is_refused_by_name(deed: Deed, name: str, root: Rooted, victim: Path) -> None:
    (root.path / "d").mkdir()
    (root.path / "d/link").symlink_to(victim, target_is_directory=True)
    with pytest.raises(UnsafeNameError, match=r"d/link: is a symbolic link") as caught:
        deed(root, f"d/link/{name}")
    assert "Remove the link" in str(caught.value.hint)
    assert root.state(f"d/link/{name}") is None
    assert tree(victim) == MINE
    assert sorted(path.name for path in victim.rglob("*")) == ["a", "a", "sub"]


@pytest.mark.parametrize("deed", [write, link, write_by_path])
def test_a_link_in_the_place_of_a_file_is_replaced(deed: Deed, root: Rooted, victim: Path) -> None:
    (root.path / "a").symlink_to(victim / "a")
    deed(root, "a")
    assert not (root.path / "a").is_symlink()
    assert tree(victim) == MINE


def test_a_link_in_the_place_of_a_file_is_removed_itself(root: Rooted, victim: Path) -> None:
    (root.path / "a").symlink_to(victim / "a")
    root.remove("a")
    assert not (root.path / "a").is_symlink()
    assert tree(victim) == MINE


@pytest.mark.parametrize("deed", INTO_FILE)
@pytest.mark.parametrize("target", ["a", "none"])
def test_a_link_in_the_place_of_a_file_that_is_opened_is_refused(
    deed: Deed, target: str, root: Rooted, victim: Path
) -> None:
    (root.path / "a").symlink_to(victim / target)
    with pytest.raises(UnsafeNameError, match="a: is a symbolic link"):
        deed(root, "a")
    assert tree(victim) == MINE


def test_a_hard_link_is_not_added_to_and_a_lock_leaves_what_is_in_it(root: Rooted, victim: Path) -> None:
    os.link(victim / "a", root.path / "a")
    with pytest.raises(UnsafeNameError, match="another name"):
        add(root, "a")
    take_lock(root, "a")
    assert tree(victim) == MINE


@pytest.mark.parametrize("deed", INTO_FILE)
def test_a_pipe_is_refused_and_not_waited_for(deed: Deed, root: Rooted) -> None:
    os.mkfifo(root.path / "a")
    with pytest.raises((UnsafeNameError, OSError)):
        deed(root, "a")


@pytest.mark.parametrize("deed", [write, link, write_by_path])
@pytest.mark.parametrize("make", [Path.symlink_to, Path.hardlink_to])
def test_a_temporary_file_that_is_there_is_not_written_through(
    deed: Deed, make: Callable[[Path, Path], None], root: Rooted, victim: Path
) -> None:
    make(root.path / _temporary("a", ""), victim / "a")
    deed(root, "a")
    assert tree(victim) == MINE
    assert list(tree(root.path)) == ["a"]


@pytest.mark.parametrize("name", ["../victim/a", "d/../../victim/a", ".."])
def test_a_name_that_leads_upwards_is_refused(name: str, root: Rooted, victim: Path) -> None:
    (root.path / "d").mkdir()
    with pytest.raises((UnsafeNameError, OSError)):
        write(root, name)
    assert tree(victim) == MINE


# At the worst moment


def swap(folder: Path, victim: Path) -> None:
    """Put a link in the place of a folder."""
    folder.rename(folder.with_name("moved"))
    folder.symlink_to(victim, target_is_directory=True)


@pytest.mark.parametrize("deed", DEEDS)
@pytest.mark.parametrize("moment", [1, 2, 3])
def test_a_folder_that_is_swapped_between_two_steps_leads_nowhere_else(
    deed: Deed, moment: int, root: Rooted, victim: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (root.path / "d/sub").mkdir(parents=True)
    (root.path / "d/sub/a").write_bytes(b"old" if deed is not add else b"")
    calls = 0
    open_really = os.open

    def open_and_swap(*arguments: object, **options: object) -> int:
        nonlocal calls
        calls += 1
        opened: int = open_really(*arguments, **options)  # type: ignore[arg-type]
        if calls == moment:
            swap(root.path / "d", victim)
        return opened

    monkeypatch.setattr(os, "open", open_and_swap)
    with contextlib.suppress(UnsafeNameError):
        deed(root, "d/sub/a")
    assert calls >= moment
    assert tree(victim) == MINE


@pytest.mark.parametrize("deed", DEEDS)
def test_another_folder_in_the_place_of_one_that_is_held_is_refused(deed: Deed, root: Rooted, victim: Path) -> None:
    root.hold()
    swap(root.path, victim)
    with pytest.raises(RunError, match="another folder has been put in its place"):
        deed(root, "a")
    assert tree(victim) == MINE
    root.let_go()
    write(root, "a")  # a path that leads elsewhere by now is the user's own
    assert (victim / "a").read_bytes() == b"new"


def test_a_write_that_has_begun_ends_in_its_folder_when_that_is_let_go_of(root: Rooted, victim: Path) -> None:
    root.hold()
    with root.folder() as folder:
        root.let_go()
        for _ in range(20):  # none of these takes the number that is in use
            write(Rooted(victim), "b")
        assert os.path.samestat(os.fstat(folder), root.path.stat())


def test_what_is_sent_holds_nothing(root: Rooted) -> None:
    root.hold()
    copy = pickle.loads(pickle.dumps(root))  # noqa: S301 (made here)
    write(copy, "a")
    assert copy.path == root.path


def test_what_is_written_elsewhere_meanwhile_is_as_ever(root: Rooted, victim: Path) -> None:
    (root.path.parent / "link").symlink_to(victim)
    (root.path / "link").symlink_to(victim)
    with root.guarding():
        write_whole(root.path.parent / "link" / "b", b"new")
        with pytest.raises(UnsafeNameError):
            write_whole(root.path / "link" / "c", b"new")
    write_whole(root.path / "link" / "d", b"new")
    assert sorted(tree(victim)) == ["a", "b", "d", "sub/a"]
