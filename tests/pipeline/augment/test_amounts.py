"""Amounts: how they are read and written, and what falls to each picture and copy."""

import itertools
import json
from collections import Counter
from typing import Any

import pytest

from pipeline.augment.amounts import Spread, level_of, levels_in, strength_of, values_of
from pipeline.augment.lot import Lot
from pipeline.augment.options import AugmentOptions
from pipeline.effects.water_options import WaterLevel
from pipeline.run.config import AugmentSection
from tpsence.errors import InputError

NONE, LIGHT, MODERATE, HEAVY = WaterLevel
NAMES = [f"day/{number:04}.jpg" for number in range(400)]


def lots(copies: int = 1, seed: int = 0) -> list[Lot]:
    return [Lot(seed, name, copy) for name in NAMES for copy in range(1, copies + 1)]


@pytest.mark.parametrize(
    ("given", "amount", "text"),
    [
        (0.8, 0.8, "0.8"),
        ("0.8", 0.8, "0.8"),
        (1, 1.0, "1.0"),
        ("0.6..1.2", Spread((0.6, 1.2), in_turn=False), "0.6..1.2"),
        (" 0.6 .. 1.2 ", Spread((0.6, 1.2), in_turn=False), "0.6..1.2"),
        (".6...9", Spread((0.6, 0.9), in_turn=False), "0.6..0.9"),
        ((0.6, 1.2), Spread((0.6, 1.2), in_turn=False), "0.6..1.2"),
        ([0.6, 1], Spread((0.6, 1.0), in_turn=False), "0.6..1.0"),
        ("0.5,1", Spread((0.5, 1.0), in_turn=True), "0.5,1.0"),
        ("1,0.5,1", Spread((1.0, 0.5, 1.0), in_turn=True), "1.0,0.5,1.0"),
        ("0.7..0.7", 0.7, "0.7"),
        ("0.7,0.7", 0.7, "0.7"),
    ],
)
def test_a_strength_is_read_and_written(given: object, amount: object, text: str) -> None:
    found = AugmentOptions(strength=given).strength  # type: ignore[arg-type]  # as it may be given
    assert (found, type(found), str(found)) == (amount, type(amount), text)
    assert AugmentOptions(strength=text).strength == amount  # type: ignore[arg-type]  # as above


@pytest.mark.parametrize(
    ("given", "amount", "text"),
    [
        ("heavy", HEAVY, "WaterLevel.HEAVY"),
        ("light..heavy", Spread((LIGHT, HEAVY), in_turn=False), "light..heavy"),
        (("none", "heavy"), Spread((NONE, HEAVY), in_turn=False), "none..heavy"),
        ("heavy,light", Spread((HEAVY, LIGHT), in_turn=True), "heavy,light"),
        ("light..light", LIGHT, "WaterLevel.LIGHT"),
        (None, None, "None"),
    ],
)
def test_water_is_read_and_written(given: object, amount: object, text: str) -> None:
    found = AugmentOptions(water=given).water  # type: ignore[arg-type]  # as it may be given
    assert (found, str(found)) == (amount, text)


@pytest.mark.parametrize("text", ["strong", "", "0.5..", "..", "0.5..1..2", "0.5,", ",", "0.5;1", "1e400..", "1,x"])
def test_what_is_no_strength_is_one_line_that_says_what_is(text: str) -> None:
    with pytest.raises(InputError) as caught:
        AugmentOptions(strength=text)  # type: ignore[arg-type]  # as it may be given
    wanted = "should be a number, a range such as 0.6..1.2, or several such as 0.5,1"
    assert caught.value.message == f"`strength` {text!r}: {wanted}"


@pytest.mark.parametrize("value", [None, True, [], [1], [0.1, 0.2, 0.3], {"low": 1}, b"1", ["a", "b"]])
def test_no_other_kind_is_a_strength(value: Any) -> None:  # noqa: ANN401 (of any kind)
    with pytest.raises(InputError, match=r"^`strength`"):
        AugmentOptions(strength=value)


