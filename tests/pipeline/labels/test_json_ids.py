"""New ids for copies: of any ids whatsoever, no two copies share one."""

import math
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.errors import ProofError
from pipeline.labels.json_file import Json
from pipeline.labels.json_ids import Ids, prove_distinct

VALUES = (
    st.integers()
    | st.integers(min_value=-(10**40), max_value=10**40)
    | st.floats(allow_nan=False)
    | st.just(math.nan)
    | st.booleans()
    | st.text("a_12", max_size=6)
    | st.none()
    | st.lists(st.none(), max_size=1)
)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(st.lists(VALUES, max_size=8))
@example([2**53, float(2**53)])
@example([2**70, float(2**70), math.inf, math.nan, math.nan])
@example([-1, -10, 0, True, 1.0, 1.5])
@example(["a", "a_2", "a__3", "a_", "_2", "2"])
@example([10**40, -(10**40)])
def test_no_two_copies_share_an_id(values: list[Json]) -> None:
    ids = Ids(values)
    copies = [[ids.of(one, copy) for one in values] for copy in range(1, 13)]
    assert all(new is old for new, old in zip(copies[0], values, strict=True))
    prove_distinct([values] * 12, [one for copy in copies for one in copy], Path("x.json"), "things")
    for copy in copies[1:]:
        for old, new in zip(values, copy, strict=True):
            assert new != 0  # some readers take it for no id
            assert isinstance(new, str) or type(new) is type(old) or isinstance(old, float | bool)
            if isinstance(old, str):
                assert isinstance(new, str)


@pytest.mark.parametrize(
    ("values", "second", "third"),
    [
        ([1, 200], [1001, 1200], [2001, 2200]),
        ([1, 999], [1001, 1999], [2001, 2999]),
        ([0], [10], [20]),
        ([900100581904, 1], [1900100581904, 10**12 + 1], [2900100581904, 2 * 10**12 + 1]),
        ([10**17, 1], [2 * 10**17 + 1, 10**17 + 2], [3 * 10**17 + 2, 2 * 10**17 + 3]),
        ([1.0, 7], [11.0, 17], [21.0, 27]),
        (["a", "b_c"], ["a_2", "b_c_2"], ["a_3", "b_c_3"]),
        (["a", "a_2"], ["a__2", "a_2__2"], ["a__3", "a_2__3"]),
        ([None, [], {}], [None, [], {}], [None, [], {}]),
    ],
)
def test_a_person_sees_whose_copy_an_id_is(values: list[Json], second: list[Json], third: list[Json]) -> None:
    ids = Ids(values)
    assert repr([ids.of(one, 2) for one in values]) == repr(second)
    assert repr([ids.of(one, 3) for one in values]) == repr(third)


def test_ids_that_the_source_has_twice_may_be_there_twice_in_each_copy() -> None:
    prove_distinct([[1, 1], [1, 1]], [1, 1, 11, 11], Path("x.json"), "things")
    with pytest.raises(ProofError, match="ids of things differ"):
        prove_distinct([[1, 2], [1, 2]], [1, 2, 2, 12], Path("x.json"), "things")
