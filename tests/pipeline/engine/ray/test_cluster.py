"""The engine on a cluster of three nodes: the same results as in one process, whatever dies."""

import os
import signal
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

import pytest
import torch

from pipeline.engine.events import Done, Outcome
from pipeline.engine.interface import Stop, never
from pipeline.engine.ray import relay_process
from pipeline.engine.ray.engine import RayEngine
from pipeline.engine.resources import EngineName, Resources
from pipeline.engine.tasks import Task
from pipeline.engine.threads import ThreadEngine
from pipeline.errors import RunError
from pipeline.images.skips import Reason, Skip
from pipeline.output.folder import OutputFolder
from pipeline.output.shards import Shard
from tests.pipeline.engine.ray.local_cluster import LocalCluster
from tests.pipeline.engine.ray.works import Noted, done_of, task

SECONDS = 120
"""After which a test gives up waiting for another process."""


@contextmanager
def work_in(place: Path, tasks: Sequence[Task]) -> Iterator[Noted]:
    """A work whose output folder is held."""
    root, out = place / "in", place / "out"
    root.mkdir(parents=True, exist_ok=True)
    (root / "source").write_bytes(b"a picture")
    os.utime(root / "source", ns=(0, 0))
    folder = OutputFolder(out, Shard())
    with folder.opened({}, [one.output for one in tasks], overwrite=False):
        yield Noted(root, folder)


def engine(cluster: LocalCluster, work: Noted) -> RayEngine:
    resources = Resources(engine=EngineName.RAY, address=cluster.address)
    return RayEngine(resources=resources, device=torch.device("cpu"), root=work.root, out=work.folder.path)


def outcomes_of(cluster: LocalCluster, work: Noted, tasks: Sequence[Task], stop: Stop) -> Iterator[Outcome]:
    """Yield what the engine does, without what it says of the cluster meanwhile."""
    return done_of(engine(cluster, work).run(work, tasks, stop))


def run(cluster: LocalCluster, work: Noted, tasks: Sequence[Task]) -> list[Outcome]:
    return list(outcomes_of(cluster, work, tasks, never))


def by_name(outcomes: Sequence[Outcome]) -> dict[str, str]:
    """What became of each picture; each must be there once."""
    found = [(one.name, one.how.value) if isinstance(one, Done) else (one.file, one.reason.value) for one in outcomes]
    assert len(dict(found)) == len(found)
    return dict(found)


def ledger(work: Noted) -> list[str]:
    return sorted((work.folder.path / ".tpsence" / "ledger.jsonl").read_text().splitlines())


def pictures(work: Noted) -> dict[str, bytes]:
    return {file.name: file.read_bytes() for file in work.folder.path.glob("*.jpg")}


def wait_for(what: Callable[[], bool]) -> None:
    end = time.monotonic() + SECONDS
    while not what():
        assert time.monotonic() < end
        time.sleep(0.05)


