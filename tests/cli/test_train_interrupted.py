"""Trainings that are killed or stopped: continued, they end as if nothing had happened."""

import errno
import json
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psutil
import pytest

from pipeline.train.metrics_log import Record
from tests.cli.conftest import Run
from tests.cli.train_runs import (
    TINY,
    assert_same_run,
    changed,
    checkpoint_names,
    content,
    figures,
    forked,
    leftovers,
    lines,
    paint_set,
)

STEPS = 12
AT_STEP = Callable[[int, Callable[[], object]], None]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of each domain, with label maps."""
    return paint_set(tmp_path_factory.mktemp("data") / "set", STEPS, STEPS)


@pytest.fixture(scope="module")
def command(data: Path) -> tuple[str, ...]:
    """A training of twelve steps without ``--out``, with the moving average and with a checkpoint after each step."""
    return (*TINY, "--data", str(data), *changed("run.save_every=1", "optim.ema=0.9"))


@pytest.fixture(scope="module")
def whole(command: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The run that nothing disturbs."""
    folder = tmp_path_factory.mktemp("whole")
    with forked(folder / "logs", *command, "--workers", 0, "--out", folder / "run") as process:
        assert process.ended() == 0, process.err
    assert [line["step"] for line in figures(folder / "run")] == list(range(1, STEPS + 1))
    return folder / "run"


@pytest.fixture
def at_step(monkeypatch: pytest.MonkeyPatch) -> AT_STEP:
    """Return a function that has something done once, where the figures of a step are written."""
    write = Record.write

    def arrange(step: int, act: Callable[[], object]) -> None:
        def acting(self: Record, number: int, values: Any) -> None:  # noqa: ANN401 (passed on)
            write(self, number, values)
            if number == step:
                monkeypatch.setattr(Record, "write", write)
                act()

        monkeypatch.setattr(Record, "write", acting)

    return arrange


