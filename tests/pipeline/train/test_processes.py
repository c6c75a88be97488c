"""The processes that train together: one alone, and two that really exchange what they know."""

import json
import os
import socket
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
import torch
import torch.distributed as dist

from pipeline.errors import OutputError
from pipeline.train.processes import Processes, from_environment, joined
from tests.pipeline.train.tiny_runs import checkpoint_at, paint_data, train
from tpsence.errors import InputError

ROOT = Path(__file__).resolve().parents[3]
VARIABLES = ("RANK", "WORLD_SIZE", "LOCAL_RANK", "MASTER_ADDR", "MASTER_PORT")


@pytest.fixture(autouse=True)
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in VARIABLES:
        monkeypatch.delenv(name, raising=False)


def environment(monkeypatch: pytest.MonkeyPatch, rank: str, world_size: str, local_rank: str) -> None:
    for name, value in zip(VARIABLES, (rank, world_size, local_rank), strict=False):
        monkeypatch.setenv(name, value)


# One process


def test_one_process_is_the_first_and_alone() -> None:
    own = Processes()
    assert (own.rank, own.world_size, own.local_rank, own.is_first, own.many) == (0, 1, 0, True, False)
    assert not Processes(rank=1, world_size=2).is_first
    assert Processes(rank=0, world_size=2).many


def test_one_process_has_its_own_values() -> None:
    own = Processes()
    values = torch.tensor([[1.0, 2.0], [3.0, float("inf")]])
    assert torch.equal(own.mean(values), values)
    assert own.any(True) is True
    assert own.any(False) is False
    assert own.gathered({"a": 1}) == [{"a": 1}]


def test_one_process_does_once_what_it_is_asked() -> None:
    calls = []
    assert Processes().once(lambda: calls.append(1) or "done") == "done"  # type: ignore[func-returns-value]
    assert calls == [1]
    for error in (OutputError("message", "hint"), OSError(28, "full"), ValueError("any")):

        def fail(error: Exception = error) -> None:
            raise error

        with pytest.raises(type(error)) as caught:
            Processes().once(fail)
        assert caught.value is error


def test_alone_without_torchrun_nothing_is_joined() -> None:
    for device in ("auto", "cpu", "cuda:1"):
        with joined(device) as own:
            assert own == Processes()
            assert not dist.is_initialized()


# What torchrun says


def test_the_environment_describes_the_process(monkeypatch: pytest.MonkeyPatch) -> None:
    assert from_environment() == Processes()
    environment(monkeypatch, "5", "8", "1")
    assert from_environment() == Processes(rank=5, world_size=8, local_rank=1)
    monkeypatch.delenv("LOCAL_RANK")
    assert from_environment() == Processes(rank=5, world_size=8, local_rank=0)


