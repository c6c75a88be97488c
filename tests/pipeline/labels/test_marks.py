"""What the gate changes in labels: the marks, the dropped annotations, and nothing else."""

import json
from collections.abc import Callable, Mapping
from pathlib import Path

import pytest

from pipeline.errors import LabelError, ProofError
from pipeline.labels.interface import NO_MARKS, Box, LabelledObject, LabelSet, Marks
from pipeline.labels.json_file import Json
from pipeline.labels.none import NoLabels
from pipeline.labels.registry import open_labels
from pipeline.labels.values import corners
from tests.pipeline.labels.label_sets import all_kept, form, put

COCO: Json = {
    "images": [{"id": 7, "file_name": "a.jpg"}, {"id": 3, "file_name": "b.jpg"}],
    "categories": [{"id": 1, "name": "car"}, {"id": 2, "name": "bus"}, "odd", {"id": [1]}],
    "annotations": [
        {"id": 1, "image_id": 3, "category_id": 2, "bbox": [1, 2, 3, 4]},
        {"id": 2, "image_id": 7, "category_id": 1, "bbox": [0.5, 0, 10, 20], "attributes": {"occluded": True}},
        {"id": 3, "image_id": 7, "category_id": 9, "bbox": [1, 2, 3], "attributes": None},
        "odd",
        {"id": 4, "image_id": 99, "category_id": 1, "bbox": [0, 0, 1, 1]},
        {"id": 5, "image_id": 7, "category_id": 1, "bbox": [5, 5, 5, 5], "attributes": "text", "iscrowd": 1},
    ],
}
FRAMES: Json = [
    {
        "name": "a.jpg",
        "labels": [
            {
                "id": "1",
                "category": "car",
                "box2d": {"x1": 1, "y1": 2, "x2": 3, "y2": 4},
                "attributes": {"truncated": 1},
            },
            {"id": "2", "category": "lane", "poly2d": []},
            {"id": "3", "category": "car", "box2d": {"x1": 0, "y1": 0, "x2": 9.5, "y2": 9}},
        ],
    },
    {"name": "b.jpg", "labels": None},
]
OBJECT = (
    "\t<object>\n\t\t<name>{name}</name>\n\t\t<bndbox><xmin>1</xmin><ymin>2</ymin><xmax>{xmax}</xmax>"
    "<ymax>4</ymax></bndbox>{more}\n\t</object>\n"
)
VOC = "<annotation>\n\t<filename>a.jpg</filename>\n{objects}</annotation>\n"
MORE = "<attributes><attribute><name>occluded</name><value>1</value></attribute></attributes>"


def opened(folder: Path, files: Mapping[str, bytes], labels: str) -> LabelSet:
    put(folder, {**files, "out/x": b""})
    return open_labels(folder / labels, None, None)


def coco(folder: Path, tree: Json = None) -> LabelSet:
    pictures = {"coco/a.jpg": b"x", "coco/b.jpg": b"x"}
    return opened(folder, {**pictures, "coco/coco.json": json.dumps(tree or COCO).encode()}, "coco/coco.json")


def scalabel(folder: Path) -> LabelSet:
    return opened(folder, {"set/a.jpg": b"x", "set/det.json": json.dumps(FRAMES).encode()}, "set/det.json")


def yolo(folder: Path, lines: bytes = b"0 0.5 0.5 0.25 0.5\n\n1 0 0 1 0 1 1\r\nbad\n", yaml: str = "") -> LabelSet:
    files = {"yolo/images/a.jpg": b"x", "yolo/labels/a.txt": lines}
    text = f"train: images\nnames: [car, bus]\n{yaml}"
    return opened(folder, {**files, "yolo/data.yaml": text.encode()}, "yolo/data.yaml")


def voc(folder: Path, objects: str | None = None) -> LabelSet:
    both = OBJECT.format(name="car", xmax="3", more="") + OBJECT.format(name="bus", xmax="x", more=MORE)
    text = VOC.format(objects=both if objects is None else objects)
    return opened(folder, {"voc/Annotations/a.xml": text.encode(), "voc/JPEGImages/a.jpg": b"x"}, "voc")


def marks(*places: int, drop: bool = False, name: str = "a.jpg") -> Marks:
    return Marks(drop=drop, kept={name: dict.fromkeys(places, 0.125)})


MARK = {"tpsence_vanished": True, "tpsence_kept": 0.125}


def written(labels: LabelSet, tmp_path: Path, given: Marks, file: str) -> bytes:
    labels.write(tmp_path / "out", all_kept(labels), given)
    return (tmp_path / "out" / file).read_bytes()


