"""COCO labels pass through: everything but file names is what it was, to the type and the digit."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import CollisionError, LabelError, ProofError, UnsafeNameError
from pipeline.labels.interface import LabelSet
from pipeline.labels.json_file import Json
from pipeline.labels.registry import open_labels
from tests.pipeline.conftest import WriteInstead
from tests.pipeline.labels.label_sets import all_kept, form, in_place

RICH = r"""{
 "licenses": [{"id": 1, "url": "", "name": "x"}],
 "info": {"year": 2024.0, "ok": true, "none": null, "nan": NaN, "low": -Infinity, "zero": -0.0, "text": "\ud800"},
 "images": [
  {"id": 1, "file_name": "a.jpg", "height": 16, "width": 24, "extra": {"z": 1, "a": 1.0, "t": true}},
  {"width": 24.0, "file_name": "sub/b.jpg", "height": 16.0, "id": 2, "coco_url": null},
  {"id": "three", "file_name": "\u00e9\u65e5.jpg"},
  {"id": 4, "file_name": "background.png", "width": "24", "height": 0},
  {"id": 123456789012345678901234567890, "file_name": "sub\\e.jpg"}
 ],
 "annotations": [
  {"id": 10, "image_id": 1, "category_id": 1, "bbox": [0, 1.0, 2.50, 3], "iscrowd": 0, "area": 7.5},
  {"id": 11, "image_id": 1, "iscrowd": 1, "segmentation": {"counts": [0, 5, 379], "size": [16, 24]}},
  {"id": 12, "image_id": 1.0, "iscrowd": true, "segmentation": {"counts": "PYh01", "size": [16, 24]}},
  {"id": 13, "image_id": 2, "segmentation": [[0.5, 1, 2, 3.125, 4, 5], [1, 1, 1, 1, 1, 1]], "keypoints": [1, 2, 2]},
  {"id": 14, "image_id": "three", "attributes": {"b": [], "a": {}}},
  {"id": 15, "image_id": 123456789012345678901234567890},
  {"id": 16, "image_id": 99, "note": "orphan"},
  {"id": 17, "image_id": null},
  {"id": 18},
  {"id": 19, "image_id": "1"},
  {"id": 20, "image_id": [1]},
  null
 ],
 "categories": [{"id": 1, "name": "car", "supercategory": "vehicle"}, {"id": 0, "name": "\u4eba"}],
 "zzz": [1, 1.0, 1e-320, 0.1, 1e22, 12345678901234567890123]
}"""
NAMES = ["a.jpg", "sub/b.jpg", "é日.jpg", "background.png", "sub/e.jpg"]


def opened(folder: Path, text: str | bytes, name: str = "coco.json") -> LabelSet:
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images" / "a.jpg").touch()
    (folder / name).write_bytes(text.encode() if isinstance(text, str) else text)
    return open_labels(folder / name, folder / "images", None)


def written(labels: LabelSet, folder: Path, kept: dict[str, str]) -> Json:
    labels.write(folder / "out", kept)
    return json.loads((folder / "out" / "coco.json").read_bytes())


def test_pictures_have_posix_names_and_the_stated_sizes(tmp_path: Path) -> None:
    labels = opened(tmp_path, RICH)
    assert labels.format == "coco"
    assert [picture.name for picture in labels.pictures] == NAMES
    assert [picture.size for picture in labels.pictures] == [(24, 16), (24, 16), None, None, None]


def test_all_kept_is_identical_in_types_order_and_digits(tmp_path: Path) -> None:
    labels = opened(tmp_path, RICH)
    out = written(labels, tmp_path, all_kept(labels))
    assert form(out) == form(json.loads(RICH))


def test_the_proof_counts_pictures_and_annotations(tmp_path: Path) -> None:
    labels = opened(tmp_path, RICH)
    proof = labels.write(tmp_path / "out", all_kept(labels))
    assert (proof.files, proof.pictures, proof.annotations) == (1, 5, 12)
    proof = labels.write(tmp_path / "out", {"a.jpg": ""})
    assert (proof.files, proof.pictures, proof.annotations) == (1, 1, 9)


def test_a_suffix_changes_file_names_alone(tmp_path: Path) -> None:
    labels = opened(tmp_path, RICH)
    out = written(labels, tmp_path, {**all_kept(labels, "_rain"), "a.jpg": ""})
    expected = json.loads(RICH)
    new_names = ["a.jpg", "sub/b_rain.jpg", "é日_rain.jpg", "background_rain.png", "sub\\e_rain.jpg"]
    for record, name in zip(expected["images"], new_names, strict=True):
        record["file_name"] = name
    assert form(out) == form(expected)


@pytest.mark.parametrize(
    ("dropped", "gone"),
    [
        ("a.jpg", {10, 11, 12}),
        ("sub/b.jpg", {13}),
        ("é日.jpg", {14}),
        ("background.png", set()),
        ("sub/e.jpg", {15}),
    ],
)
def test_a_skipped_picture_takes_its_record_and_annotations_and_nothing_else(
    tmp_path: Path, dropped: str, gone: set[int]
) -> None:
    labels = opened(tmp_path, RICH)
    kept = all_kept(labels)
    del kept[dropped]
    expected = json.loads(RICH)
    del expected["images"][NAMES.index(dropped)]
    expected["annotations"] = [one for one in expected["annotations"] if one is None or one["id"] not in gone]
    assert form(written(labels, tmp_path, kept)) == form(expected)


def test_nothing_kept_leaves_orphans_and_the_rest(tmp_path: Path) -> None:
    out = written(opened(tmp_path, RICH), tmp_path, {})
    assert out["images"] == []
    assert [one and one["id"] for one in out["annotations"]] == [16, 17, 18, 19, 20, None]
    assert list(out) == list(json.loads(RICH))


@pytest.mark.parametrize("rest", ["", ', "annotations": null', ', "annotations": []', ', "annotations": {"a": 1}'])
def test_annotations_may_be_missing_or_no_list(tmp_path: Path, rest: str) -> None:
    text = '{"images": [{"id": 0, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]' + rest + "}"
    out = written(opened(tmp_path, text), tmp_path, {"b.jpg": ""})
    expected = json.loads(text)
    del expected["images"][0]
    assert form(out) == form(expected)


@pytest.mark.parametrize(("text", "raw"), [('"é日"', True), ('"\\u00e9"', False)])
def test_text_stays_readable_or_escaped_as_in_the_source(tmp_path: Path, text: str, raw: bool) -> None:
    labels = opened(tmp_path, '{"images": [{"id": 1, "file_name": "a.jpg"}], "info": ' + text + "}")
    written(labels, tmp_path, {"a.jpg": ""})
    assert ("é".encode() in (tmp_path / "out" / "coco.json").read_bytes()) is raw


@pytest.mark.parametrize("text", ['"é \\ud800"', '"\\ud83d\\ude00 \\udc00"', '{"\\udfff": "日"}'])
def test_lone_surrogates_in_other_fields_pass_through(tmp_path: Path, text: str) -> None:
    source = '{"info": ' + text + ', "images": [{"id": 1, "file_name": "a.jpg"}]}'
    out = written(opened(tmp_path, source), tmp_path, {"a.jpg": ""})
    assert form(out) == form(json.loads(source))


def test_surrogate_pairs_encoded_one_by_one_pass_through_or_are_refused_at_once(tmp_path: Path) -> None:
    source = b'{"images": [{"id": 1, "file_name": "a.jpg"}], "info": "\xed\xa0\xbd\xed\xb8\x80"}'
    try:
        labels = opened(tmp_path, source)
    except LabelError:
        return
    assert form(written(labels, tmp_path, {"a.jpg": ""})) == form(json.loads(source))


def test_a_byte_order_mark_and_utf16_are_read(tmp_path: Path) -> None:
    for encoding in ("utf-8-sig", "utf-16"):
        labels = opened(tmp_path, RICH.encode(encoding))
        assert form(written(labels, tmp_path, all_kept(labels))) == form(json.loads(RICH))


def test_a_source_that_changed_during_the_run_is_refused_and_nothing_written(tmp_path: Path) -> None:
    labels = opened(tmp_path, RICH)
    (tmp_path / "coco.json").write_text(RICH + " ")
    with pytest.raises(LabelError, match="changed during the run"):
        labels.write(tmp_path / "out", all_kept(labels))
    assert not (tmp_path / "out").exists()


def test_a_source_that_vanished_during_the_run_is_refused(tmp_path: Path) -> None:
    labels = opened(tmp_path, RICH)
    (tmp_path / "coco.json").unlink()
    with pytest.raises(LabelError, match="No such file"):
        labels.write(tmp_path / "out", all_kept(labels))


Tamper = Callable[[Json], Json]


def _set(tree: Json, *path: Json) -> None:
    for key in path[:-2]:
        tree = tree[key]
    tree[path[-2]] = path[-1]


def _reorder(record: dict[str, Json]) -> None:
    record["id"] = record.pop("id")


TAMPERINGS: dict[str, Tamper] = {
    "annotation lost": lambda tree: tree["annotations"].pop(),
    "annotation twice": lambda tree: tree["annotations"].append(tree["annotations"][0]),
    "annotations swapped": lambda tree: tree["annotations"].reverse(),
    "box moved": lambda tree: _set(tree, "annotations", 0, "bbox", 0, 1e-9),
    "box of another type": lambda tree: _set(tree, "annotations", 0, "bbox", 0, 0.0),
    "crowd flag of another type": lambda tree: _set(tree, "annotations", 0, "iscrowd", False),
    "annotations lost": lambda tree: _set(tree, "annotations", None),
    "image lost": lambda tree: tree["images"].pop(),
    "image twice": lambda tree: tree["images"].append(tree["images"][0]),
    "images swapped": lambda tree: tree["images"].reverse(),
    "image size": lambda tree: _set(tree, "images", 0, "width", 25),
    "image key lost": lambda tree: tree["images"][0].pop("extra"),
    "image key added": lambda tree: _set(tree, "images", 0, "new", None),
    "image keys in another order": lambda tree: _reorder(tree["images"][0]),
    "image renamed": lambda tree: _set(tree, "images", 0, "file_name", "A.jpg"),
    "info changed": lambda tree: _set(tree, "info", "ok", 1),
    "top-level key lost": lambda tree: tree.pop("zzz"),
    "top-level key added": lambda tree: _set(tree, "new", None),
    "top-level order": lambda tree: _set(tree, "licenses", tree.pop("licenses")),
}


@pytest.mark.parametrize("name", TAMPERINGS)
@pytest.mark.parametrize("suffix", ["", "_rain"])
def test_the_proof_fails_when_something_else_was_written(
    tmp_path: Path, write_instead: WriteInstead, name: str, suffix: str
) -> None:
    labels = opened(tmp_path, RICH)
    write_instead(in_place(TAMPERINGS[name]))
    with pytest.raises(ProofError, match=r"coco\.json"):
        labels.write(tmp_path / "out", all_kept(labels, suffix))


@pytest.mark.parametrize("kept", [{"a.jpg": ""}, {"a.jpg": "_rain"}, dict.fromkeys(NAMES, "_rain"), {}])
def test_the_proof_fails_when_the_source_was_written_unfiltered(
    tmp_path: Path, write_instead: WriteInstead, kept: dict[str, str]
) -> None:
    labels = opened(tmp_path, RICH)
    write_instead(lambda _: json.loads(RICH))
    with pytest.raises(ProofError):
        labels.write(tmp_path / "out", kept)


def test_the_proof_holds_when_the_tree_was_written_in_another_layout(
    tmp_path: Path, write_instead: WriteInstead
) -> None:
    labels = opened(tmp_path, RICH)
    write_instead(lambda tree: tree)
    assert labels.write(tmp_path / "out", all_kept(labels)).annotations == 12


@pytest.mark.parametrize("ids", [(1, 1), (1, 1.0), (1, True), ("a", "a")])
def test_two_images_with_one_id_are_refused(tmp_path: Path, ids: tuple[Json, Json]) -> None:
    records = [{"id": one, "file_name": f"{index}.jpg"} for index, one in enumerate(ids)]
    with pytest.raises(CollisionError, match="two images have the id"):
        opened(tmp_path, json.dumps({"images": records}))


def test_an_id_as_number_and_as_text_are_two(tmp_path: Path) -> None:
    text = (
        '{"images": [{"id": 1, "file_name": "a.jpg"}, {"id": "1", "file_name": "b.jpg"}],'
        ' "annotations": [{"image_id": 1}, {"image_id": "1"}]}'
    )
    out = written(opened(tmp_path, text), tmp_path, {"b.jpg": ""})
    assert out["annotations"] == [{"image_id": "1"}]


@pytest.mark.parametrize(
    "record", ['{"file_name": "a.jpg"}', '{"id": null, "file_name": "a"}', '{"id": [], "file_name": "a"}']
)
def test_an_image_without_a_usable_id_is_refused(tmp_path: Path, record: str) -> None:
    with pytest.raises(LabelError, match=r"images\[0\] has no usable 'id'"):
        opened(tmp_path, '{"images": [' + record + "]}")


@pytest.mark.parametrize("record", ["5", "null", "[]", '{"id": 1}', '"a.jpg"'])
def test_an_image_without_a_file_name_is_refused(tmp_path: Path, record: str) -> None:
    with pytest.raises(LabelError, match=r"images\[1\] has no 'file_name'"):
        opened(tmp_path, '{"images": [{"id": 0, "file_name": "a.jpg"}, ' + record + "]}")


@pytest.mark.parametrize("name", ["../a.jpg", "/etc/passwd", "C:\\a.jpg", "\\\\server\\a.jpg", "", "sub/", 7, None])
def test_a_file_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: object) -> None:
    with pytest.raises(UnsafeNameError, match=r"images\[0\]"):
        opened(tmp_path, json.dumps({"images": [{"id": 1, "file_name": name}]}))


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ('"width": 24, "height": 16', (24, 16)),
        ('"width": 24.0, "height": 16', (24, 16)),
        ('"width": 24.5, "height": 16', None),
        ('"width": 24', None),
        ('"width": 0, "height": 16', None),
        ('"width": -24, "height": 16', None),
        ('"width": "24", "height": "16"', None),
        ('"width": null, "height": 16', None),
        ('"width": NaN, "height": 16', None),
        ('"width": Infinity, "height": 16', None),
        ('"width": [24], "height": 16', None),
    ],
)
def test_the_stated_size_is_whole_and_positive_or_none(
    tmp_path: Path, size: str, expected: tuple[int, int] | None
) -> None:
    labels = opened(tmp_path, '{"images": [{"id": 1, "file_name": "a.jpg", ' + size + "}]}")
    assert labels.pictures[0].size == expected


def test_the_label_file_keeps_its_name_and_is_an_input(tmp_path: Path) -> None:
    labels = opened(tmp_path, RICH)
    assert [target for target, _ in labels.output_files(all_kept(labels))] == ["coco.json"]
    assert list(labels.inputs()) == [tmp_path / "coco.json"]
    assert list(labels.skips) == []


def test_the_identity_changes_with_the_content(tmp_path: Path) -> None:
    before = opened(tmp_path, RICH).identity()
    assert opened(tmp_path, RICH).identity() == before
    assert opened(tmp_path, RICH + "\n").identity() != before


@pytest.mark.parametrize(
    ("file", "pictures"),
    [
        ("bdd100k_detection/coco_train.json", 200),
        ("coco_mini/instances_4images.json", 4),
        ("coco_mini/instances_val2014_100.json", 100),
    ],
)
@pytest.mark.parametrize("suffix", ["", "_rain"])
def test_real_files_pass_through(shared_data: Path, tmp_path: Path, file: str, pictures: int, suffix: str) -> None:
    source = shared_data / file
    labels = open_labels(source, None, None)
    assert labels.format == "coco"
    proof = labels.write(tmp_path, all_kept(labels, suffix))
    expected = json.loads(source.read_bytes())
    for record in expected["images"]:
        stem, dot, extension = record["file_name"].rpartition(".")
        record["file_name"] = stem + suffix + dot + extension
    out = json.loads((tmp_path / source.name).read_bytes())
    assert form(out) == form(expected)
    assert (proof.pictures, proof.annotations) == (pictures, len(expected["annotations"]))
