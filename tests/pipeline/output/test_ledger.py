"""The ledger: an output is current while its source is what it was made of."""

import errno
import hashlib
import json
import os
import pickle
import subprocess
import sys
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from pipeline.output.folder import OutputFolder
from pipeline.output.ledger import SourceState
from pipeline.output.shards import Shard


def folder_at(path: Path, index: int = 1, count: int = 1) -> OutputFolder:
    return OutputFolder(path, Shard(index=index, count=count))


def make(folder: OutputFolder, output: str, source: Path) -> None:
    """Make an output of a source as the jobs do."""
    state = SourceState.of(source)
    folder.write(output, source.read_bytes().upper())
    folder.note(output, source, state)


def run(folder: OutputFolder, sources: dict[str, Path], *, overwrite: bool = False) -> list[str]:
    """A run that makes what is not current, and returns it."""
    with folder.opened({}, sources, overwrite=overwrite):
        made = [output for output, source in sources.items() if not folder.is_current(output, source)]
        for output in made:
            make(folder, output, sources[output])
    return made


@pytest.fixture
def sources(tmp_path: Path) -> dict[str, Path]:
    """Three sources, by the name of their output."""
    (tmp_path / "in").mkdir()
    files = {f"d/{name}.png": tmp_path / "in" / f"{name}.jpg" for name in ("a", "b", "\udcff\u2028")}
    for output, file in files.items():
        file.write_bytes(output.encode("utf-8", "surrogateescape"))
    return files


def change(file: Path, content: bytes | None = None, *, keep_time: bool = False) -> None:
    """Write a file anew, at another time unless told otherwise; without content with what it has."""
    found = file.stat()
    file.write_bytes(file.read_bytes() if content is None else content)
    time = found.st_mtime_ns + (0 if keep_time else -1)  # earlier, as of an older file that was copied over it
    os.utime(file, ns=(time, time))


def ledger_of(out: Path, tag: str = "") -> Path:
    return out / ".tpsence" / f"ledger{tag}.jsonl"


def unreadable(*_: object, **__: object) -> str:
    raise AssertionError("read")


