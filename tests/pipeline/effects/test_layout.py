"""Where things are: on a street of which all is known, and on scenes that make no sense."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from numpy.typing import NDArray

from pipeline.effects.distances import FARTHEST, UNKNOWN, ground_distance
from pipeline.effects.layout import Layout, lay_out, working_size
from pipeline.effects.linear_light import to_linear
from pipeline.effects.scene import Region, Scene, SceneObject
from pipeline.labels.interface import Box
from tests.pipeline.effects.drawn_streets import (
    CAR,
    EXAMPLES,
    HORIZON,
    PERSON,
    draw_street,
    random_picture,
    scenes,
)


def laid_out(pixels: NDArray[np.uint8], scene: Scene, horizon: float | None = None) -> Layout:
    """Lay out a picture that is at its working size already."""
    return lay_out(to_linear(pixels), scene, (pixels.shape[1], pixels.shape[0]), horizon)


def at(layout: Layout, x: float, y: float) -> tuple[int, int]:
    """Return the (row, column) of a place in shares of the width and the height."""
    height, width = layout.ground.shape
    return int(y * height), int(x * width)


@pytest.mark.parametrize("size", [(640, 360), (333, 251), (1280, 720)])
@pytest.mark.parametrize("night", [False, True])
def test_the_street_is_found(size: tuple[int, int], *, night: bool) -> None:
    street = draw_street(size, night=night)
    layout = street.layout(None)
    height, width = layout.ground.shape
    assert (width, height) == working_size(size)
    assert layout.has_ground
    assert layout.is_night == night
    assert layout.horizon == pytest.approx(HORIZON * height, abs=0.04 * height)
    rows = (np.arange(height) * size[1] // height)[:, None]
    columns = (np.arange(width) * size[0] // width)[None]
    for region, found in ((Region.GROUND, layout.ground), (Region.SKY, layout.sky)):
        true = (street.regions[rows, columns] == region) & ~layout.objects
        assert (found != true).mean() < 0.02


def test_a_horizon_that_is_told_is_used() -> None:
    street = draw_street()
    for share in (0.3, 0.5, 0.61):
        layout = street.layout(share)
        assert layout.horizon == pytest.approx(share * len(layout.ground))
        assert not layout.ground[: int(layout.horizon)].any()


def test_ground_is_nearer_the_lower_it_is_in_the_picture() -> None:
    street = draw_street(things=False)
    layout = street.layout()
    below = int(0.8 * len(layout.ground))
    steps = np.diff(layout.distance[below:], axis=0)
    assert (steps <= 1e-4).all()
    assert (steps.mean(axis=1)[:-10] < 0).all()
    middle = layout.distance[int(0.5 * len(layout.ground)) :, layout.ground.shape[1] // 2]
    assert (np.diff(middle) < 1e-3).all()


def test_distances_are_those_of_a_flat_ground() -> None:
    """A camera at 1.4 m with the focal length of 0.8 widths: similar triangles."""
    away = ground_distance(np.array([110.0, 200.0, 300.0], dtype=np.float32), 100.0, 400)
    np.testing.assert_allclose(away, [0.8 * 500 * 1.4 / below for below in (10, 100, 200)], rtol=1e-5)
    assert (ground_distance(np.arange(101, dtype=np.float32), 100.0, 400) == FARTHEST).all()


def test_an_object_is_as_far_as_its_foot() -> None:
    street = draw_street()
    layout = street.layout()
    height, width = layout.ground.shape
    for box in (CAR, PERSON):
        foot = np.array(box[3] * height, dtype=np.float32)
        inside = layout.distance[
            int(box[1] * height) + 1 : int(box[3] * height) - 1, int(box[0] * width) + 1 : int(box[2] * width) - 1
        ]
        np.testing.assert_allclose(inside, ground_distance(foot, layout.horizon, layout.focal), rtol=1e-4)
        beside = layout.distance[int(foot), int(0.5 * width)]
        assert inside.mean() == pytest.approx(beside, rel=0.1)


def test_what_stands_lower_stands_before_what_stands_higher() -> None:
    near, far = (100.0, 100.0, 300.0, 330.0), (150.0, 120.0, 260.0, 220.0)
    street = draw_street(things=False)
    for order in ((near, far), (far, near)):
        objects = tuple(SceneObject(box=box) for box in order)
        layout = replace(street, objects=objects).layout()
        scale = layout.ground.shape[1] / 640
        both = layout.distance[int(160 * scale), int(200 * scale)]
        assert both == pytest.approx(layout.distance[int(300 * scale), int(120 * scale)])


def test_what_hangs_above_the_horizon_has_no_foot() -> None:
    """It is about as far as what is around it, and the ground is where it was."""
    street = draw_street(things=False)
    plain = street.layout()
    hung = replace(street, objects=(SceneObject(box=(100.0, 20.0, 160.0, 80.0)),)).layout()
    np.testing.assert_array_equal(hung.distance[plain.ground], plain.distance[plain.ground])
    inside = hung.distance[hung.objects]
    assert plain.distance.min() < inside.min()
    assert inside.max() < plain.distance.max()


def test_an_outline_leaves_the_rest_of_its_box() -> None:
    triangle = ((200.0, 340.0), (400.0, 340.0), (300.0, 240.0))
    street = draw_street(things=False)
    box = (200.0, 240.0, 400.0, 340.0)
    whole = replace(street, objects=(SceneObject(box=box),)).layout()
    outlined = replace(street, objects=(SceneObject(box=box, outline=(triangle,)),)).layout()
    assert outlined.objects.sum() == pytest.approx(0.5 * whole.objects.sum(), rel=0.05)
    row, column = at(whole, 210 / 640, 250 / 360)
    assert whole.objects[row, column]
    assert outlined.ground[row, column]
    row, column = at(whole, 300 / 640, 320 / 360)
    assert outlined.objects[row, column]
    assert not outlined.ground[row, column]


def test_an_outline_of_several_pieces_is_all_of_them() -> None:
    pieces = tuple(((x, 250.0), (x + 40.0, 250.0), (x + 40.0, 300.0), (x, 300.0)) for x in (100.0, 300.0))
    layout = replace(
        draw_street(things=False), objects=(SceneObject(box=(100.0, 250.0, 340.0, 300.0), outline=pieces),)
    ).layout()
    height, width = layout.ground.shape
    row = int(275 / 360 * height)
    assert layout.objects[row, int(120 / 640 * width)]
    assert layout.objects[row, int(320 / 640 * width)]
    assert not layout.objects[row, int(220 / 640 * width)]


def test_ground_meets_its_contact_line_where_things_stand() -> None:
    """The foot of the car for what is below it, the facade's for what is beside it."""
    street = draw_street()
    layout = street.layout()
    height, width = layout.ground.shape
    row = int(0.95 * height)
    middle = int((CAR[0] + CAR[2]) / 2 * width)
    assert layout.contact[row, middle] == pytest.approx(CAR[3] * height, abs=2)
    assert layout.contact[row, int(0.48 * width)] < 0.5 * height
    below = layout.ground & (np.arange(height)[:, None] > layout.contact + 1)
    assert below.sum() > 0.9 * layout.ground.sum()


