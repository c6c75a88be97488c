"""A download tells how far it is as events."""

from collections.abc import Callable

import pytest

from pipeline.engine.events import Done, Found, Unit
from pipeline.engine.reported import OnProgress, reported
from tests.generators import result_of


def reports(*pairs: tuple[int, int | None]) -> Callable[[OnProgress], str]:
    def work(on_progress: OnProgress) -> str:
        for done, total in pairs:
            on_progress(done, total)
        return "there"

    return work


def test_bytes_are_counted_from_what_was_there() -> None:
    seen: list[object] = []
    assert result_of(reported("net.pth", reports((100, 500), (300, 500), (500, 500))), seen) == "there"
    assert seen == [
        Found(total=500, unit=Unit.BYTES, what="net.pth", done=100, can_stop=False),
        Done(name="net.pth", count=200),
        Done(name="net.pth", count=200),
    ]


def test_a_download_that_starts_over_begins_to_count_again() -> None:
    seen: list[object] = []
    result_of(reported("net.pth", reports((0, None), (300, None), (0, None), (10, 20))), seen)
    assert [type(event) for event in seen] == [Found, Done, Found, Found]


def test_nothing_is_told_of_what_is_there_already() -> None:
    seen: list[object] = []
    assert result_of(reported("net.pth", reports()), seen) == "there"
    assert seen == []


def test_what_breaks_the_work_is_raised() -> None:
    def work(on_progress: OnProgress) -> None:
        on_progress(1, 2)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        result_of(reported("net.pth", work))
