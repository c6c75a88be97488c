"""The engine in the main process, with a stand-in for all that is behind the relay; ``test_cluster.py`` has Ray."""

import errno
import os
import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

import pytest
import torch

from pipeline.engine.events import Done, Outcome
from pipeline.engine.interface import Stop, never
from pipeline.engine.ray.batches import PORTION
from pipeline.engine.ray.engine import RayEngine
from pipeline.engine.ray.jobs import BatchResult
from pipeline.engine.ray.messages import Broken, Connect, Ended, Portion, Refused, State, Wanted
from pipeline.engine.resources import EngineName, Resources
from pipeline.engine.tasks import Task
from pipeline.errors import RunError
from pipeline.images.skips import Reason, Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard
from tests.pipeline.engine.ray.stand_in import StandIn, standing_in
from tests.pipeline.engine.ray.works import Noted, done_of, task

CPU = torch.device("cpu")


def tasks_of(count: int) -> list[Task]:
    return [task(f"p-{place:04}.jpg") for place in range(count)]


@pytest.fixture
def work(tmp_path: Path) -> Noted:
    """A work whose output folder is there."""
    root = tmp_path / "in"
    root.mkdir()
    (root / "source").write_bytes(b"a picture")
    (tmp_path / "out").mkdir()
    return Noted(root, OutputFolder(tmp_path / "out", Shard()))


def engine(work: Noted, device: torch.device = CPU, gpus: float | None = None) -> RayEngine:
    resources = Resources(engine=EngineName.RAY, address="auto", gpus_per_worker=gpus)
    return RayEngine(resources=resources, device=device, root=work.root, out=work.folder.path)


def run(work: Noted, tasks: Sequence[Task], stop: Stop = never) -> list[Outcome]:
    return list(done_of(engine(work).run(work, tasks, stop)))


def names(outcomes: Sequence[Outcome]) -> list[str]:
    return [one.file if isinstance(one, Skip) else one.name for one in outcomes]


def noted(work: Noted) -> int:
    """The number of lines of the ledger."""
    ledger = work.folder.path / ".tpsence" / "ledger.jsonl"
    return len(ledger.read_text().splitlines()) if ledger.exists() else 0


def all_of_it(there: StandIn) -> None:
    """Do everything, in order."""
    there.begin()
    for number in range(there.portions):
        for batch in there.portion(number):
            there.bring(there.result(*batch))
    there.say(Ended())


def test_everything_is_done_once_and_noted_once_though_batches_come_back_twice(work: Noted) -> None:
    def play(there: StandIn) -> None:
        there.begin()
        for batch in reversed(there.portion(0)):
            result = there.result(*batch)
            there.bring(result, result, BatchResult(number=result.number))
        there.say(Ended())

    tasks = [*tasks_of(20), task("bad.jpg")]
    with standing_in(play):
        outcomes = run(work, tasks)
    assert sorted(names(outcomes)) == sorted(one.name for one in tasks)
    assert noted(work) == 20


def test_beside_the_bar_stands_how_the_cluster_is_and_what_is_waiting(work: Noted) -> None:
    def play(there: StandIn) -> None:
        there.begin(workers=1)
        first, *others = there.portion(0)
        there.bring(there.result(*first))
        there.say(State(nodes=3, busy=2))
        there.bring(*(there.result(*batch) for batch in others))
        there.say(Ended())

    with standing_in(play):
        outcomes = list(engine(work).run(work, tasks_of(16), never))
    texts = [one.text for one in outcomes if isinstance(one, Done)]
    assert texts[:3] == [
        "connecting to the Ray cluster, 16 waiting",
        "1 node, starting 1 worker, 16 waiting",
        "1 node, 0 workers busy, 14 waiting",
    ]
    assert texts[-1] == "3 nodes, 2 workers busy"


def test_what_is_decoded_comes_in_order_whatever_order_it_comes_back_in(work: Noted) -> None:
    def play(there: StandIn) -> None:
        there.begin()
        assert there.connect.cluster.gpus_each == 0.0  # no network has a part in it
        batches = there.portion(0)
        there.bring(*(there.result(*batch) for batch in [*batches[1:], batches[0]]))
        there.say(Ended())

    with standing_in(play):
        found = engine(work, torch.device("cuda")).decoded(abs, range(-40, 0), 40, never)
        assert list(found) == [*range(40, 0, -1)]


