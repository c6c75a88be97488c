"""What COCO and Scalabel files have in common: records, their pictures, and what the source has."""

import json
from pathlib import Path

import pytest

from pipeline.errors import LabelError, ProofError, UnsafeNameError
from pipeline.images.skips import Reason
from pipeline.labels import json_labels
from pipeline.labels.interface import LabelSet, Marks
from pipeline.labels.json_file import Json
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import put


def coco(names: list[str], owners: list[Json], **more: Json) -> bytes:
    """A COCO file with ids from 1, and an annotation for each of some owners."""
    images = [{"id": index, "file_name": name} for index, name in enumerate(names, start=1)]
    annotations = [{"id": index, "image_id": owner, "bbox": [index, 1, 2, 2]} for index, owner in enumerate(owners)]
    return json.dumps({"images": images, "annotations": annotations, **more}).encode()


def opened(folder: Path, content: bytes, *there: str, images: str | None = None) -> LabelSet:
    """The labels of a file beside its pictures."""
    put(folder / "set", {"coco.json": content, **dict.fromkeys(there, b"x")})
    return open_labels(folder / "set" / "coco.json", None if images is None else folder / "set" / images, None)


def written(labels: LabelSet, out: Path, *names: str, suffix: str = "", marks: Marks | None = None) -> Json:
    """Write the labels of some pictures, or of all, and read them back."""
    kept = dict.fromkeys(names or [one.name for one in labels.pictures], suffix)
    labels.write(out, kept, marks) if marks else labels.write(out, kept)
    return json.loads((out / "coco.json").read_bytes())


