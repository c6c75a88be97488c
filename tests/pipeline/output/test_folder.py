"""The output folder: claimed by one run, continued by the same, never at another's cost."""

import contextlib
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from pipeline.errors import OutputError, UnsafeNameError
from pipeline.images.skips import Reason, Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard

SETTINGS: dict[str, Any] = {"width": 640, "strength": 1.0, "images": "/data/images"}
SKIPS = [
    Skip("a.jpg", Reason.MISSING, "no such file"),
    Skip("\udcff\u2028.jpg", Reason.WRONG_SIZE, "2x1\u2028 \u96e8"),
]


def folder_at(path: Path, index: int = 1, count: int = 1) -> OutputFolder:
    return OutputFolder(path, Shard(index=index, count=count))


def run(folder: OutputFolder, *names: str, overwrite: bool = False, **changed: object) -> None:
    """A run that writes some files."""
    with folder.opened({**SETTINGS, **changed}, names, overwrite=overwrite):
        for name in names:
            folder.write(name, name.encode())


def tree(path: Path) -> dict[str, bytes]:
    """All files below a folder, the tool's own state aside."""
    files = (file for file in path.rglob("*") if file.is_file() and ".tpsence" not in file.parts)
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in files}


# Claiming


def test_a_new_folder_is_made_with_its_parents_and_its_settings(tmp_path: Path) -> None:
    folder = folder_at(tmp_path / "a" / "out")
    with folder.opened(SETTINGS, ["x.jpg"], overwrite=False):
        content = folder.read_run()
    assert content is not None
    assert content["settings"] == SETTINGS
    assert content["started"].endswith("+00:00")


def test_an_empty_folder_is_taken(tmp_path: Path) -> None:
    run(folder_at(tmp_path), "a.jpg")
    assert sorted(tree(tmp_path)) == ["a.jpg", "run.json"]


def test_a_folder_with_nothing_but_the_state_of_a_killed_start_is_taken(tmp_path: Path) -> None:
    (tmp_path / ".tpsence").mkdir()
    run(folder_at(tmp_path), "a.jpg")
    assert "a.jpg" in tree(tmp_path)


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("foreign", ["thesis.tex", ".hidden", "folder/"])
def test_a_folder_that_holds_something_else_is_refused_and_untouched(
    overwrite: bool, foreign: str, tmp_path: Path
) -> None:
    if foreign.endswith("/"):
        (tmp_path / foreign).mkdir()
    else:
        (tmp_path / foreign).write_bytes(b"years of work")
    before = sorted(tmp_path.rglob("*")), tree(tmp_path)
    with pytest.raises(OutputError, match=f"not empty, .*'{foreign.rstrip('/')}'"):
        run(folder_at(tmp_path), "a.jpg", overwrite=overwrite)
    with pytest.raises(OutputError, match="not empty"):
        folder_at(tmp_path).check(SETTINGS, overwrite=overwrite)
    assert (sorted(tmp_path.rglob("*")), tree(tmp_path)) == before


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_file_in_place_of_the_folder_is_refused(overwrite: bool, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(OutputError, match="is a file"):
        run(folder_at(tmp_path / "out"), overwrite=overwrite)
    with pytest.raises(OutputError, match="is a file"):
        folder_at(tmp_path / "out").check(SETTINGS, overwrite=overwrite)
    assert (tmp_path / "out").read_bytes() == b"mine"


def test_a_folder_below_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError):
        run(folder_at(tmp_path / "file" / "out"))


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "out").symlink_to("nowhere/at/all")
    (tmp_path / "nowhere").touch()
    with pytest.raises(OutputError):
        run(folder_at(tmp_path / "out"))


def test_a_check_writes_nothing(tmp_path: Path) -> None:
    folder_at(tmp_path / "out").check(SETTINGS, overwrite=False)
    folder_at(tmp_path / "out").check(SETTINGS, overwrite=True)
    assert list(tmp_path.iterdir()) == []