@pytest.mark.parametrize(("told", "expected"), [(None, 1.0), (0.5, 0.5)])
def test_a_worker_with_networks_has_gpus_where_there_are_any(work: Noted, told: float | None, expected: float) -> None:
    asked: list[Connect] = []

    def play(there: StandIn) -> None:
        connect = there.hear()
        assert isinstance(connect, Connect)
        asked.append(connect)
        there.say(Refused(message="no", hint="Leave it."))

    with standing_in(play):
        for device in (torch.device("cuda"), CPU):
            with pytest.raises(RunError, match=r"^no") as caught:
                list(engine(work, device, told).run(work, tasks_of(1), never))
            assert caught.value.hint == "Leave it."
    assert [one.cluster.gpus_each for one in asked] == [expected, 0.0]


def test_nodes_can_tell_the_folder_by_a_mark_that_is_gone_at_the_end(work: Noted) -> None:
    (work.root / "p-0000.jpg").write_bytes(b"12345")
    seen: list[tuple[str, int]] = []

    def play(there: StandIn) -> None:
        there.begin()
        places, room = there.connect.places, there.connect.room
        assert (places.out / places.marker).read_text() == places.token
        assert (places.root, places.beside) == (work.root, [work.root.parent])
        assert room > 100  # bytes of the job
        seen.append((places.sample, places.sample_size))
        for batch in there.portion(0):
            there.bring(there.result(*batch))
        there.say(Ended())

    beside = replace(engine(work), beside=[work.root.parent])
    with standing_in(play):
        list(beside.run(work, tasks_of(2), never))
        list(beside.run(work, [task("gone.jpg")], never))  # a picture that is not there is a skip, and no fault
    assert seen == [("p-0000.jpg", 5), ("", 0)]
    assert not [*work.folder.path.glob(".tpsence/.tpsence-*")]


def test_a_folder_that_cannot_be_written_to_is_one_line(work: Noted) -> None:
    work.folder.path.rmdir()
    with pytest.raises(RunError, match="out: No such file or directory"):
        run(work, tasks_of(2))


@dataclass(frozen=True)
class Knowing(Noted):
    """Leaves out each picture, and says how many it knows of."""

    known: frozenset[str]

    def __reduce__(self) -> tuple[object, ...]:
        assert not self.known  # it is sent to every node, once
        return Knowing, (self.root, self.folder, self.known)

    def own_of(self, tasks: Sequence[Task]) -> frozenset[str]:
        return self.known & {one.name for one in tasks}

    def with_own(self, own: object) -> "Knowing":
        return replace(self, known=own if isinstance(own, frozenset) else frozenset())

    def decode(self, task: Task) -> Skip:
        return Skip(task.name, Reason.UNREADABLE, f"{task.name in self.known}, of {len(self.known)}")


def test_what_is_known_of_single_tasks_goes_with_these_and_no_others(work: Noted) -> None:
    tasks = tasks_of(32)
    knowing = Knowing(work.root, work.folder, frozenset(one.name for one in tasks))
    with standing_in(all_of_it):
        outcomes = list(engine(knowing).run(knowing, tasks, never))
    assert [one.detail for one in outcomes if isinstance(one, Skip)] == ["True, of 2"] * 32


def test_no_more_of_the_plan_is_sent_than_is_needed_soon(work: Noted) -> None:
    def play(there: StandIn) -> None:
        there.begin()
        first, second = there.portion(0), there.portion(1)
        there.say(Wanted(number=2))
        assert there.hears_nothing(0.3)
        there.bring(*(there.result(*batch) for batch in first))
        third = there.hear()
        assert isinstance(third, Portion)
        assert there.portions == third.number + 1
        there.bring(*(there.result(*batch) for batch in [*second, *third.batches]))
        there.say(Ended())

    tasks = tasks_of(3 * PORTION * 16)
    with standing_in(play):
        assert len(run(work, tasks)) == len(tasks)


def test_after_a_stop_nothing_more_is_sent_and_the_end_is_none_of_a_failure(work: Noted) -> None:
    def play(there: StandIn) -> None:
        there.begin()
        batches = there.portion(0)
        there.bring(there.result(*batches[0]))
        there.wait_for_stop()
        assert there.portion(1) == []
        there.bring(there.result(*batches[1]))
        there.say(Ended())

    done: list[Outcome] = []
    with standing_in(play):
        for outcome in done_of(engine(work).run(work, tasks_of(2000), lambda: bool(done))):
            done.append(outcome)
    assert len(done) == 32 == noted(work)


