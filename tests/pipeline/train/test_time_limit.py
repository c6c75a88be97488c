"""The time that a run is given: how it is written, and when it is over, by a clock that the tests move."""

import math
from typing import Any

import pytest

from pipeline.train.time_limit import TimeLimit, parse_time
from tests.pipeline.train.moved_clock import MovedClock
from tpsence.errors import InputError


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("45s", 45),
        ("9m", 540),
        ("1h30m", 5400),
        ("2h", 7200),
        ("1.5h", 5400),
        ("1h0m5s", 3605),
        ("1h5s", 3605),
        ("0h1m", 60),
        ("0.5s", 0.5),
        ("90", 90),
        ("1.5", 1.5),
        (" 9m ", 540),
        (90, 90),
        (0.25, 0.25),
        (None, None),
    ],
)
def test_a_time_is_read(value: object, seconds: float | None) -> None:
    assert parse_time(value) == seconds


@pytest.mark.parametrize(
    "value",
    [
        *("", "soon", "m", "9 m", "9M", "9min", "m9", "30m1h", "1h30", "1m1m", "-5", "-9m", "0", "0s", "0h0m", "1e3"),
        *("nan", "inf", ".5h", "5.h", "1,5h", "9m\n1s", "٩m", "9" * 400 + "h", "9" * 400),
        *(0, -1, 0.0, -0.5, math.nan, math.inf, True, 10**400, -(10**400), [9], b"9m"),
    ],
)
def test_what_is_no_time_is_one_line_with_a_remedy(value: Any) -> None:  # noqa: ANN401 (anything)
    with pytest.raises(InputError) as caught:
        parse_time(value)
    assert caught.value.message.startswith("`max_time` ")
    assert caught.value.message.endswith(": not a time above zero")
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 100
    assert caught.value.hint == "Give for example 45s, 9m, 1h30m, or a number of seconds."


def test_without_a_time_nothing_is_ever_over_and_nothing_more_is_saved() -> None:
    clock = MovedClock()
    limit = TimeLimit(None, clock)
    limit.start()
    clock.now += 1e9
    limit.stepped()
    assert not limit.is_over()
    assert not limit.wants_a_save


def test_the_first_step_tells_nothing_once_there_is_a_second() -> None:
    clock = MovedClock()
    limit = TimeLimit(100.0, clock)
    limit.start()
    clock.now += 40  # a GPU gets ready
    limit.stepped()
    limit.saved()
    clock.now += 21
    assert limit.is_over()  # another of 40 s would not fit
    limit.stepped()
    assert not limit.is_over()  # another of 21 s does
    for seconds in (1, 2):
        clock.now += seconds
        limit.stepped()
    assert not limit.is_over()
    clock.now += 16
    assert limit.is_over()


def test_it_is_over_when_the_longest_step_and_the_longest_save_would_not_fit_any_more() -> None:
    clock = MovedClock()
    limit = TimeLimit(100.0, clock)
    clock.now += 10  # the check of the files
    limit.start()
    for step, save in ((4, 8), (5, 1), (2, 1)):
        assert limit.wants_a_save == (step == 4)
        clock.now += step
        limit.stepped()
        clock.now += save
        limit.saved()
        assert not limit.wants_a_save
    # 31 s are over; 5 s for a step and 8 s for a save have to be left.
    for now, over in ((86.9, False), (87.0, False), (87.1, True), (100.0, True), (1e6, True)):
        clock.now = now + MovedClock().now
        assert limit.is_over() is over, now
