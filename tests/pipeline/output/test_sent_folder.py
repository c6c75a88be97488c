"""An output folder in several processes: one holds it and has its journals, the others write its files."""

import os
import pickle
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from pipeline.output.folder import OutputFolder
from pipeline.output.journals import Line
from pipeline.output.ledger import SourceState
from pipeline.output.shards import Shard
from tests.pipeline.own_process import in_own_process

NAMES = [f"d/{name}.png" for name in ("a", "b", "\udcff", "c")]


def folder_at(path: Path, index: int = 1, count: int = 1) -> OutputFolder:
    return OutputFolder(path, Shard(index=index, count=count))


def received(folder: OutputFolder) -> OutputFolder:
    """The folder as it arrives where it was sent to."""
    copy = pickle.loads(pickle.dumps(folder))  # noqa: S301 (made here)
    assert isinstance(copy, OutputFolder)
    return copy


def make(folder: OutputFolder, source: Path, names: Sequence[str] = NAMES) -> None:
    """Write files and note them, as the jobs do."""
    for name in names:
        folder.journal("pictures").add({"file": name})
        folder.write(name, name.encode("utf-8", "surrogateescape"))
        folder.note(name, source, SourceState.of(source))


def temporary(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.rglob(".tpsence-*"))


def journals(out: Path) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in (out / ".tpsence").glob("*.jsonl")}


@pytest.fixture
def source(tmp_path: Path) -> Path:
    (tmp_path / "source.png").write_bytes(b"original")
    return tmp_path / "source.png"


# Lines


ELSEWHERE = """
import pickle, sys
from pipeline.output.ledger import SourceState

folder, source, names = pickle.loads(sys.stdin.buffer.read())
folder.collect()
for name in names:
    folder.journal("pictures").add({"file": name})
    folder.write(name, name.encode("utf-8", "surrogateescape"))
    folder.note(name, source, SourceState.of(source))
sys.stdout.buffer.write(pickle.dumps(folder.collected()))
"""


@pytest.mark.parametrize(("index", "count"), [(1, 1), (2, 3)])
def test_lines_collected_elsewhere_and_added_here_are_those_of_one_process(
    index: int, count: int, source: Path, tmp_path: Path
) -> None:
    here, there = (folder_at(tmp_path / name, index, count) for name in ("here", "there"))
    with here.opened({}, NAMES, overwrite=False):
        make(here, source)
    with there.opened({}, NAMES, overwrite=False):
        there.write(NAMES[0], b"of a run that was killed")
        assert not there.is_current(NAMES[0], source)  # the ledger has been read before
        lines = pickle.loads(in_own_process(ELSEWHERE, (there, source, NAMES), tmp_path))  # noqa: S301 (of this test)
        assert journals(there.path) == {}
        there.add_lines(lines)
        assert all(there.is_current(name, source) for name in NAMES)
    assert len(lines) == 2 * len(NAMES)
    assert journals(there.path) == journals(here.path)
    with folder_at(there.path, index, count).opened({}, NAMES, overwrite=False):
        assert all(folder_at(there.path, index, count).is_current(name, source) for name in NAMES)


