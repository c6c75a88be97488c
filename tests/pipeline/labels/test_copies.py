"""Copies of pictures: each has the labels of its source, told apart by name and id, and the proof covers all."""

import itertools
import json
from collections.abc import Callable, Mapping
from pathlib import Path
from types import ModuleType

import pytest

from pipeline.errors import LabelError, ProofError
from pipeline.labels.carried import balance, described
from pipeline.labels.copies import Copies, copy_name
from pipeline.labels.format import Place
from pipeline.labels.interface import NO_MARKS, LabelSet, Marks, Proof
from pipeline.labels.json_file import Json
from pipeline.labels.memory import InMemory
from pipeline.labels.none import NoLabels
from pipeline.labels.registry import open_labels
from pipeline.labels.text_files import filter_lines
from pipeline.labels.voc import image_sets
from pipeline.labels.yolo import picture_list
from tests.conftest import WriteOtherwise
from tests.pipeline.conftest import WriteInstead
from tests.pipeline.labels.label_sets import form, in_place, names, put, tree
from tests.pipeline.labels.toy_format import TOY

IMAGES: list[Json] = [
    {"id": 7, "file_name": "a.jpg", "license": 2},
    {"file_name": "d/b.jpg", "id": 12},
    {"id": 3, "file_name": "c.jpg"},
]
ANNOTATIONS: list[Json] = [
    {"id": 41, "image_id": 12, "category_id": 1, "bbox": [1, 2, 3.0, 4], "iscrowd": 0},
    {"image_id": 7, "id": 40, "bbox": [5, 6, 7, 8], "segmentation": [[1, 1, 2, 2, 3, 3]]},
    "odd",
    {"id": 99, "image_id": 1000, "bbox": [0, 0, 1, 1]},
    {"id": 42, "image_id": 7.0, "bbox": [0, 0, 1, 1]},
    {"image_id": 3},
]
COCO: Json = {"info": {"year": 2026}, "images": IMAGES, "annotations": ANNOTATIONS, "categories": []}
FRAMES: Json = [
    {"name": "a.jpg", "labels": [{"id": "x", "category": "car"}, {"id": "x_2"}, {"id": 5}, "odd", {"category": "bus"}]},
    {"name": "b.jpg", "labels": None},
    {"name": "c.jpg", "labels": [{"id": "y"}]},
]
BOX = b"0 0.5 0.5 0.25 0.25\n"
YOLO = {
    "images/a.jpg": b"x",
    "images/d/b.jpg": b"x",
    "images/c.jpg": b"x",
    "labels/a.txt": BOX * 2,
    "labels/d/b.txt": BOX.rstrip(),
    "train.txt": b"./images/a.jpg\r\n\r\n ./images/d/b.jpg",
    "data.yaml": b"train: train.txt\nval: images\nnames: [car]\n",
}
XML = (
    "<annotation>\n<filename>{}.jpg</filename><object><name>car</name></object>\n<object><name>bus</name></object>"
    "</annotation>"
)
VOC = {
    **{f"JPEGImages/{name}.jpg": b"x" for name in "abc"},
    **{f"Annotations/{name}.xml": XML.format(name).encode() for name in "ab"},
    "SegmentationClass/a.png": b"mask",
    "ImageSets/Main/train.txt": b"a 1\nc -1\n\n",
    "ImageSets/Main/val.txt": b"b",
}


def coco(folder: Path, content: Json = COCO, **more: bytes) -> LabelSet:
    pictures = dict.fromkeys(("a.jpg", "d/b.jpg", "c.jpg"), b"x")
    put(folder / "set", {**pictures, "coco.json": json.dumps(content).encode(), **more})
    return open_labels(folder / "set" / "coco.json", None, None)


def scalabel(folder: Path, content: Json = FRAMES) -> LabelSet:
    put(folder / "set", {**dict.fromkeys(("a.jpg", "b.jpg", "c.jpg"), b"x"), "det.json": json.dumps(content).encode()})
    return open_labels(folder / "set" / "det.json", None, None)


def yolo(folder: Path) -> LabelSet:
    return open_labels(put(folder / "set", YOLO) / "data.yaml", None, None)


def yolo_folder(folder: Path) -> LabelSet:
    return open_labels(put(folder / "set", {**YOLO, "data.yaml": b""}) / "labels", None, None)


def voc(folder: Path) -> LabelSet:
    return open_labels(put(folder / "set", VOC) / "Annotations", None, None)