def test_a_relative_box_is_scaled_to_the_picture() -> None:
    assert LabelledObject("car", (0.1, 0.2, 0.5, 1.0), relative=True).in_pixels((100, 50)) == (10, 10, 50, 50)
    assert LabelledObject("car", (1, 2, 3, 4)).in_pixels((100, 50)) == (1, 2, 3, 4)
    assert LabelledObject("car", None, relative=True).in_pixels((100, 50)) is None


@pytest.mark.parametrize("odd", ["x", None, True, float("nan"), float("inf"), 10**400, [1]])
def test_what_is_no_finite_number_is_no_box(odd: object) -> None:
    assert corners(0, 1, 2, odd) is None
    assert corners(0, 1, 2) is None
    assert corners(1, 2, 3, 4, sizes=True) == (1, 2, 4, 6)


def test_objects_of_coco_are_grouped_by_image_in_their_order(tmp_path: Path) -> None:
    labels = coco(tmp_path)
    found = [(one.category, one.box) for one in labels.objects("a.jpg")]
    assert found == [("car", (0.5, 0, 10.5, 20)), ("category 9", None), ("car", (5, 5, 10, 10))]
    assert [one.category for one in labels.objects("b.jpg")] == ["bus"]
    assert labels.objects("c.jpg") == []


def test_objects_of_coco_without_a_category_have_no_class(tmp_path: Path) -> None:
    annotations = [{"image_id": 1, "segments_info": []}, {"image_id": 1, "category_id": [1]}]
    content = {"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": annotations}
    put(tmp_path, {"a.jpg": b"x", "coco.json": json.dumps(content).encode()})
    labels = open_labels(tmp_path / "coco.json", None, None)
    assert [one.category for one in labels.objects("a.jpg")] == ["no class"] * 2


def test_objects_of_scalabel_are_the_labels_of_the_frame(tmp_path: Path) -> None:
    labels = scalabel(tmp_path)
    found = [(one.category, one.box) for one in labels.objects("a.jpg")]
    assert found == [("car", (1, 2, 3, 4)), ("lane", None), ("car", (0, 0, 9.5, 9))]
    assert labels.objects("b.jpg") == []


def test_objects_of_yolo_are_boxes_and_polygons_in_shares(tmp_path: Path) -> None:
    found = yolo(tmp_path).objects("images/a.jpg")
    assert [(one.category, one.box) for one in found] == [
        ("car", (0.375, 0.25, 0.625, 0.75)),
        ("bus", (0, 0, 1, 1)),
        ("no class", None),
    ]
    assert all(one.relative for one in found)
    assert [(one.line, one.id) for one in found] == [(1, None), (3, None), (4, None)]


@pytest.mark.parametrize(
    ("line", "box"),
    [
        ("0 0.5 0.5 0.5 0.5 0.1 0.1", (0.25, 0.25, 0.75, 0.75)),  # with key points the first four are the box
        ("0 0.5 0.5 0.5", None),
        ("0 0.5 0.5 nan 0.5", None),
    ],
)
def test_key_points_are_no_polygon(tmp_path: Path, line: str, box: Box | None) -> None:
    (found,) = yolo(tmp_path, line.encode(), "kpt_shape: [1, 2]\n").objects("images/a.jpg")
    assert found.box == box


def test_class_names_of_yolo_come_from_the_folder_where_there_is_no_yaml(tmp_path: Path) -> None:
    files = {"images/a.jpg": b"x", "labels/a.txt": b"1 .5 .5 .1 .1\n5 .5 .5 .1 .1", "labels/classes.txt": b"car\nbus\n"}
    found = opened(tmp_path, files, "labels").objects("a.jpg")
    assert [one.category for one in found] == ["bus", "class 5"]


def test_objects_of_voc_are_the_objects_of_the_file(tmp_path: Path) -> None:
    found = voc(tmp_path).objects("a.jpg")
    assert [(one.category, one.box) for one in found] == [("car", (1, 2, 3, 4)), ("bus", None)]
    text = (tmp_path / "voc" / "Annotations" / "a.xml").read_text().splitlines()
    assert [one.id for one in found] == [None, None]
    for one in found:
        assert one.line is not None
        assert "<object>" in text[one.line - 1]
    assert f"<name>{found[1].category}" in "".join(text[(found[1].line or 1) - 1 :])


def test_lines_of_voc_are_not_told_where_they_cannot_be_told_apart(tmp_path: Path) -> None:
    hidden = "<!-- " + OBJECT.format(name="car", xmax="3", more="") + " -->"
    found = voc(tmp_path, hidden + OBJECT.format(name="bus", xmax="3", more="")).objects("a.jpg")
    assert [(one.category, one.line) for one in found] == [("bus", None)]


