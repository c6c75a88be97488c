"""Classes of a data set among those of a detector."""

from collections.abc import Sequence

import pytest

from pipeline.evaluate.detector.classes import match_classes
from pipeline.evaluate.detector.coco_names import COCO_NAMES
from tpsence.errors import InputError

DETECTOR = ("person", "bicycle", "car", "motorcycle", "bus", "traffic light", "Stop_Sign")


def test_names_are_the_same_but_for_case_and_what_joins_words() -> None:
    found = match_classes(["Car", "traffic_light", "Traffic-Light", "trafficlight", "stop sign", "rider"], DETECTOR)
    expected = {"Car": 2, "traffic_light": 5, "Traffic-Light": 5, "trafficlight": 5, "stop sign": 6}
    assert found.places == expected
    assert found.unmatched == ("rider",)


def test_the_user_s_word_goes_before_the_name() -> None:
    found = match_classes(["car", "rider", "person"], DETECTOR, ["car=bus", " rider = PERSON "])
    assert found.places == {"car": 4, "rider": 0, "person": 0}
    assert found.unmatched == ()


def test_an_exact_name_goes_before_a_like_one() -> None:
    names = ("Car", "car", "CAR")
    assert match_classes(["car", "CAR", "cAr"], names).places == {"car": 1, "CAR": 2, "cAr": 0}
    assert match_classes(["car"], names, ["car=CAR"]).places == {"car": 2}


def test_the_classes_of_bdd100k_among_cocos() -> None:
    names = ["bike", "bus", "car", "motor", "person", "rider", "traffic light", "traffic sign", "train", "truck"]
    found = match_classes(names * 3, COCO_NAMES, ["bike=bicycle", "motor=motorcycle", "rider=person"])
    assert found.unmatched == ("traffic sign",)
    assert found.places["traffic light"] == 9
    assert found.places["rider"] == found.places["person"] == 0


@pytest.mark.parametrize(
    ("entries", "message", "hint"),
    [
        (["car"], "`map`: 'car' is no pair of classes", "car=vehicle"),
        (["=car"], "is no pair", "car=vehicle"),
        (["car="], "is no pair", "car=vehicle"),
        (["car=car=car"], "the detector knows no class 'car=car'", "Close to it: car"),
        (["car=bicicle"], "`map`: the detector knows no class 'bicicle'", "Close to it: bicycle"),
        (["car=zzz"], "`map`: the detector knows no class 'zzz'", "There are: person, bicycle"),
        (["cars=car"], "`map`: the labels have no class 'cars'", "Close to it: car."),
        (["car=bus", "car=car"], "`map`: 'car' is given twice", "once"),
        (["car=bus", "CAR=car"], "`map`: 'car' is given twice", "once"),
    ],
)
def test_what_the_user_says_wrongly_is_refused(entries: Sequence[str], message: str, hint: str) -> None:
    with pytest.raises(InputError) as refused:
        match_classes(["car", "person"], DETECTOR, entries)
    assert message in refused.value.message
    assert hint in (refused.value.hint or "")


@pytest.mark.parametrize(("names", "said"), [(["tram", "sheep"], "tram, sheep"), ([], "there are none")])
def test_where_nothing_matches_it_is_refused(names: Sequence[str], said: str) -> None:
    with pytest.raises(InputError, match=f"knows none of the classes of the labels: {said}") as refused:
        match_classes(names, COCO_NAMES[:15])
    hint = refused.value.hint or ""
    assert "Give `map`" in hint
    assert hint.endswith(
        "person, bicycle, car, motorcycle, airplane, bus, train, truck, boat, traffic light, "
        "fire hydrant, stop sign and 3 more."
        if names
        else "more."
    )