# Settings


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"width": 320}, "width: 640 there, 320 now"),
        ({"width": 320, "strength": 0.5}, "width: 640 there, 320 now; strength: 1.0 there, 0.5 now"),
        ({"seed": 3}, "seed: None there, 3 now"),
        ({"images": "/other"}, "images: /data/images there, /other now"),
    ],
)
def test_other_settings_are_refused_and_named(changed: dict[str, Any], words: str, tmp_path: Path) -> None:
    run(folder_at(tmp_path), "a.jpg")
    before = tree(tmp_path)
    with pytest.raises(OutputError, match="other settings: ") as caught:
        run(folder_at(tmp_path), "b.jpg", **changed)
    assert caught.value.message.endswith(f"other settings: {words}")
    assert "`overwrite`" in str(caught.value.hint)
    with pytest.raises(OutputError, match="other settings: "):
        folder_at(tmp_path).check({**SETTINGS, **changed}, overwrite=False)
    assert tree(tmp_path) == before


def test_a_setting_that_is_gone_differs(tmp_path: Path) -> None:
    run(folder_at(tmp_path), seed=3)
    with pytest.raises(OutputError, match="seed: 3 there, None now"):
        run(folder_at(tmp_path))


def test_the_same_settings_continue_a_run(tmp_path: Path) -> None:
    run(folder_at(tmp_path), "a.jpg")
    started = json.loads((tmp_path / "run.json").read_bytes())["started"]
    folder = folder_at(tmp_path)
    with folder.opened(SETTINGS, ["a.jpg", "b.jpg"], overwrite=False):
        assert folder.has("a.jpg")
        assert not folder.has("b.jpg")
    assert json.loads((tmp_path / "run.json").read_bytes())["started"] == started
    assert (tmp_path / "a.jpg").read_bytes() == b"a.jpg"


def test_what_the_run_file_tells_besides_is_kept_and_not_compared(tmp_path: Path) -> None:
    for about in ({"weights": "a.pth"}, {"weights": "b.pth"}, None):
        with folder_at(tmp_path).opened(SETTINGS, [], overwrite=False, about=about):
            content = json.loads((tmp_path / "run.json").read_bytes())
        assert (content["settings"], content["weights"]) == (SETTINGS, "a.pth")


def test_settings_with_names_that_are_no_utf8_can_be_continued(tmp_path: Path) -> None:
    for _ in range(2):
        run(folder_at(tmp_path), images="/data/\udcff\u96e8")
    content = folder_at(tmp_path).read_run()
    assert content is not None
    assert content["settings"]["images"] == "/data/\udcff\u96e8"


@pytest.mark.parametrize(
    "content",
    [b"", b"{", b"[]", b"null", b"{}", b'{"settings": 1}', b"\xff\xfe\x00", b"\x80", b"[" * 100_000],
    ids=["empty", "cut", "list", "null", "bare", "number", "utf16", "bytes", "deep"],
)
@pytest.mark.parametrize("overwrite", [False, True])
def test_a_damaged_run_file_is_one_clear_error_and_nothing_is_touched(
    content: bytes, overwrite: bool, tmp_path: Path
) -> None:
    (tmp_path / "run.json").write_bytes(content)
    (tmp_path / "a.jpg").write_bytes(b"mine")
    with pytest.raises(OutputError, match=r"run\.json: not ") as caught:
        run(folder_at(tmp_path), "a.jpg", overwrite=overwrite)
    assert "\n" not in caught.value.message
    assert caught.value.hint
    assert tree(tmp_path) == {"run.json": content, "a.jpg": b"mine"}


def test_a_folder_in_place_of_the_run_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "run.json").mkdir()
    with pytest.raises(OutputError, match=r"run\.json: not readable"):
        run(folder_at(tmp_path))


# Starting anew


def test_overwrite_removes_the_listed_files_and_leaves_the_user_s_own(tmp_path: Path) -> None:
    run(folder_at(tmp_path), "a.jpg", "d/e/b.jpg", "f/c.jpg")
    (tmp_path / "notes.txt").write_bytes(b"mine")
    (tmp_path / "f" / "mine.jpg").write_bytes(b"mine")
    run(folder_at(tmp_path), "new.jpg", overwrite=True, width=320)
    assert sorted(tree(tmp_path)) == ["f/mine.jpg", "new.jpg", "notes.txt", "run.json"]
    assert not (tmp_path / "d").exists()
    assert json.loads((tmp_path / "run.json").read_bytes())["settings"]["width"] == 320