def test_what_a_file_has_is_counted_when_it_is_opened(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(json_labels, "read_json", None)  # the file is not read a second time
    labels = opened(tmp_path, coco(["a.jpg", "b.jpg", "c.jpg"], [1, 1, 2, 9]), "a.jpg")
    found = labels.inventory
    assert (found.annotations, found.files, found.ownerless) == (4, 1, 1)
    assert found.notes == ("1 annotation belongs to no image: no image has the id '9'",)
    assert [labels.annotations_of(name) for name in ("a.jpg", "b.jpg", "c.jpg", "z.jpg")] == [2, 1, 0, 0]


@pytest.mark.parametrize(
    ("owners", "ids", "notes"),
    [
        ([1, 2], [1, 2], []),
        (["1", "2", 1], [1, 2], ["2 annotations belong to no image: 'image_id' is text in them and 'id' a number"]),
        ([1, "2"], ["1", "2"], ["1 annotation belongs to no image: 'image_id' is a number in them and 'id' text"]),
        ([7, 7, 8], [1, 2], ["3 annotations belong to no image: no image has the id '7' and others"]),
        ([None], [1, 2], ["1 annotation belongs to no image: they have no 'image_id'"]),
        ([["1"], {"a": 1}], [1, 2], ["2 annotations belong to no image: they have no 'image_id'"]),
        (
            ["1", 9],
            [1, 2],
            ["1 annotation belongs to no image: 'image_id' is text", "1 annotation belongs to no image: no"],
        ),
        ([1.0, True], [1, 2], []),
    ],
)
def test_annotations_of_no_image_are_told_with_the_reason(
    tmp_path: Path, owners: list[Json], ids: list[Json], notes: list[str]
) -> None:
    tree = json.loads(coco(["a.jpg", "b.jpg"], owners))
    for record, image_id in zip(tree["images"], ids, strict=True):
        record["id"] = image_id
    labels = opened(tmp_path, json.dumps(tree).encode(), "a.jpg", "b.jpg")
    assert len(labels.inventory.notes) == len(notes)
    assert all(said.startswith(words) for said, words in zip(labels.inventory.notes, notes, strict=True))
    owned = sum(labels.annotations_of(one.name) for one in labels.pictures)
    assert labels.inventory.ownerless == labels.inventory.annotations - owned
    assert len(written(labels, tmp_path / "out")["annotations"]) == len(owners)


def test_a_file_without_annotations_says_so(tmp_path: Path) -> None:
    labels = opened(tmp_path, b'{"images": [{"id": 1, "file_name": "a.jpg"}]}', "a.jpg")
    assert labels.inventory.notes == ("the file has no list 'annotations'",)
    assert labels.inventory.annotations == 0


@pytest.mark.parametrize("names", [["a.jpg", "b.jpg", "a.jpg"], ["a.jpg", "b.jpg", "./a.jpg"]])
def test_two_records_of_one_picture_are_one_picture_and_both_stay(tmp_path: Path, names: list[str]) -> None:
    labels = opened(tmp_path, coco(names, [3, 1, 2, 3, 1]), "a.jpg", "b.jpg")
    assert [one.name for one in labels.pictures] == ["a.jpg", "b.jpg"]
    assert labels.annotations_of("a.jpg") == 4
    assert len(labels.objects("a.jpg")) == 4
    out = written(labels, tmp_path / "out", suffix="_r")
    assert [one["file_name"] for one in out["images"]] == [name.replace(".jpg", "_r.jpg") for name in names]
    assert [one["image_id"] for one in out["annotations"]] == [3, 1, 2, 3, 1]
    assert [one["id"] for one in written(labels, tmp_path / "b", "b.jpg")["images"]] == [2]
    assert [one["image_id"] for one in written(labels, tmp_path / "b", "b.jpg")["annotations"]] == [2]


@pytest.mark.parametrize("drop", [False, True])
def test_marks_count_through_all_records_of_a_picture(tmp_path: Path, drop: bool) -> None:
    labels = opened(tmp_path, coco(["a.jpg", "a.jpg"], [2, 1, 2]), "a.jpg")
    boxes = [one.box for one in labels.objects("a.jpg")]
    marks = Marks(drop=drop, kept={"a.jpg": {1: 0.25, 2: 0.5}})
    out = written(labels, tmp_path / "out", marks=marks)["annotations"]
    left = [one["bbox"][0] for one in out if "attributes" not in one]
    assert left == [boxes[0][0] if boxes[0] else None]
    assert len(out) == (1 if drop else 3)


@pytest.mark.parametrize("drop", [False, True])
def test_two_frames_of_one_picture_are_one_picture_and_both_stay(tmp_path: Path, drop: bool) -> None:
    frames = [
        {"name": "a.jpg", "labels": [{"id": "1", "category": "car"}, {"id": "2", "category": "car"}]},
        {"name": "b.jpg", "labels": None},
        {"name": "a.jpg", "labels": [{"id": "3", "category": "bus"}]},
    ]
    labels = opened(tmp_path, json.dumps(frames).encode(), "a.jpg", "b.jpg")
    assert [one.name for one in labels.pictures] == ["a.jpg", "b.jpg"]
    assert [one.id for one in labels.objects("a.jpg")] == ["1", "2", "3"]
    assert labels.inventory.annotations == labels.annotations_of("a.jpg") == 3
    assert written(labels, tmp_path / "out") == frames
    out = written(labels, tmp_path / "out", marks=Marks(drop=drop, kept={"a.jpg": {1: 0.25, 2: 0.5}}))
    marked = [label["id"] for frame in out for label in frame["labels"] or [] if "attributes" in label]
    assert marked == ([] if drop else ["2", "3"])
    assert [len(frame["labels"] or []) for frame in out] == ([1, 0, 0] if drop else [2, 0, 1])


@pytest.mark.parametrize(
    ("sizes", "size"),
    [
        ([(4, 3), (4, 3)], (4, 3)),
        ([None, (4, 3)], (4, 3)),
        ([(4, 3), None], (4, 3)),
        ([(4, 3), (3, 4)], (4, 3)),
    ],
)
def test_records_of_one_picture_may_leave_its_size_out_or_turn_it(
    tmp_path: Path, sizes: list[tuple[int, int] | None], size: tuple[int, int]
) -> None:
    tree = json.loads(coco(["a.jpg", "a.jpg"], [1]))
    for record, stated in zip(tree["images"], sizes, strict=True):
        record.update({} if stated is None else dict(zip(("width", "height"), stated, strict=True)))
    labels = opened(tmp_path, json.dumps(tree).encode(), "a.jpg")
    assert [one.size for one in labels.pictures] == [size]
    assert not labels.skips


def test_records_of_one_picture_that_contradict_each_other_are_a_skip(tmp_path: Path) -> None:
    tree = json.loads(coco(["a.jpg", "b.jpg", "a.jpg"], [1, 2, 3]))
    for record, width in zip(tree["images"], (10, 10, 20), strict=True):
        record.update(width=width, height=10)
    labels = opened(tmp_path, json.dumps(tree).encode(), "a.jpg", "b.jpg")
    assert [one.name for one in labels.pictures] == ["b.jpg"]
    assert [(one.file, one.reason) for one in labels.skips] == [("a.jpg", Reason.WRONG_SIZE)]
    assert labels.skips[0].detail == "images[0] says 10x10, images[2] says 20x10"
    assert [one["image_id"] for one in written(labels, tmp_path / "out")["annotations"]] == [2]


@pytest.mark.parametrize("suffix", ["", "_r"])
@pytest.mark.parametrize("through_link", [False, True])
@pytest.mark.parametrize("images", [None, "pics"])
def test_absolute_names_below_the_pictures_are_taken_and_lead_to_the_output(
    tmp_path: Path, suffix: str, through_link: bool, images: str | None
) -> None:
    (tmp_path / "alias").symlink_to("set")
    base = tmp_path / ("alias" if through_link else "set")
    names = [str(base / "pics" / "a.jpg"), str(base / "pics" / "sub" / "b.jpg")]
    labels = opened(tmp_path, coco(names, [1, 2]), "pics/a.jpg", "pics/sub/b.jpg", images=images)
    below = "" if images else "pics/"
    assert [one.name for one in labels.pictures] == [f"{below}a.jpg", f"{below}sub/b.jpg"]
    (tmp_path / "way").symlink_to(tmp_path)
    out = written(labels, tmp_path / "way" / "out", suffix=suffix)
    root = (tmp_path / "out").resolve() / "pics"
    assert [one["file_name"] for one in out["images"]] == [
        f"{root}/a{suffix}.jpg",
        f"{root}/sub/b{suffix}.jpg",
    ]
    assert len(out["annotations"]) == 2


def test_an_absolute_name_that_still_leads_to_the_source_fails_the_proof(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    labels = opened(tmp_path, coco([str(tmp_path / "set" / "a.jpg")], [1]), "a.jpg", images=".")
    monkeypatch.setattr("pipeline.labels.json_names.Output.name", lambda self, stated, name, suffix: stated)
    with pytest.raises(ProofError, match="names differ"):
        labels.write(tmp_path / "out", {"a.jpg": ""})


@pytest.mark.parametrize(
    "name", ["/elsewhere/b.jpg", "C:\\b.jpg", "\\\\server\\b.jpg", "@/../b.jpg", "@/../set2/b.jpg"]
)
def test_an_absolute_name_that_leads_elsewhere_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, {"set2/b.jpg": b"x"})
    names = ["a.jpg", name.replace("@", str(tmp_path / "set"))]
    with pytest.raises(UnsafeNameError, match=r"images\[1\]") as caught:
        opened(tmp_path, coco(names, [1]), "a.jpg", images=".")
    assert caught.value.hint


@pytest.mark.parametrize(
    "name", ["/a\0.jpg", "/\ud800.jpg", "/a" * 200_000, "/" + "a" * 1_000_000, "C:" + "\\a" * 200_000, "/", "//", "/.."]
)
def test_an_absolute_name_that_is_no_path_is_one_short_line(tmp_path: Path, name: str) -> None:
    with pytest.raises(UnsafeNameError) as caught:
        opened(tmp_path, coco([name], [1]), "a.jpg")
    assert len(caught.value.message) < 1000
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    ("place", "images", "name", "suffix"),
    [
        ("val2017/1.jpg", None, "val2017/1.jpg", ""),
        ("images/val2017/1.jpg", None, "val2017/1.jpg", "_r"),
        ("coco/val2017/1.jpg", "coco", "val2017/1.jpg", ""),
        ("val2017/1.jpg", "val2017", "1.jpg", "_r"),
        ("1.jpg", None, "1.jpg", ""),
    ],
)
def test_the_address_of_lvis_names_the_picture(
    tmp_path: Path, place: str, images: str | None, name: str, suffix: str
) -> None:
    address = "http://images.cocodataset.org/val2017/1.jpg"
    tree = {"images": [{"id": 1, "coco_url": address}], "annotations": [{"id": 1, "image_id": 1}]}
    labels = opened(tmp_path, json.dumps(tree).encode(), place, images=images)
    assert [one.name for one in labels.pictures] == [name]
    out = written(labels, tmp_path / "out", suffix=suffix)
    assert out["images"] == [{"id": 1, "coco_url": address.replace("1.jpg", f"1{suffix}.jpg")}]
    assert out["annotations"] == tree["annotations"]


