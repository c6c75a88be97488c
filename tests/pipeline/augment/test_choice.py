"""Which pictures are translated: exactly so many, the same everywhere, a larger share containing a smaller one."""

import math
import random
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from decimal import Context, localcontext
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.augment.choice import choose, how_many, in_balance, in_order
from pipeline.augment.choice_numbers import Choice
from pipeline.augment.options import AugmentOptions
from pipeline.engine.tasks import stable_number
from pipeline.labels.interface import NO_CLASS, LabelledObject
from pipeline.labels.memory import InMemory
from pipeline.labels.none import NoLabels
from tpsence.errors import InputError

EXAMPLES = settings(max_examples=150, deadline=None, derandomize=True, database=None)
NAMES = [f"{folder}/{number:04d}.jpg" for folder in ("day", "night") for number in range(500)]
SEEDS = st.integers(0, 2**40)
FRACTIONS = st.floats(0.001, 1.0)
LIMITS = st.none() | st.integers(1, 60)
# Any name of a file, also those that are no UTF-8.
ANY_NAMES = st.lists(
    st.text(st.characters(codec="utf-8") | st.sampled_from("\udc80\udcff"), min_size=1, max_size=30),
    min_size=1,
    max_size=50,
    unique=True,
)
CLASSES = st.lists(st.sampled_from(["car", "bus", "bike"]), max_size=4)


class Labels(InMemory):
    """Pictures with objects of some classes, and perhaps splits."""

    format = "coco"

    def __init__(
        self, objects: Mapping[str, Sequence[str]], splits: Mapping[str, Collection[str]] | None = None
    ) -> None:
        super().__init__(
            Path("/data"), {name: [LabelledObject(one, None) for one in found] for name, found in objects.items()}
        )
        self.splits = splits or {}


def chosen(labels: NoLabels, **options: object) -> frozenset[str]:
    return choose(labels, AugmentOptions(**options))  # type: ignore[arg-type]


def pictures(names: Sequence[str] = NAMES) -> NoLabels:
    return NoLabels(Path("/data"), names)


STREET = {f"{number:03d}.jpg": ["car", "car"] for number in range(95)} | {
    f"rare{number}.jpg": ["car", "bike"] for number in range(5)
}
"""A hundred pictures with cars; in five of them there is a bike."""


# How many, and in which order


def test_the_choice_is_the_same_on_every_machine_and_day() -> None:
    assert sorted(chosen(pictures(NAMES[:20]), limit=9)) == [
        f"day/{number:04d}.jpg" for number in (0, 2, 3, 9, 10, 14, 17, 18, 19)
    ]


@pytest.mark.parametrize(
    ("total", "fraction", "limit", "number"),
    [
        (1000, 0.1, None, 100),
        (1000, 0.9995, None, 1000),
        (1000, 1.0, None, 1000),
        (7, 0.5, None, 4),
        (3, 1e-9, None, 1),
        (0, 0.5, None, 0),
        (0, 1.0, 5, 0),
        (1000, 0.5, 20, 20),
        (1000, 0.01, 20, 10),
        (10, 1.0, 50, 10),
    ],
)
def test_the_number_is_exact(total: int, fraction: float, limit: int | None, number: int) -> None:
    assert how_many(total, fraction, limit) == number
    assert len(chosen(pictures((NAMES * 2)[:total]), fraction=fraction, limit=limit)) == number


@EXAMPLES
@given(names=ANY_NAMES, shares=st.tuples(FRACTIONS, FRACTIONS), limits=st.tuples(LIMITS, LIMITS), seed=SEEDS)
def test_a_larger_share_or_limit_contains_a_smaller_one(
    names: list[str], shares: tuple[float, float], limits: tuple[int | None, int | None], seed: int
) -> None:
    less, more = sorted(shares), sorted(limits, key=lambda limit: math.inf if limit is None else limit)
    small = chosen(pictures(names), fraction=less[0], limit=more[0], seed=seed)
    assert small
    assert small <= chosen(pictures(names), fraction=less[1], limit=more[1], seed=seed)


def test_another_seed_chooses_others() -> None:
    first, second = (chosen(pictures(), fraction=0.5, seed=seed) for seed in (0, 1))
    assert 150 < len(first & second) < 350  # a quarter of 1000 where the two are independent


def test_the_order_of_the_labels_does_not_count_nor_do_pictures_that_are_not_there() -> None:
    shuffled = random.Random(7).sample(NAMES, len(NAMES))  # noqa: S311
    assert chosen(pictures(shuffled), fraction=0.3) == chosen(pictures(), fraction=0.3)
    some = shuffled[:300]
    assert in_order(some, 5) == [name for name in in_order(NAMES, 5) if name in set(some)]


# Rare classes


def floating(names: Sequence[str], seed: int, classes: Mapping[str, Collection[str]]) -> list[str]:
    """The order by keys u^(1/w) as the paper has them, in floating point."""
    number = Counter(one for name in names for one in classes[name])

    def key(name: str) -> float:
        weight = max((len(names) / number[one] for one in classes[name]), default=1.0)
        u = 1 - (stable_number(f"choice {seed} {name}") + 0.5) / 2**64
        return float(u ** (1 / weight))

    return sorted(names, key=key, reverse=True)


