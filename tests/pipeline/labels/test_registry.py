"""What ``--labels`` points at is recognised, and what cannot be used is refused with a remedy."""

import json
from pathlib import Path

import pytest

from pipeline.errors import CollisionError, LabelError
from pipeline.labels import registry
from pipeline.labels.format import LabelFormat
from pipeline.labels.json_file import JsonFile, read_json
from pipeline.labels.registry import chosen_format, format_help, format_names, labels_help, open_labels
from tests.conftest import ROOT
from tests.pipeline.labels.label_sets import put
from tpsence.errors import InputError

COCO = json.dumps({"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}).encode()
FRAMES = json.dumps([{"name": "a.jpg", "labels": []}]).encode()
XML = b"<annotation><filename>a.jpg</filename></annotation>"
BOX = b"0 .5 .5 .1 .1\n"


@pytest.mark.parametrize(
    ("files", "labels", "expected", "root"),
    [
        ({"x.json": COCO}, "x.json", "coco", ""),
        ({"x.txt": COCO}, "x.txt", "coco", ""),
        ({"x.json": FRAMES}, "x.json", "scalabel", ""),
        ({"x.json": b'{"frames": ' + FRAMES + b"}"}, "x.json", "scalabel", ""),
        ({"x.json": COCO[:-1] + b', "frames": []}'}, "x.json", "coco", ""),
        ({"data.yaml": b"train: .\n"}, "data.yaml", "yolo", ""),
        ({"any.YML": b"train: .\n"}, "any.YML", "yolo", ""),
        ({"data.yaml": b"train: .\n"}, "", "yolo", ""),
        ({"dataset.yaml": b"train: .\n"}, "", "yolo", ""),
        ({"data.yml": b"train: .\n"}, "", "yolo", ""),
        ({"a.txt": BOX}, "", "yolo", ""),
        ({"labels/a.txt": BOX, "images/a.jpg": b"x"}, "", "yolo", "images"),
        ({"labels/a.txt": BOX, "images/a.jpg": b"x"}, "labels", "yolo", "images"),
        ({"data.yaml": b"train: images\n", "labels/a.txt": BOX, "images/a.jpg": b"x"}, "", "yolo", ""),
        ({"a.xml": XML}, "", "voc", ""),
        ({"a.XML": XML}, "", "voc", ""),
        ({"Annotations/a.xml": XML, "JPEGImages/a.jpg": b"x"}, "", "voc", "JPEGImages"),
        ({"Annotations/a.xml": XML, "JPEGImages/a.jpg": b"x"}, "Annotations", "voc", "JPEGImages"),
        ({"sub/a.xml": XML, "sub/a.jpg": b"x"}, "", "voc", ""),
    ],
)
def test_the_format_is_recognised(
    tmp_path: Path, files: dict[str, bytes], labels: str, expected: str, root: str
) -> None:
    put(tmp_path / "set", {"a.jpg": b"x", **files})
    found = open_labels(tmp_path / "set" / labels, None, None)
    assert found.format == expected
    assert found.image_root == tmp_path / "set" / root


AMBIGUOUS = {"Annotations/a.xml": XML, "labels/a.txt": BOX, "images/a.jpg": b"x"}


@pytest.mark.parametrize(
    ("files", "words"),
    [
        (AMBIGUOUS, ["labels (yolo)", "Annotations (voc)"]),
        ({**AMBIGUOUS, "data.yaml": b"train: images\n"}, ["data.yaml (yolo)", "Annotations (voc)"]),
        ({"a.xml": XML, "a.txt": BOX, "a.jpg": b"x"}, ["(yolo)", "(voc)"]),
    ],
)
def test_a_folder_with_two_formats_is_refused_and_names_the_option(
    tmp_path: Path, files: dict[str, bytes], words: list[str]
) -> None:
    put(tmp_path, files)
    with pytest.raises(LabelError) as caught:
        open_labels(tmp_path, None, None)
    assert [word for word in words if word not in caught.value.message] == []
    assert "`format`" in str(caught.value.hint)


@pytest.mark.parametrize("wanted", ["yolo", "voc"])
def test_the_format_chooses_in_a_folder_with_two(tmp_path: Path, wanted: str) -> None:
    found = open_labels(put(tmp_path, AMBIGUOUS), None, wanted)
    assert found.format == wanted
    assert [picture.name for picture in found.pictures] == ["a.jpg"]


@pytest.mark.parametrize(
    ("files", "labels", "wanted"),
    [
        ({"x.json": COCO}, "x.json", "yolo"),
        ({"x.json": COCO}, "x.json", "voc"),
        ({"x.json": COCO}, "x.json", "scalabel"),
        ({"x.json": FRAMES}, "x.json", "coco"),
        ({"data.yaml": b"train: .\n"}, "data.yaml", "coco"),
        ({"data.yaml": b"train: .\n"}, "data.yaml", "scalabel"),
        ({"data.yaml": b"train: .\n"}, "data.yaml", "voc"),
        ({"a.xml": XML}, "", "coco"),
        ({"a.txt": BOX}, "", "voc"),
    ],
)
def test_a_format_that_does_not_fit_is_refused(
    tmp_path: Path, files: dict[str, bytes], labels: str, wanted: str
) -> None:
    put(tmp_path, {"a.jpg": b"x", **files})
    with pytest.raises(LabelError) as caught:
        open_labels(tmp_path / labels, None, wanted)
    assert caught.value.hint


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (b"", "empty"),
        (b"\xff\xd8\xff\xe0", "a picture"),
        (b"name,x,y\na.jpg,1,2\n", "a table"),
        (COCO[:-20], "not valid JSON"),
        (FRAMES[:-1], "not valid JSON"),
        (b'{"images": [' + b"[" * 100_000 + b"]" * 100_000 + b"]}", "nested too deeply"),
        (b"[1, 2, 3]", "a list of which the first is a number"),
        (b"[[]]", "a list of which the first is a list"),
        (b'[{"labels": []}, {"name": "a.jpg"}]', r"frames\[0\] has no 'name'"),
        (b"[]", "no frames"),
        (b"{}", "neither COCO"),
        (b"5", "neither COCO"),
        (b"null", "neither COCO"),
        (b'"images"', "neither COCO"),
        (b'{"annotations": []}', "neither COCO"),
        (b'{"images": []}', "'images' is empty"),
        (b'{"images": null}', "'images' is null"),
        (b'{"images": {"id": 1}}', "'images' is an object"),
        (b'{"images": [1, 2]}', r"images\[0\] has no 'file_name'"),
    ],
    ids=lambda value: repr(value[:30]) if isinstance(value, bytes) else None,
)
def test_a_json_file_that_cannot_be_used_is_refused_in_one_line(tmp_path: Path, content: bytes, reason: str) -> None:
    put(tmp_path, {"x.json": content, "a.jpg": b"x"})
    with pytest.raises(LabelError, match=reason) as caught:
        open_labels(tmp_path / "x.json", None, None)
    assert "\n" not in caught.value.message
    assert caught.value.message.startswith(str(tmp_path / "x.json"))
    assert caught.value.hint


