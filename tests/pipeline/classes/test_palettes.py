"""The colours of CamVid's own 32 labels, against the published list, and palettes by scheme."""

import numpy as np
import pytest

from pipeline.classes.label_maps import LabelMap
from pipeline.classes.palettes import Palette, choose_palette, known_palettes, palette_of
from pipeline.classes.scheme_tables import SCHEME_NAMES
from pipeline.classes.schemes import find_scheme

LABEL_COLORS = """
64 128 64 Animal pedestrian
192 0 128 Archway building
0 128 192 Bicyclist bicyclist
0 128 64 Bridge building
128 0 0 Building building
64 0 128 Car car
64 0 192 CartLuggagePram pedestrian
192 128 64 Child pedestrian
192 192 128 Column_Pole pole
64 64 128 Fence fence
128 0 192 LaneMkgsDriv road
192 0 64 LaneMkgsNonDriv road
128 128 64 Misc_Text sign
192 0 192 MotorcycleScooter bicyclist
128 64 64 OtherMoving car
64 192 128 ParkingBlock pavement
64 64 0 Pedestrian pedestrian
128 64 128 Road road
128 128 192 RoadShoulder pavement
0 0 192 Sidewalk pavement
192 128 128 SignSymbol sign
128 128 128 Sky sky
64 128 192 SUVPickupTruck car
0 0 64 TrafficCone pole
0 64 64 TrafficLight sign
192 64 128 Train car
128 128 0 Tree tree
192 128 192 Truck_Bus car
64 0 64 Tunnel building
192 192 0 VegetationMisc tree
0 0 0 Void -
64 192 0 Wall building
"""
"""CamVid's label_colors.txt, and the class that SegNet put each label into."""
ROWS = [line.split() for line in LABEL_COLORS.strip().splitlines()]


def packed(red: str, green: str, blue: str) -> int:
    return (int(red) * 256 + int(green)) * 256 + int(blue)


@pytest.fixture(scope="module")
def camvid() -> Palette:
    return palette_of(find_scheme("camvid"))


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row[3])
def test_each_label_of_camvid(row: list[str], camvid: Palette) -> None:
    classes = find_scheme("camvid").classes
    assert camvid.ids[packed(*row[:3])] == (255 if row[4] == "-" else classes.index(row[4]))


def test_camvid_has_its_32_colours_and_the_pavement_of_segnet(camvid: Palette) -> None:
    assert len(ROWS) == 32
    assert camvid.ids.keys() == {packed(*row[:3]) for row in ROWS} | {packed("60", "40", "222")}


def test_a_map_with_all_labels_of_camvid_is_camvids(camvid: Palette) -> None:
    values = np.array([[packed(*row[:3]) for row in ROWS]], dtype=np.int32)
    label_map = LabelMap(values, in_colour=True)
    assert choose_palette([label_map.colours()]) is camvid
    assert np.unique(label_map.class_ids(camvid)).tolist() == [*range(11), 255]


@pytest.mark.parametrize("name", SCHEME_NAMES)
def test_a_scheme_in_its_own_colours_comes_back(name: str) -> None:
    scheme = find_scheme(name)
    ids = palette_of(scheme).ids
    found = [ids[red * 65536 + green * 256 + blue] for red, green, blue in scheme.palette]
    first = [scheme.palette.index(colour) for colour in scheme.palette]  # ADE20K has one colour twice
    assert found == first


def test_the_palettes_are_those_of_the_schemes() -> None:
    assert [palette.name for palette in known_palettes()] == [find_scheme(name).title for name in SCHEME_NAMES]
    assert all(
        palette_of(find_scheme(name)) is found for name, found in zip(SCHEME_NAMES, known_palettes(), strict=True)
    )
