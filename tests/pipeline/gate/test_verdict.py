"""From measures to what is lost: by class, by threshold, and how much may be."""

import pytest

from pipeline.augment.limit import flagged_share, is_over, parse_share
from pipeline.gate.colour_classes import DEFAULT, means_colour, words_of
from pipeline.gate.measures import BoxMeasure, Loss
from pipeline.gate.verdict import LOST_BELOW, kept_of, losses_of

WORDS = words_of(DEFAULT)


@pytest.mark.parametrize(
    ("category", "counts"),
    [
        ("traffic light", True),
        ("traffic_light", True),
        ("Traffic Lights", True),
        ("TrafficSign", True),
        ("object--traffic-sign--front", True),
        ("stop sign", True),
        ("signal", True),
        ("car", False),
        ("designer", False),
        ("light vehicle", False),
        ("", False),
    ],
)
def test_the_classes_whose_colour_is_their_meaning(category: str, counts: bool) -> None:
    assert means_colour(category, WORDS) is counts


@pytest.mark.parametrize(
    ("text", "words"),
    [("none", ()), ("None", ()), ("", ()), ("red_lamp, Buoy", ("red lamp", "buoy")), (" a ,, b", ("a", "b"))],
)
def test_names_as_a_user_writes_them(text: str, words: tuple[str, ...]) -> None:
    assert words_of(text) == words


def test_without_classes_no_colour_counts() -> None:
    assert losses_of(BoxMeasure(1, 1, 0), "traffic light", words_of("none")) == ()


@pytest.mark.parametrize(
    ("measure", "category", "losses", "kept"),
    [
        (None, "car", (), None),
        (BoxMeasure(1, 1, 0), "car", (), 1),
        (BoxMeasure(1, 1, 0), "traffic light", (Loss.COLOUR,), 0),
        (BoxMeasure(1, 0.9, None), "traffic light", (), 0.9),
        (BoxMeasure(LOST_BELOW, 1, 1), "car", (), LOST_BELOW),
        (BoxMeasure(0.1, 0.2, 0.3), "traffic light", (Loss.STRUCTURE, Loss.CONTRAST, Loss.COLOUR), 0.1),
        (BoxMeasure(0.9, 0.2, 0.3), "car", (Loss.CONTRAST,), 0.2),
        (BoxMeasure(None, None, 0.2), "car", (), None),
        (BoxMeasure(None, None, 0.2), "traffic light", (Loss.COLOUR,), 0.2),
    ],
)
def test_what_is_lost_and_what_is_left(
    measure: BoxMeasure | None, category: str, losses: tuple[Loss, ...], kept: float | None
) -> None:
    assert losses_of(measure, category, WORDS) == losses
    assert kept_of(measure, category, WORDS) == kept
    assert bool(losses) == (kept is not None and kept < LOST_BELOW)


@pytest.mark.parametrize(
    ("text", "share"), [("5%", 0.05), (" 12.5 % ", 0.125), ("0.05", "0.05"), (0.3, 0.3), ("x%", "x%")]
)
def test_shares_as_a_user_writes_them(text: object, share: object) -> None:
    assert parse_share(text) == share


@pytest.mark.parametrize(
    ("gate", "faults", "share"),
    [
        (None, None, 0.0),
        ({"judged": 8, "flagged": 2}, {"measured": 4, "at_fault": 4}, 0.25),
        ({"judged": 0, "flagged": 0}, {"measured": 4, "at_fault": 1}, 0.25),
        (None, {"measured": 0, "at_fault": 0}, 0.0),
        (None, {"measured": 2, "at_fault": 2}, 1.0),
    ],
)
def test_the_share_that_is_flagged(gate: object, faults: object, share: float) -> None:
    summary = {"gate": gate, "faults": faults}
    assert flagged_share(summary) == share
    assert not is_over(summary, None)
    assert not is_over(summary, share)
    assert is_over(summary, share - 0.01)
