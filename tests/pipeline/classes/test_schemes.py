"""Class schemes: names and colours as published, and tables that agree with a list written independently."""

import subprocess
import sys
from collections import Counter
from dataclasses import replace

import numpy as np
import pytest

from pipeline.classes.scheme_tables import ADE20K_TO_CITYSCAPES, SCHEME_NAMES, TABLES
from pipeline.classes.schemes import Scheme, conversion, find_scheme, scheme_of
from tpsence.errors import InputError

CITYSCAPES = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation"),
    *("terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"),
)
CAMVID = (*("sky", "building", "pole", "road", "pavement", "tree", "sign", "fence", "car", "pedestrian", "bicyclist"),)


@pytest.fixture(params=SCHEME_NAMES)
def scheme(request: pytest.FixtureRequest) -> Scheme:
    return find_scheme(request.param)


# The schemes


def test_the_names_of_the_schemes() -> None:
    assert SCHEME_NAMES == ("cityscapes", "camvid", "ade20k")
    assert [find_scheme(name).title for name in SCHEME_NAMES] == ["Cityscapes", "CamVid", "ADE20K"]
    assert [len(find_scheme(name).classes) for name in SCHEME_NAMES] == [19, 11, 150]


def test_a_scheme_has_a_name_and_a_colour_for_each_class(scheme: Scheme) -> None:
    assert find_scheme(scheme.name) == scheme
    assert len(scheme.palette) == len(scheme.classes) == len(set(scheme.classes))
    assert all(text == text.strip().casefold() != "" for text in scheme.classes)
    assert all(type(value) is int and 0 <= value <= 255 for colour in scheme.palette for value in colour)
    assert {len(colour) for colour in scheme.palette} == {3}


def test_the_classes_of_street_scenes() -> None:
    assert find_scheme("cityscapes").classes == CITYSCAPES
    assert find_scheme("camvid").classes == CAMVID


def test_colours_of_classes() -> None:
    city, camvid, ade = map(find_scheme, SCHEME_NAMES)
    assert city.palette[CITYSCAPES.index("car")] == (0, 0, 142)
    assert city.palette[CITYSCAPES.index("bicycle")] == (119, 11, 32)
    assert camvid.palette[CAMVID.index("pavement")] == (60, 40, 222)
    assert camvid.palette[CAMVID.index("bicyclist")] == (0, 128, 192)
    assert ade.palette[ade.classes.index("road")] == (140, 140, 140)
    assert ade.classes[7] == "bed"  # mmsegmentation has a blank behind it


def test_an_unknown_scheme_is_refused() -> None:
    with pytest.raises(InputError) as caught:
        find_scheme("coco")
    assert caught.value.message == "class scheme 'coco' is not known"
    assert caught.value.hint == "The known ones: cityscapes, camvid, ade20k."


def test_mmsegmentation_is_loaded_late_and_quietly() -> None:
    script = (
        "import sys, pipeline.classes.schemes\n"
        "assert pipeline.classes.schemes.find_scheme('camvid').classes[10] == 'bicyclist'\n"
        "assert not {'mmseg', 'mmcv', 'mmengine'} & sys.modules.keys()\n"
        "pipeline.classes.schemes.find_scheme('cityscapes')\n"
        "assert 'mmcv.ops' not in sys.modules\n"
    )
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


# Recognising a scheme


def test_a_scheme_is_recognised_by_its_classes(scheme: Scheme) -> None:
    assert scheme_of(list(scheme.classes)) is scheme
    assert scheme_of([f" {text.upper()} " for text in scheme.classes]) is scheme


def test_other_classes_are_no_known_scheme(scheme: Scheme) -> None:
    assert scheme_of(scheme.classes[:-1]) is None
    assert scheme_of([*scheme.classes, "void"]) is None
    assert scheme_of(scheme.classes[::-1]) is None
    assert scheme_of([]) is None


# Conversion


def test_a_scheme_becomes_itself(scheme: Scheme) -> None:
    lookup = conversion(scheme, replace(scheme))
    count = len(scheme.classes)
    assert lookup.dtype == np.uint8
    assert lookup.tolist() == [*range(count), *[255] * (256 - count)]


def test_camvid_becomes_cityscapes() -> None:
    wanted = ["sky", "building", "pole", "road", "sidewalk", "vegetation", "traffic sign", "fence", "car"]
    wanted += ["person", "rider"]
    lookup = conversion(find_scheme("camvid"), find_scheme("cityscapes"))
    assert [CITYSCAPES[number] for number in lookup[:11]] == wanted
    assert set(lookup[11:].tolist()) == {255}


ADE_IN_STREETS = {
    **dict.fromkeys([0], "wall"),
    **dict.fromkeys([1, 8, 14, 25, 42, 48, 51, 79, 84, 86, 88, 106], "building"),
    **dict.fromkeys([2], "sky"),
    **dict.fromkeys([4, 17, 66, 72], "vegetation"),
    **dict.fromkeys([6], "road"),
    **dict.fromkeys([9, 13, 16, 29, 34, 46, 68, 91, 94], "terrain"),
    **dict.fromkeys([11, 52], "sidewalk"),
    **dict.fromkeys([12], "person"),
    **dict.fromkeys([20, 102], "car"),
    **dict.fromkeys([32, 38, 95], "fence"),
    **dict.fromkeys([43], "traffic sign"),
    **dict.fromkeys([80], "bus"),
    **dict.fromkeys([83], "truck"),
    **dict.fromkeys([87, 93], "pole"),
    **dict.fromkeys([116], "motorcycle"),
    **dict.fromkeys([127], "bicycle"),
    **dict.fromkeys([136], "traffic light"),
}
"""By the numbers of the published list of ADE20K's 150 classes, counted from 0."""


def test_ade20k_becomes_cityscapes() -> None:
    lookup = conversion(find_scheme("ade20k"), find_scheme("cityscapes"))
    found = {number: CITYSCAPES[value] for number, value in enumerate(lookup.tolist()) if value != 255}
    assert found == ADE_IN_STREETS


def test_every_class_of_cityscapes_that_ade20k_has_is_reached() -> None:
    assert set(CITYSCAPES) - ADE20K_TO_CITYSCAPES.keys() == {"rider", "train"}
    assert all(ADE20K_TO_CITYSCAPES.values())


@pytest.mark.parametrize("pair", TABLES)
def test_every_name_in_a_table_exists_and_none_stands_twice(pair: tuple[str, str]) -> None:
    source, target = map(find_scheme, pair)
    assert TABLES[pair].keys() <= set(target.classes)
    counts = Counter(name for names in TABLES[pair].values() for name in names)
    assert counts.keys() <= set(source.classes)
    assert set(counts.values()) == {1}


@pytest.mark.parametrize(
    ("source", "target"), [("cityscapes", "ade20k"), ("cityscapes", "camvid"), ("camvid", "ade20k")]
)
def test_without_a_table_there_is_no_conversion(source: str, target: str) -> None:
    titles = {"cityscapes": "Cityscapes", "camvid": "CamVid", "ade20k": "ADE20K"}
    with pytest.raises(InputError) as caught:
        conversion(find_scheme(source), find_scheme(target))
    assert caught.value.message == f"no table from the classes of {titles[source]} to those of {titles[target]}"
    assert caught.value.hint == "There is: CamVid to Cityscapes, ADE20K to Cityscapes."


def test_a_table_is_the_callers_own() -> None:
    city = find_scheme("cityscapes")
    conversion(city, city)[:] = 7
    assert conversion(city, city)[3] == 3