def test_the_weights_are_those_of_the_paper() -> None:
    classes: dict[str, set[str]] = {name: {"car"} for name in NAMES}
    for every, name in ((7, "bus"), (50, "bike")):
        for picture in NAMES[::every]:
            classes[picture].add(name)
    for picture in NAMES[::11]:
        classes[picture].clear()
    for seed in range(3):
        assert in_balance(NAMES, seed, classes) == floating(NAMES, seed, classes)


def test_the_first_is_drawn_in_proportion_to_its_weight() -> None:
    names = NAMES[:10]
    classes = {name: {"car"} for name in names} | {names[3]: {"car", "bike"}}
    firsts = Counter(in_balance(names, seed, classes)[0] for seed in range(3000))
    assert abs(firsts[names[3]] / 3000 - 10 / 19) < 0.03
    assert all(abs(firsts[name] / 3000 - 1 / 19) < 0.02 for name in names if name != names[3])


def test_rare_classes_come_first_and_the_number_stays() -> None:
    labels = Labels(STREET)
    for seed in range(5):
        plain, balanced = (chosen(labels, limit=20, seed=seed, balance=how) for how in (None, "classes"))
        assert len(plain) == len(balanced) == 20
        assert sum(name.startswith("rare") for name in balanced) >= 4
    assert sum(name.startswith("rare") for name in chosen(labels, limit=20)) < 4


@EXAMPLES
@given(objects=st.dictionaries(st.text("abc", min_size=1, max_size=6), CLASSES, min_size=1, max_size=30), seed=SEEDS)
def test_with_balance_a_larger_limit_contains_a_smaller_one_whatever_the_order(
    objects: dict[str, list[str]], seed: int
) -> None:
    objects["z"] = ["car"]  # without any class there is nothing to balance
    labels, reverse = Labels(objects), Labels(dict(reversed(objects.items())))
    before = frozenset[str]()
    for limit in range(1, len(objects) + 1):
        now = chosen(labels, limit=limit, seed=seed, balance="classes")
        assert before < now
        assert now == chosen(reverse, limit=limit, seed=seed, balance="classes")
        before = now


def test_where_all_weigh_the_same_balance_changes_nothing() -> None:
    assert in_balance(NAMES, 3, dict.fromkeys(NAMES, frozenset({"car"}))) == in_order(NAMES, 3)
    assert in_balance(NAMES, 3, dict.fromkeys(NAMES, ())) == in_order(NAMES, 3)


def test_the_order_does_not_depend_on_how_the_caller_reckons() -> None:
    classes = {name: {f"class {number % 7}"} if number % 3 else {"rare"} for number, name in enumerate(NAMES)}
    usual = in_balance(NAMES, 0, classes)
    with localcontext(Context(prec=2)):
        assert in_balance(NAMES, 0, classes) == usual


def test_any_two_lots_are_told_apart_and_none_is_out_of_range(monkeypatch: pytest.MonkeyPatch) -> None:
    edges = (0, 2**20, 2**63, 2**64 - 3)
    lots = {f"{lot:020d}": lot for edge in edges for lot in (edge, edge + 1, edge + 2)}
    monkeypatch.setattr("pipeline.augment.choice._lot", lambda name, seed: lots[name])
    assert in_balance([*reversed(lots)], 0, dict.fromkeys(lots, ("car",))) == list(lots)


# Classes


def test_pictures_with_one_of_the_classes_are_chosen_in_any_case_of_letters() -> None:
    labels = Labels({"a": ["Car"], "b": ["bus", "CAR"], "c": ["bus"], "d": [], "e": ["cart"]})
    assert chosen(labels, only_classes="car") == {"a", "b"}
    assert chosen(labels, only_classes=" BUS , cart ") == {"b", "c", "e"}
    assert chosen(labels, only_classes=["car", "bus"], limit=1) < {"a", "b", "c"}


def test_a_class_may_have_commas_in_its_name_and_blanks_around_it() -> None:
    labels = Labels({"a": ["tench, Tinca tinca"], "b": [" van"], "c": ["tinca tinca"], "d": ["tench"]})
    assert chosen(labels, only_classes='"tench, tinca TINCA", Van') == {"a", "b"}
    assert chosen(labels, only_classes=["tench, Tinca tinca"]) == {"a"}
    with pytest.raises(InputError) as caught:
        chosen(labels, only_classes="trout")
    assert str(caught.value.message).endswith('the labels have "tench, Tinca tinca", tench, tinca tinca, van')
    with pytest.raises(InputError) as caught:
        chosen(labels, only_classes='"tench, Tinca"')
    assert caught.value.hint == 'Is "tench, Tinca tinca" meant?'


def test_balance_among_classes_that_are_chosen_looks_at_these_alone() -> None:
    labels = Labels(STREET | {"bus.jpg": ["bus", "car"]})
    told = {"only_classes": "car,bike", "limit": 6, "balance": "classes"}
    assert sum("bus.jpg" in chosen(labels, seed=seed, **told) for seed in range(40)) < 10
    assert all("bus.jpg" in chosen(labels, limit=6, seed=seed, balance="classes") for seed in range(10))