def test_without_regions_there_is_no_ground() -> None:
    street = draw_street()
    for regions in (None, np.zeros((360, 640), dtype=np.uint8)):
        layout = lay_out(street.light, Scene(regions=regions), street.size)
        assert not layout.has_ground
        assert not layout.ground.any()
        assert not layout.sky.any()
        assert (layout.distance == UNKNOWN).all()


@pytest.mark.parametrize("level", [4, 12, 20, 35, 130, 200, 255])
def test_night_is_told_by_the_sky(level: int) -> None:
    pixels = np.full((90, 160, 3), 90, dtype=np.uint8)
    pixels[:40] = level
    regions = np.full((90, 160), Region.OTHER, dtype=np.uint8)
    regions[:40] = Region.SKY
    assert laid_out(pixels, Scene(regions=regions)).is_night == (level < 80)


def test_night_is_told_by_the_scene_where_no_sky_is_seen() -> None:
    for level, is_night in ((5, True), (90, True), (110, False), (200, False)):
        pixels = np.full((90, 160, 3), level, dtype=np.uint8)
        assert laid_out(pixels, Scene()).is_night == is_night


@pytest.mark.parametrize("size", [(1, 1), (1, 2000), (2000, 1), (64, 48), (2, 3), (5000, 40)])
def test_any_size(size: tuple[int, int]) -> None:
    pixels = random_picture(working_size(size), 0)
    regions = np.array([[Region.SKY], [Region.OTHER], [Region.GROUND]], dtype=np.uint8)
    layout = lay_out(to_linear(pixels), Scene(regions=regions, objects=[SceneObject(box=(0, 0, 1, 1))]), size)
    for plane in (layout.ground, layout.sky, layout.objects, layout.contact, layout.distance):
        assert plane.shape == pixels.shape[:2]


