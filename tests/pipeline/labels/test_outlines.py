"""The outlines of objects: what each format says, in its frame, and nothing where it cannot be read."""

import json
import math
import pickle
from collections.abc import Sequence
from pathlib import Path

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from pipeline.labels.interface import LabelledObject, LabelSet, Outline
from pipeline.labels.json_file import Json
from pipeline.labels.outlines import MOST_POINTS, outline_of_coco, outline_of_scalabel
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import put

TRIANGLE = [0, 0, 10, 0, 5, 8.5]
SQUARE = [20, 20, 30, 20, 30, 30, 20, 30]
POINTS = ((0.0, 0.0), (10.0, 0.0), (5.0, 8.5))
CORNERS = ((20.0, 20.0), (30.0, 20.0), (30.0, 30.0), (20.0, 30.0))
BOX = [0, 0, 10, 10]

UNREADABLE = {
    "nothing": [],
    "no number": [0, 0, 10, "0", 5, 8],
    "null": [0, 0, 10, None, 5, 8],
    "a flag": [0, 0, 10, True, 5, 8],
    "a list": [0, 0, 10, [0], 5, 8],
    "not a number": [0, 0, 10, math.nan, 5, 8],
    "infinite": [0, 0, 10, -math.inf, 5, 8],
    "beyond floats": [0, 0, 10, 10**400, 5, 8],
    "odd": [0, 0, 10, 0, 5, 8, 3],
    "two points": [0, 0, 10, 0],
    "too many": [0, 1] * (MOST_POINTS + 1),
}


def pairs(values: Sequence[Json]) -> Json:
    """[x, y, x, y, ...] as [[x, y], ...]; an odd one stands alone."""
    return [list(values[place : place + 2]) for place in range(0, len(values), 2)]


