"""What is sent to the workers, without Ray: it arrives whole, and what goes wrong there names its node."""

import pickle
import threading
from pathlib import Path

import numpy as np
import pytest
import torch
from numpy.typing import NDArray

from pipeline.engine.ray.jobs import Batch, Decodes, RunsWork, packed, told_of_node, unpacked
from pipeline.errors import RunError
from pipeline.images.skips import Reason, Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard
from tests.pipeline.engine.ray.works import Noted, task
from tpsence.errors import InputError


class Table:
    """Returns what it holds at a place."""

    def __init__(self, values: NDArray[np.float64]) -> None:
        self.values = values

    def __call__(self, item: int) -> float:
        return float(self.values[item])


@pytest.fixture
def work(tmp_path: Path) -> Noted:
    (tmp_path / "source").write_bytes(b"a picture")
    return Noted(tmp_path, OutputFolder(tmp_path, Shard()))


def test_large_arrays_are_beside_the_pickle_and_not_copied_there() -> None:
    parts = packed(Decodes(Table(np.arange(100_000.0)), Path("out")))
    assert len(parts) == 2
    assert len(parts[0]) < 10_000
    buffer = bytearray(parts[1])
    job = unpacked([parts[0], buffer])
    job.arrived(1)
    assert job.do(Batch(items=[3, 5])) == [3.0, 5.0]
    assert job.do_one(7, Batch(items=[7])) == 7.0
    buffer[:8] = np.array([42.0]).tobytes()
    assert job.do(Batch(items=[0])) == [42.0]


def test_items_are_decoded_in_order_by_as_many_threads_as_there_are_cores() -> None:
    both = threading.Barrier(2, timeout=30)

    def decode(item: int) -> int:
        both.wait()
        return -item

    job = Decodes(decode, Path("out"))
    job.arrived(2)
    assert job.do(Batch(items=range(8))) == [-item for item in range(8)]


def test_lines_for_the_records_are_kept_until_they_are_asked_for(work: Noted) -> None:
    job = RunsWork(work, "cpu")
    job.arrived(2)
    job.do(Batch(items=[task("a.jpg"), task("b.jpg")]))
    assert not (work.root / ".tpsence" / "ledger.jsonl").exists()
    assert sorted(str(line["output"]) for _, line in job.lines()) == ["a.jpg", "b.jpg"]
    assert job.lines() == []


def test_a_picture_alone_is_decoded_in_the_thread_that_answers_for_it(work: Noted) -> None:
    threads: list[threading.Thread] = []

    class Watched(Noted):
        def decode(self, task: object) -> Skip:
            threads.append(threading.current_thread())
            return Skip("a.jpg", Reason.UNREADABLE, "")

    job = RunsWork(Watched(work.root, work.folder), "cpu")
    job.arrived(4)
    assert job.do_one(task("a.jpg"), Batch(items=[])) == Skip("a.jpg", Reason.UNREADABLE, "")
    assert threads == [threading.current_thread()]


def test_what_kills_its_workers_is_a_skip_and_in_what_cannot_do_without_the_end(work: Noted) -> None:
    expected = Skip("a.jpg", Reason.KILLS_WORKER, "2 workers have died of it")
    assert RunsWork(work, "cpu").given_up(task("a.jpg"), 2) == expected
    with pytest.raises(RunError, match=r"^out: 2 workers have died of one picture"):
        Decodes(abs, Path("out")).given_up(1, 2)


def test_a_gpu_that_torch_does_not_find_is_said(work: Noted, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(RunError, match="torch finds no GPU, though Ray says that there is one") as caught:
        RunsWork(work, "cuda").arrived(4)
    assert "give `device` cpu" in (caught.value.hint or "")
    RunsWork(work, "cpu").arrived(4)


@pytest.mark.parametrize(
    ("error", "kind", "text"),
    [
        (InputError("gone", "Mend it."), RunError, "node n: gone"),
        (MemoryError("no room"), MemoryError, "node n: no room"),
        (ZeroDivisionError("a fault"), RuntimeError, "node n: ZeroDivisionError: a fault\n"),
    ],
)
def test_what_goes_wrong_there_names_its_node(error: Exception, kind: type[Exception], text: str) -> None:
    told = pickle.loads(pickle.dumps(told_of_node(error, "n")))  # noqa: S301 (made here)
    assert (type(told), str(told)) == (kind, text)
    assert getattr(told, "hint", None) == getattr(error, "hint", None)