def test_lines_that_were_returned_are_forgotten_and_more_are_kept(source: Path, tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    with folder.opened({}, NAMES, overwrite=False):
        assert folder.collected() == []
        folder.collect()
        make(folder, source, NAMES[:1])
        folder.collect()
        assert [name for name, _ in folder.collected()] == ["pictures", "ledger"]
        assert folder.collected() == []
        make(folder, source, NAMES[1:])
        assert [name for name, _ in folder.collected()] == ["pictures", "ledger"] * 3
    assert journals(tmp_path / "out") == {}


def test_no_line_of_several_threads_is_lost(tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    folder.collect()
    found: list[Line] = []
    with ThreadPoolExecutor(4) as pool:
        added = [pool.submit(folder.journal("boxes").add, {"n": number}) for number in range(500)]
        while not all(one.done() for one in added):
            found += folder.collected()
    found += folder.collected()
    assert sorted(content["n"] for _, content in found) == [*range(500)]  # type: ignore[type-var]


def test_what_is_added_while_a_journal_cannot_be_written_is_not_in_the_ledger(source: Path, tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    with folder.opened({}, NAMES, overwrite=False):
        sent = received(folder)
        sent.collect()
        sent.note("original.png", source, SourceState.of(source))  # a line of the ledger before any other
        make(sent, source)
        (tmp_path / "out/.tpsence/pictures.jsonl").mkdir()
        with pytest.raises(OSError, match="pictures"):
            folder.add_lines(sent.collected())
        assert not any(folder.is_current(name, source) for name in NAMES)
    assert not (tmp_path / "out/.tpsence/ledger.jsonl").exists()


# Files


def test_a_folder_arrives_where_it_is_whatever_the_working_folder_there(
    source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "other").mkdir()
    monkeypatch.chdir(tmp_path)
    folder = folder_at(Path("out"))
    with folder.opened({}, NAMES, overwrite=False):
        lines = pickle.loads(in_own_process(ELSEWHERE, (folder, source, NAMES), tmp_path / "other"))  # noqa: S301 (of this test)
        folder.add_lines(lines)
        assert all(folder.is_current(name, source) for name in NAMES)


@pytest.mark.parametrize("is_link", [False, True])
def test_two_processes_that_write_one_file_do_not_touch_what_the_other_has_begun(
    is_link: bool, source: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where a worker is believed dead, and another repeats its work."""
    out, data = tmp_path / "out", b"whole" * 10_000
    with folder_at(out).opened({}, ["a.png"], overwrite=False):
        late, other = received(folder_at(out)), received(folder_at(out))

    def write(folder: OutputFolder) -> None:
        if is_link:
            folder.link("a.png", source)
        else:
            folder.write("a.png", data)

    replace = os.replace

    def late_to_rename(*names: Any, **folders: Any) -> None:  # noqa: ANN401 (passed on)
        monkeypatch.setattr(os, "replace", replace)
        write(other)
        assert (out / "a.png").read_bytes() == (b"original" if is_link else data)
        assert len(temporary(out)) == 1
        replace(*names, **folders)

    monkeypatch.setattr(os, "replace", late_to_rename)
    write(late)
    assert os.replace is replace
    assert (out / "a.png").read_bytes() == (b"original" if is_link else data)
    assert temporary(out) == []


WRITES_AGAIN_AND_AGAIN = """
import pickle, sys

folder, letter = pickle.loads(sys.stdin.buffer.read())
for _ in range(300):
    folder.write("a.png", letter * 100_000)
"""


def test_no_reader_sees_half_of_a_file_that_two_processes_write_again_and_again(tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    with folder.opened({}, ["a.png"], overwrite=False), ThreadPoolExecutor(2) as pool:
        folder.write("a.png", b"z" * 100_000)
        writers = [
            pool.submit(in_own_process, WRITES_AGAIN_AND_AGAIN, (folder, letter), tmp_path) for letter in (b"x", b"y")
        ]
        seen = set()
        while not all(one.done() for one in writers):
            content = (tmp_path / "out/a.png").read_bytes()
            seen.add((content[:1], content == content[:1] * 100_000))
        assert [one.result() for one in writers] == [b"", b""]
    assert seen <= {(b"x", True), (b"y", True), (b"z", True)}
    assert temporary(tmp_path / "out") == []


@pytest.mark.parametrize(("index", "left"), [(1, ["-2-of-2"]), (2, ["-1-of-2"])])
def test_the_next_run_of_a_shard_removes_what_its_killed_workers_have_left_and_nothing_of_another(
    index: int, left: list[str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: object, **__: object) -> None:
        raise OSError("killed here")

    out = tmp_path / "out"
    for shard in (1, 2):
        folder = folder_at(out, shard, 2)
        with folder.opened({}, NAMES, overwrite=False), monkeypatch.context() as patch:
            patch.setattr(os, "replace", killed)
            patch.setattr(os, "unlink", lambda *_, **__: None)  # nothing is tidied up
            for worker in (received(folder), received(folder)):
                with pytest.raises(OSError, match="killed"):
                    worker.write("d/a.png", b"half")
    assert len(temporary(out)) == 4
    with folder_at(out, index, 2).opened({}, NAMES, overwrite=False):
        assert [name[-len("-1-of-2.tmp") : -len(".tmp")] for name in temporary(out)] == left * 2
