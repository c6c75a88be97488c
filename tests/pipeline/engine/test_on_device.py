"""Networks that are built once for all threads: here, or where they arrive."""

import pickle
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from pipeline.engine.on_device import OnDevice

BUILT: list[str] = []


class Network:
    """Stands for a network on a device."""

    def __init__(self, most: int | None) -> None:
        self.most = most

    def most_pixels(self) -> int | None:
        return self.most


def build(most: int | None) -> Network:
    BUILT.append("one")
    return Network(most)


@pytest.fixture(autouse=True)
def none_built() -> None:
    BUILT.clear()


def sent(one: OnDevice[Network]) -> OnDevice[Network]:
    arrived = pickle.loads(pickle.dumps(one))  # noqa: S301 (made here)
    assert isinstance(arrived, OnDevice)
    return arrived


def test_one_that_works_here_is_there_already_and_built_anew_elsewhere() -> None:
    here = OnDevice(partial(build, 7), Network(5))
    assert not here.is_sent
    assert (here().most, here.most_pixels(), BUILT) == (5, 5, [])
    arrived = sent(here)
    assert (arrived.most_pixels(), BUILT) == (5, [])  # as its own process has found: here may be no device
    assert (arrived().most, BUILT) == (7, ["one"])


def test_one_that_works_elsewhere_is_not_built_before_it_arrives() -> None:
    there = OnDevice(partial(build, 7), None)
    assert there.is_sent
    assert (there.most_pixels(), BUILT) == (None, [])
    arrived = sent(sent(there))
    assert BUILT == []
    assert (arrived.most_pixels(), arrived().most, BUILT) == (7, 7, ["one"])


def test_threads_that_ask_at_once_get_one() -> None:
    threads = 8
    arrived, all_there = sent(OnDevice(partial(build, None), None)), Barrier(threads)

    def ask(_: int) -> int:
        all_there.wait()
        return id(arrived())

    with ThreadPoolExecutor(threads) as pool:
        assert len(set(pool.map(ask, range(threads)))) == 1
    assert BUILT == ["one"]


def test_what_could_not_be_built_is_tried_again() -> None:
    tries = iter([MemoryError(), None])

    def sometimes() -> Network:
        if error := next(tries):
            raise error
        return Network(3)

    one = OnDevice(sometimes, None)
    with pytest.raises(MemoryError):
        one()
    assert one().most == 3