@pytest.mark.parametrize("size", [(640, 360), (7680, 4320), (30, 40), (1, 9000), (9000, 1), (512, 512), (513, 1)])
def test_the_working_size_keeps_the_aspect_and_enlarges_nothing(size: tuple[int, int]) -> None:
    small = working_size(size)
    assert max(small) <= 512
    assert min(small) >= 1
    assert all(one <= whole for one, whole in zip(small, size, strict=True))
    if max(size) <= 512:
        assert small == size
    scale = max(small) / max(size)
    assert all(abs(one - max(1, whole * scale)) <= 0.5 for one, whole in zip(small, size, strict=True))


@pytest.mark.parametrize(
    "box",
    [
        *((-1e9, -1e9, 1e9, 1e9), (1e9, 1e9, 2e9, 2e9), (-2e9, -2e9, -1e9, -1e9), (500.0, 300.0, 100.0, 100.0)),
        *((50.0, 50.0, 50.0, 50.0), (0.2, 0.2, 0.4, 0.4), (-1e300, 0.0, 1e300, 1e300), (600.0, 340.0, 900.0, 700.0)),
    ],
)
def test_boxes_anywhere_do_no_harm(box: Box) -> None:
    street = draw_street(things=False)
    plain = street.layout()
    triangle = ((box[0], box[1]), (box[2], box[1]), (box[2], box[3]))
    for item in (SceneObject(box=box), SceneObject(box=box, outline=(triangle,))):
        layout = replace(street, objects=(item,)).layout()
        assert not (layout.ground & layout.objects).any()
        assert not (layout.ground & ~plain.ground).any()
        assert np.isfinite(layout.distance).all()
        if box[0] > 640 or box[2] < 0:
            np.testing.assert_array_equal(layout.ground, plain.ground)
            np.testing.assert_array_equal(layout.distance, plain.distance)


@EXAMPLES
@given(scenes(), st.none() | st.floats(0, 1))
def test_what_holds_for_any_scene(drawn: tuple[NDArray[np.uint8], Scene], horizon: float | None) -> None:
    pixels, scene = drawn
    layout = laid_out(pixels, scene, horizon)
    height, width = pixels.shape[:2]
    for plane in (layout.ground, layout.sky, layout.objects, layout.contact, layout.distance):
        assert plane.shape == (height, width)
    assert not (layout.ground & layout.objects).any()
    assert not (layout.sky & layout.objects).any()
    assert not layout.ground[: max(0, int(layout.horizon))].any()
    assert np.isfinite(layout.contact).all()
    assert np.isfinite(layout.distance).all()
    assert layout.distance.min() > 0
    assert layout.distance.max() <= FARTHEST * 1.001
    assert 0 <= layout.horizon <= height
