"""What goes through a network is grouped by shape; the rest passes."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from pipeline.engine.batching import MOST_WAITING, Batchable, grouped
from pipeline.images.skips import Reason, Skip


@dataclass(frozen=True)
class Sized(Batchable):
    """A thing of a size."""

    name: str
    size: tuple[int, int]

    @property
    def common_size(self) -> tuple[int, int]:
        return self.size


Item = Sized | Skip | str


def loaded(name: str, height: int = 8, width: int = 8) -> Sized:
    return Sized(name, (width, height))


def names(group: Sequence[Item]) -> list[str]:
    return [item.name for item in group if isinstance(item, Sized)]


def names_grouped(items: Sequence[Item], size: int) -> list[object]:
    """The names of each group, the rest as it is."""
    groups = grouped(items, lambda _: size)
    return [
        [item.name for item in group if isinstance(item, Sized)] if isinstance(group, list) else group
        for group in groups
    ]


def test_pictures_are_grouped_by_their_padded_shape() -> None:
    items = [loaded("a"), loaded("b", 12), loaded("c"), loaded("d", 12), loaded("e", 12)]
    assert names_grouped(items, 2) == [["a", "c"], ["b", "d"], ["e"]]


def test_height_and_width_are_told_apart() -> None:
    assert names_grouped([loaded("a", 8, 12), loaded("b", 12, 8)], 2) == [["a"], ["b"]]


def test_the_batch_size_is_asked_for_by_width_and_height() -> None:
    asked: list[tuple[int, int]] = []

    def size(padded: tuple[int, int]) -> int:
        asked.append(padded)
        return 1

    groups = list(grouped([loaded("a", height=8, width=12)], size))
    assert asked == [(12, 8)]
    assert len(groups) == 1


def test_skips_and_originals_pass_at_once() -> None:
    skip, original = Skip("x", Reason.MISSING, ""), "an original"
    assert names_grouped([loaded("a"), skip, original, loaded("b")], 2) == [skip, original, ["a", "b"]]


def test_the_groups_depend_on_the_order_alone() -> None:
    items = [loaded(str(number), 8 + 4 * (number % 3)) for number in range(20)]

    def one_by_one() -> Iterator[Item]:
        yield from items

    first = names_grouped(items, 4)
    assert [names(group) for group in grouped(one_by_one(), lambda _: 4) if isinstance(group, list)] == first
    assert sorted(name for group in first if isinstance(group, list) for name in group) == sorted(map(str, range(20)))


def test_a_full_group_goes_before_the_next_picture_is_taken() -> None:
    taken: list[str] = []

    def items() -> Iterator[Item]:
        for name in "abcd":
            taken.append(name)
            yield loaded(name)

    groups = grouped(items(), lambda _: 2)
    next(groups)
    assert taken == ["a", "b"]


def test_the_longest_waiting_shape_runs_when_too_many_wait() -> None:
    shapes = [loaded(str(number), height=4 * (number + 2)) for number in range(MOST_WAITING + 2)]
    groups = names_grouped(shapes, 2)
    assert groups[:3] == [["0"], ["1"], ["2"]]
    assert len(groups) == len(shapes)


def test_never_more_than_the_limit_wait() -> None:
    waiting = 0

    def items() -> Iterator[Item]:
        nonlocal waiting
        for number in range(300):
            assert waiting < MOST_WAITING
            waiting += 1
            yield loaded(str(number), height=8 + 4 * (number % 7), width=8 + 4 * (number % 11))

    total = 0
    for group in grouped(items(), lambda _: 32):
        assert isinstance(group, list)
        waiting -= len(group)
        total += len(group)
    assert (total, waiting) == (300, 0)


@dataclass(frozen=True)
class Kinded(Sized):
    """A thing of a size, for one of several networks."""

    of: int = 0

    @property
    def kind(self) -> int:
        return self.of


def test_things_of_one_size_for_different_networks_are_not_put_together() -> None:
    items = [Kinded(name, (8, 8), place) for name, place in (("a", 0), ("b", 1), ("c", 0), ("d", 1), ("e", 0))]
    assert names_grouped(items, 2) == [["a", "c"], ["b", "d"], ["e"]]