FORMATS: Mapping[str, Callable[[Path], LabelSet]] = {
    "coco": coco,
    "scalabel": scalabel,
    "yolo": yolo,
    "yolo folder": yolo_folder,
    "voc": voc,
}


def kept_of(labels: Copies, suffix: str = "_rain") -> dict[str, str]:
    """What a run would say: the suffix that the source's name gets, by the name of the copy."""
    return {
        name: "" if labels.source_of(name) == name else f"{suffix}_{labels.copy_of(name)}" for name in names(labels)
    }


def written(labels: LabelSet, out: Path, marks: Marks = NO_MARKS, number: int = 3, *but: str) -> dict[str, bytes]:
    """Write copies of all pictures but the last, account for everything, and return the files."""
    copies = Copies(labels, names(labels)[:-1], number)
    kept = {name: suffix for name, suffix in kept_of(copies).items() if name not in but}
    proof = copies.write(put(out, {}), kept, marks)
    balance(copies, kept, marks, proof)
    assert proof.pictures == len(kept)
    assert sorted(name for name, _ in copies.output_files(kept)) == sorted(tree(out))
    return tree(out)


def test_a_copy_is_named_after_its_source() -> None:
    assert copy_name("a/b.jpg", 2) == "a/b_2.jpg"
    assert copy_name("a.b/.jpg", 10) == "a.b/.jpg_10"


def test_copies_come_one_after_the_other_and_others_stay(tmp_path: Path) -> None:
    labels = coco(tmp_path)
    copies = Copies(labels, {"a.jpg", "c.jpg"}, 2)
    assert names(copies) == ["a_1.jpg", "a_2.jpg", "d/b.jpg", "c_1.jpg", "c_2.jpg"]
    assert [copies.source_of(name) for name in names(copies)] == ["a.jpg", "a.jpg", "d/b.jpg", "c.jpg", "c.jpg"]
    assert [copies.copy_of(name) for name in names(copies)] == [1, 2, 1, 1, 2]
    assert copies.objects("a_2.jpg") == labels.objects("a.jpg") != []
    assert copies.annotations_of("a_1.jpg") == labels.annotations_of("a.jpg") == 2
    assert (copies.identity(), copies.inputs(), copies.skips) == (labels.identity(), labels.inputs(), labels.skips)
    assert (copies.image_root, copies.image_prefix) == (labels.image_root, labels.image_prefix)


def test_the_source_is_counted_for_each_copy(tmp_path: Path) -> None:
    labels = coco(tmp_path)
    copies = Copies(labels, {"a.jpg", "c.jpg"}, 3)
    assert labels.inventory.annotations == 6
    assert copies.inventory.annotations == 6 + 2 * (2 + 1)
    assert copies.inventory.own == 6
    said = "with 2 pictures in 3 copies there are 12 annotations"
    assert described(copies) == ["source: 6 annotations in 1 label file", *labels.inventory.notes, said]
    assert described(Copies(NoLabels(tmp_path, ["a.jpg"]), {"a.jpg"}, 2)) == []


def test_coco_has_all_copies_in_turn_with_ids_of_their_own(tmp_path: Path) -> None:
    out = json.loads(written(coco(tmp_path), tmp_path / "out", NO_MARKS, 3)["coco.json"])
    assert form({**out, "images": 0, "annotations": 0}) == form({**COCO, "images": 0, "annotations": 0})
    assert form(out["images"]) == form(
        [
            {"id": 7, "file_name": "a_rain_1.jpg", "license": 2},
            {"file_name": "d/b_rain_1.jpg", "id": 12},
            {"id": 3, "file_name": "c.jpg"},
            {"id": 10007, "file_name": "a_rain_2.jpg", "license": 2},  # beyond 1000, of which there is no image
            {"file_name": "d/b_rain_2.jpg", "id": 10012},
            {"id": 20007, "file_name": "a_rain_3.jpg", "license": 2},
            {"file_name": "d/b_rain_3.jpg", "id": 20012},
        ]
    )
    own = [ANNOTATIONS[0], ANNOTATIONS[1], ANNOTATIONS[4]]
    owners = [12, 7, 7]
    later = [
        {**one, "id": one["id"] + 100 * k, "image_id": owner + 10_000 * k}
        for k in (1, 2)
        for one, owner in zip(own, owners, strict=True)
    ]
    assert form(out["annotations"]) == form([*ANNOTATIONS, *later])