def test_a_cluster_does_what_one_process_does_but_for_a_picture_that_kills_its_workers(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    names = [f"{'bad' if place % 7 == 3 else 'p'}-{place:03}.jpg" for place in range(60)]
    tasks = [*map(task, names)]
    with work_in(tmp_path / "here", tasks) as work:
        expected = by_name(list(ThreadEngine(1, work.folder.path).run(work, tasks, never)))
        noted, made = ledger(work), pictures(work)
    with work_in(tmp_path / "there", tasks) as work:
        outcomes = run(cluster, work, [*tasks[:20], task("kills.jpg"), *tasks[20:]])
        assert by_name(outcomes) == {**expected, "kills.jpg": Reason.KILLS_WORKER.value}
        assert (ledger(work), pictures(work)) == (noted, made)
    (killer,) = (one for one in outcomes if isinstance(one, Skip) and one.file == "kills.jpg")
    assert killer.detail == "2 workers have died of it"
    assert {one.text.partition(",")[0] for one in outcomes if isinstance(one, Done)} == {"3 nodes"}


def test_a_worker_and_a_node_that_are_killed_cost_nothing_but_time(cluster: LocalCluster, tmp_path: Path) -> None:
    tasks = [task(f"{'waits' if place % 6 == 0 and place < 18 else 'p'}-{place:03}.jpg") for place in range(60)]
    with work_in(tmp_path, tasks) as work:

        def waiting() -> list[int]:
            return [int(file.stem.rpartition("-")[2]) for file in work.root.glob("*.waiting")]

        def kill() -> None:
            try:
                wait_for(lambda: len(waiting()) == 3)
                os.kill(waiting()[0], signal.SIGKILL)
                cluster.kill_node()
            finally:
                (work.root / "go").touch()

        killing = threading.Thread(target=kill)
        killing.start()
        outcomes = run(cluster, work, tasks)
        killing.join()
        assert by_name(outcomes) == {one.name: "made" for one in tasks}
        assert pictures(work) == {one.name: one.name.encode() for one in tasks}
        assert len(ledger(work)) == len(tasks)
    cluster.add_node()


def test_after_a_wish_to_stop_what_was_begun_is_finished_and_the_rest_continues(
    cluster: LocalCluster, tmp_path: Path
) -> None:
    tasks = [task(f"p-{place:04}.jpg") for place in range(2000)]
    with work_in(tmp_path, tasks) as work:
        done: list[Outcome] = []
        for outcome in outcomes_of(cluster, work, tasks, lambda: bool(done)):
            done.append(outcome)
        assert 0 < len(done) < len(tasks)
        assert set(by_name(done)) == set(pictures(work))
        left = [one for one in tasks if not work.folder.is_current(one.output, work.root / "source")]
        assert len(left) == len(tasks) - len(done)


def test_a_wish_to_stop_while_the_cluster_starts_ends_that_at_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(relay_process, "_PROGRAM", "import time; time.sleep(600)")
    tasks = [task("p.jpg")]
    with work_in(tmp_path, tasks) as work:
        alone = RayEngine(
            resources=Resources(engine=EngineName.RAY),
            device=torch.device("cpu"),
            root=work.root,
            out=work.folder.path,
        )
        assert list(done_of(alone.run(work, tasks, iter([False, True]).__next__))) == []
    assert not list(work.folder.path.rglob("*.tmp"))


def test_a_full_disk_is_one_line_that_names_the_node(cluster: LocalCluster, tmp_path: Path) -> None:
    tasks = [task("p.jpg"), task("full.jpg")]
    with work_in(tmp_path, tasks) as work, pytest.raises(RunError) as caught:
        run(cluster, work, tasks)
    assert caught.value.message.startswith("node ")
    assert caught.value.message.endswith("full.jpg: No space left on device")
    assert "run the same command again" in (caught.value.hint or "")


def test_a_node_that_does_not_see_the_pictures_is_named(cluster: LocalCluster, tmp_path: Path) -> None:
    tasks = [task("p.jpg")]
    with work_in(tmp_path, tasks) as work:
        work.root.rename(tmp_path / "elsewhere")
        with pytest.raises(RunError, match=r"^node .* does not see ") as caught:
            run(cluster, work, tasks)
        assert "storage that all of them share" in (caught.value.hint or "")
        (tmp_path / "elsewhere").rename(work.root)
        assert by_name(run(cluster, work, tasks)) == {"p.jpg": "made"}
        assert not [*work.folder.path.glob(".tpsence/.tpsence-*")]


def test_it_says_what_is_being_waited_for(cluster: LocalCluster, tmp_path: Path) -> None:
    tasks = [task("p.jpg"), task("q.jpg")]
    with work_in(tmp_path, tasks) as work:
        told = list(engine(cluster, work).run(work, tasks, never))
        assert told[:2] == [
            Done(count=0, text="connecting to the Ray cluster, 2 waiting"),
            Done(count=0, text="3 nodes, starting 3 workers, 2 waiting"),
        ]
        assert by_name([*done_of(told)]) == {
            "p.jpg": "made",
            "q.jpg": "made",
        }
        assert list(engine(cluster, work).run(work, tasks, lambda: True)) == told[:1]


def test_what_is_decoded_comes_in_order(cluster: LocalCluster, tmp_path: Path) -> None:
    with work_in(tmp_path, []) as work:
        assert list(engine(cluster, work).decoded(abs, range(-100, 0), 100, never)) == [*range(100, 0, -1)]