@pytest.mark.parametrize(
    ("setting", "text", "message"),
    [
        ("strength", "1.2..0.6", "`strength` '1.2..0.6': should go from the least to the most"),
        ("water", "heavy..light", "`water` 'heavy..light': should go from the least to the most"),
        ("strength", "0.5..nan", "`strength` '0.5..nan': should be a finite number"),
        ("strength", "nan,1", "`strength` 'nan,1': should be a finite number"),
        ("strength", "0.5..1.6", "`strength`: out of range"),
        ("strength", "0.5,1,-1", "`strength`: out of range"),
        ("water", "light..wet", "`water` 'light..wet': should be 'none', 'light', 'moderate' or 'heavy', a range"),
    ],
)
def test_ranges_that_cannot_be_used_are_refused(setting: str, text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        AugmentOptions(**{setting: text})  # type: ignore[arg-type]  # as it may be given
    assert caught.value.message.startswith(message)


def test_amounts_are_recorded_as_plain_values_and_read_back() -> None:
    told: Any = {"strength": "0.6..1.2", "water": "light,heavy"}
    options = AugmentOptions(**told)
    record = json.loads(json.dumps(options.settings()))
    assert {name: record[name] for name in told} == told
    assert AugmentOptions.from_settings(record) == options
    plain = AugmentOptions(strength=0.5, water=HEAVY).settings()
    assert (plain["strength"], plain["water"]) == (0.5, "heavy")


def test_a_chain_has_them_too() -> None:
    section = AugmentSection.model_validate({"strength": "0.6..1.2", "water": "light..heavy"})
    written = json.loads(section.model_dump_json())
    assert (written["strength"], written["water"]) == ("0.6..1.2", "light..heavy")
    assert AugmentSection.model_validate(written) == section


# What is drawn


def test_a_plain_amount_is_that_of_all() -> None:
    assert {strength_of(0.8, lot) for lot in lots()} == {0.8}
    assert {level_of(HEAVY, lot) for lot in lots()} == {HEAVY}


def test_what_is_drawn_is_the_same_on_every_machine_and_day() -> None:
    strength, water = Spread((0.6, 1.2), in_turn=False), Spread((LIGHT, HEAVY), in_turn=False)
    found = [(strength_of(strength, lot), level_of(water, lot).value) for lot in lots(2)[:4]]
    assert found == [(0.8371, "moderate"), (1.0434, "heavy"), (0.8968, "light"), (0.6445, "heavy")]


def test_strengths_are_drawn_evenly_from_the_whole_range() -> None:
    found = [strength_of(Spread((0.6, 1.2), in_turn=False), lot) for lot in lots(3)]
    assert all(0.6 <= one <= 1.2 for one in found)
    fourths = Counter(min(3, int((one - 0.6) / 0.15)) for one in found)
    assert all(240 < fourths[fourth] < 360 for fourth in range(4))
    assert all(one == round(one, 4) for one in found)


def test_a_narrow_range_is_not_left_by_rounding() -> None:
    found = {strength_of(Spread((0.60001, 0.60002), in_turn=False), lot) for lot in lots()}
    assert all(0.60001 <= one <= 0.60002 for one in found)


def test_every_level_of_a_range_comes_about_as_often() -> None:
    water = Spread((NONE, HEAVY), in_turn=False)
    assert list(levels_in(water)) == [NONE, LIGHT, MODERATE, HEAVY]
    found = Counter(level_of(water, lot) for lot in lots(3))
    assert all(240 < found[level] < 360 for level in WaterLevel)


def test_of_several_the_copies_take_each_in_turn() -> None:
    values = (0.5, 0.75, 1.0)
    for name in NAMES[:50]:
        found = [strength_of(Spread(values, in_turn=True), Lot(0, name, copy)) for copy in range(1, 7)]
        assert set(found[:3]) == set(values)
        assert found[3:] == found[:3]
        places = [values.index(one) for one in found]
        assert all((after - before) % 3 == 1 for before, after in itertools.pairwise(places))


def test_with_fewer_copies_than_values_pictures_begin_at_different_ones() -> None:
    found = Counter(strength_of(Spread((0.5, 1.0), in_turn=True), lot) for lot in lots())
    assert 150 < found[0.5] < 250
    assert found.total() == 400


def test_strength_and_water_fall_independently() -> None:
    strength, water = Spread((0.5, 1.0), in_turn=True), Spread((LIGHT, HEAVY), in_turn=True)
    found = Counter((strength_of(strength, lot), level_of(water, lot)) for lot in lots())
    assert len(found) == 4
    assert min(found.values()) > 60


def test_another_seed_draws_others() -> None:
    amount = Spread((0.0, 1.5), in_turn=False)
    one, other = ([strength_of(amount, lot) for lot in lots(seed=seed)] for seed in (0, 1))
    assert sum(first == second for first, second in zip(one, other, strict=True)) < 5


def test_values_are_those_that_were_given() -> None:
    assert values_of(0.5) == (0.5,)
    water: WaterLevel | Spread[WaterLevel] = Spread((LIGHT, HEAVY), in_turn=True)
    assert values_of(water) == (LIGHT, HEAVY)