@pytest.mark.parametrize("missing", [13, 103, 1003, "3_2", "s"])
def test_no_copy_becomes_the_image_that_an_annotation_of_no_image_names(tmp_path: Path, missing: Json) -> None:
    ids = [7, 12, "3" if isinstance(missing, str) else 3]
    images = [{**one, "id": new} for one, new in zip(IMAGES, ids, strict=True)]
    stray = {"id": 1, "image_id": missing, "bbox": [0, 0, 1, 1]}
    labels = coco(tmp_path, {**COCO, "images": images, "annotations": [stray]})
    copies = Copies(labels, names(labels), 9)
    copies.write(put(tmp_path / "out", {}), kept_of(copies))
    out = json.loads((tmp_path / "out/coco.json").read_bytes())
    assert out["annotations"] == [stray]
    found = [one["id"] for one in out["images"]]
    assert len(set(found)) == 27
    assert missing not in found


def test_scalabel_tells_the_labels_of_copies_apart(tmp_path: Path) -> None:
    out = json.loads(written(scalabel(tmp_path), tmp_path / "out", NO_MARKS, 2)["det.json"])
    first = [{**FRAMES[0], "name": "a_rain_1.jpg"}, {**FRAMES[1], "name": "b_rain_1.jpg"}, FRAMES[2]]
    second = [{"id": "x__2", "category": "car"}, {"id": "x_2__2"}, {"id": 15}, "odd", {"category": "bus"}]
    assert form(out) == form(
        [*first, {"name": "a_rain_2.jpg", "labels": second}, {"name": "b_rain_2.jpg", "labels": None}]
    )


def test_yolo_has_a_text_for_each_copy_and_a_line_in_the_lists(tmp_path: Path) -> None:
    out = written(yolo(tmp_path), tmp_path / "out", NO_MARKS, 2)
    assert {name: content for name, content in out.items() if name.startswith("labels")} == {
        **dict.fromkeys(("labels/a_rain_1.txt", "labels/a_rain_2.txt"), BOX * 2),
        **dict.fromkeys(("labels/d/b_rain_1.txt", "labels/d/b_rain_2.txt"), BOX.rstrip()),
    }
    assert out["train.txt"] == (
        b"./images/a_rain_1.jpg\r\n./images/a_rain_2.jpg\r\n\r\n ./images/d/b_rain_1.jpg\r\n ./images/d/b_rain_2.jpg"
    )
    put(tmp_path / "out", dict.fromkeys(("images/a_rain_1.jpg", "images/a_rain_2.jpg", "images/d/b_rain_1.jpg"), b"x"))
    put(tmp_path / "out", {"images/d/b_rain_2.jpg": b"x"})
    opened = open_labels(tmp_path / "out" / "data.yaml", None, None)
    assert opened.inventory.annotations == 2 * 3


def test_voc_has_annotations_masks_and_lines_for_each_copy(tmp_path: Path) -> None:
    out = written(voc(tmp_path), tmp_path / "out", NO_MARKS, 2)
    for name in ("a_rain_1", "a_rain_2", "b_rain_1", "b_rain_2"):
        assert out.pop(f"Annotations/{name}.xml") == XML.format(name).encode()
    assert out == {
        **dict.fromkeys(("SegmentationClass/a_rain_1.png", "SegmentationClass/a_rain_2.png"), b"mask"),
        "ImageSets/Main/train.txt": b"a_rain_1 1\na_rain_2 1\nc -1\n\n",
        "ImageSets/Main/val.txt": b"b_rain_1\nb_rain_2",
    }


def test_panoptic_masks_are_shared_by_the_copies(tmp_path: Path) -> None:
    annotation = {"image_id": 7, "file_name": "a.png", "segments_info": [{"id": 1}]}
    labels = coco(tmp_path, {**COCO, "annotations": [annotation]}, **{"coco/a.png": b"mask"})
    out = written(labels, tmp_path / "out", NO_MARKS, 2)
    assert [name for name in out if name.endswith(".png")] == ["coco/a.png"]
    found = json.loads(out["coco.json"])["annotations"]
    assert found == [annotation, {**annotation, "image_id": 107}]


