"""A worker without a cluster: whatever it meets, it answers with a result."""

import pickle
from collections.abc import Callable, Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pyarrow
import pytest

from pipeline.engine import cores
from pipeline.engine.ray import arrival, worker
from pipeline.engine.ray.conductor import Conductor
from pipeline.engine.ray.jobs import Batch, BatchResult, Decodes, packed
from pipeline.engine.ray.worker import NUMBER, RESULT, TASKS, Worker
from tpsence import __version__

OF_RAY = SimpleNamespace(
    get=lambda answer: answer,
    get_runtime_context=lambda: SimpleNamespace(get_actor_id=lambda: "me"),
    util=SimpleNamespace(get_node_ip_address=lambda: "10.0.0.7"),
)


@pytest.fixture(autouse=True)
def no_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let calls be answered in this process, a node see everything, and no core be given away for good."""
    monkeypatch.setattr(worker, "ray", OF_RAY)
    monkeypatch.setattr(worker, "faults_of_node", lambda *_, **__: None)
    monkeypatch.setattr(cores, "_shared", [])


def near(conductor: Conductor) -> Any:  # noqa: ANN401 (a handle)
    """A handle of a conductor of this process."""
    calls = {name: SimpleNamespace(remote=getattr(conductor, name)) for name in ("begin", "at")}
    return SimpleNamespace(**calls)


def made(decode: Callable[[Any], Any], conductor: Conductor | None = None) -> Worker:
    content = [np.frombuffer(part, np.uint8) for part in packed(Decodes(decode, Path("out")))]
    return Worker([content], near(conductor or Conductor()), 1, __version__, b"")


def answer(to: Worker, items: Sequence[Any], number: int = 5) -> BatchResult:
    tasks = pickle.dumps(Batch(items=items)) if items else b""
    row = to(pyarrow.table({NUMBER: [number], TASKS: [tasks]}))
    assert row[NUMBER].to_pylist() == [number]
    result: BatchResult = pickle.loads(row[RESULT].to_pylist()[0])  # noqa: S301 (made above)
    assert result.number == number
    return result


def unpicklable(item: object) -> object:
    return lambda: item


def test_a_batch_is_done() -> None:
    assert answer(made(abs), [-1, -2]) == BatchResult(number=5, made=[1, 2], lines=[])


def test_one_that_was_done_before_or_has_no_items_or_comes_after_a_stop_is_void() -> None:
    conductor = Conductor()
    assert answer(made(abs, conductor), []) == BatchResult(number=5)
    conductor.stop()
    assert answer(made(abs, conductor), [-1]) == BatchResult(number=5)


def test_one_by_one_an_item_that_has_killed_its_workers_is_not_tried_again() -> None:
    conductor = Conductor()
    conductor.begin(5, "first")
    assert answer(made(abs, conductor), [-1, -2]) == BatchResult(number=5, made=[1, 2], lines=[])
    conductor = Conductor()
    conductor.begin(5, "first")
    for _ in range(3):
        conductor.begin(5, "one")
        conductor.at(5, 1)
    result = answer(made(abs, conductor), [-1, -2])
    assert "out: 3 workers have died of one picture" in str(result.error)


def test_what_fails_is_an_answer_that_names_the_node() -> None:
    result = answer(made(abs), ["text"])
    assert result.made is None
    assert isinstance(result.error, RuntimeError)
    assert "(10.0.0.7): " in str(result.error)
    assert "TypeError: bad operand type for abs()" in str(result.error)


def test_what_cannot_be_sent_back_is_an_answer() -> None:
    result = answer(made(unpicklable), [1])
    assert result.made is None
    assert "(10.0.0.7): " in str(result.error)
    assert "unpicklable" in str(result.error)


def test_a_worker_that_cannot_be_made_says_so_of_its_first_batch() -> None:
    broken = Worker([[b"no pickle"]], near(Conductor()), 1, __version__, b"")
    result = answer(broken, [1])
    assert isinstance(result.error, RuntimeError)
    assert "(10.0.0.7): " in str(result.error)
    assert "UnpicklingError" in str(result.error)


def test_a_node_of_another_version_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "faults_of_node", arrival.faults_of_node)
    other = Worker([[b"no pickle"]], near(Conductor()), 1, "0.0.1", b"")
    error = answer(other, [1]).error
    assert f"(10.0.0.7) has tpsence {__version__}, and this machine 0.0.1" in str(error)
    assert getattr(error, "hint", "").startswith("Install tpsence 0.0.1 with the extra ray on every node")


def test_a_worker_uses_the_cores_that_it_was_given() -> None:
    made(abs)
    assert cores.available_cores() == 1
