"""An evaluation as a notebook calls it."""

from collections.abc import Callable
from itertools import pairwise
from pathlib import Path

import pytest

from pipeline.engine.events import Done, Event, Finished, Found
from pipeline.evaluate import EvaluateOptions, evaluate
from pipeline.evaluate.features.sizes import SameArea

COUNT = 12


@pytest.fixture(autouse=True)
def small_pictures_for_features(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the network see few pixels: it is what takes the time of these tests."""
    pytest.importorskip("torch")
    from pipeline.evaluate.features import lite2

    monkeypatch.setattr(lite2, "SIZES", SameArea(96 * 64, least=32))


@pytest.fixture
def options(tmp_path: Path, paint: Callable[..., Path]) -> EvaluateOptions:
    for index in range(COUNT):
        for place, folder in enumerate(("before", "after", "rain")):
            size = (40, 24) if index % 2 else (24, 40)
            paint(tmp_path / folder / f"{index:02}.png", size=size, seed=100 * place + index)
    return EvaluateOptions(
        out=tmp_path / "after", before=tmp_path / "before", real=tmp_path / "rain", model="none", workers=0
    )


def test_it_tells_how_far_it_is_and_ends_with_all_that_was_found(options: EvaluateOptions) -> None:
    events = list(evaluate(options))
    found = [event for event in events if isinstance(event, Found)]
    assert [(one.what, one.total) for one in found] == [
        ("real pictures read", COUNT), ("pictures compared", COUNT), ("distances and intervals", None),
    ]  # fmt: skip
    places = [place for place, event in enumerate(events) if isinstance(event, Found)]
    for start, stop in pairwise(places):
        assert sum(event.count for event in events[start:stop] if isinstance(event, Done)) == COUNT
    last = events[-1]
    assert isinstance(last, Finished)
    assert last.summary["pictures"] == COUNT
    assert last.about["evaluation"].pictures == COUNT


@pytest.mark.parametrize("after", [1, COUNT + 3, 2 * COUNT - 1])
def test_what_is_stopped_writes_nothing(options: EvaluateOptions, after: int) -> None:
    done: list[Done] = []
    last: Event | None = None
    for last in evaluate(options, lambda: len(done) >= after):
        done.extend([last] * last.count if isinstance(last, Done) else [])
    assert isinstance(last, Finished)
    assert last.stopped
    assert not (options.out / "evaluation.json").exists()


def test_the_order_of_reading_changes_nothing(options: EvaluateOptions) -> None:
    ends = [list(evaluate(options.model_copy(update={"workers": workers})))[-1] for workers in (0, 2)]
    one, other = (end.summary["figures"] for end in ends if isinstance(end, Finished))
    assert one == other
