"""Which classes are ground and sky, by their names."""

import numpy as np
import pytest

from pipeline.classes.schemes import find_scheme
from pipeline.effects.scene import Region, lies_on_ground, region_table

CITYSCAPES = (
    *("road", "sidewalk", "building", "wall", "fence", "pole", "traffic light", "traffic sign", "vegetation"),
    *("terrain", "sky", "person", "rider", "car", "truck", "bus", "train", "motorcycle", "bicycle"),
)
ADE20K = (
    *("wall", "building", "sky", "floor", "tree", "ceiling", "road", "bed", "windowpane", "grass", "cabinet"),
    *("sidewalk", "person", "earth", "door", "table", "mountain", "plant", "car", "water", "house", "sea", "field"),
    *("fence", "rock", "sand", "path", "stairs", "runway", "river", "bridge", "skyscraper", "grandstand", "hill"),
    *("bus", "streetlight", "land", "dirt track", "pole", "awning", "signboard", "van", "traffic light", "crt screen"),
)
"""Those of its 150 classes that have to do with streets, or whose names might be taken for them."""
MAPILLARY = (
    *("nature--sky", "construction--flat--road", "construction--flat--sidewalk", "construction--flat--bike-lane"),
    *("construction--flat--service-lane", "construction--flat--parking", "construction--barrier--curb"),
    *("object--manhole", "object--street-light", "object--traffic-light", "object--traffic-sign--front"),
    *("object--parking-meter", "object--vehicle--car", "construction--structure--building", "nature--vegetation"),
    *("object--support--traffic-sign-frame", "nature--terrain", "construction--barrier--road-median"),
)


def names_of(classes: tuple[str, ...], region: Region) -> set[str]:
    """The classes that are a region."""
    table = region_table(classes)
    return {name for index, name in enumerate(classes) if table[index] == region}


@pytest.mark.parametrize(
    ("classes", "ground"),
    [
        (CITYSCAPES, {"road", "sidewalk"}),
        (ADE20K, {"road", "sidewalk", "path", "runway"}),
        (
            MAPILLARY,
            {
                *("construction--flat--road", "construction--flat--sidewalk", "construction--flat--bike-lane"),
                *("construction--flat--service-lane", "construction--flat--parking", "construction--barrier--curb"),
                "object--manhole",
            },
        ),
    ],
)
def test_ground_and_sky_of_known_classes(classes: tuple[str, ...], ground: set[str]) -> None:
    assert names_of(classes, Region.GROUND) == ground
    assert len(names_of(classes, Region.SKY)) == 1
    assert names_of(classes, Region.SKY) <= {"sky", "nature--sky"}


def test_ground_and_sky_of_camvid() -> None:
    classes = find_scheme("camvid").classes
    assert names_of(classes, Region.GROUND) == {"road", "pavement"}
    assert names_of(classes, Region.SKY) == {"sky"}


def test_blanks_and_case_do_not_matter() -> None:
    table = region_table(["Sky ", " ROAD", "Lane_Marking", "car"])
    assert table[:4].tolist() == [Region.SKY, Region.GROUND, Region.GROUND, Region.MOVING]


@pytest.mark.parametrize(
    ("name", "region"),
    [
        *((name, Region.TREE) for name in ("tree", "Vegetation", "nature--vegetation", "palm, palm tree")),
        *((name, Region.MOVING) for name in ("car", "bus", "human--person", "truck", "car, auto, automobile, machine")),
        *((name, Region.MOVING) for name in ("object--vehicle--trailer", "rider", "bicyclist", "train")),
        *((name, Region.OTHER) for name in ("building", "pole", "traffic sign", "carpet", "street light", "fence")),
    ],
)
def test_trees_and_what_moves_are_told_by_their_names(name: str, region: Region) -> None:
    assert region_table([name])[0] == region


def test_what_is_no_class_is_nothing_known() -> None:
    table = region_table(["road", "sky"])
    assert table.shape == (256,)
    assert table.dtype == np.uint8
    assert (table[2:] == Region.OTHER).all()
    assert (region_table([]) == Region.OTHER).all()
    assert region_table(["car"] * 255 + ["road"] * 300)[255] == Region.GROUND


@pytest.mark.parametrize(
    "name",
    [
        *("lane", "Lane", "bike lane", "drivable area", "area/drivable", "drivable-fallback", "crosswalk"),
        *(
            "lane/crosswalk",
            "lane/road curb",
            "lane marking",
            "road marking",
            "sidewalk",
            "puddle",
            "manhole",
            "parking",
            "parking lot",
            "pedestrian crossing",
            "Curb Cut",
            "Lane Marking - General",
            "marking--general",
            "construction--flat--crosswalk-plain",
            "lane/single white",
        ),
    ],
)
def test_parts_of_the_ground(name: str) -> None:
    assert lies_on_ground(name)


@pytest.mark.parametrize(
    "name",
    [
        *("parking meter", "road sign", "traffic light", "street light", "streetlight", "street sign", "car", "person"),
        *(
            "road roller",
            "street vendor",
            "lane divider post",
            "crossroad sign",
            "sky",
            "",
            " ",
            "--",
            "42",
            "groundhog",
            "flat screen tv",
            "non-drivable fallback",
            "not drivable",
            "</b>car",
            "1/2 car",
            "/car/van",
        ),
    ],
)
def test_what_stands_on_the_ground_is_no_part_of_it(name: str) -> None:
    assert not lies_on_ground(name)