def test_lvis_names_its_copies_by_address(tmp_path: Path) -> None:
    images = [{"id": one["id"], "coco_url": f"http://x/train/{one['file_name'][-5:]}"} for one in IMAGES]
    put(tmp_path / "set", dict.fromkeys(("train/a.jpg", "train/b.jpg", "train/c.jpg"), b"x"))
    out = json.loads(written(coco(tmp_path, {**COCO, "images": images}), tmp_path / "out", NO_MARKS, 2)["coco.json"])
    assert [one["coco_url"] for one in out["images"]][3:] == [
        "http://x/train/a_rain_2.jpg",
        "http://x/train/b_rain_2.jpg",
    ]


def test_pictures_alone_have_copies_and_no_labels(tmp_path: Path) -> None:
    for labels in (NoLabels(tmp_path, ["a.jpg", "b.jpg"]), InMemory(tmp_path, {"a.jpg": [], "b.jpg": []})):
        copies = Copies(labels, {"a.jpg"}, 2)
        assert copies.write(tmp_path, kept_of(copies)).pictures == 3
        assert not copies.output_files(kept_of(copies))


def test_a_format_that_knows_no_copies_works_or_is_refused(tmp_path: Path) -> None:
    place = put(tmp_path / "set", {"x.toy": b"a.jpg", "a.jpg": b"x"})
    assert names(Copies(TOY.open_set(Place(place), None), {"a.jpg"}, 2)) == ["a_1.jpg", "a_2.jpg"]

    class Once(NoLabels):
        """Writes labels in a way of its own, once."""

        format = "once"

        def write(self, out: Path, kept: Mapping[str, str], marks: Marks = NO_MARKS) -> Proof:
            raise AssertionError

    with pytest.raises(LabelError, match="`copies`: labels of the format once can be written once"):
        Copies(Once(tmp_path, ["a.jpg"]), {"a.jpg"}, 2)


@pytest.mark.parametrize("name", FORMATS)
def test_one_copy_may_be_left_out_and_the_others_are_as_before(tmp_path: Path, name: str) -> None:
    labels = FORMATS[name](tmp_path)
    whole = written(labels, tmp_path / "whole", NO_MARKS, 3)
    less = written(labels, tmp_path / "less", NO_MARKS, 3, copy_name(names(labels)[0], 1))
    for file in whole:
        if file.endswith(".json"):
            before, after = (json.loads(files[file]) for files in (whole, less))
            before, after = (one["images"] if isinstance(one, dict) else one for one in (before, after))
            assert after == before[1:]
        elif file.endswith(("train.txt", "val.txt")):
            assert b"a_rain_1" not in less[file]
        else:
            assert less.get(file) == (None if "a_rain_1" in file else whole[file])


@pytest.mark.parametrize("name", FORMATS)
def test_a_copy_is_the_same_however_many_there_are(tmp_path: Path, name: str) -> None:
    labels = FORMATS[name](tmp_path)
    two, four = (written(labels, tmp_path / str(number), NO_MARKS, number) for number in (2, 4))
    assert two.keys() <= four.keys()
    for key, content in two.items():
        if key.endswith(".json"):
            some, more = (json.loads(one) for one in (content, four[key]))
            for part in ("images", "annotations") if isinstance(some, dict) else [None]:
                own, longer = (some, more) if part is None else (some[part], more[part])
                assert own == longer[: len(own)]
        elif not key.endswith(("train.txt", "val.txt")):
            assert content == four[key]


@pytest.mark.parametrize("drop", [False, True])
@pytest.mark.parametrize("name", FORMATS)
def test_marks_are_those_of_a_copy_alone(tmp_path: Path, name: str, drop: bool) -> None:
    labels = FORMATS[name](tmp_path)
    first = names(labels)[0]
    marks = Marks(drop=drop, kept={copy_name(first, 2): {0: 0.25}, copy_name(first, 3): {0: 0.5, 1: 0.75}})
    plain, out = written(labels, tmp_path / "a", NO_MARKS, 3), written(labels, tmp_path / "b", marks, 3)
    if name in {"coco", "scalabel"}:
        file = next(iter(out))
        found, before = (json.loads(one[file]) for one in (out, plain))
        if drop:
            gone = [one for one in flat(before) if one not in flat(found)]
            assert len(gone) == 3
        else:
            shares = [one["attributes"]["tpsence_kept"] for one in flat(found) if "attributes" in one]
            assert shares == [0.25, 0.5, 0.75]
    else:
        changed = {key for key in plain if plain[key] != out[key]}
        expected = {f"labels/a_rain_{k}.txt" for k in (2, 3)} if "yolo" in name else set()
        expected |= {f"Annotations/a_rain_{k}.xml" for k in (2, 3)} if name == "voc" else set()
        assert changed == (expected if drop or name == "voc" else set())


