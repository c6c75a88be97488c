"""What is drawn for a sample, what the settings may be, and the translators of a process."""

import os
import random
from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from numpy.typing import NDArray

from tests.tpsence.integrations.conftest import Told
from tpsence.errors import InputError
from tpsence.integrations.settings import (
    LEVELS,
    Drawn,
    Loading,
    checked_strength,
    checked_water,
    checked_weights,
    draw,
)

LOADING = Loading("rain", "cpu", "auto", None, None)
DRAWN = Drawn(1.0, "heavy", 7)


@pytest.mark.parametrize(
    ("water", "levels"),
    [
        (("light", "heavy"), {"light", "moderate", "heavy"}),
        (("none", "light"), {"none", "light"}),
        (("moderate", "moderate"), {"moderate"}),
        ("heavy", {"heavy"}),
        (None, {None}),
    ],
)
def test_strength_and_level_are_drawn_evenly(water: str | tuple[str, str] | None, levels: set[str | None]) -> None:
    uniform = random.Random(0).random  # noqa: S311
    drawn = [draw((0.6, 1.2), water, uniform) for _ in range(3000)]
    counts = Counter(one.water for one in drawn)
    assert set(counts) == levels
    assert min(counts.values()) > 0.9 * 3000 / len(levels)
    assert sum(one.strength < 0.9 for one in drawn) == pytest.approx(1500, abs=150)
    assert all(0.6 <= one.strength <= 1.2 and 0 <= one.seed < 2**31 for one in drawn)
    assert len({one.seed for one in drawn}) == 3000


def test_the_ends_of_the_range_of_numbers_are_within_the_levels() -> None:
    assert draw((0.0, 1.5), ("none", "heavy"), lambda: 0.0) == Drawn(0.0, "none", 0)
    last = draw((0.0, 1.5), ("none", "heavy"), lambda: 1 - 2**-53)
    assert last.water == "heavy"
    assert last.seed == 2**31 - 1


def test_as_many_numbers_are_drawn_whatever_the_settings_are() -> None:
    for strength, water in (((1.0, 1.0), None), ((0.0, 1.5), ("none", "heavy"))):
        numbers = iter((0.1, 0.2, 0.3, 0.4))
        draw(strength, water, lambda numbers=numbers: next(numbers))  # type: ignore[misc]
        assert list(numbers) == [0.4]


def test_settings_that_can_be() -> None:
    assert checked_strength(1) == (1.0, 1.0)
    assert checked_strength([0.6, 1.2]) == (0.6, 1.2)
    assert [checked_water(level) for level in (*LEVELS, None)] == [*LEVELS, None]
    assert checked_water(["light", "heavy"]) == ("light", "heavy")
    assert checked_weights(None) is None
    assert checked_weights("rain") == "rain"


def test_a_path_object_is_a_path_also_where_it_has_the_name_of_packaged_weights() -> None:
    assert checked_weights(Path("rain")) == os.path.join(os.curdir, "rain")  # noqa: PTH118 (pathlib drops the dot)
    assert checked_weights(Path("runs/a.pth")) == str(Path("runs/a.pth"))


@pytest.mark.parametrize(
    "strength", [-0.1, 1.6, (0.6, 1.6), (1.2, 0.6), (1.0,), (0.1, 0.2, 0.3), "much", None, float("nan"), ("a", "b")]
)
def test_strengths_that_cannot_be(strength: object) -> None:
    with pytest.raises(InputError, match=r"`strength`: .* is no number, nor a range, of 0 to 1\.5"):
        checked_strength(strength)


@pytest.mark.parametrize("water", ["drizzle", ("heavy", "light"), ("light",), ("light", "storm"), 3, ([], {})])
def test_water_that_cannot_be(water: object) -> None:
    with pytest.raises(InputError, match=r"`water`: .* is no level, .*: none, light, moderate, heavy"):
        checked_water(water)


@pytest.mark.parametrize("weights", [3, b"rain"])
def test_weights_that_cannot_be(weights: object) -> None:
    with pytest.raises(InputError, match=r"`weights`: .* is no path"):
        checked_weights(weights)


def test_a_translator_is_loaded_at_the_first_use_and_shared_by_those_of_equal_settings(
    told: Told, pixels: NDArray[np.uint8]
) -> None:
    assert LOADING.rain([], DRAWN, None) == []
    assert told.loads == []
    for width in (None, 64, None, 64):
        Loading("rain", "cpu", "auto", width, None).rain([pixels], DRAWN, None)
    alike = {"weights": "rain", "device": "cpu", "precision": "auto", "detail": None}
    assert told.loads == [{**alike, "width": None}, {**alike, "width": 64}]


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs processes that are forked")
@pytest.mark.filterwarnings("ignore:.*fork:DeprecationWarning")  # Python 3.12 warns wherever there are threads
def test_a_forked_process_loads_its_own(told: Told, pixels: NDArray[np.uint8]) -> None:
    LOADING.rain([pixels], DRAWN, None)
    child = os.fork()
    if not child:
        LOADING.rain([pixels], DRAWN, None)
        os._exit(len(told.loads))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 2
    LOADING.rain([pixels], DRAWN, None)
    assert len(told.loads) == 1


def test_all_pictures_of_a_sample_get_the_same(told: Told, pixels: NDArray[np.uint8]) -> None:
    boxes = np.array([[1.0, 2.0, 3.0, 4.0]])
    rainy = LOADING.rain([pixels, pixels], DRAWN, boxes)
    assert all(np.array_equal(one, 255 - pixels) for one in rainy)
    call = told.calls[0]
    assert (call["strength"], call["water"], call["seed"]) == (1.0, "heavy", [7, 7])
    assert [one is boxes for one in call["boxes"]] == [True, True]
    LOADING.rain([pixels], DRAWN, None)
    assert told.calls[1]["boxes"] is None