def test_overwrite_removes_the_results_and_the_files_of_all_shards(tmp_path: Path) -> None:
    for index in (1, 2):
        folder = folder_at(tmp_path, index, 2)
        run(folder, f"{index}.jpg")
        folder.write_result([], {}, complete=True)
    (tmp_path / "skipped.jsonl").write_bytes(b"")
    run(folder_at(tmp_path), "new.jpg", overwrite=True)
    assert sorted(tree(tmp_path)) == ["new.jpg", "run.json"]
    assert not list((tmp_path / ".tpsence").glob("done*"))


def test_overwrite_of_a_run_whose_files_are_gone_is_fine(tmp_path: Path) -> None:
    run(folder_at(tmp_path), "a.jpg", "b.jpg")
    (tmp_path / "a.jpg").unlink()
    run(folder_at(tmp_path), overwrite=True)
    assert sorted(tree(tmp_path)) == ["run.json"]


def test_overwrite_of_a_new_folder_is_a_start(tmp_path: Path) -> None:
    run(folder_at(tmp_path / "out"), "a.jpg", overwrite=True)
    assert sorted(tree(tmp_path / "out")) == ["a.jpg", "run.json"]


@pytest.mark.parametrize("target", ["{outside}/mine.jpg", "../outside/mine.jpg", "link/mine.jpg"])
def test_overwrite_removes_nothing_outside_whatever_the_list_says(target: str, tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    for name in ("mine.jpg", "mine_too.jpg"):
        (outside / name).write_bytes(b"mine")
    run(folder_at(out))
    (out / "link").symlink_to(outside)
    line = json.dumps(target.format(outside=outside))
    (out / ".tpsence" / "files.txt").write_text(line + "\n")
    with contextlib.suppress(OutputError, UnsafeNameError):
        run(folder_at(out), overwrite=True)
    assert tree(outside) == {"mine.jpg": b"mine", "mine_too.jpg": b"mine"}


@pytest.mark.parametrize("line", ["{", "3", '["a"]', "null"])
def test_overwrite_of_a_run_with_a_damaged_list_is_one_clear_error(line: str, tmp_path: Path) -> None:
    run(folder_at(tmp_path), "a.jpg")
    (tmp_path / ".tpsence" / "files.txt").write_text(line + "\n")
    with pytest.raises((OutputError, UnsafeNameError)):
        run(folder_at(tmp_path), overwrite=True)


def test_overwrite_leaves_a_user_s_link_to_an_empty_folder(tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    run(folder_at(out), "a.jpg")
    (out / "link").symlink_to(outside)
    run(folder_at(out), overwrite=True)
    assert outside.is_dir()
    assert (out / "link").is_symlink()


# One run at a time


@contextlib.contextmanager
def running(folder: OutputFolder) -> Iterator[None]:
    with folder.opened(SETTINGS, ["a.jpg"], overwrite=False):
        folder.write("a.jpg", b"in use")
        yield


@pytest.mark.parametrize("overwrite", [False, True])
def test_a_second_run_is_refused_while_the_first_is_writing(overwrite: bool, tmp_path: Path) -> None:
    with running(folder_at(tmp_path)):
        with pytest.raises(OutputError, match="another run is writing here"):
            run(folder_at(tmp_path), "b.jpg", overwrite=overwrite)
        assert (tmp_path / "a.jpg").read_bytes() == b"in use"
    run(folder_at(tmp_path), "b.jpg", overwrite=overwrite)


def test_a_run_of_another_process_is_noticed(tmp_path: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from pipeline.output.shards import Shard;"
        "from pipeline.output.folder import OutputFolder; from pipeline.errors import OutputError\n"
        "try:\n"
        "    with OutputFolder(Path(sys.argv[1]), Shard()).opened({}, [], overwrite=False): print('opened')\n"
        "except OutputError as error: print(error.message)"
    )
    command = [sys.executable, "-c", program, str(tmp_path)]
    folder = folder_at(tmp_path)
    with folder.opened({}, [], overwrite=False):
        done = subprocess.run(command, capture_output=True, text=True, check=True)
        assert done.stdout.strip() == f"{tmp_path}: another run is writing here"
    done = subprocess.run(command, capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "opened"


def test_the_folder_is_free_after_an_error(tmp_path: Path) -> None:
    with pytest.raises(KeyboardInterrupt), running(folder_at(tmp_path)):
        raise KeyboardInterrupt
    run(folder_at(tmp_path))


def test_shards_write_at_the_same_time_but_each_once(tmp_path: Path) -> None:
    with running(folder_at(tmp_path, 1, 2)):
        run(folder_at(tmp_path, 2, 2), "b.jpg")
        with pytest.raises(OutputError, match="another run"):
            run(folder_at(tmp_path, 1, 2))


@pytest.mark.parametrize(("index", "count"), [(1, 1), (2, 2)])
def test_overwrite_removes_no_files_of_a_shard_that_is_writing(index: int, count: int, tmp_path: Path) -> None:
    with running(folder_at(tmp_path, 1, 2)):
        with contextlib.suppress(OutputError):
            run(folder_at(tmp_path, index, count), "b.jpg", overwrite=True)
        assert tree(tmp_path).get("a.jpg") == b"in use"


# Writing


def test_files_are_written_and_linked_into_folders(tmp_path: Path) -> None:
    source = tmp_path / "source.jpg"
    source.write_bytes(b"original")
    folder = folder_at(tmp_path / "out")
    with folder.opened(SETTINGS, [], overwrite=False):
        folder.write("a/b/c.jpg", b"new")
        folder.write("a/b/d.jpg", b"new")
        folder.link("e/f.jpg", source)
    assert {name: data for name, data in tree(tmp_path / "out").items() if name != "run.json"} == {
        "a/b/c.jpg": b"new",
        "a/b/d.jpg": b"new",
        "e/f.jpg": b"original",
    }


@pytest.mark.parametrize("name", ["link/a.jpg", "link/deep/a.jpg"])
def test_a_link_inside_that_leads_outside_is_refused(name: str, tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "outside"
    outside.mkdir()
    out.mkdir()
    source = tmp_path / "source.jpg"
    source.write_bytes(b"original")
    folder = folder_at(out)
    with folder.opened(SETTINGS, [], overwrite=False):
        (out / "link").symlink_to(outside)
        with pytest.raises(UnsafeNameError, match="symbolic link"):
            folder.write(name, b"new")
        with pytest.raises(UnsafeNameError, match="symbolic link"):
            folder.link(name, source)
    assert list(outside.iterdir()) == []


def test_a_linked_file_is_never_written_through(tmp_path: Path) -> None:
    out, outside = tmp_path / "out", tmp_path / "mine.jpg"
    outside.write_bytes(b"mine")
    folder = folder_at(out)
    with folder.opened(SETTINGS, [], overwrite=False):
        folder.write("d/a.jpg", b"new")
        (out / "d" / "b.jpg").symlink_to(outside)
        with contextlib.suppress(UnsafeNameError):
            folder.write("d/b.jpg", b"new")
    assert outside.read_bytes() == b"mine"


def test_temporary_files_of_a_killed_run_are_removed_at_the_start(tmp_path: Path) -> None:
    run(folder_at(tmp_path), "d/a.jpg")
    leftover = tmp_path / "d" / ".tpsence-0123456789abcdef.tmp"
    leftover.write_bytes(b"half")
    run(folder_at(tmp_path))
    assert not leftover.exists()


def test_temporary_files_of_another_shard_are_left_alone(tmp_path: Path) -> None:
    run(folder_at(tmp_path, 1, 2), "d/a.jpg")
    theirs = tmp_path / "d" / ".tpsence-0123456789abcdef-2-of-2.tmp"
    theirs.write_bytes(b"half")
    run(folder_at(tmp_path, 1, 2))
    assert theirs.exists()


# Results


def test_a_complete_run_has_its_summary_and_its_skips(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    with folder.opened(SETTINGS, [], overwrite=False):
        folder.write_result(SKIPS, {"pictures": 3}, complete=True)
    content = json.loads((tmp_path / "run.json").read_bytes())
    assert content["summary"] == {"pictures": 3}
    assert content["settings"] == SETTINGS
    assert content["finished"] >= content["started"]
    lines = (tmp_path / "skipped.jsonl").read_text(encoding="utf-8").split("\n")
    assert [Skip.from_dict(json.loads(line)) for line in lines[:-1]] == SKIPS


def test_a_stopped_run_has_its_skips_and_no_summary(tmp_path: Path) -> None:
    folder = folder_at(tmp_path)
    with folder.opened(SETTINGS, [], overwrite=False):
        folder.write_result(SKIPS, {"pictures": 3}, complete=False)
    assert set(json.loads((tmp_path / "run.json").read_bytes())) == {"command", "settings", "started"}
    assert (tmp_path / "skipped.jsonl").exists()


def test_the_results_of_shards_are_joined_in_their_order(tmp_path: Path) -> None:
    for index in (2, 1):
        folder = folder_at(tmp_path, index, 2)
        with folder.opened(SETTINGS, [], overwrite=False):
            folder.write_result([SKIPS[index - 1]], {"shard": index}, complete=True)
    skips, summaries = folder_at(tmp_path).shard_results(2)
    assert skips == SKIPS
    assert summaries == [{"shard": 1}, {"shard": 2}]
    assert sorted(tree(tmp_path)) == ["run.json"]


def test_a_shard_that_has_not_finished_is_named(tmp_path: Path) -> None:
    for index, complete in ((1, True), (3, False)):
        folder = folder_at(tmp_path, index, 3)
        with folder.opened(SETTINGS, [], overwrite=False):
            folder.write_result([], {}, complete=complete)
    with pytest.raises(OutputError, match=r"2 of 3 shards have not finished: 2-of-3, 3-of-3"):
        folder_at(tmp_path).shard_results(3)


def test_a_kill_before_the_first_run_file_does_not_block_the_folder(tmp_path: Path) -> None:
    (tmp_path / "out/.tpsence").mkdir(parents=True)
    (tmp_path / "out/.tpsence-0123456789abcdef.tmp").write_bytes(b"{")
    folder = OutputFolder(tmp_path / "out", Shard())
    with folder.opened({"a": 1}, [], overwrite=False):
        assert folder.read_run() is not None
    assert not list((tmp_path / "out").glob("*.tmp"))


def test_only_a_whole_file_counts_as_there(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path, Shard())
    (tmp_path / "folder.jpg").mkdir()
    (tmp_path / "empty.jpg").touch()
    (tmp_path / "whole.jpg").write_bytes(b"x")
    assert [folder.has(name) for name in ("folder.jpg", "empty.jpg", "whole.jpg", "none.jpg")] == [
        False,
        False,
        True,
        False,
    ]


def test_stale_files_of_earlier_runs_are_removed_and_others_stay(tmp_path: Path) -> None:
    folder = OutputFolder(tmp_path / "out", Shard())
    for outputs in (["images/a.jpg", "images/b.jpg"], ["images/b.jpg"]):
        with folder.opened({"x": 1}, outputs, overwrite=False):
            for name in outputs:
                folder.write(name, b"picture")
    (tmp_path / "out/images/mine.jpg").write_bytes(b"mine")
    folder.remove_stale(["images/b.jpg"])
    assert sorted(path.name for path in (tmp_path / "out/images").iterdir()) == ["b.jpg", "mine.jpg"]


def test_a_file_system_without_locks_is_used_all_the_same(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def without_locks(*args: object) -> None:
        raise OSError(37, "No locks available")

    monkeypatch.setattr("fcntl.flock", without_locks)
    with OutputFolder(tmp_path / "out", Shard()).opened({}, [], overwrite=False):
        assert (tmp_path / "out/run.json").exists()
