"""What a preview can be told: lists as they are typed and as Python has them, and what is refused."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.effects.water_options import WaterLevel
from pipeline.preview.options import PreviewOptions
from tpsence.errors import InputError


def told(**settings: Any) -> PreviewOptions:  # noqa: ANN401 (checked by the schema)
    return PreviewOptions(source=Path("a.jpg"), **settings)


@pytest.mark.parametrize("given", ["0.5, 1,1.5,1", (0.5, 1, 1.5), [0.5, 1.0, 1.5], ["0.5", "1,1.5"]])
def test_strengths_are_read_from_a_text_or_taken_as_numbers(given: object) -> None:
    assert told(strengths=given).strengths == (0.5, 1.0, 1.5)


def test_a_single_value_is_a_list_of_one() -> None:
    options = told(strengths=0.5, water=WaterLevel.HEAVY, weights=Path("runs/mine"))
    assert (options.strengths, options.water, options.weights) == ((0.5,), (WaterLevel.HEAVY,), ("runs/mine",))


@pytest.mark.parametrize("given", ["none,heavy", ("none", "heavy"), [WaterLevel.NONE, WaterLevel.HEAVY]])
def test_levels_are_read_from_a_text_or_taken(given: object) -> None:
    assert told(water=given).water == (WaterLevel.NONE, WaterLevel.HEAVY)


def test_weights_are_split_at_commas_but_not_where_a_path_has_one(tmp_path: Path) -> None:
    odd = tmp_path / "a,b.pth"
    odd.touch()
    assert told(weights=f"rain,{tmp_path}").weights == ("rain", str(tmp_path))
    assert told(weights=["rain", str(odd)]).weights == ("rain", str(odd))
    assert told(weights=str(odd)).weights == (str(odd),)


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"strengths": "0.5,x"}, "`strengths` 'x': not a number"),
        ({"strengths": "0.5,,1"}, "`strengths` '': not a number"),
        ({"strengths": "nan"}, "`strengths` 'nan': not a number"),
        ({"strengths": "0.5,2"}, "`strengths`: out of range"),
        ({"strengths": (-1,)}, "`strengths`: out of range"),
        ({"strengths": {}}, "`strengths` {}: should be a valid tuple"),
        ({"water": "light,wet"}, "`water` 'wet': not a level"),
        ({"weights": "rain,"}, "`weights`: an empty name"),
        ({"number": 0}, "`number`: out of range"),
        ({"number": 51}, "`number`: out of range"),
        ({"width": 3}, "`width`: out of range"),
        ({"max_pixels": 0}, "`max_pixels`: out of range"),
        ({"number": 50, "water": "none,light,moderate,heavy"}, "with 5 pictures each, the original too: over 200"),
        ({"water_only": True, "strengths": "0.5"}, "`strengths` is the generator's"),
        ({"water_only": True, "weights": "rain"}, "`weights` is the generator's"),
        ({"water_only": True, "width": 640}, "`width` is the generator's"),
        ({"water_only": True, "water": "none,light"}, "`water_only` with `water` none"),
    ],
)
def test_what_makes_no_sense_is_refused(settings: dict[str, Any], message: str) -> None:
    with pytest.raises(InputError) as caught:
        told(**settings)
    assert message in caught.value.message
    assert caught.value.hint


def test_the_hint_says_how_many_pictures_would_do() -> None:
    with pytest.raises(InputError) as caught:
        told(number=50, water="none,light,moderate,heavy")
    assert caught.value.hint == "Give `number` 40 or less."
    assert told(number=40, water="none,light,moderate,heavy").number == 40