def test_a_stop_before_the_cluster_is_there_ends_the_run(work: Noted) -> None:
    def play(there: StandIn) -> None:
        there.hear()
        there.hear()  # until the main process hangs up

    with standing_in(play):
        assert run(work, tasks_of(2), lambda: True) == []


def test_of_a_batch_that_fails_is_noted_what_was_done(work: Noted) -> None:
    tasks = [task("p.jpg"), task("full.jpg")]

    def play(there: StandIn) -> None:
        there.begin()
        (_, first), (number, _) = there.portion(0)
        done = there.result(0, first)
        there.bring(BatchResult(number=number, lines=done.lines, error=RunError("node n: full", "Mend it.")))
        there.wait_for_stop()  # until the main process hangs up

    with standing_in(play), pytest.raises(RunError, match=r"^node n: full") as caught:
        run(work, tasks)
    assert caught.value.hint == "Mend it."
    assert noted(work) == 1


def test_decoding_that_fails_yields_nothing_in_the_place_of_what_failed(work: Noted) -> None:
    def play(there: StandIn) -> None:
        there.begin()
        batches = there.portion(0)
        there.bring(*(there.result(*batch) for batch in batches[1:]))
        there.bring(BatchResult(number=0, error=RunError("node n: gone")))
        there.wait_for_stop()

    found: list[int] = []
    with standing_in(play), pytest.raises(RunError, match="node n: gone"):
        found.extend(engine(work).decoded(abs, range(40), 40, never))
    assert found == []


def test_an_end_before_everything_is_back_is_a_failure(work: Noted) -> None:
    def play(there: StandIn) -> None:
        there.begin()
        there.bring(there.result(*there.portion(0)[0]))
        there.say(Ended())

    with standing_in(play), pytest.raises(RunError, match=r"^Ray has lost 1 ") as caught:
        run(work, tasks_of(2))
    assert "Run the same command again" in (caught.value.hint or "")


@pytest.mark.parametrize("is_lost", [True, False])
def test_a_cluster_that_fails_is_one_line_and_none_where_the_run_is_to_stop(work: Noted, is_lost: bool) -> None:
    def play(there: StandIn) -> None:
        there.begin()
        there.bring(there.result(*there.portion(0)[0]))
        if not is_lost:
            there.say(Broken(reason="the head was lost"))

    expected = "the connection to the Ray cluster was lost" if is_lost else "Ray: the head was lost"
    with standing_in(play), pytest.raises(RunError, match=rf"^{expected}") as caught:
        run(work, tasks_of(2))
    assert "Run the same command again" in (caught.value.hint or "")
    done: list[Outcome] = []
    with standing_in(play):
        for outcome in done_of(engine(work).run(work, tasks_of(2), lambda: bool(done))):
            done.append(outcome)
    assert len(done) == 1


def test_one_who_looks_away_ends_the_run_there(work: Noted) -> None:
    ended = threading.Event()

    def play(there: StandIn) -> None:
        there.begin()
        there.bring(there.result(*there.portion(0)[0]))
        try:
            there.hear()
        except EOFError:
            ended.set()

    with standing_in(play):
        outcomes = engine(work).run(work, tasks_of(40), never)
        next(done_of(outcomes))
        outcomes.close()  # type: ignore[attr-defined]  # a generator
    assert ended.is_set()
    assert not [*work.folder.path.glob(".tpsence/.tpsence-*")]


def test_a_record_that_cannot_be_written_is_one_line(work: Noted, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(lines: object) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "ledger.jsonl")

    monkeypatch.setattr(work.folder, "add_lines", full)
    with standing_in(all_of_it), pytest.raises(RunError, match=r"^ledger.jsonl: No space left on device"):
        run(work, tasks_of(2))


def test_nothing_to_do_needs_no_cluster(work: Noted) -> None:
    def play(there: StandIn) -> None:
        raise AssertionError

    with standing_in(play):
        assert list(engine(work).decoded(abs, [], 0, never)) == []
        assert run(work, []) == []