def test_two_images_with_one_id_are_a_collision(tmp_path: Path) -> None:
    records = [{"id": 1, "file_name": "a.jpg"}, {"id": 1, "file_name": "b.jpg"}]
    put(tmp_path, {"x.json": json.dumps({"images": records}).encode(), "a.jpg": b"x"})
    with pytest.raises(CollisionError):
        open_labels(tmp_path / "x.json", None, None)


@pytest.mark.parametrize("name", ["missing.json", "missing", "missing/data.yaml"])
def test_labels_that_do_not_exist_are_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(LabelError, match="no such file or folder") as caught:
        open_labels(tmp_path / name, None, None)
    assert "`labels`" in str(caught.value.hint)


def test_images_that_are_no_folder_are_refused(tmp_path: Path) -> None:
    put(tmp_path, {"x.json": COCO, "a.jpg": b"x"})
    for images, said in ((tmp_path / "missing", "no such folder"), (tmp_path / "a.jpg", "is a file; with `labels`")):
        with pytest.raises(InputError, match=said) as caught:
            open_labels(tmp_path / "x.json", images, None)
        assert caught.value.hint


@pytest.mark.parametrize("files", [{}, {"note.md": b"x"}, {"a.jpg": b"x"}, {"annotations/x.json": b"[{]"}])
def test_a_folder_without_labels_is_refused(tmp_path: Path, files: dict[str, bytes]) -> None:
    with pytest.raises(LabelError, match="no labels found"):
        open_labels(put(tmp_path, files), None, None)


def test_pictures_alone_need_no_labels(tmp_path: Path) -> None:
    put(tmp_path / "in", {"b.jpg": b"x", "sub/a.PNG": b"x", "note.txt": b"x", ".hidden.jpg": b"x"})
    labels = open_labels(None, tmp_path / "in", None)
    assert labels.format == "none"
    assert [picture.name for picture in labels.pictures] == ["b.jpg", "sub/a.PNG"]
    assert list(labels.output_files({"b.jpg": ""})) == []
    proof = labels.write(tmp_path / "out", {"b.jpg": ""})
    assert (proof.files, proof.pictures, (tmp_path / "out").exists()) == (0, 1, False)


def test_neither_labels_nor_pictures_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="neither labels nor pictures"):
        open_labels(None, None, None)
    with pytest.raises(InputError, match="no pictures in this folder"):
        open_labels(None, put(tmp_path, {"note.txt": b"x"}), None)


