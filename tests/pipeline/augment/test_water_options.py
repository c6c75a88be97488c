"""Which water a run has: what can be told, what is refused, and what ``run.json`` and the command line say of it."""

import json
from pathlib import Path
from typing import Any, get_args

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.augment.water_choice import PairsTarget, resolved, target_of
from pipeline.effects.water_options import RAIN_RATES, WaterAmounts, WaterLevel, parse_amounts
from pipeline.engine.command_line import command_line
from pipeline.engine.schema import help_of
from tpsence.conventions import WaterWord
from tpsence.errors import InputError


def test_the_levels_are_those_that_weights_can_ask_for() -> None:
    assert [level.value for level in WaterLevel] == list(get_args(WaterWord))


def test_the_help_states_the_rain_rates() -> None:
    text = help_of(AugmentOptions.model_fields["water"])
    rates = {level: f"{rate:g}" for level, rate in RAIN_RATES.items() if rate}
    for level, rate in rates.items():
        assert level.value in text
        assert rate in text


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"water": "wet"}, "`water` 'wet': should be 'none', 'light', 'moderate' or 'heavy'"),
        ({"water_only": True, "water": "none"}, "`water_only` with `water` none would change nothing"),
        ({"water_only": True, "weights": "mine.pth"}, "`weights` is the generator's, and `water_only` goes without"),
        ({"water_only": True, "strength": 0.5}, "`strength` is the generator's"),
        ({"water_only": True, "detail": "model"}, "`detail` is the generator's"),
        ({"water_only": True, "detail": "light"}, "`detail` is the generator's"),
        ({"water_only": True, "width": 640}, "`width` is the generator's"),
        ({"water_amounts": {"fog": 1}}, "`set` water.fog: no such setting"),
        ({"water_amounts": {"haze": 2.1}}, "`set` water.haze=2.1: out of range"),
        ({"water_amounts": {"haze": float("nan")}}, "`set` water.haze=nan: out of range"),
        ({"water_amounts": {"haze": "much"}}, "`water_amounts.haze` 'much': "),
        ({"horizon": 0}, "`horizon`: out of range"),
        ({"horizon": 1}, "`horizon`: out of range"),
        ({"horizon": float("nan")}, "`horizon`: out of range"),
        ({"drops": -0.1}, "`drops`: out of range"),
        ({"drops": "101%"}, "`drops`: out of range"),
        ({"drops": "many"}, "`drops` 'many': "),
        ({"pairs_target": "clean"}, "`pairs_target` goes with `pairs`"),
        ({"pairs": True, "pairs_target": "clean", "water": "none"}, "`pairs_target` clean: without water"),
    ],
)
def test_what_cannot_be_used_is_one_line_with_a_remedy(values: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        AugmentOptions(**values)
    assert caught.value.message.startswith(message)
    assert caught.value.message.isprintable()
    assert caught.value.hint


@pytest.mark.parametrize(("name", "value"), [("horizon", 0.01), ("horizon", 0.99), ("drops", 0.0), ("drops", 1.0)])
def test_options_at_the_edge_of_their_range_are_taken(name: str, value: float) -> None:
    assert getattr(AugmentOptions.model_validate({name: value}), name) == value


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("water.haze", "`set` water.haze: not of the form KEY=VALUE"),
        ("haze=1", "`set` haze=1: no such setting"),
        ("water.fog=1", "`set` water.fog=1: no such setting"),
        ("water.haze=much", "`set` water.haze=much: not a number"),
        ("water.haze=", "`set` water.haze=: not a number"),
        ("water.haze=-1", "`set` water.haze=-1.0: out of range"),
        ("water.haze=inf", "`set` water.haze=inf: out of range"),
        ("\n" * 100, "`set` "),
    ],
)
def test_amounts_that_cannot_be_read_are_refused_with_the_known_keys(text: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        parse_amounts([text])
    assert caught.value.message.startswith(message)
    assert caught.value.message.isprintable()
    for name in WaterAmounts.model_fields:
        assert f"water.{name}" in str(caught.value.hint)


def test_amounts_are_read_and_the_last_of_one_effect_counts() -> None:
    assert parse_amounts(["water.haze=0.5", "water.drops = 2", "water.haze=1"]) == {"haze": 1.0, "drops": 2.0}
    assert AugmentOptions(water_amounts={"haze": 0.5}).amounts() == WaterAmounts(haze=0.5)


@pytest.mark.parametrize(
    ("told", "said", "level"),
    [
        ({}, None, "none"),
        ({}, "none", "none"),
        ({}, "light", "light"),
        ({"water": "heavy"}, "light", "heavy"),
        ({"water": "none"}, "light", "none"),
        ({"water_only": True}, None, "moderate"),
        ({"water_only": True, "water": "light"}, None, "light"),
    ],
)
def test_what_is_told_counts_before_what_the_weights_say(told: dict[str, Any], said: str | None, level: str) -> None:
    assert resolved(AugmentOptions(**told), [said]).water is WaterLevel(level)


@pytest.mark.parametrize(
    ("told", "said", "target"),
    [
        ({}, "heavy", None),
        ({"pairs": True}, None, PairsTarget.ORIGINAL),
        ({"pairs": True}, "heavy", PairsTarget.CLEAN),
        ({"pairs": True, "water": "none"}, "heavy", PairsTarget.ORIGINAL),
        ({"pairs": True, "pairs_target": "original"}, "heavy", PairsTarget.ORIGINAL),
        ({"pairs": True, "pairs_target": "clean"}, "heavy", PairsTarget.CLEAN),
        ({"pairs": True, "water_only": True}, None, PairsTarget.CLEAN),
    ],
)
def test_the_target_of_pairs_is_clean_where_there_is_water(
    told: dict[str, Any], said: str | None, target: PairsTarget | None
) -> None:
    options = resolved(AugmentOptions(**told), [said])
    assert options.pairs_target is target
    assert options.has_clean_targets is (target is PairsTarget.CLEAN)


def test_a_clean_target_is_refused_when_the_weights_turn_out_to_ask_for_no_water() -> None:
    with pytest.raises(InputError, match="`pairs_target` clean: without water") as caught:
        resolved(AugmentOptions(pairs=True, pairs_target=PairsTarget.CLEAN), [None])
    assert "`water` light, moderate or heavy" in str(caught.value.hint)
    assert target_of((), PairsTarget.CLEAN) is PairsTarget.CLEAN


@pytest.mark.parametrize(
    ("told", "name"),
    [
        ({"maps": Path("maps")}, "maps"),
        ({"water_amounts": {"haze": 0.5}}, "set"),
        ({"horizon": 0.4}, "horizon"),
        ({"drops": "5%"}, "drops"),
    ],
)
def test_what_goes_with_water_is_refused_where_there_is_none(told: dict[str, Any], name: str) -> None:
    resolved(AugmentOptions(**told), ["light"])
    with pytest.raises(InputError, match=f"`{name}` goes with water, and these weights ask for none") as caught:
        resolved(AugmentOptions(**told), [None])
    assert f"leave `{name}` out" in str(caught.value.hint)
    assert resolved(AugmentOptions(**told, water=WaterLevel.NONE), ["heavy"]).water is WaterLevel.NONE


def test_an_amount_of_one_is_as_good_as_none() -> None:
    assert resolved(AugmentOptions(water_amounts={"haze": 1}), [None]).water is WaterLevel.NONE


def test_the_record_gives_the_same_options_back() -> None:
    told = AugmentOptions(
        water=WaterLevel.HEAVY,
        maps=Path("maps"),
        water_amounts={"drops": 0.5, "haze": 1},
        horizon=0.4,
        drops=0.05,
        pairs=True,
    )
    options = resolved(told, [None])
    record = json.loads(json.dumps(options.settings()))
    assert (record["water"], record["pairs_target"], record["maps"]) == ("heavy", "clean", "maps")
    assert record["water_amounts"] == {"drops": 0.5}
    again = AugmentOptions.from_settings(record)
    assert again.settings() == options.settings()
    assert again.maps == Path("maps")


def test_a_record_from_before_there_was_water_has_none() -> None:
    record = AugmentOptions(pairs=True).settings()
    for name in ("maps", "water", "water_only", "water_amounts", "horizon", "drops", "pairs_target"):
        del record[name]
    again = AugmentOptions.from_settings(record)
    assert again.water is WaterLevel.NONE
    assert not again.has_clean_targets


def test_the_command_line_says_it_again() -> None:
    options = AugmentOptions(
        water=WaterLevel.LIGHT, water_amounts={"haze": 0.5, "wet_ground": 2}, drops=0.05, horizon=0.4
    )
    assert command_line("tpsence augment", options).words[2:] == [
        *("--water", "light", "--set", "water.haze=0.5", "--set", "water.wet_ground=2.0"),
        *("--horizon", "0.4", "--drops", "0.05"),
    ]