def flat(content: Json) -> list[Json]:
    """All annotations of a COCO or Scalabel tree that are objects."""
    lists = [content["annotations"]] if isinstance(content, dict) else [frame["labels"] or [] for frame in content]
    return [one for part in lists for one in part if isinstance(one, dict)]


def _pop(content: Json, key: str, place: int) -> None:
    content[key].pop(place)


COCO_TAMPERINGS: dict[str, Callable[[Json], object]] = {
    "an id of an annotation doubled": lambda one: one["annotations"][7].update(id=40),
    "an id of a later copy doubled": lambda one: one["annotations"][-1].update(id=one["annotations"][7]["id"]),
    "an id of an image doubled": lambda one: (
        one["images"][3].update(id=7),
        [a.update(image_id=7) for a in one["annotations"][6:] if a["image_id"] == 10007],
    ),
    "the image of another copy": lambda one: one["annotations"][6].update(image_id=12),
    "the image of no copy": lambda one: one["annotations"][6].update(image_id=999),
    "no image": lambda one: one["annotations"][6].pop("image_id"),
    "an id lost": lambda one: one["annotations"][6].pop("id"),
    "a box changed": lambda one: one["annotations"][6]["bbox"].__setitem__(0, 2),
    "a number's type changed": lambda one: one["annotations"][6]["bbox"].__setitem__(2, 3),
    "a key added": lambda one: one["annotations"][6].update(score=1),
    "a key lost": lambda one: one["annotations"][6].pop("iscrowd"),
    "keys in another order": lambda one: one["annotations"][6].update(bbox=one["annotations"][6].pop("bbox")),
    "an annotation lost": lambda one: _pop(one, "annotations", -1),
    "an annotation of the first copy lost": lambda one: _pop(one, "annotations", 0),
    "an annotation twice": lambda one: one["annotations"].append(one["annotations"][-1]),
    "annotations in another order": lambda one: one["annotations"].reverse(),
    "an image lost": lambda one: _pop(one, "images", -1),
    "an image twice": lambda one: one["images"].append({**one["images"][-1], "id": 5555}),
    "an image without an id": lambda one: one["images"][3].pop("id"),
    "a name of another copy": lambda one: one["images"][3].update(file_name="a_rain_3.jpg"),
    "an image changed": lambda one: one["images"][3].update(license=3),
    "the image that an annotation of no image names": lambda one: (
        one["images"][3].update(id=1000),
        [a.update(image_id=1000) for a in one["annotations"][6:] if a["image_id"] == 10007],
    ),
}


@pytest.mark.parametrize("name", COCO_TAMPERINGS)
def test_the_proof_fails_when_a_copy_was_written_otherwise(
    tmp_path: Path, write_instead: WriteInstead, name: str
) -> None:
    labels = coco(tmp_path)
    written(labels, tmp_path / "right", NO_MARKS, 3)
    write_instead(in_place(COCO_TAMPERINGS[name]))
    with pytest.raises(ProofError, match=r"coco\.json"):
        written(labels, tmp_path / "out", NO_MARKS, 3)


@pytest.mark.parametrize(
    ("old", "new"), [(b"a_rain_2", b"a_rain_1"), (b"a_rain_2", b"a_rain_3"), (b"a_rain", b"b_rain")]
)
@pytest.mark.parametrize(("name", "module"), [("yolo", picture_list), ("voc", image_sets)])
def test_the_proof_of_lists_is_by_other_code_than_made_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str, module: ModuleType, old: bytes, new: bytes
) -> None:
    labels = FORMATS[name](tmp_path)
    monkeypatch.setattr(module, "filter_lines", lambda *given: filter_lines(*given).replace(old, new))
    with pytest.raises(ProofError, match=r"train\.txt"):
        written(labels, tmp_path / "out")


SCALABEL_TAMPERINGS: dict[str, Callable[[Json], object]] = {
    "an id doubled": lambda frames: frames[3]["labels"][0].update(id="x"),
    "an id lost": lambda frames: frames[3]["labels"][0].pop("id"),
    "an id of what has none": lambda frames: frames[3]["labels"][-1].update(id="new"),
    "a category changed": lambda frames: frames[3]["labels"][0].update(category="bus"),
    "a label lost": lambda frames: frames[3]["labels"].pop(),
    "a label twice": lambda frames: frames[3]["labels"].append("odd"),
    "no labels": lambda frames: frames[3].pop("labels"),
    "labels of a frame without": lambda frames: frames[4].update(labels=[]),
    "a frame lost": lambda frames: frames.pop(),
    "a frame twice": lambda frames: frames.append(frames[-1]),
    "a name of another copy": lambda frames: frames[3].update(name="a_rain_1.jpg"),
}