@pytest.mark.parametrize("values", [("x", "2", "0"), ("0", "two", "0"), ("0", "2", ""), ("0", "1.5", "0")])
def test_an_environment_that_is_no_numbers_is_refused(
    values: tuple[str, str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    environment(monkeypatch, *values)
    for work in (from_environment, joined("cpu").__enter__):
        with pytest.raises(InputError) as caught:
            work()
        rank, world_size, local_rank = values
        named = f"RANK, WORLD_SIZE and LOCAL_RANK are {rank}, {world_size} and {local_rank}, not numbers"
        assert caught.value.message == named
        assert caught.value.hint is not None
        assert "torchrun" in caught.value.hint


def test_many_processes_do_not_share_one_named_gpu(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, "0", "2", "0")
    with pytest.raises(InputError) as caught, joined("cuda:1"):
        pytest.fail("it was joined")
    assert caught.value.message == "`device` cuda:1: one GPU for 2 processes"
    assert not dist.is_initialized()


def test_processes_that_cannot_be_reached_are_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    environment(monkeypatch, "0", "2", "0")
    with pytest.raises(InputError) as caught, joined("cpu"):
        pytest.fail("it was joined")
    assert caught.value.message.startswith("the processes cannot reach each other: ")
    assert caught.value.message.isprintable()
    assert "torchrun" in str(caught.value.hint)
    assert not dist.is_initialized()


# Two processes

TALK = """
import errno, json, os, sys
import torch
import torch.distributed as dist
from pathlib import Path
from pipeline.train.processes import joined
from tests.pipeline.train.tiny_runs import prepare, run
from pipeline.errors import OutputError
from tpsence.errors import InputError, TpsenceError

torch.set_num_threads(1)
data, out = Path(sys.argv[1]), Path(sys.argv[2])
told = {}
with joined("cpu") as own:
    rank = own.rank
    told["own"] = [own.rank, own.world_size, own.local_rank, own.is_first, own.many]
    told["mean"] = own.mean(torch.tensor([[1.0, 10.0], [5.0, -3.0]]) * (rank + 1)).tolist()
    told["inf"] = own.mean(torch.tensor([1.0, float("inf") if rank else 2.0])).tolist()
    told["any"] = [own.any(False), own.any(rank == 0), own.any(rank == 1), own.any(True)]
    told["gathered"] = own.gathered({"rank": rank, "tensor": torch.tensor(rank)})[1]["rank"]
    told["order"] = own.gathered(f"from {rank}")
    calls = []
    told["once"] = own.once(lambda: calls.append(rank) or f"made by {rank}")
    told["calls"] = calls
    told["none"] = own.once(lambda: None)

    def refuse():
        raise OutputError(f"made by {rank}", "a remedy")

    def full():
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "file")

    for name, work in (("refused", refuse), ("full", full)):
        try:
            own.once(work)
        except TpsenceError as error:
            told[name] = [type(error).__name__, error.message, error.hint]
        except OSError as error:
            told[name] = [type(error).__name__, error.errno, error.filename]
    told["after"] = own.once(lambda: 3)

    job = prepare(data, out, {"optim.epochs": 1, "optim.decay_epochs": 1}, processes=own)
    told["last"] = [job.steps.rank, len(job.steps.positions(0)), job.last_step]
    told["steps"] = [progress.step for progress in run(job, 3 if rank else None)]
    job.finish({"by": rank})
    weights = [value.detach() for name in ("generator", "discriminator", "projector")
               for value in getattr(job.learner.networks, name).parameters()]
    told["weights"] = [float(value.double().sum()) for value in weights]
    try:
        prepare(data, out, processes=own)
    except InputError as error:
        told["again"] = [type(error).__name__, error.message]
    for name, changes in (("uneven", {"optim.batch_size": 3}), ("parts", {"optim.accumulate": 2})):
        try:
            prepare(data, out / "new", changes, processes=own)
        except InputError as error:
            told[name] = error.message
told["left"] = not dist.is_initialized()
Path(sys.argv[3]).write_text(json.dumps(told))
os._exit(0)  # gloo's threads now and then abort an interpreter that ends while networks are alive; not the matter here
"""


def free_port() -> int:
    with socket.socket() as stream:
        stream.bind(("127.0.0.1", 0))
        return int(stream.getsockname()[1])


def together(code: str, folder: Path, arguments: Sequence[Path]) -> list[dict[str, Any]]:
    """Run a script in two processes, as ``torchrun`` does, and return what each writes down."""
    common = {"WORLD_SIZE": "2", "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": str(free_port()), "PYTHONPATH": str(ROOT)}
    answers = [folder / f"answer-{rank}.json" for rank in range(2)]
    processes = [
        subprocess.Popen(
            [sys.executable, "-c", code, *map(str, arguments), str(answer)],
            env={**os.environ, **common, "RANK": str(rank), "LOCAL_RANK": str(rank), "OMP_NUM_THREADS": "1"},
            stderr=subprocess.PIPE,
            text=True,
        )
        for rank, answer in enumerate(answers)
    ]
    try:
        for process in processes:
            _, errors = process.communicate(timeout=120)
            assert process.returncode == 0, errors
    finally:
        for process in processes:
            process.kill()
    return [json.loads(answer.read_text()) for answer in answers]


def test_two_processes_talk_and_train_as_one(tmp_path: Path) -> None:
    data, out = paint_data(tmp_path / "data"), tmp_path / "out"
    first, second = together(TALK, tmp_path, [data, out])
    assert [first.pop("own"), second.pop("own")] == [[0, 2, 0, True, True], [1, 2, 1, False, True]]
    assert [first.pop("calls"), second.pop("calls")] == [[0], []]
    assert [first.pop("last"), second.pop("last")] == [[0, 1, 4], [1, 1, 4]]
    assert first == second
    assert first["mean"] == [[1.5, 15.0], [7.5, -4.5]]
    assert first["inf"] == [1.0, float("inf")]
    assert first["any"] == [False, True, True, True]
    assert first["gathered"] == 1
    assert first["order"] == ["from 0", "from 1"]
    assert first["once"] == "made by 0"
    assert first["none"] is None
    assert first["refused"] == ["OutputError", "made by 0", "a remedy"]
    assert first["full"] == ["OSError", 28, "file"]
    assert first["after"] == 3
    assert first["left"]
    # The second asked to stop after its third step: both did, and the first wrote all.
    assert first["steps"] == [1, 2, 3]
    assert first["again"] == ["OutputError", f"{out}: holds a run already (step-00000003.pt)"]
    assert first["uneven"] == "optim.batch_size 3 cannot be shared evenly by 2 processes"
    assert first["parts"] == "optim.accumulate 2: each process has 1 images of a step"
    run_json = json.loads((out / "run.json").read_bytes())
    assert (run_json["processes"], run_json["summary"]) == (2, {"by": 0})
    assert len(checkpoint_at(out, 3)["random"]) == 2

    # One process with the same batches learns the same, but for the order of sums.
    train(data, tmp_path / "alone", {"optim.epochs": 1, "optim.decay_epochs": 1}, stop_at=3)
    lines = [(folder / "metrics.jsonl").read_text().splitlines() for folder in (out, tmp_path / "alone")]
    assert len(lines[0]) == len(lines[1]) == 3
    for line, alone in zip(*lines, strict=True):
        assert json.loads(line) == pytest.approx(json.loads(alone), rel=1e-3, abs=1e-5)