def ring(values: Sequence[Json], *, closed: Json = True) -> Json:
    return {"vertices": pairs(values), "types": "L" * (len(values) // 2), "closed": closed}


def coco(folder: Path, *segmentations: Json) -> LabelSet:
    annotations = [{"image_id": 1, "category_id": 1, "bbox": BOX, "segmentation": one} for one in segmentations]
    tree = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": [*annotations, {"image_id": 1}]}
    put(folder, {"a.jpg": b"x", "coco.json": json.dumps(tree).encode()})
    return open_labels(folder / "coco.json", None, None)


def scalabel(folder: Path, *labels: Json) -> LabelSet:
    put(folder, {"a.jpg": b"x", "det.json": json.dumps([{"name": "a.jpg", "labels": labels}]).encode()})
    return open_labels(folder / "det.json", None, None)


def yolo(folder: Path, lines: str, yaml: str = "") -> LabelSet:
    put(folder, {"images/a.jpg": b"x", "labels/a.txt": lines.encode(), "data.yaml": b"train: images\n" + yaml.encode()})
    return open_labels(folder / "data.yaml", None, None)


def voc(folder: Path) -> LabelSet:
    box = "<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>3</xmax><ymax>4</ymax></bndbox>"
    text = f"<annotation><filename>a.jpg</filename><object><name>car</name>{box}</object></annotation>"
    put(folder, {"Annotations/a.xml": text.encode(), "JPEGImages/a.jpg": b"x"})
    return open_labels(folder, None, None)


def outlines(labels: LabelSet) -> list[Outline]:
    """The outlines in the only picture."""
    (picture,) = labels.pictures
    return [one.outline for one in labels.objects(picture.name, outlines=True)]


def test_an_outline_in_shares_is_scaled_to_the_picture_and_one_in_pixels_is_not() -> None:
    shares = ((0.1, 0.2), (0.5, 0.2), (0.5, 1.0))
    one = LabelledObject("car", None, relative=True, outline=(shares,))
    assert one.outline_in_pixels((100, 50)) == (((10, 10), (50, 10), (50, 50)),)
    assert LabelledObject("car", None, outline=(POINTS, CORNERS)).outline_in_pixels((100, 50)) == (POINTS, CORNERS)
    assert LabelledObject("car", None, relative=True).outline_in_pixels((100, 50)) == ()


def test_an_outline_makes_no_other_object() -> None:
    assert LabelledObject("car", (0, 0, 10, 8.5), outline=(POINTS,)) == LabelledObject("car", (0, 0, 10, 8.5))


def test_polygons_of_coco_are_outlines_in_pixels(tmp_path: Path) -> None:
    labels = coco(tmp_path, [TRIANGLE], [TRIANGLE, SQUARE], SQUARE, [])
    assert outlines(labels) == [(POINTS,), (POINTS, CORNERS), (CORNERS,), (), ()]


@pytest.mark.parametrize("counts", ["PYh01", [0, 5, 379]])
def test_rle_has_no_outline_and_the_box_stands(tmp_path: Path, counts: Json) -> None:
    (found, _) = coco(tmp_path, {"counts": counts, "size": [16, 24]}).objects("a.jpg", outlines=True)
    assert (found.outline, found.box) == ((), (0, 0, 10, 10))


@pytest.mark.parametrize("values", UNREADABLE.values(), ids=UNREADABLE)
def test_a_polygon_that_cannot_be_read_leaves_the_box(tmp_path: Path, values: Json) -> None:
    labels = coco(tmp_path, [values], [TRIANGLE, values], values)
    assert outlines(labels) == [(), (), (), ()]
    assert [one.box for one in labels.objects("a.jpg", outlines=True)][:3] == [(0, 0, 10, 10)] * 3


@pytest.mark.parametrize("odd", [None, 7, "text", True, {}, [None], [7], ["0 0 1 1"], [{}], [[[0, 0], [1, 0], [1, 1]]]])
def test_what_is_no_polygon_is_no_outline(tmp_path: Path, odd: Json) -> None:
    assert outlines(coco(tmp_path, odd)) == [(), ()]
    assert outlines(scalabel(tmp_path / "s", {"category": "car", "poly2d": odd}, odd)) == [(), ()]


def test_the_points_of_all_polygons_are_counted_together(tmp_path: Path) -> None:
    half = [0, 1] * (MOST_POINTS // 2)
    full, over = outlines(coco(tmp_path, [half, half], [half, half, TRIANGLE]))[:2]
    assert [len(polygon) for polygon in full] == [MOST_POINTS // 2] * 2
    assert over == ()
    full, over = outlines(
        scalabel(tmp_path / "s", {"poly2d": [ring(half)] * 2}, {"poly2d": [*[ring(half)] * 2, ring(TRIANGLE)]})
    )
    assert (len(full), over) == (2, ())


def test_closed_polygons_of_scalabel_are_outlines_in_pixels(tmp_path: Path) -> None:
    curve = {**ring(SQUARE), "types": "LCCL"}
    labels = scalabel(
        tmp_path,
        {"category": "car", "poly2d": [ring(TRIANGLE), curve]},
        {"category": "car", "box2d": {"x1": 0, "y1": 0, "x2": 1, "y2": 1}},
        {"category": "car", "poly2d": [ring(TRIANGLE, closed=False), ring(SQUARE)]},
    )
    assert outlines(labels) == [(POINTS, CORNERS), (), (CORNERS,)]


@pytest.mark.parametrize("closed", [False, None, 1, "true"])
def test_open_lines_of_scalabel_have_no_outline(tmp_path: Path, closed: Json) -> None:
    assert outlines(scalabel(tmp_path, {"category": "lane", "poly2d": [ring(TRIANGLE, closed=closed)]})) == [()]
    unsaid = {"vertices": pairs(TRIANGLE)}
    assert outlines(scalabel(tmp_path, {"category": "car", "poly2d": [unsaid]})) == [()]


def test_the_old_lists_of_bdd100k_are_closed_but_for_lanes(tmp_path: Path) -> None:
    points = [[*point, "L"] for point in pairs(TRIANGLE)]
    kinds = ("area/drivable", "car", "lane/crosswalk", None)
    labels = scalabel(tmp_path, *({"category": kind, "poly2d": points} for kind in kinds), {"poly2d": points[:2]})
    assert outlines(labels) == [(POINTS,), (POINTS,), (), (POINTS,), ()]


@pytest.mark.parametrize("values", UNREADABLE.values(), ids=UNREADABLE)
def test_vertices_that_cannot_be_read_leave_the_box(tmp_path: Path, values: Json) -> None:
    box = {"x1": 0, "y1": 0, "x2": 1, "y2": 1}
    polygons: list[Json] = [[ring(values)], [ring(TRIANGLE), ring(values)], [ring(TRIANGLE), 7], pairs(values)]
    labels = scalabel(tmp_path, *({"box2d": box, "poly2d": one} for one in polygons))
    assert outlines(labels) == [(), (), (), ()]
    assert [one.box for one in labels.objects("a.jpg", outlines=True)] == [(0, 0, 1, 1)] * 4


@pytest.mark.parametrize("vertices", [None, 7, "text", {}, [7, 7, 7], [[1], [2], [3]], [[1, 2, "L", 4]] * 3, [{}] * 3])
def test_vertices_that_are_no_points_are_no_outline(tmp_path: Path, vertices: Json) -> None:
    assert outlines(scalabel(tmp_path, {"poly2d": [{"vertices": vertices, "closed": True}]})) == [()]


def test_polygons_and_oriented_boxes_of_yolo_are_outlines_in_shares(tmp_path: Path) -> None:
    lines = "0 0 0 1 0 1 1\n\n1 0.5 0.25 0.75 0.5 0.5 0.75 0.25 0.5\n0 0.5 0.5 0.25 0.5\nbad\n"
    labels = yolo(tmp_path, lines)
    oriented = ((0.5, 0.25), (0.75, 0.5), (0.5, 0.75), (0.25, 0.5))
    assert outlines(labels) == [(((0, 0), (1, 0), (1, 1)),), (oriented,), (), ()]
    found = labels.objects("images/a.jpg", outlines=True)
    assert found[0].outline_in_pixels((200, 100)) == (((0, 0), (200, 0), (200, 100)),)
    assert [one.line for one in found] == [1, 3, 4, 5]


@pytest.mark.parametrize("tail", ["nan", "inf", "1e999", "x", "0.5 0.5", ""])
def test_a_line_of_yolo_that_is_no_polygon_has_no_outline(tmp_path: Path, tail: str) -> None:
    assert outlines(yolo(tmp_path, f"0 .5 .5 .1 .1\n0 0 0 1 0 1 {tail}\n")) == [(), ()]


def test_key_points_of_yolo_are_no_outline(tmp_path: Path) -> None:
    assert outlines(yolo(tmp_path, "0 0.5 0.5 0.5 0.5 0.1 0.1\n", "kpt_shape: [1, 2]\n")) == [()]


def test_a_line_of_yolo_with_too_many_points_is_its_box(tmp_path: Path) -> None:
    (found,) = yolo(tmp_path, "0" + " 0 1" * (MOST_POINTS + 1)).objects("images/a.jpg", outlines=True)
    assert (found.outline, found.box) == ((), (0, 1, 0, 1))


def test_voc_has_no_outlines(tmp_path: Path) -> None:
    assert outlines(voc(tmp_path)) == [()]


def test_who_does_not_ask_gets_none(tmp_path: Path) -> None:
    polygon = "0 0 0 1 0 1 1"
    sets = [
        coco(tmp_path / "c", [TRIANGLE]),
        scalabel(tmp_path / "s", {"poly2d": [ring(TRIANGLE)]}),
        yolo(tmp_path / "y", polygon),
    ]
    for labels in sets:
        (picture,) = labels.pictures
        plain, asked = labels.objects(picture.name), labels.objects(picture.name, outlines=True)
        assert [one.outline for one in plain] == [()] * len(plain)
        assert list(plain) == list(asked)
        assert asked[0].outline
        assert pickle.loads(pickle.dumps(asked[0])).outline == asked[0].outline  # noqa: S301 (its own)


VALUES = st.recursive(
    st.none() | st.booleans() | st.integers(-3, 3) | st.just(10**400) | st.floats() | st.text(max_size=2),
    lambda inner: (
        st.lists(inner, max_size=8)
        | st.dictionaries(st.sampled_from(["vertices", "closed", "types", "counts"]), inner, max_size=3)
    ),
    max_leaves=24,
)
NUMBERS = st.lists(st.integers() | st.floats(), max_size=10)


@settings(deadline=None, derandomize=True, max_examples=300)
@given(VALUES | st.lists(NUMBERS, max_size=3), VALUES)
@example([TRIANGLE], "car")
@example([[[0, 0], [1, 0], [1, 1]]], [])
def test_no_value_raises_and_outlines_are_polygons_of_finite_numbers(value: Json, category: Json) -> None:
    rings = [{"vertices": value, "closed": True}]
    for outline in (
        outline_of_coco(value),
        outline_of_scalabel(value, category),
        outline_of_scalabel(rings, category),
    ):
        assert all(len(polygon) >= 3 for polygon in outline)
        assert all(
            type(number) is float and math.isfinite(number)
            for polygon in outline
            for point in polygon
            for number in point
        )


def test_real_polygons_lie_in_their_boxes_and_crowds_have_none(shared_data: Path) -> None:
    source = shared_data / "coco_mini" / "instances_val2014_100.json"
    labels = open_labels(source, None, None)
    objects = [one for picture in labels.pictures for one in labels.objects(picture.name, outlines=True)]
    crowds = {one["id"] for one in json.loads(source.read_bytes())["annotations"] if one["iscrowd"]}
    assert len(objects) == 839
    assert {one.id for one in objects if not one.outline} == crowds
    for one in objects:
        assert one.box is not None
        x0, y0, x1, y1 = one.box
        points = [point for polygon in one.outline for point in polygon]
        assert all(x0 - 1 <= x <= x1 + 1 and y0 - 1 <= y <= y1 + 1 for x, y in points)


@pytest.mark.parametrize(
    "labels", ["bdd100k_detection/bdd_det_train.json", "bdd100k_detection/labels", "coco8/labels", "dawn_fog_voc"]
)
def test_real_sets_of_boxes_have_none(shared_data: Path, labels: str) -> None:
    found = open_labels(shared_data / labels, None, "voc" if labels == "dawn_fog_voc" else None)
    objects = [one for picture in found.pictures for one in found.objects(picture.name, outlines=True)]
    assert objects
    assert not any(one.outline for one in objects)
