"""What the conductor answers to workers and to what reads the plan; it needs Ray, and no cluster."""

from collections.abc import Callable, Iterator

import pytest
import ray

from pipeline.engine.ray import conductor as module
from pipeline.engine.ray.conductor import Conductor, News, Order
from pipeline.engine.ray.dataset import Pool


@pytest.fixture(autouse=True)
def brief_waits(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a question for what is not there be answered soon."""
    monkeypatch.setattr(module, "_SECONDS", 0.01)


def test_a_batch_that_comes_again_is_done_one_by_one() -> None:
    conductor = Conductor()
    assert conductor.begin(0, "one") == Order()
    assert conductor.begin(0, "two") == Order(one_by_one=True)


def test_an_item_is_blamed_for_the_deaths_that_came_while_it_was_alone() -> None:
    conductor = Conductor()
    conductor.begin(0, "one")
    conductor.begin(0, "two")
    conductor.at(0, 0)
    conductor.at(0, 1)
    assert conductor.begin(0, "three").deaths == {1: 1}
    assert conductor.begin(0, "four").deaths == {1: 1}  # the third died before it began an item
    conductor.at(0, 0)
    conductor.at(0, 1)
    assert conductor.begin(0, "five").deaths == {1: 2}


def test_a_node_that_is_lost_between_items_is_no_items_fault() -> None:
    conductor = Conductor()
    conductor.begin(0, "one")
    conductor.begin(0, "two")
    conductor.at(0, 0)
    conductor.at(0, None)
    assert conductor.begin(0, "three").deaths == {}


def test_after_a_stop_no_batch_begins_but_one_that_had_begun_is_finished() -> None:
    conductor = Conductor()
    conductor.begin(0, "one")
    conductor.stop()
    assert conductor.begin(1, "two").is_void
    assert conductor.begin(0, "two") == Order(one_by_one=True)
    assert conductor.portion(5) == ()


def test_a_portion_is_asked_for_until_it_is_there() -> None:
    conductor = Conductor()
    assert conductor.portion(1) is None
    assert conductor.portion(1) is None
    assert conductor.news().wanted == [1]  # once: what is delivered twice would be kept
    conductor.deliver(1, [(32, b"more")])
    assert conductor.portion(1) == [(32, b"more")]


def test_a_portion_is_asked_for_anew_where_the_task_that_had_it_is_repeated() -> None:
    conductor = Conductor()
    for content in (b"tasks", b""):
        assert conductor.portion(0) is None
        assert conductor.news().wanted == [0]
        conductor.deliver(0, [(0, content)])
        assert conductor.portion(0) == [(0, content)]


def test_workers_with_a_batch_are_busy() -> None:
    conductor = Conductor()
    conductor.begin(0, "one")
    conductor.begin(1, "two")
    conductor.begin(2, "two")
    assert conductor.news().busy == 2


def test_a_run_that_was_stopped_is_over_when_nothing_is_under_way() -> None:
    conductor = Conductor()
    conductor.begin(0, "one")
    assert not conductor.news().has_ended
    conductor.stop()
    assert not conductor.news().has_ended
    other = Conductor()
    other.stop()
    assert other.news().has_ended  # though Ray may still look for a place for its workers


def all_news(conductor: Conductor, rows: Callable[[], Iterator[tuple[int, bytes]]]) -> tuple[list[bytes], News]:
    """Run a dataset to its end, and return what has come back, and the last news."""
    found: list[bytes] = []
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(module, "results", lambda pool, job, portions: rows())
        conductor.start(Pool(workers=1, most=1, cores_each=1, gpus_each=0.0, places=b""), [], 1)
        while True:
            news = conductor.news()
            found.extend(news.results)
            if news.has_ended:
                return found, news


def test_a_batch_counts_once_also_where_ray_repeats_it() -> None:
    conductor = Conductor()

    def rows() -> Iterator[tuple[int, bytes]]:
        conductor.begin(3, "one")
        yield 3, b"made"
        assert conductor.begin(3, "two").is_void
        conductor.at(3, 0)  # from one that was believed dead
        yield 3, b"void"
        yield 4, b"never begun"

    found, last = all_news(conductor, rows)
    assert found == [b"made"]
    assert (last.problem, last.busy) == (None, 0)


def test_what_ray_says_when_it_fails_is_one_line_without_its_own_heading() -> None:
    conductor = Conductor()

    def rows() -> Iterator[tuple[int, bytes]]:
        yield from ()
        error = RuntimeError("ray::Map()\n  File ...")
        error.cause = ValueError("what was wrong\nand more")  # type: ignore[attr-defined]
        raise error

    assert all_news(conductor, rows)[1].problem == "ValueError: what was wrong"


def test_a_node_on_which_no_worker_can_be_started_is_named() -> None:
    conductor = Conductor()
    trace = "ray::MapWorker.__init__() (pid=7, ip=10.0.0.7, repr=M)\n  File ...\nImportError: no such thing"

    def rows() -> Iterator[tuple[int, bytes]]:
        yield from ()
        raise ray.exceptions.ActorDiedError(ray.exceptions.RayTaskError("__init__", trace, ImportError()))

    assert all_news(conductor, rows)[1].problem == (
        "no worker can be started on 10.0.0.7, which may lack this version of tpsence: ImportError: no such thing"
    )


def test_a_run_has_ended_when_all_that_came_back_was_told() -> None:
    conductor = Conductor()

    def rows() -> Iterator[tuple[int, bytes]]:
        for number in range(150):
            conductor.begin(number, "one")
            yield number, b"%d" % number

    assert all_news(conductor, rows)[0] == [b"%d" % number for number in range(150)]