def test_objects_of_coco_and_scalabel_have_the_ids_of_the_labels(tmp_path: Path) -> None:
    assert [one.id for one in coco(tmp_path).objects("a.jpg")] == [2, 3, 5]
    odd = {**COCO, "annotations": [{"id": one, "image_id": 7} for one in (None, [1], True, "x", 4)]}
    assert [one.id for one in coco(tmp_path / "odd", odd).objects("a.jpg")] == [None, None, None, "x", 4]
    found = scalabel(tmp_path).objects("a.jpg")
    ids = [one.get("id") if isinstance(one, dict) else None for one in FRAMES[0]["labels"]]
    assert [one.id for one in found] == ids


def test_a_mark_in_coco_stands_in_the_attributes_and_nothing_else_changes(tmp_path: Path) -> None:
    tree = json.loads(written(coco(tmp_path), tmp_path, marks(0, 1, 2), "coco.json"))
    expected = json.loads(json.dumps(COCO))
    expected["annotations"][1]["attributes"] |= MARK
    expected["annotations"][2]["attributes"] = MARK
    expected["annotations"][5] |= MARK
    assert form(tree) == form(expected)


def test_dropped_annotations_of_coco_are_gone_and_nothing_else_changes(tmp_path: Path) -> None:
    labels = coco(tmp_path)
    tree = json.loads(written(labels, tmp_path, marks(0, 2, drop=True), "coco.json"))
    annotations = COCO["annotations"]
    assert form(tree) == form({**COCO, "annotations": [one for n, one in enumerate(annotations) if n not in {1, 5}]})
    assert labels.write(tmp_path / "out", all_kept(labels), marks(0, 2, drop=True)).annotations == 4


def test_marks_of_a_picture_that_is_left_out_do_not_matter(tmp_path: Path) -> None:
    labels = coco(tmp_path)
    labels.write(tmp_path / "out", {"b.jpg": ""}, marks(0, 1, drop=True))
    tree = json.loads((tmp_path / "out" / "coco.json").read_bytes())
    assert [one if isinstance(one, str) else one["id"] for one in tree["annotations"]] == [1, "odd", 4]


def test_marks_and_drops_in_scalabel(tmp_path: Path) -> None:
    labels = scalabel(tmp_path)
    expected = json.loads(json.dumps(FRAMES))
    expected[0]["labels"][0]["attributes"] |= MARK
    expected[0]["labels"][2]["attributes"] = MARK
    assert form(json.loads(written(labels, tmp_path, marks(0, 2), "det.json"))) == form(expected)
    dropped = json.loads(written(labels, tmp_path, marks(0, 2, drop=True), "det.json"))
    assert form(dropped) == form([{**FRAMES[0], "labels": [FRAMES[0]["labels"][1]]}, FRAMES[1]])


def test_yolo_has_no_place_for_a_mark_and_drops_lines(tmp_path: Path) -> None:
    labels = yolo(tmp_path)
    assert not labels.takes_marks
    given = marks(1, drop=True, name="images/a.jpg")
    assert written(labels, tmp_path, given, "labels/a.txt") == b"0 0.5 0.5 0.25 0.5\n\nbad\n"
    assert written(labels, tmp_path, NO_MARKS, "labels/a.txt") == (tmp_path / "yolo/labels/a.txt").read_bytes()


def test_a_mark_in_voc_stands_at_the_end_of_the_object(tmp_path: Path) -> None:
    labels = voc(tmp_path)
    mark = "".join(
        f"<attribute><name>tpsence_{name}</name><value>{value}</value></attribute>"
        for name, value in (("vanished", "true"), ("kept", "0.125"))
    )
    source = (tmp_path / "voc/Annotations/a.xml").read_text()
    first, second = source.split("</object>")[:2]
    after = written(labels, tmp_path, marks(0, 1), "Annotations/a.xml").decode()
    added = second.replace("</attributes>", f"{mark}</attributes>")
    assert after == f"{first}<attributes>{mark}</attributes></object>{added}</object>\n</annotation>\n"


def test_a_dropped_object_of_voc_takes_its_indentation_along(tmp_path: Path) -> None:
    after = written(voc(tmp_path), tmp_path, marks(0, drop=True), "Annotations/a.xml").decode()
    only = "\n" + OBJECT.format(name="bus", xmax="x", more=MORE).rstrip("\n")
    assert after == f"<annotation>\n\t<filename>a.jpg</filename>{only}\n</annotation>\n"


def test_a_suffix_and_marks_go_together_in_voc(tmp_path: Path) -> None:
    labels = voc(tmp_path)
    labels.write(tmp_path / "out", all_kept(labels, "_rain"), marks(0))
    text = (tmp_path / "out/Annotations/a_rain.xml").read_text()
    assert "<filename>a_rain.jpg</filename>" in text
    assert text.count("tpsence_vanished") == 1


CAR = OBJECT.format(name="car", xmax="3", more="{}")