@pytest.mark.parametrize(
    ("asked", "hint"), [("cars", "car"), ("car,Bik", "bike"), ("zebra", "as they are written here")]
)
def test_a_class_that_is_not_there_is_refused_with_those_that_are(asked: str, hint: str) -> None:
    with pytest.raises(InputError, match=r"(?m)no object is of this class; the labels have bike, car$") as caught:
        chosen(Labels(STREET), only_classes=asked)
    assert hint in str(caught.value.hint)


@pytest.mark.parametrize("names", ["", " , ", ()])
def test_no_class_at_all_is_refused(names: object) -> None:
    with pytest.raises(InputError, match=r"`only_classes`.*: names no class"):
        AugmentOptions(only_classes=names)  # type: ignore[arg-type]


def test_labels_without_objects_have_no_class() -> None:
    with pytest.raises(InputError, match="`only_classes`: no picture has an object with a class"):
        chosen(Labels({"a.jpg": []}), only_classes="car")
    with pytest.raises(InputError, match="`balance`: no picture has an object with a class"):
        chosen(Labels({"a.jpg": [], "b.jpg": [NO_CLASS]}), balance="classes", limit=1)


def test_an_annotation_without_a_class_is_not_of_a_rare_one() -> None:
    plain = Labels(STREET)
    broken = Labels({name: [*found, NO_CLASS] if name == "007.jpg" else found for name, found in STREET.items()})
    for seed in range(20):
        told = {"balance": "classes", "limit": 10, "seed": seed}
        assert chosen(broken, **told) == chosen(plain, **told)
    with pytest.raises(InputError, match=r"(?m)the labels have bike, car$"):
        chosen(broken, only_classes=NO_CLASS)


# Splits


def test_a_split_is_chosen_and_a_share_is_one_of_it() -> None:
    splits = {"train": NAMES[:100], "val": NAMES[100:120]}
    labels = Labels({name: ["car"] for name in NAMES}, splits)
    assert chosen(labels, split="val") == set(NAMES[100:120])
    share = chosen(labels, split="train", fraction=0.25)
    assert len(share) == 25
    assert share < set(NAMES[:100])


def test_a_split_that_is_not_there_or_empty_is_refused() -> None:
    labels = Labels(STREET, {"train": STREET.keys(), "val": {"gone.jpg"}})
    with pytest.raises(InputError, match=r"(?m)/data: no `split` 'test'; it has train, val$"):
        chosen(labels, split="test")
    with pytest.raises(InputError, match=r"(?m)/data: `split` 'val' has no pictures$"):
        chosen(labels, split="val")
    with pytest.raises(InputError, match="tells of no splits, so there is no `split` 'train'"):
        chosen(Labels(STREET), split="train")


@pytest.mark.parametrize("told", [{"split": "train"}, {"only_classes": "car"}, {"balance": "classes", "limit": 1}])
def test_pictures_alone_tell_nothing_to_choose_by(told: dict[str, object]) -> None:
    with pytest.raises(InputError, match=f"`{next(iter(told))}` goes with `labels`") as caught:
        chosen(pictures(), **told)
    assert caught.value.hint


# What is said of it


def said(labels: NoLabels, **options: object) -> Choice:
    told = AugmentOptions(**options)  # type: ignore[arg-type]
    return Choice(labels, choose(labels, told), told)


def test_of_all_pictures_nothing_is_said() -> None:
    whole = said(Labels(STREET, {"train": STREET.keys()}))
    assert (whole.numbers, whole.texts(), whole.notes()) == (None, [], [])


def test_annotations_are_counted_before_and_after() -> None:
    labels = Labels({**STREET, "val.jpg": ["bus"] * 3}, {"train": STREET.keys(), "val": {"val.jpg"}})
    bikes = said(labels, split="train", only_classes="bike")
    assert bikes.numbers == {
        **{"pictures": 101, "candidates": 100, "chosen": 5},
        "classes": {"car": {"before": 195, "after": 5}, "bike": {"before": 5, "after": 5}},
        "splits_left_out": ["val"],
    }
    assert bikes.texts() == ["chosen: 5 of 101 pictures (split train; classes bike)"]
    (note,) = bikes.notes()
    assert note.startswith("split val has no picture in the output")
    assert "`keep_originals`" in note


def test_classes_are_counted_where_the_choice_looks_at_them_alone() -> None:
    numbers = said(Labels(STREET), fraction=0.5).numbers
    assert numbers is not None
    assert (numbers["chosen"], numbers["classes"]) == (50, None)


def test_originals_that_are_kept_leave_no_split_without_pictures() -> None:
    labels = Labels(STREET, {"train": [*STREET][:10], "val": [*STREET][10:]})
    assert said(labels, split="train", keep_originals=True).notes() == []
    assert said(labels, limit=100).notes() == []


def test_where_a_file_is_one_split_originals_of_others_cannot_be_kept() -> None:
    (note,) = said(Labels(STREET, {"train": STREET.keys()}), split="train", keep_originals=True).notes()
    assert "`keep_originals` adds no other" in note
