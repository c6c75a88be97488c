"""The folder of a run: claimed by one, continued by the same, never at another's cost."""

import json
import multiprocessing
import os
import platform
import subprocess
import sys
import warnings
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from multiprocessing.connection import Connection
from pathlib import Path

import pytest
import torch

from pipeline.errors import OutputError, UnsafeNameError
from pipeline.files.locks import lock
from pipeline.train.folder import RunFolder
from tests.pipeline.train.tiny_runs import difference
from tpsence import __version__
from tpsence.errors import WeightsError

SETTINGS = {"optim": {"lr": 2e-4}, "data": {"width": 640}}
OWN = ("run.json", "metrics.jsonl", "generator.safetensors", "grids", "tensorboard", "checkpoints", ".tpsence-lock")


def tree(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def opened_and_closed(folder: RunFolder, step: int = 0) -> None:
    with folder.opened(step, SETTINGS, {}):
        pass


def run_json(folder: RunFolder) -> dict[str, object]:
    content: dict[str, object] = json.loads((folder.path / "run.json").read_bytes())
    return content


# What is refused


@pytest.mark.parametrize("resume", [False, True])
@pytest.mark.parametrize("foreign", ["thesis.tex", ".hidden", "folder/", "run.json.bak", "Run.json"])
def test_a_folder_that_holds_something_else_is_refused_and_untouched(
    resume: bool, foreign: str, tmp_path: Path
) -> None:
    if foreign.endswith("/"):
        (tmp_path / foreign).mkdir()
    else:
        (tmp_path / foreign).write_bytes(b"years of work")
    (tmp_path / "run.json").write_bytes(b"{}")
    before = sorted(tmp_path.rglob("*")), tree(tmp_path)
    with pytest.raises(OutputError) as caught:
        RunFolder(tmp_path).check(resume=resume)
    name = foreign.rstrip("/")
    assert caught.value.message == f"{tmp_path}: not empty, and not a training run (it holds {name!r})"
    assert (sorted(tmp_path.rglob("*")), tree(tmp_path)) == before


@pytest.mark.parametrize("resume", [False, True])
def test_a_file_in_place_of_the_folder_is_refused(resume: bool, tmp_path: Path) -> None:
    (tmp_path / "out").write_bytes(b"mine")
    with pytest.raises(OutputError, match="is a file"):
        RunFolder(tmp_path / "out").check(resume=resume)
    with pytest.raises(OutputError, match="cannot be made"):
        opened_and_closed(RunFolder(tmp_path / "out"))
    assert (tmp_path / "out").read_bytes() == b"mine"


@pytest.mark.parametrize("name", OWN)
@pytest.mark.parametrize("resume", [False, True])
def test_a_link_in_the_place_of_a_run_s_own_is_refused_and_what_it_leads_to_stays(
    name: str, resume: bool, tmp_path: Path
) -> None:
    victim, out = tmp_path / "victim", tmp_path / "out"
    for folder in (victim / "sub", out):
        folder.mkdir(parents=True)
    (victim / "step-00000001.pt").write_bytes(b"mine")
    (out / name).symlink_to(victim if "." not in name else victim / "step-00000001.pt")
    with pytest.raises(OutputError, match="is a symbolic link"):
        RunFolder(out).check(resume=resume)
    assert tree(victim) == {"step-00000001.pt": b"mine"}


def test_checkpoints_and_previews_do_not_follow_a_link_that_comes_later(tmp_path: Path) -> None:
    victim, folder = tmp_path / "victim", RunFolder(tmp_path / "out")
    victim.mkdir()
    (victim / "step-00000001.pt").write_bytes(b"mine")
    with folder.opened(0, SETTINGS, {}):
        for name in ("checkpoints", "grids"):
            (folder.path / name).symlink_to(victim)
        with pytest.raises(UnsafeNameError, match="checkpoints: is a symbolic link"):
            folder.checkpoints.write(9, {})
        with pytest.raises(UnsafeNameError, match="grids: is a symbolic link"):
            folder.write_grid(9, b"png")
    assert tree(victim) == {"step-00000001.pt": b"mine"}


def test_a_folder_that_cannot_be_made_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(OutputError, match=r"out: cannot be made \(Not a directory\)"):
        opened_and_closed(RunFolder(tmp_path / "file" / "out"))
    (tmp_path / "link").symlink_to("nowhere/at/all")
    with pytest.raises(OutputError, match="cannot be made"):
        opened_and_closed(RunFolder(tmp_path / "link"))


def test_a_run_is_continued_only_when_asked(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.check(resume=False)
    for step in (4, 12):
        folder.checkpoints.write(step, {"step": step})
    with pytest.raises(OutputError) as caught:
        folder.check(resume=False)
    assert caught.value.message == f"{tmp_path}: holds a run already (step-00000012.pt)"
    assert "`resume`" in str(caught.value.hint)
    folder.check(resume=True)


@pytest.mark.parametrize("resume", [False, True])
def test_what_a_run_killed_before_its_first_checkpoint_leaves_is_taken(resume: bool, tmp_path: Path) -> None:
    RunFolder(tmp_path / "new").check(resume=resume)
    assert not (tmp_path / "new").exists()
    for name in (*OWN, ".tpsence-0123.tmp"):
        (tmp_path / name).mkdir() if "." not in name else (tmp_path / name).touch()
    before = sorted(tmp_path.rglob("*"))
    RunFolder(tmp_path).check(resume=resume)
    assert sorted(tmp_path.rglob("*")) == before


# The checkpoint that is continued


def test_without_checkpoints_nothing_is_restored(tmp_path: Path) -> None:
    assert RunFolder(tmp_path / "new").restored() is None


def test_the_latest_checkpoint_is_restored(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in (4, 12):
        folder.checkpoints.write(step, {"step": step, "weights": torch.full((3,), float(step))})
    restored = folder.restored()
    assert restored is not None
    assert (
        difference(restored.content, {"tpsence_checkpoint": 1, "step": 12, "weights": torch.full((3,), 12.0)}) is None
    )
    assert restored.notes == []


def test_a_damaged_checkpoint_gives_way_to_the_one_before_and_is_told(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.checkpoints.write(4, {"step": 4})
    newest = folder.checkpoints.write(12, {"step": 12})
    newest.write_bytes(newest.read_bytes()[:100])
    restored = folder.restored()
    assert restored is not None
    assert restored.content["step"] == 4
    assert restored.notes == [f"{newest}: truncated or damaged"]


def test_a_damaged_earlier_checkpoint_is_not_looked_at(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    folder.checkpoints.write(4, {"step": 4}).write_bytes(b"")
    folder.checkpoints.write(12, {"step": 12})
    restored = folder.restored()
    assert restored is not None
    assert (restored.content["step"], restored.notes) == (12, [])


def test_checkpoints_that_are_all_damaged_are_an_error_about_the_latest(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    for step in (4, 12):
        folder.checkpoints.write(step, {"step": step}).write_bytes(b"")
    before = tree(tmp_path)
    with pytest.raises(WeightsError, match=r"step-00000012\.pt: truncated or damaged"):
        folder.restored()
    assert tree(tmp_path) == before


# What it records


def test_run_json_tells_settings_versions_and_times(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path / "a" / "out")
    with folder.opened(7, SETTINGS, {"pictures": {"source": 4}, "processes": 2}):
        content = run_json(folder)
    assert str(content.pop("started")).endswith("+00:00")
    started = {
        "command": "train",
        "settings": SETTINGS,
        "pictures": {"source": 4},
        "processes": 2,
        "tpsence": __version__,
        "torch": torch.__version__,
        "python": platform.python_version(),
        "from_step": 7,
    }
    assert content == started
    folder.finish({"stopped": True, "steps": 9})
    content = run_json(folder)
    assert str(content.pop("ended")).endswith("+00:00")
    assert str(content.pop("started")).endswith("+00:00")
    assert content == {**started, "summary": {"stopped": True, "steps": 9}}
    opened_and_closed(folder, 9)
    assert "summary" not in run_json(folder)


def test_figures_after_the_step_are_dropped_and_so_is_a_line_cut_off(tmp_path: Path) -> None:
    lines = [json.dumps({"step": step, "generator": step / 7}) for step in (1, 2, 3, 10, 11)]
    damaged = ["", "[]", "3", '{"step": "x"}', '{"step": null}', '{"loss": 1}', '{"step": 0}', '{"step": -1}', "\ufffd"]
    text = "\n".join([lines[0], *damaged, *lines[1:], '{"step": 3, "gener'])
    for step, kept in ((12, 5), (10, 4), (9, 3), (3, 3), (2, 2), (0, 0)):
        (tmp_path / "metrics.jsonl").write_bytes(text.encode() + b"\xff")
        opened_and_closed(RunFolder(tmp_path), step)
        assert (tmp_path / "metrics.jsonl").read_text() == "".join(f"{line}\n" for line in lines[:kept])


def test_a_new_run_has_an_empty_record(tmp_path: Path) -> None:
    opened_and_closed(RunFolder(tmp_path))
    assert (tmp_path / "metrics.jsonl").read_bytes() == b""


def test_opening_removes_what_a_kill_left_anywhere_in_it(tmp_path: Path) -> None:
    left = [tmp_path / ".tpsence-0.tmp", tmp_path / "checkpoints/.tpsence-1.tmp", tmp_path / "grids/.tpsence-2.tmp"]
    for file in left:
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(b"half")
    (tmp_path / "generator.safetensors").write_bytes(b"whole")
    opened_and_closed(RunFolder(tmp_path))
    assert sorted(tree(tmp_path)) == [".tpsence-lock", "generator.safetensors", "metrics.jsonl", "run.json"]


def test_generator_and_grids_have_their_places(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.opened(0, SETTINGS, {}):
        for content in (b"old", b"new"):
            folder.write_generator(content)
        folder.write_grid(3, b"third")
        folder.write_grid(123_456_789, b"late")
    files = tree(tmp_path)
    assert folder.generator_file == tmp_path / "generator.safetensors"
    assert files.pop("generator.safetensors") == b"new"
    assert files.pop("grids/step-00000003.png") == b"third"
    assert files.pop("grids/step-123456789.png") == b"late"
    assert sorted(files) == [".tpsence-lock", "metrics.jsonl", "run.json"]
    folder.check(resume=False)


# One run at a time


def test_a_second_run_in_the_folder_is_refused_and_changes_nothing(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    with folder.opened(3, SETTINGS, {}):
        (tmp_path / "metrics.jsonl").write_text('{"step": 3}\n')
        before = tree(tmp_path)
        with (
            pytest.raises(OutputError, match="another run is writing here"),
            RunFolder(tmp_path).opened(0, {"optim": {}}, {}),
        ):
            pytest.fail("it was opened")
        assert tree(tmp_path) == before
    opened_and_closed(folder)


def test_a_run_that_fails_gives_the_folder_back(tmp_path: Path) -> None:
    with pytest.raises(KeyError), RunFolder(tmp_path).opened(0, SETTINGS, {}):
        raise KeyError
    opened_and_closed(RunFolder(tmp_path))


def _wait_for(pipe: Connection) -> None:
    """What a child does: say that it is there, and wait."""
    pipe.send("here")
    pipe.recv()


@contextmanager
def forked_child() -> Iterator[None]:
    """A process that shares all open files, as decoding processes do."""
    context = multiprocessing.get_context("fork")
    own, other = context.Pipe()
    child = context.Process(target=_wait_for, args=(other,), daemon=True)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # newer Pythons warn of forks beside threads
        child.start()
    assert own.recv() == "here"
    try:
        yield
        assert child.is_alive()
    finally:
        own.send("end")
        child.join(10)


def test_a_child_that_outlives_its_run_does_not_hold_the_folder(tmp_path: Path) -> None:
    folder = RunFolder(tmp_path)
    opening = folder.opened(0, SETTINGS, {})
    opening.__enter__()
    with forked_child():
        with pytest.raises(OutputError, match="another run"):
            opened_and_closed(folder)  # the child has let go, the run has not
        opening.__exit__(None, None, None)
        opened_and_closed(folder)


def test_a_child_does_not_hold_a_lock_and_neither_does_a_fork_after_its_end(tmp_path: Path) -> None:
    file = tmp_path / "lock"
    with ExitStack() as first:
        first.enter_context(lock(file, tmp_path))
        with pytest.raises(OutputError, match=f"{tmp_path}: another run is writing here"), lock(file, tmp_path):
            pass
        with forked_child():
            first.close()
            with lock(file, tmp_path, wait=True):
                pass
    with forked_child():  # there is nothing to let go of any more
        opened_and_closed(RunFolder(tmp_path / "out"))


def test_a_killed_run_holds_nothing(tmp_path: Path) -> None:
    code = (
        "import sys; from pathlib import Path; from pipeline.files.locks import lock\n"
        "with lock(Path(sys.argv[1]), Path('x')): print('held', flush=True); sys.stdin.read()"
    )
    opened_and_closed(RunFolder(tmp_path))
    command = [sys.executable, "-c", code, str(tmp_path / ".tpsence-lock")]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, env=os.environ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(OutputError, match="another run"):
            opened_and_closed(RunFolder(tmp_path))
        process.kill()
        process.wait()
        opened_and_closed(RunFolder(tmp_path))