def test_a_label_file_reached_through_a_link_keeps_its_own_name(tmp_path: Path) -> None:
    put(tmp_path, {"store/0a1b.json": COCO, "set/a.jpg": b"x"})
    (tmp_path / "set" / "train.json").symlink_to(tmp_path / "store" / "0a1b.json")
    labels = open_labels(tmp_path / "set" / "train.json", None, None)
    assert labels.image_root == tmp_path / "set"
    assert labels.output_files({"a.jpg": ""})[0][0] == "train.json"


def test_relative_paths_are_made_absolute(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    put(tmp_path, {"set/x.json": COCO, "set/images/a.jpg": b"x"})
    monkeypatch.chdir(tmp_path / "set")
    assert open_labels(Path("x.json"), None, None).image_root == tmp_path / "set" / "images"
    assert open_labels(Path("../set/x.json"), Path("images"), None).image_root == tmp_path / "set" / "images"


@pytest.mark.parametrize(
    ("file", "content", "picture", "root", "prefix"),
    [
        ("x.json", COCO, "a.jpg", "", ""),
        ("x.json", COCO, "images/a.jpg", "images", "images"),
        ("annotations/instances_train2017.json", COCO, "train2017/a.jpg", "train2017", "images"),
        ("annotations/instances_val2017.json", COCO, "images/val2017/a.jpg", "images/val2017", "images"),
        ("annotations/x.json", COCO, "a.jpg", "", "images"),
        ("annotations/x.json", COCO, "images/a.jpg", "images", "images"),
        ("annotations/x.json", COCO, "annotations/a.jpg", "annotations", ""),
        ("instances_test.json", COCO, "test/a.jpg", "test", "test"),
        ("labels/bdd100k_labels_images_train.json", FRAMES, "images/100k/train/a.jpg", "images/100k/train", "images"),
        ("labels/det_val.json", FRAMES, "images/100k/val/a.jpg", "images/100k/val", "images"),
        ("det_train.json", FRAMES, "images/train/a.jpg", "images/train", "images/train"),
    ],
)
def test_the_folder_of_the_pictures_is_guessed(
    tmp_path: Path, file: str, content: bytes, picture: str, root: str, prefix: str
) -> None:
    put(tmp_path / "set", {file: content, picture: b"x", "other/b.jpg": b"x"})
    labels = open_labels(tmp_path / "set" / file, None, None)
    assert labels.image_root == tmp_path / "set" / root
    assert labels.image_prefix == prefix


@pytest.mark.parametrize("name", ["train", "val"])
def test_each_split_finds_its_own_folder(tmp_path: Path, name: str) -> None:
    pictures = {f"images/{split}/a.jpg": b"x" for split in ("train", "val", "test")}
    put(tmp_path, {f"annotations/instances_{name}.json": COCO, **pictures})
    assert (
        open_labels(tmp_path / f"annotations/instances_{name}.json", None, None).image_root
        == tmp_path / "images" / name
    )


def test_names_with_folders_are_found_relative_to_the_label_file(tmp_path: Path) -> None:
    content = json.dumps({"images": [{"id": 1, "file_name": "images/train/a.jpg"}]}).encode()
    put(tmp_path, {"coco.json": content, "images/train/a.jpg": b"x"})
    labels = open_labels(tmp_path / "coco.json", None, None)
    assert (labels.image_root, labels.image_prefix) == (tmp_path, "")


def test_one_picture_that_exists_is_enough_to_find_the_folder(tmp_path: Path) -> None:
    records = [{"id": index, "file_name": f"{index}.jpg"} for index in range(500)]
    put(tmp_path, {"x.json": json.dumps({"images": records}).encode(), "images/499.jpg": b"x"})
    assert open_labels(tmp_path / "x.json", None, None).image_root == tmp_path / "images"


@pytest.mark.parametrize(("file", "content"), [("x.json", COCO), ("y.json", FRAMES)])
def test_pictures_that_are_nowhere_are_refused_with_the_remedy(tmp_path: Path, file: str, content: bytes) -> None:
    put(tmp_path / "set", {file: content, "elsewhere/a.jpg": b"x"})
    with pytest.raises(LabelError, match=r"'a\.jpg'") as caught:
        open_labels(tmp_path / "set" / file, None, None)
    assert "`images`" in str(caught.value.hint)


def test_frames_of_videos_are_found_below_the_folder_of_their_video(tmp_path: Path) -> None:
    frames = [{"name": "v1-1.jpg", "videoName": "v1"}, {"name": "v2-1.jpg", "videoName": "v2"}]
    files = {"images/train/v1/v1-1.jpg": b"x", "images/train/v2/v2-1.jpg": b"x"}
    put(tmp_path, {"box_track_train.json": json.dumps(frames).encode(), **files})
    labels = open_labels(tmp_path / "box_track_train.json", None, None)
    assert labels.image_root == tmp_path / "images" / "train"
    assert [picture.name for picture in labels.pictures] == ["v1/v1-1.jpg", "v2/v2-1.jpg"]


@pytest.mark.parametrize("name", ["x" * 300 + ".jpg", "d" * 300 + "/a.jpg"])
@pytest.mark.parametrize("guess", [True, False])
def test_a_name_longer_than_the_system_takes_is_no_crash(tmp_path: Path, name: str, guess: bool) -> None:
    coco = {"images": [{"id": 1, "file_name": name}, {"id": 2, "file_name": "a.jpg"}]}
    scalabel = [{"name": "a.jpg", "videoName": name}, {"name": name}, {"name": "a.jpg"}]
    put(tmp_path, {"coco.json": json.dumps(coco).encode(), "s.json": json.dumps(scalabel).encode(), "a.jpg": b"x"})
    for file in ("coco.json", "s.json"):
        try:
            labels = open_labels(tmp_path / file, None if guess else tmp_path, None)
        except InputError:
            continue
        assert "a.jpg" in [picture.name for picture in labels.pictures]


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("bdd100k_detection/coco_train.json", "coco"),
        ("bdd100k_detection/bdd_det_train.json", "scalabel"),
        ("bdd100k_detection", "yolo"),
        ("bdd100k_detection/labels/train", "yolo"),
        ("dawn_fog_voc/Annotations", "voc"),
        ("dawn_fog_voc/labels", "yolo"),
        ("coco8", "yolo"),
        ("coco_mini/instances_4images.json", "coco"),
        ("coco_mini/instances_val2014_100.json", "coco"),
    ],
)
def test_real_data_sets_are_recognised(shared_data: Path, path: str, expected: str) -> None:
    labels = open_labels(shared_data / path, None, None)
    assert labels.format == expected
    assert any((labels.image_root / picture.name).is_file() for picture in labels.pictures)