@pytest.mark.parametrize("name", SCALABEL_TAMPERINGS)
@pytest.mark.parametrize("drop", [False, True])
def test_the_proof_fails_when_a_copy_of_a_frame_was_written_otherwise(
    tmp_path: Path, write_instead: WriteInstead, name: str, drop: bool
) -> None:
    labels = scalabel(tmp_path)
    marks = Marks(drop=drop, kept={"a_2.jpg": {1: 0.5}})
    written(labels, tmp_path / "right", marks, 3)
    write_instead(in_place(SCALABEL_TAMPERINGS[name]))
    with pytest.raises(ProofError, match=r"det\.json"):
        written(labels, tmp_path / "out", marks, 3)


@pytest.mark.parametrize(
    ("name", "file", "old", "new"),
    [
        ("yolo", "b_rain_2.txt", b"0.25", b"0.26"),
        ("yolo", "train.txt", b"./images/a_rain_2.jpg\r\n", b""),
        ("yolo", "train.txt", b"a_rain_2", b"a_rain_1"),
        ("yolo", "train.txt", b"d/b_rain_2.jpg", b"d/b_rain_2.jpg\n"),
        ("voc", "b_rain_2.xml", b"bus", b"car"),
        ("voc", "b_rain_2.xml", b"b_rain_2", b"b_rain_1"),
        ("voc", "train.txt", b"a_rain_2 1\n", b""),
        ("voc", "a_rain_2.png", b"mask", b"musk"),
    ],
)
def test_the_proof_fails_when_a_file_of_a_copy_was_written_otherwise(
    tmp_path: Path, write_otherwise: WriteOtherwise, name: str, file: str, old: bytes, new: bytes
) -> None:
    labels = FORMATS[name](tmp_path)
    assert old in next(content for key, content in written(labels, tmp_path / "a").items() if key.endswith(file))
    write_otherwise(lambda path, data: data.replace(old, new) if path.name == file else data)
    with pytest.raises(ProofError, match=file):
        written(labels, tmp_path / "out")


def test_a_copy_is_told_from_a_picture_that_is_not_copied(tmp_path: Path) -> None:
    labels = NoLabels(tmp_path, ["a.jpg", "a_2.jpg", "b.jpg"])
    assert names(Copies(labels, {"a.jpg", "a_2.jpg"}, 2))[:4] == ["a_1.jpg", "a_2.jpg", "a_2_1.jpg", "a_2_2.jpg"]
    copies = Copies(labels, {"a.jpg", "b.jpg"}, 2)
    assert names(copies) == ["a__1.jpg", "a__2.jpg", "a_2.jpg", "b__1.jpg", "b__2.jpg"]
    assert [copies.source_of(name) for name in names(copies)] == ["a.jpg"] * 2 + ["a_2.jpg"] + ["b.jpg"] * 2
    assert [copies.copy_of(name) for name in names(copies)] == [1, 2, 1, 1, 2]


def test_copies_are_told_apart_whatever_the_pictures_are_called(tmp_path: Path) -> None:
    for stems in itertools.permutations(("a", "a_", "a__1", "a_1", "a__", "a_1_1", "a_03", ".a"), 4):
        labels = NoLabels(tmp_path, [f"{stem}.jpg" for stem in stems])
        copies = Copies(labels, names(labels)[:3], 2)
        assert len(set(names(copies))) == 3 * 2 + 1
        assert [copies.source_of(name) for name in names(copies)[:-1:2]] == names(labels)[:3]


def test_names_that_cannot_be_changed_are_refused_before_the_run(tmp_path: Path) -> None:
    hidden = b"<annotation><!-- <filename>a.jpg</filename> --><filename>a.jpg</filename></annotation>"
    put(tmp_path / "set", {"Annotations/a.xml": hidden, "JPEGImages/a.jpg": b"x"})
    with pytest.raises(LabelError, match="<filename> cannot be replaced"):
        Copies(open_labels(tmp_path / "set", None, None), {"a.jpg"}, 2)
