"""Trainings by two processes, which exchange gradients through gloo on the CPU."""

import os
import signal
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest
import torch

from pipeline.files.locks import lock
from pipeline.train.checkpoints import read_checkpoint
from tests.cli.conftest import Run
from tests.cli.train_runs import (
    TINY,
    assert_same_run,
    changed,
    checkpoint_names,
    content,
    differences,
    figures,
    forked,
    leftovers,
    lines,
    paint_set,
    ranks,
)

TORCHRUN = (sys.executable, "-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2", "-m", "tpsence")
STEPS = 6


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Twelve pictures of each domain, with label maps."""
    return paint_set(tmp_path_factory.mktemp("data") / "set", 12, 12)


@pytest.fixture(scope="module")
def command(data: Path) -> tuple[str, ...]:
    """A training of six steps of two pictures, without ``--out``."""
    settings = changed("optim.batch_size=2", "run.save_every=1", "optim.ema=0.9")
    return (*TINY, "--data", str(data), "--workers", "0", *settings)


@pytest.fixture(scope="module")
def straight(command: tuple[str, ...], tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """A run of two processes that nothing disturbs, started by torchrun, and what it printed on stderr."""
    out = tmp_path_factory.mktemp("straight") / "run"
    ran = subprocess.run(
        [*TORCHRUN, *command, "--out", str(out), "--json"],
        capture_output=True,
        text=True,
        check=False,
        timeout=200,
        env={**os.environ, "PYTHONFAULTHANDLER": "1"},  # where an abort comes from
    )
    assert ran.returncode == 0, ran.stderr
    assert ran.stdout.count('"complete": true') == 1
    return out, ran.stderr


def first_losses(run: Path) -> list[float]:
    """The figures of the first three steps; later ones drift apart, as rounding errors grow."""
    rows = figures(run)[:3]
    assert [row["step"] for row in rows] == [1, 2, 3]
    return [value for row in rows for value in row.values()]


def test_first_process_alone_talks_and_writes(straight: tuple[Path, str]) -> None:
    out, err = straight
    assert err.count("12 source pictures, 12 target pictures;") == 1
    assert "; cpu, fp32, 2 processes\n" in err
    assert err.count(f"done: {STEPS} steps in") == 1
    assert [row["step"] for row in figures(out)] == list(range(1, STEPS + 1))
    assert checkpoint_names(out) == ["step-00000005.pt", "step-00000006.pt"]
    assert leftovers(out) == []
    assert '"processes": 2,' in (out / "run.json").read_text()


def test_two_processes_compute_what_one_does(
    straight: tuple[Path, str], command: tuple[str, ...], tpsence: Run, tmp_path: Path
) -> None:
    ran = tpsence(*command, "--out", tmp_path / "one")
    assert ran.code == 0, ran.err
    assert first_losses(tmp_path / "one") == pytest.approx(first_losses(straight[0]), rel=1e-4)
    assert first_losses(tmp_path / "one") != first_losses(straight[0])  # else the other did not take part


def test_two_processes_that_divide_their_share_compute_what_one_does(
    command: tuple[str, ...], tpsence: Run, tmp_path: Path
) -> None:
    four = (*command, *changed("optim.batch_size=4", "optim.accumulate=2"))
    with ranks(tmp_path / "logs", *four, "--out", tmp_path / "two") as (first, second):
        assert (first.ended(), second.ended()) == (0, 0), first.err + second.err
    assert tpsence(*four, "--out", tmp_path / "one").code == 0
    assert tpsence(*four, "--out", tmp_path / "whole", "--set", "optim.accumulate=1").code == 0
    assert first_losses(tmp_path / "two") == pytest.approx(first_losses(tmp_path / "one"), rel=1e-4)
    # That the processes divide the batch can be compared with a run that does not: its samples are the same.
    assert figures(tmp_path / "two")[0]["tps"] == pytest.approx(figures(tmp_path / "whole")[0]["tps"], rel=1e-4)


@pytest.mark.parametrize("rank", [0, 1])
def test_ctrl_c_to_one_process_stops_both_at_the_same_step_and_resume_continues_bit_for_bit(
    straight: tuple[Path, str], command: tuple[str, ...], tmp_path: Path, rank: int
) -> None:
    out = tmp_path / "out"
    slow = changed("run.save_every=1000")
    with ranks(tmp_path / "logs", *command, *slow, "--out", out) as both:
        both[0].wait_until(lambda: lines(out) >= 2)
        os.kill(both[rank].pid, signal.SIGINT)
        codes = both[0].ended(), both[1].ended()
        assert codes[rank] == 130, both[rank].err
        assert "stopped after step" in both[0].err
        assert "Traceback" not in both[0].err + both[1].err
    step = content(out)["step"]
    assert 2 <= step < STEPS
    assert [row["step"] for row in figures(out)] == list(range(1, step + 1))
    with ranks(tmp_path / "again", *command, "--out", out, "--resume") as (first, second):
        assert (first.ended(), second.ended()) == (0, 0), first.err + second.err
        assert f"continued after step {step}\n" in first.err
        assert second.err == second.out == ""
    assert differences(content(out)["learner"], content(straight[0])["learner"]) == []
    assert_same_run(out, straight[0])


def test_ctrl_c_to_one_process_gives_both_the_same_exit_code(command: tuple[str, ...], tmp_path: Path) -> None:
    out = tmp_path / "out"
    with ranks(tmp_path / "logs", *command, "--out", out) as (first, second):
        first.wait_until(lambda: lines(out) >= 1)
        os.kill(second.pid, signal.SIGINT)
        assert (first.ended(), second.ended()) == (130, 130)


@pytest.mark.parametrize("early", [0, 1])
def test_both_end_well_at_the_same_step_when_the_time_of_one_is_over(
    straight: tuple[Path, str], command: tuple[str, ...], tmp_path: Path, early: int
) -> None:
    out = tmp_path / "out"
    times = [("--max-time", "0.001s" if rank == early else "1000h") for rank in (0, 1)]
    with ranks(tmp_path / "logs", *command, "--out", out, "--json", commands=times) as (first, second):
        assert (first.ended(), second.ended()) == (0, 0), first.err + second.err
        assert f"the time is over: 1 of {STEPS} steps are done" in first.err
        assert '"ended": "time"' in first.out
        assert second.err == second.out == ""
    assert content(out)["step"] == 1
    with ranks(tmp_path / "again", *command, "--out", out, "--resume") as (first, second):
        assert (first.ended(), second.ended()) == (0, 0), first.err + second.err
    assert_same_run(out, straight[0])


def test_when_one_process_is_killed_the_other_says_so_in_a_line_and_resume_continues_bit_for_bit(
    straight: tuple[Path, str], command: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    with ranks(tmp_path / "logs", *command, "--out", out) as (first, second):
        first.wait_until(lambda: lines(out) >= 3)
        second.kill()
        assert first.ended() == 1, first.err
        assert [line for line in first.err.splitlines() if line.startswith(("error:", "hint:"))] == [
            "error: another training process has ended",
            "hint: Its own message says why. Start all again with --resume.",
        ]
        assert "Traceback" not in first.err
    assert 2 <= content(out)["step"] < STEPS  # the figures of a step are written before its checkpoint
    with ranks(tmp_path / "again", *command, "--out", out, "--resume") as (first, second):
        assert (first.ended(), second.ended()) == (0, 0), first.err + second.err
    assert_same_run(out, straight[0])
    assert leftovers(out) == []


def test_checkpoint_has_the_random_states_of_both_and_each_gets_its_own_back(
    straight: tuple[Path, str], command: tuple[str, ...], tmp_path: Path
) -> None:
    checkpoint = read_checkpoint(straight[0] / "checkpoints/step-00000005.pt")
    assert [list(state) for state in checkpoint["random"]] == [["cpu"], ["cpu"]]
    states = [torch.Generator().manual_seed(seed).get_state() for seed in (5, 6)]
    out = tmp_path / "out"
    (out / "checkpoints").mkdir(parents=True)
    changed_states = {**checkpoint, "random": [{"cpu": state} for state in states]}
    torch.save(changed_states, out / "checkpoints/step-00000005.pt")
    with ranks(tmp_path / "logs", *command, "--out", out, "--resume") as (first, second):
        assert (first.ended(), second.ended()) == (0, 0), first.err + second.err
    # Nothing in a step draws from these states, so they are in the next checkpoint as they were.
    assert differences(content(out)["random"], changed_states["random"]) == []
    assert differences(content(out)["learner"], content(straight[0])["learner"]) == []


def test_run_of_one_process_is_continued_by_two_and_theirs_by_one(
    command: tuple[str, ...], tpsence: Run, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    longer = [(*command, "--out", out, "--resume", *changed(f"optim.epochs={epochs}")) for epochs in (1, 2, 3)]
    assert tpsence(*longer[0]).code == 0
    assert len(content(out)["random"]) == 1
    with ranks(tmp_path / "logs", *longer[1]) as (first, second):
        assert (first.ended(), second.ended()) == (0, 0), first.err + second.err
        assert f"2 epochs of {STEPS} steps, continued after step {STEPS}\n" in first.err
    assert (content(out)["step"], len(content(out)["random"])) == (2 * STEPS, 2)
    assert tpsence(*longer[2]).code == 0
    assert (content(out)["step"], len(content(out)["random"])) == (3 * STEPS, 1)
    assert [row["step"] for row in figures(out)] == list(range(1, 3 * STEPS + 1))


@pytest.mark.parametrize(
    ("commands", "named"),
    [
        ([("--set", "optim.batch_size=3")] * 2, "optim.batch_size 3 cannot be shared evenly by 2 processes"),
        (
            [("--set", "optim.batch_size=4", "--set", "optim.accumulate=4")] * 2,
            "optim.accumulate 4: each process has 2 images of a step",
        ),
        ([("--device", "tpu")] * 2, "--device tpu: not a device"),
        ([("--data", "nowhere")] * 2, "nowhere/trainA: no such folder"),
        ([("--set", "optim.lrr=1")] * 2, "unknown key 'optim.lrr'"),
        ([("--workers", "x")] * 2, "--workers 'x': not a number"),
        ([("--device", "cuda:0")] * 2, "--device cuda:0: one GPU for 2 processes"),
    ],
)
def test_bad_usage_is_said_once(
    command: tuple[str, ...], tmp_path: Path, commands: Sequence[Sequence[object]], named: str
) -> None:
    with ranks(tmp_path / "logs", *command, "--out", tmp_path / "out", commands=commands) as both:
        assert [process.ended() for process in both] == [2, 2], both[0].err + both[1].err
        said = both[0].err.splitlines()
        assert [line.partition(": ")[0] for line in said] == ["error", "hint"]
        assert named in said[0]
        assert (both[1].err, both[0].out, both[1].out) == ("", "", "")
    assert not (tmp_path / "out").exists()


def test_file_that_only_the_first_process_decodes_stops_both_before_the_first_write(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    bad = paint_set(tmp_path / "bad", 4, 4)
    (bad / "trainB/02.png").write_bytes((bad / "trainB/02.png").read_bytes()[:300])
    with ranks(tmp_path / "logs", *command, "--data", bad, "--out", tmp_path / "out") as both:
        assert [process.ended() for process in both] == [2, 2], both[0].err + both[1].err
        assert both[0].err.startswith("error: 1 of 16 files cannot be used: trainB/02.png (truncated:")
        assert both[1].err == ""
    assert not (tmp_path / "out").exists()


def test_folder_of_another_run_is_refused_by_two_processes(
    straight: tuple[Path, str], command: tuple[str, ...], tmp_path: Path
) -> None:
    before = (straight[0] / "run.json").read_bytes()
    with ranks(tmp_path / "logs", *command, "--out", straight[0]) as both:
        assert [process.ended() for process in both] == [2, 2], both[0].err + both[1].err
        assert both[0].err.splitlines() == [
            f"error: {straight[0]}: holds a run already (step-00000006.pt)",
            "hint: Continue it with --resume, or give another --out.",
        ]
        assert both[1].err == ""
    assert (straight[0] / "run.json").read_bytes() == before


@pytest.mark.parametrize(
    ("environment", "named"),
    [
        ({"RANK": "0", "WORLD_SIZE": "two"}, "RANK, WORLD_SIZE and LOCAL_RANK are 0, two and 0, not numbers"),
        ({"RANK": "0", "WORLD_SIZE": "2"}, "the processes cannot reach each other:"),
    ],
)
def test_environment_that_torchrun_did_not_make_is_named(
    command: tuple[str, ...], tmp_path: Path, environment: dict[str, str], named: str
) -> None:
    with forked(tmp_path / "logs", *command, "--out", tmp_path / "out", environment=environment) as process:
        assert process.ended() == 2, process.err
        assert process.err.startswith(f"error: {named}")
        assert len(process.err.splitlines()) == 2
    assert not (tmp_path / "out").exists()


def test_loss_that_is_not_finite_ends_both_with_a_line(command: tuple[str, ...], tmp_path: Path) -> None:
    wild = (*command, "--set", "optim.lr=1e30", "--quiet", "--out", tmp_path / "out")
    with ranks(tmp_path / "logs", *wild) as both:
        assert [process.ended() for process in both] == [1, 1], both[0].err + both[1].err
        assert [line.partition(": ")[0] for line in both[0].err.splitlines()] == ["error", "hint"]
        assert "not finite" in both[0].err
        assert both[1].err == both[0].err.replace("error: ", "error: process 1: ")


def test_folder_that_another_run_writes_to_is_refused_by_two_processes(
    command: tuple[str, ...], tmp_path: Path
) -> None:
    out = tmp_path / "out"
    out.mkdir()
    with lock(out / ".tpsence-lock", out), ranks(tmp_path / "logs", *command, "--out", out) as both:
        assert both[0].ended() == 2
        assert both[0].err.splitlines()[-2] == f"error: {out}: another run is writing here"
        assert both[1].ended() in {1, 2}
        assert "Traceback" not in both[0].err + both[1].err
    assert sorted(file.name for file in out.iterdir()) == [".tpsence-lock"]