def test_a_real_folder_with_two_formats_is_refused(shared_data: Path) -> None:
    with pytest.raises(LabelError) as caught:
        open_labels(shared_data / "dawn_fog_voc", None, None)
    assert "`format`" in str(caught.value.hint)


def test_the_help_says_what_it_always_said() -> None:
    assert f"{labels_help()}." == "COCO or Scalabel JSON, a data.yaml, a folder of YOLO txt, or a folder of VOC XML."
    assert format_help() == "Label format: auto, coco, yolo, voc or scalabel."


@pytest.mark.parametrize("name", format_names())
def test_a_name_is_chosen(name: str) -> None:
    assert chosen_format(name) == name


def test_auto_leaves_the_choice() -> None:
    assert chosen_format("auto") is None


@pytest.mark.parametrize("name", ["kitti", "none", "", "COCO"])
def test_another_name_is_refused(tmp_path: Path, name: str) -> None:
    put(tmp_path, {"x.json": COCO, "a.jpg": b"x"})
    with pytest.raises(InputError, match=f"`format` {name!r}: not known") as caught:
        chosen_format(name)
    assert caught.value.hint == "Give auto, coco, yolo, voc or scalabel."
    with pytest.raises(InputError, match="not known"):
        open_labels(tmp_path / "x.json", None, name)


@pytest.mark.parametrize("one", registry.FORMATS, ids=format_names())
def test_an_entry_can_be_named_and_told(one: LabelFormat) -> None:
    assert (one.json_top is not None) != bool(one.given_as)  # the help says what `labels` can point at, once
    assert one.name == one.title.lower()
    assert one.extensions
    assert all(extension == extension.lower() and extension.startswith(".") for extension in one.extensions)


def test_the_table_of_the_page_has_every_format() -> None:
    lines = (ROOT / "docs" / "formats.md").read_text(encoding="utf-8").splitlines()
    rows = [line for line in lines if line.startswith("| `")]
    assert [one.title for one in registry.FORMATS if not any(one.title in row for row in rows)] == []


@pytest.mark.parametrize("content", [COCO, FRAMES])
def test_a_json_file_is_parsed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, content: bytes) -> None:
    put(tmp_path, {"x.json": content, "a.jpg": b"x"})
    read = []

    def counting(path: Path) -> JsonFile:
        read.append(path)
        return read_json(path)

    monkeypatch.setattr("pipeline.labels.format.read_json", counting)
    open_labels(tmp_path / "x.json", None, None)
    assert read == [tmp_path / "x.json"]


def test_a_folder_with_usual_names_is_not_searched(tmp_path: Path) -> None:
    put(tmp_path, {"elsewhere/b.xml": XML, "set/data.yaml": b"train: images\n", "set/images/a.jpg": b"x"})
    (tmp_path / "set" / "link").symlink_to(tmp_path / "elsewhere", target_is_directory=True)
    assert open_labels(tmp_path / "set", None, None).format == "yolo"