@pytest.mark.parametrize(
    "record", [{}, {"coco_url": 5}, {"coco_url": "1.jpg"}, {"coco_url": "x/"}, {"flickr_url": "x/a"}]
)
def test_a_record_without_any_name_is_refused(tmp_path: Path, record: dict[str, Json]) -> None:
    with pytest.raises(LabelError, match=r"images\[0\] has no 'file_name'"):
        opened(tmp_path, json.dumps({"images": [{"id": 1, **record}]}).encode())


PANOPTIC = {
    "images": [{"id": 1, "file_name": "a.jpg"}, {"id": 2, "file_name": "b.jpg"}],
    "annotations": [
        {"image_id": 1, "file_name": "a.png", "segments_info": [{"id": 1, "category_id": 1}]},
        {"image_id": 2, "file_name": "sub/b.png", "segments_info": []},
    ],
}


@pytest.mark.parametrize(
    ("folder", "below"), [("coco/", "coco/"), ("", ""), ("../coco/", "coco/")], ids=["of its name", "beside", "above"]
)
def test_panoptic_pngs_are_carried_with_their_pictures(tmp_path: Path, folder: str, below: str) -> None:
    put(tmp_path / "set", {f"{folder}a.png": b"mask a", f"{folder}sub/b.png": b"mask b"})
    labels = opened(tmp_path, json.dumps(PANOPTIC).encode(), "pics/a.jpg", "pics/b.jpg", images="pics")
    assert labels.inventory.files == 3
    assert labels.inventory.class_lists == (("coco",) if below else ())
    assert not labels.inventory.notes
    outputs = [name for name, _ in labels.output_files({"b.jpg": "_r"})]
    assert outputs == ["coco.json", f"{below}sub/b.png"]
    proof = labels.write(tmp_path / "out", {"b.jpg": "_r"})
    assert (proof.files, proof.annotations) == (2, 1)
    assert (tmp_path / "out" / below / "sub" / "b.png").read_bytes() == b"mask b"
    assert not (tmp_path / "out" / below / "a.png").exists()