def test_a_second_run_makes_nothing_and_reads_nothing(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert run(folder_at(tmp_path / "out"), sources) == list(sources)
    monkeypatch.setattr("pipeline.output.ledger.file_sha256", unreadable)
    assert run(folder_at(tmp_path / "out"), sources) == []


def test_a_line_tells_output_source_and_its_state(sources: dict[str, Path], tmp_path: Path) -> None:
    run(folder_at(tmp_path / "out"), sources)
    lines = [json.loads(line) for line in ledger_of(tmp_path / "out").read_text(encoding="ascii").splitlines()]
    assert [line["output"] for line in lines] == list(sources)
    assert [line["source"] for line in lines] == [file.name for file in sources.values()]
    found = sources["d/a.png"].stat()
    assert (lines[0]["size"], lines[0]["mtime_ns"]) == (found.st_size, found.st_mtime_ns)
    assert lines[0]["sha256"] == hashlib.sha256(b"d/a.png").hexdigest()


@pytest.mark.parametrize("content", [b"D/A.PNG", b"", b"d/a.png and more"], ids=["as long", "empty", "longer"])
def test_a_source_that_has_changed_is_noticed_and_no_other(
    content: bytes, sources: dict[str, Path], tmp_path: Path
) -> None:
    run(folder_at(tmp_path / "out"), sources)
    change(sources["d/a.png"], content)
    assert not folder_at(tmp_path / "out").is_current("d/a.png", sources["d/a.png"])
    change(sources["d/a.png"], content or b"no longer empty")
    assert run(folder_at(tmp_path / "out"), sources) == ["d/a.png"]
    assert (tmp_path / "out/d/a.png").read_bytes() == sources["d/a.png"].read_bytes().upper()
    assert run(folder_at(tmp_path / "out"), sources) == []


def test_a_source_that_was_only_touched_is_read_once(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder_at(tmp_path / "out"), sources)
    change(sources["d/b.png"])
    before = ledger_of(tmp_path / "out").read_bytes()
    assert folder_at(tmp_path / "out").is_current("d/b.png", sources["d/b.png"])
    assert ledger_of(tmp_path / "out").read_bytes() == before  # who does not hold the folder writes nothing
    assert run(folder_at(tmp_path / "out"), sources) == []
    monkeypatch.setattr("pipeline.output.ledger.file_sha256", unreadable)
    assert run(folder_at(tmp_path / "out"), sources) == []


def test_a_source_of_another_length_at_the_same_time_is_noticed_unread(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run(folder_at(tmp_path / "out"), sources)
    change(sources["d/a.png"], b"longer than before", keep_time=True)
    monkeypatch.setattr("pipeline.output.ledger.file_sha256", unreadable)
    assert not folder_at(tmp_path / "out").is_current("d/a.png", sources["d/a.png"])


def test_of_a_source_that_is_gone_nothing_is_current(sources: dict[str, Path], tmp_path: Path) -> None:
    run(folder_at(tmp_path / "out"), sources)
    sources["d/a.png"].unlink()
    assert not folder_at(tmp_path / "out").is_current("d/a.png", sources["d/a.png"])


@pytest.mark.parametrize("damage", [Path.unlink, lambda file: file.write_bytes(b"")], ids=["gone", "empty"])
def test_an_output_that_is_not_there_whole_is_not_current(
    damage: Callable[[Path], object], sources: dict[str, Path], tmp_path: Path
) -> None:
    run(folder_at(tmp_path / "out"), sources)
    damage(tmp_path / "out/d/b.png")
    assert run(folder_at(tmp_path / "out"), sources) == ["d/b.png"]


def test_an_output_that_is_in_no_ledger_is_made_again_once(sources: dict[str, Path], tmp_path: Path) -> None:
    run(folder_at(tmp_path / "out"), sources)
    ledger_of(tmp_path / "out").unlink()
    assert run(folder_at(tmp_path / "out"), sources) == list(sources)
    assert run(folder_at(tmp_path / "out"), sources) == []


# A change at the worst moment


def test_a_source_that_changes_before_it_is_decoded_is_noticed_by_the_next_run(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    folder, source = folder_at(tmp_path / "out"), sources["d/a.png"]
    with folder.opened({}, sources, overwrite=False):
        state = SourceState.of(source)
        change(source, b"D/A.PNG")
        folder.write("d/a.png", source.read_bytes())
        folder.note("d/a.png", source, state)
        assert not folder.is_current("d/a.png", source)


def test_a_source_that_changes_while_it_is_hashed_has_no_state(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def hashed_and_changed(file: Path) -> str:
        change(file)
        return "0" * 64

    folder, source = folder_at(tmp_path / "out"), sources["d/a.png"]
    with monkeypatch.context() as patch:
        patch.setattr("pipeline.output.ledger.file_sha256", hashed_and_changed)
        assert SourceState.of(source) is None
        assert run(folder, {"d/a.png": source}) == ["d/a.png"]
    assert run(folder, {"d/a.png": source}) == ["d/a.png"]


def test_what_cannot_be_read_has_no_state(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "loop").symlink_to("loop")
    for name in ("none", "pipe", "loop", "."):
        assert SourceState.of(tmp_path / name) is None


# Kills, damage, a full disk


def test_after_a_kill_between_picture_and_line_the_picture_is_made_again(
    sources: dict[str, Path], tmp_path: Path
) -> None:
    folder = folder_at(tmp_path / "out")
    with folder.opened({}, sources, overwrite=False):
        make(folder, "d/a.png", sources["d/a.png"])
        folder.write("d/b.png", b"B")  # killed here
    assert run(folder_at(tmp_path / "out"), {name: sources[name] for name in ("d/a.png", "d/b.png")}) == ["d/b.png"]


@pytest.mark.parametrize("left", [1, 20, -1], ids=["a byte", "some", "all but its end"])
def test_a_line_that_a_kill_has_cut_off_is_as_if_not_there_and_spoils_no_other(
    left: int, sources: dict[str, Path], tmp_path: Path
) -> None:
    run(folder_at(tmp_path / "out"), sources)
    *whole, last = ledger_of(tmp_path / "out").read_bytes().splitlines(keepends=True)
    ledger_of(tmp_path / "out").write_bytes(b"".join(whole) + last[:left])
    remade = run(folder_at(tmp_path / "out"), sources)
    assert remade == ([] if left == -1 else list(sources)[-1:])
    change(sources["d/a.png"], b"new")
    assert run(folder_at(tmp_path / "out"), sources) == ["d/a.png"]
    assert run(folder_at(tmp_path / "out"), sources) == []


@pytest.mark.parametrize(
    "line",
    [
        b"\xff\xfe",
        b"[" * 100_000,
        b"3",
        b"{}",
        b'{"output": "d/a.png"}',
        b'{"output": "d/a.png", "size": "7", "mtime_ns": 1, "sha256": "0"}',
        b'{"output": 1, "size": 7, "mtime_ns": 1, "sha256": "0"}',
        b"\0" * 50,
    ],
    ids=["bytes", "deep", "number", "bare", "cut", "text", "nameless", "zeros"],
)
def test_a_damaged_line_is_as_if_not_there(line: bytes, sources: dict[str, Path], tmp_path: Path) -> None:
    run(folder_at(tmp_path / "out"), sources)
    with ledger_of(tmp_path / "out").open("ab") as stream:
        stream.write(line + b"\n")
    assert run(folder_at(tmp_path / "out"), sources) == []


def test_a_ledger_that_cannot_be_read_is_as_if_not_there(sources: dict[str, Path], tmp_path: Path) -> None:
    run(folder_at(tmp_path / "out"), sources)
    ledger_of(tmp_path / "out").rename(tmp_path / "aside")
    ledger_of(tmp_path / "out").mkdir()
    assert not folder_at(tmp_path / "out").is_current("d/a.png", sources["d/a.png"])


def test_a_full_disk_is_an_error_of_the_line_and_a_touched_source_stays_current(
    sources: dict[str, Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    folder, source = folder_at(tmp_path / "out"), sources["d/a.png"]
    with folder.opened({}, sources, overwrite=False):
        make(folder, "d/a.png", source)
        assert folder.is_current("d/a.png", source)
        monkeypatch.setattr(os, "write", full)
        with pytest.raises(OSError, match="No space left on device"):
            make(folder, "d/b.png", sources["d/b.png"])
        change(source)
        assert folder.is_current("d/a.png", source)


# What is removed


def test_starting_anew_drops_all_that_was_noted(sources: dict[str, Path], tmp_path: Path) -> None:
    run(folder_at(tmp_path / "out"), sources)
    assert run(folder_at(tmp_path / "out"), sources, overwrite=True) == list(sources)
    assert len(ledger_of(tmp_path / "out").read_bytes().splitlines()) == 3
    folder_at(tmp_path / "out").clear([])
    assert not ledger_of(tmp_path / "out").exists()


@pytest.mark.parametrize("how", ["forget", "stale"])
def test_what_is_removed_leaves_the_ledger(how: str, sources: dict[str, Path], tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "out")
    with folder.opened({}, sources, overwrite=False):
        for output, source in sources.items():
            make(folder, output, source)
        copy = (tmp_path / "out/d/a.png").read_bytes()
        if how == "stale":
            folder.remove_stale(["d/b.png"])
    if how == "forget":
        folder.forget(name for name in sources if name != "d/b.png")
    assert [json.loads(line)["output"] for line in ledger_of(tmp_path / "out").read_text().splitlines()] == ["d/b.png"]
    (tmp_path / "out/d/a.png").write_bytes(copy)  # put there by someone else
    assert [name for name in sources if folder.is_current(name, sources[name])] == ["d/b.png"]


# Shards, copies, other processes


def test_the_ledgers_of_all_shards_are_read_and_each_writes_its_own(sources: dict[str, Path], tmp_path: Path) -> None:
    out, (first, second, _) = tmp_path / "out", sources
    for index, output in ((1, first), (2, second)):
        assert run(folder_at(out, index, 2), {output: sources[output]}) == [output]
    assert sorted(file.name for file in (out / ".tpsence").glob("ledger*")) == [
        "ledger-1-of-2.jsonl",
        "ledger-2-of-2.jsonl",
    ]
    with folder_at(out).alone():
        assert [folder_at(out).is_current(name, sources[name]) for name in (first, second)] == [True, True]
    change(sources[second], b"new")
    assert run(folder_at(out, 1, 2), {first: sources[first]}) == []
    assert run(folder_at(out, 2, 2), {second: sources[second]}) == [second]
    assert folder_at(out).is_current(second, sources[second])
    folder_at(out).forget([second])
    assert ledger_of(out, "-1-of-2").read_bytes()
    assert not ledger_of(out, "-2-of-2").read_bytes()


def test_copies_of_the_output_and_of_the_sources_are_current(sources: dict[str, Path], tmp_path: Path) -> None:
    run(folder_at(tmp_path / "out"), sources)
    subprocess.run(["cp", "-r", str(tmp_path / "out"), str(tmp_path / "moved")], check=True)
    subprocess.run(["cp", "-r", str(tmp_path / "in"), str(tmp_path / "in2")], check=True)
    copies = {output: tmp_path / "in2" / file.name for output, file in sources.items()}
    assert run(folder_at(tmp_path / "moved"), copies) == []
    change(copies["d/a.png"], b"new")
    assert run(folder_at(tmp_path / "moved"), copies) == ["d/a.png"]


def test_lines_of_many_threads_are_whole(tmp_path: Path) -> None:
    folder, source = folder_at(tmp_path / "out"), tmp_path / "source"
    source.write_bytes(b"x")
    names = [f"{number}.png" for number in range(200)]
    with folder.opened({}, names, overwrite=False), ThreadPoolExecutor(8) as pool:
        assert not folder.is_current("0.png", source)
        list(pool.map(lambda name: make(folder, name, source), names))
        assert all(folder.is_current(name, source) for name in names)
    assert all(folder_at(tmp_path / "out").is_current(name, source) for name in names)


IN_ANOTHER_PROCESS = """
import pickle, sys
from pathlib import Path
from pipeline.output.ledger import SourceState

folder, source = pickle.loads(sys.stdin.buffer.read())
folder.write("d/a.png", b"new")
folder.link("e/a.jpg", source)
for output in ("d/a.png", "e/a.jpg"):
    folder.note(output, source, SourceState.of(source))
"""


def test_another_process_writes_for_the_run_that_holds_the_folder(sources: dict[str, Path], tmp_path: Path) -> None:
    folder, source = folder_at(tmp_path / "out", 2, 3), sources["d/a.png"]
    with folder.opened({}, ["d/a.png", "e/a.jpg"], overwrite=False):
        make(folder, "d/b.png", sources["d/b.png"])
        sent = pickle.dumps((folder, source))
        subprocess.run([sys.executable, "-c", IN_ANOTHER_PROCESS], input=sent, check=True)
        assert (tmp_path / "out/d/a.png").read_bytes() == b"new"
        assert (tmp_path / "out/e/a.jpg").samefile(source)
        assert folder.is_current("d/a.png", source)
        assert folder.is_current("e/a.jpg", source)
    assert len(ledger_of(tmp_path / "out", "-2-of-3").read_bytes().splitlines()) == 3


def test_a_folder_that_was_sent_is_the_same_but_holds_nothing(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "out", Shard(index=2, count=3), "segment", "Move that folder away")
    with folder.opened({}, [], overwrite=False):
        copy = pickle.loads(pickle.dumps(folder))  # noqa: S301 (made here)
        assert (copy.path, copy.shard) == (folder.path, folder.shard)
        assert copy.journal("boxes").path == folder.journal("boxes").path
        assert copy.read_run() == folder.read_run()
    with copy.opened({}, [], overwrite=False):
        pass