@pytest.mark.parametrize(
    "more",
    ["<attributes/>", "<attributes />", MORE.replace("</attributes>", "</attributes >"), "<part><name>x</name></part>"],
)
@pytest.mark.parametrize("drop", [False, True])
def test_attributes_of_all_kinds_take_marks(tmp_path: Path, more: str, drop: bool) -> None:
    labels = voc(tmp_path, CAR.format(more) + CAR.format(""))
    labels.check_marks()
    after = written(labels, tmp_path, marks(0, drop=drop), "Annotations/a.xml").decode()
    assert after.count("tpsence_vanished") == (not drop)
    assert after.count("<object>") == 2 - drop


@pytest.mark.parametrize(
    "objects",
    [
        CAR.format("<attributes/><attributes/>") + CAR.format("<part><attributes><a/></attributes></part>"),
        CAR.format("<!-- </object> -->"),
        CAR.format("<object><name>inner</name></object>"),
        "<?x <object>?>" + CAR.format(""),
    ],
)
def test_what_a_mark_would_break_is_refused_before_anything_is_done(tmp_path: Path, objects: str) -> None:
    with pytest.raises(LabelError, match=r"a\.xml: its objects cannot be marked"):
        voc(tmp_path, objects).check_marks()


@pytest.mark.parametrize("more", ["<!-- <object></object> -->", "<object/>", "<![CDATA[<object></object>]]>"])
def test_objects_that_cannot_be_told_apart_in_the_text_are_refused(tmp_path: Path, more: str) -> None:
    labels = voc(tmp_path, OBJECT.format(name="car", xmax="3", more="") + more)
    with pytest.raises(LabelError, match=r"a\.xml: its objects cannot be marked"):
        labels.check_marks()


def test_the_others_can_be_marked(tmp_path: Path) -> None:
    for number, make in enumerate((coco, scalabel, yolo, voc)):
        make(tmp_path / str(number)).check_marks()


def test_a_folder_of_pictures_alone_cannot_be_marked(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="no boxes"):
        NoLabels(tmp_path, ["a.jpg"]).check_marks()


Tamper = Callable[[list[Json]], object]
TAMPERINGS: dict[str, Tamper] = {
    "a mark is missing": lambda labels: labels[1].pop("attributes"),
    "a mark is false": lambda labels: labels[1]["attributes"].update(tpsence_vanished=1),
    "another share": lambda labels: labels[1]["attributes"].update(tpsence_kept=0.25),
    "an attribute is lost": lambda labels: labels[1]["attributes"].pop("occluded"),
    "an attribute more": lambda labels: labels[1]["attributes"].update(more=1),
    "the box has moved": lambda labels: labels[1].update(bbox=[0, 0, 1, 1]),
    "another is marked": lambda labels: labels[0].update(attributes=MARK),
    "one is lost": lambda labels: labels.pop(0),
}


@pytest.mark.parametrize("name", TAMPERINGS)
def test_the_proof_finds_what_is_more_than_the_mark(
    tmp_path: Path, write_instead: Callable[[Callable[[Json], Json]], None], name: str
) -> None:
    labels = coco(tmp_path)

    def edit(tree: Json) -> Json:
        TAMPERINGS[name](tree["annotations"])
        return tree

    write_instead(edit)
    with pytest.raises(ProofError):
        labels.write(tmp_path / "out", all_kept(labels), marks(0))


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("make", [coco, scalabel])
def test_the_proof_finds_labels_that_were_written_without_the_marks(
    tmp_path: Path,
    write_instead: Callable[[Callable[[Json], Json]], None],
    make: Callable[[Path], LabelSet],
    drop: bool,
) -> None:
    labels = make(tmp_path)
    source = json.loads(labels.inputs()[0].read_bytes())
    write_instead(lambda _: source)
    with pytest.raises(ProofError):
        labels.write(tmp_path / "out", all_kept(labels), marks(0, drop=drop))


@pytest.mark.parametrize("change", [(b"true", b"false"), (b"0.125", b"0.25"), (b"<xmax>3<", b"<xmax>4<")])
@pytest.mark.parametrize("drop", [False, True])
def test_the_proof_finds_another_change_in_voc(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, change: tuple[bytes, bytes], drop: bool
) -> None:
    labels = voc(tmp_path)
    from pipeline.labels.voc.objects import with_marks

    def careless(content: bytes, shares: Mapping[int, float], *, drop: bool) -> bytes:
        other = b"<name>bus", b"<name>van"
        return with_marks(content, shares, drop=drop).replace(*(other if drop else change))

    monkeypatch.setattr("pipeline.labels.voc.edits.with_marks", careless)
    with pytest.raises(ProofError, match="more than <filename> and marks"):
        labels.write(tmp_path / "out", all_kept(labels), marks(0, drop=drop))