def test_panoptic_pngs_that_are_not_there_are_told(tmp_path: Path) -> None:
    labels = opened(tmp_path, json.dumps(PANOPTIC).encode(), "a.jpg")
    assert "PNGs of the panoptic annotations are not in" in labels.inventory.notes[0]
    put(tmp_path, {"set/coco/a.png": b"mask"})
    labels = opened(tmp_path, json.dumps(PANOPTIC).encode(), "a.jpg")
    assert labels.inventory.notes == ("1 PNG of panoptic annotations missing, for example 'sub/b.png'",)
    assert labels.inventory.files == 2


@pytest.mark.parametrize("name", ["../a.png", "/etc/passwd", "link/a.png", 5])
def test_a_panoptic_png_that_is_elsewhere_is_refused(tmp_path: Path, name: object) -> None:
    put(tmp_path, {"far/a.png": b"x", "set/coco/b.png": b"x", "set/a.jpg": b"x"})
    (tmp_path / "set" / "coco" / "link").symlink_to(tmp_path / "far")
    tree = json.loads(json.dumps(PANOPTIC))
    tree["annotations"][0]["file_name"] = name
    with pytest.raises(UnsafeNameError):
        opened(tmp_path, json.dumps(tree).encode(), "a.jpg")


@pytest.mark.parametrize(
    ("file", "place"),
    [
        ("annotations/instances_default.json", "images/default/a.jpg"),
        ("annotations/person_keypoints_default.json", "images/default/a.jpg"),
        ("annotations/instances_Train.json", "images/Train/a.jpg"),
        ("annotations/instances_my set.json", "images/my set/a.jpg"),
        ("instances_val2017.json", "val2017/a.jpg"),
    ],
)
def test_the_subset_that_the_name_of_the_file_tells_is_found(tmp_path: Path, file: str, place: str) -> None:
    put(tmp_path, {file: coco(["a.jpg"], [1]), place: b"x"})
    labels = open_labels(tmp_path / file, None, None)
    assert (labels.image_root / "a.jpg").samefile(tmp_path / place)


def test_wrong_images_are_refused_with_the_right_folder(tmp_path: Path) -> None:
    put(tmp_path, {"set/other/z.jpg": b"x"})
    with pytest.raises(LabelError, match=r"none of the pictures of coco\.json is there, for example 'a.jpg'") as caught:
        opened(tmp_path, coco(["a.jpg", "b.jpg"], [1]), "pics/a.jpg", "pics/b.jpg", images="other")
    assert caught.value.hint == f"They are in {tmp_path / 'set/pics'}: give {tmp_path / 'set/pics'} with `images`."