def test_killed_again_and_again_it_continues_at_once_and_ends_as_if_undisturbed(
    command: tuple[str, ...], whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    resumed = (*command, "--workers", 1, "--out", out, "--resume")
    for number, wanted in enumerate((1, 4, 9)):
        with forked(tmp_path / f"logs{number}", *resumed) as process:
            # The decoding process of the killed one before may still live: it must not hold the folder.
            process.wait_until(lambda wanted=wanted: lines(out) >= wanted)  # type: ignore[misc]
            process.kill()
    with forked(tmp_path / "last", *resumed) as process:
        assert process.ended() == 0, process.err
        assert "continued after step" in process.err
    assert_same_run(out, whole)
    assert leftovers(out) == []


def test_killed_in_the_middle_of_any_write_the_folder_stays_whole(
    command: tuple[str, ...], whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    resumed = (*command, "--workers", 0, "--out", out, "--resume")
    # The writes of a run are run.json, metrics.jsonl, the generator if that of the checkpoint is not there, and after
    # each step the checkpoint and the generator.
    moments = [
        (1, "", 0),
        (2, "", 0),
        (3, "checkpoints/", 0),
        (4, "", 1),
        (3, "", 1),
        (8, "checkpoints/", 3),
        (10, "", 7),
    ]
    for number, (write, folder, step) in enumerate(moments):
        with forked(tmp_path / f"logs{number}", *resumed, dies_at_write=write) as process:
            assert process.ended() == -signal.SIGKILL, process.err
        assert [name.startswith(folder + ".tpsence-") for name in leftovers(out)] == [True], (write, leftovers(out))
        assert (content(out)["step"] if step else 0) == step
        assert (out / "generator.safetensors").exists() == (step > 1)
    (out / "grids").mkdir()
    for old in (out / "grids/.tpsence-0.tmp", out / ".tpsence-1.tmp"):
        old.write_bytes(b"of a file that will not be written again")
    with forked(tmp_path / "last", *resumed) as process:
        assert process.ended() == 0, process.err
        assert "continued after step 7\n" in process.err
    assert_same_run(out, whole)
    assert leftovers(out) == []


@pytest.mark.parametrize("left", ["an older generator", "no generator"])
def test_killed_after_the_last_checkpoint_resuming_makes_good_what_is_missing(
    command: tuple[str, ...], tpsence: Run, tmp_path: Path, left: str
) -> None:
    out = tmp_path / "out"
    options = (*command, *changed("run.save_every=6", "run.grid_every=6"), "--workers", 0, "--out", out)
    whole = tpsence(*options, "--json")
    assert whole.code == 0, whole.err
    kept, grid = shutil.copytree(out, tmp_path / "kept"), out / f"grids/step-{STEPS:08d}.png"
    if left == "an older generator":
        (out / "generator.safetensors").write_bytes(b"of an earlier step")
    else:
        (out / "generator.safetensors").unlink()
    grid.unlink()
    (out / "metrics.jsonl").write_bytes((kept / "metrics.jsonl").read_bytes() + b'{"step": 13, "gen')
    ran = tpsence(*options, "--resume", "--json")
    assert (ran.code, f"all {STEPS} steps were done before" in ran.err) == (0, True), ran.err
    assert_same_run(out, kept)
    assert [file.read_bytes() for file in sorted(out.glob("grids/*"))] == [
        file.read_bytes() for file in sorted(kept.glob("grids/*"))
    ]
    assert ran.json["losses"] == whole.json["losses"] != {}
    assert json.loads((out / "run.json").read_bytes())["summary"] == ran.json


def test_killed_before_anything_was_saved_it_begins_again_without_resume(
    command: tuple[str, ...], whole: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with forked(tmp_path / "logs", *command, "--workers", 1, "--out", out) as process:
        process.wait_until((out / ".tpsence-lock").exists)
        process.kill()
    shutil.rmtree(out / "checkpoints", ignore_errors=True)  # it may have been quick
    with forked(tmp_path / "again", *command, "--workers", 1, "--out", out) as process:
        assert process.ended() == 0, process.err
        assert "seed 0" in process.err
    assert_same_run(out, whole)
    assert leftovers(out) == []


def test_ctrl_c_saves_and_the_folder_belonged_to_one_run_until_then(
    data: Path, whole: Path, tpsence: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = [*TINY, "--data", str(data), "--out", str(out), *changed("run.save_every=1000", "optim.ema=0.9")]
    process = subprocess.Popen(
        [sys.executable, "-m", "tpsence", *options, "--workers", "1"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    try:
        deadline = time.monotonic() + 120
        while lines(out) < 2:
            assert process.poll() is None, process.stderr and process.stderr.read()
            assert time.monotonic() < deadline
            time.sleep(0.002)
        os.kill(process.pid, signal.SIGSTOP)  # it stays at its step while another run wants the folder
        before = (out / "run.json").read_bytes()
        for more in ((), ("--resume",)):
            second = tpsence(*options, "--workers", 0, *more)
            assert (second.code, second.out) == (2, "")
            said = second.err.splitlines()
            assert said[-2] == f"error: {out}: another run is writing here"
            assert said[-1] == "hint: Wait for it, or stop it."
        assert (out / "run.json").read_bytes() == before
        os.kill(process.pid, signal.SIGCONT)
        os.killpg(process.pid, signal.SIGINT)  # as a terminal sends it, to every process
        stdout, err = process.communicate(timeout=60)
    finally:
        process.kill()
        process.wait()
    assert (process.returncode, stdout) == (130, ""), err
    assert "finishing what is in flight; once more stops at once" in err
    assert "Traceback" not in err
    step = content(out)["step"]
    assert 2 <= step < STEPS
    assert f"stopped after step {step} of {STEPS}; --resume continues" in err
    assert [line["step"] for line in figures(out)] == list(range(1, step + 1))
    assert checkpoint_names(out) == [f"step-{step:08d}.pt"]
    assert json.loads((out / "run.json").read_bytes())["summary"]["complete"] is False
    ran = tpsence(*options, "--workers", 0, "--resume", "--set", "run.save_every=1")
    assert ran.code == 0, ran.err
    assert f"1 epoch of {STEPS} steps, continued after step {step}\n" in ran.err
    assert_same_run(out, whole)


def test_time_that_is_over_ends_the_run_well_and_resume_continues_as_if_nothing_had_been(
    command: tuple[str, ...], whole: Path, tpsence: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    timed = (*command, "--workers", 0, "--out", out, "--resume", "--json", "--max-time")
    for done in (1, 2):  # no step is that quick, but one is done
        ran = tpsence(*timed, "0.001s")
        assert ran.code == 0, ran.err
        assert (ran.json["complete"], ran.json["ended"]) == (False, "time")
        assert (ran.json["step"], ran.json["last_step"]) == (done, STEPS)
        said = f"the time is over: {done} of {STEPS} steps are done; the same command with --resume continues\n"
        assert said in ran.err
        assert "stopped" not in ran.err
        assert content(out)["step"] == done
        assert json.loads((out / "run.json").read_bytes())["summary"] == ran.json
    ran = tpsence(*timed, "1000h")
    assert (ran.code, ran.json["complete"], ran.json["ended"]) == (0, True, "finished")
    assert_same_run(out, whole)
    assert leftovers(out) == []


@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signal_ends_the_run_after_its_step_and_the_handlers_are_put_back(
    command: tuple[str, ...], tpsence: Run, tmp_path: Path, at_step: AT_STEP, number: signal.Signals, code: int
) -> None:
    before = signal.getsignal(number)
    at_step(5, lambda: signal.raise_signal(number))
    ran = tpsence(*command, "--set", "run.save_every=1000", "--workers", 0, "--out", tmp_path / "out", "--json")
    assert ran.code == code
    # The figures of step 5 are written after the run has asked whether to stop.
    assert (ran.json["complete"], ran.json["step"], ran.json["last_step"]) == (False, 6, STEPS)
    assert ran.json["ended"] == "stopped"
    assert checkpoint_names(tmp_path / "out") == ["step-00000006.pt"]
    assert len(figures(tmp_path / "out")) == 6
    assert signal.getsignal(number) is before


def test_second_signal_ends_at_once_without_saving(
    command: tuple[str, ...], whole: Path, tpsence: Run, tmp_path: Path, at_step: AT_STEP
) -> None:
    def twice() -> None:
        signal.raise_signal(signal.SIGINT)
        signal.raise_signal(signal.SIGTERM)

    at_step(5, twice)
    ran = tpsence(*command, "--workers", 0, "--out", tmp_path / "out")
    assert ran.code == 143
    assert content(tmp_path / "out")["step"] == 4
    ran = tpsence(*command, "--workers", 0, "--out", tmp_path / "out", "--resume")
    assert (ran.code, "continued after step 4\n" in ran.err) == (0, True)
    assert_same_run(tmp_path / "out", whole)


def test_signal_at_the_last_step_comes_too_late_to_stop_anything(
    command: tuple[str, ...], whole: Path, tpsence: Run, tmp_path: Path, at_step: AT_STEP
) -> None:
    at_step(STEPS, lambda: signal.raise_signal(signal.SIGINT))
    ran = tpsence(*command, "--workers", 0, "--out", tmp_path / "out", "--json")
    assert (ran.code, ran.json["complete"]) == (0, True)
    assert_same_run(tmp_path / "out", whole)


def test_run_whose_decoder_is_killed_can_be_continued(
    command: tuple[str, ...], whole: Path, tpsence: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with forked(tmp_path / "logs", *command, "--workers", 1, "--out", out, "--quiet") as process:
        process.wait_until(lambda: lines(out) >= 2)
        children = psutil.Process(process.pid).children()
        os.kill(process.pid, signal.SIGSTOP)
        for child in children:
            child.kill()
        os.kill(process.pid, signal.SIGCONT)
        assert process.ended() in {0, 1}
        # What is said depends on what the decoder was doing; the test below has the rare cases.
        assert "unexpected" not in process.err
        assert "Traceback" not in process.err
    ran = tpsence(*command, "--workers", 0, "--out", out, "--resume")
    assert ran.code == 0
    assert_same_run(out, whole)


@pytest.mark.parametrize(
    "error",
    [
        ConnectionResetError(errno.ECONNRESET, os.strerror(errno.ECONNRESET)),
        EOFError(),
    ],
)
def test_decoder_that_is_killed_while_it_hands_over_a_batch_is_told_as_a_decoder_that_died(
    command: tuple[str, ...], tpsence: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    def breaking(*arguments: object) -> None:
        raise error

    monkeypatch.setattr("pipeline.train.prepared.batches", breaking)
    ran = tpsence(*command, "--workers", 1, "--out", tmp_path / "out", "--quiet")
    assert ran.code == 1
    assert "a decoding process died" in ran.err
