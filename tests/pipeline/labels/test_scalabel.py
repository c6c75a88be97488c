"""Scalabel labels (BDD100K) pass through: everything but frame names is what it was."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import LabelError, ProofError, UnsafeNameError
from pipeline.labels.interface import LabelSet
from pipeline.labels.json_file import Json
from pipeline.labels.registry import open_labels
from tests.pipeline.conftest import WriteInstead
from tests.pipeline.labels.label_sets import all_kept, form, in_place

FRAMES = r"""[
 {"name": "a.jpg", "attributes": {"weather": "clear", "z": 1.0, "a": true}, "timestamp": 10000,
  "labels": [{"id": "0", "category": "car", "box2d": {"x1": 0, "y1": 0.5, "x2": 3.0, "y2": NaN}},
             {"id": 1, "poly2d": [{"vertices": [[0, 1.0]], "types": "L", "closed": false}],
              "rle": {"counts": "PYh0"}}]},
 {"labels": [], "name": "b.jpg", "size": {"width": 24, "height": 16}},
 {"name": "\u00e9\u65e5.jpg", "labels": null, "big": 123456789012345678901234567890, "text": "\ud800"},
 {"name": "sub\\d.png"}
]"""
OBJECT = (
    '{"zzz": [1, 1.0], "config": {"imageSize": {"width": 30.0, "height": 20}}, "frames": '
    + FRAMES
    + ', "groups": null}'
)
NAMES = ["a.jpg", "b.jpg", "é日.jpg", "sub/d.png"]


def opened(folder: Path, text: str) -> LabelSet:
    (folder / "images").mkdir(exist_ok=True)
    (folder / "images" / "a.jpg").touch()
    (folder / "det_train.json").write_text(text)
    return open_labels(folder / "det_train.json", folder / "images", None)


def written(labels: LabelSet, folder: Path, kept: dict[str, str]) -> Json:
    labels.write(folder / "out", kept)
    return json.loads((folder / "out" / "det_train.json").read_bytes())


def frames_of(tree: Json) -> Json:
    return tree["frames"] if isinstance(tree, dict) else tree


@pytest.mark.parametrize("text", [FRAMES, OBJECT])
def test_all_kept_is_identical_in_types_order_and_digits(tmp_path: Path, text: str) -> None:
    labels = opened(tmp_path, text)
    assert labels.format == "scalabel"
    assert [picture.name for picture in labels.pictures] == NAMES
    assert form(written(labels, tmp_path, all_kept(labels))) == form(json.loads(text))


@pytest.mark.parametrize("text", [FRAMES, OBJECT])
def test_a_suffix_changes_names_alone(tmp_path: Path, text: str) -> None:
    labels = opened(tmp_path, text)
    out = written(labels, tmp_path, {**all_kept(labels, "_rain"), "b.jpg": ""})
    expected = json.loads(text)
    new_names = ["a_rain.jpg", "b.jpg", "é日_rain.jpg", "sub\\d_rain.png"]
    for frame, name in zip(frames_of(expected), new_names, strict=True):
        frame["name"] = name
    assert form(out) == form(expected)


@pytest.mark.parametrize("text", [FRAMES, OBJECT])
@pytest.mark.parametrize("dropped", NAMES)
def test_a_skipped_picture_takes_its_frame_and_nothing_else(tmp_path: Path, text: str, dropped: str) -> None:
    labels = opened(tmp_path, text)
    kept = all_kept(labels)
    del kept[dropped]
    expected = json.loads(text)
    del frames_of(expected)[NAMES.index(dropped)]
    assert form(written(labels, tmp_path, kept)) == form(expected)


def test_the_proof_counts_frames_and_labels(tmp_path: Path) -> None:
    labels = opened(tmp_path, OBJECT)
    proof = labels.write(tmp_path / "out", all_kept(labels))
    assert (proof.files, proof.pictures, proof.annotations) == (1, 4, 2)
    proof = labels.write(tmp_path / "out", {"b.jpg": ""})
    assert (proof.files, proof.pictures, proof.annotations) == (1, 1, 0)


def test_the_size_of_a_frame_goes_before_the_size_of_the_file(tmp_path: Path) -> None:
    sizes = [picture.size for picture in opened(tmp_path, OBJECT).pictures]
    assert sizes == [(30, 20), (24, 16), (30, 20), (30, 20)]


@pytest.mark.parametrize(
    ("config", "expected"),
    [
        ('{"imageSize": {"width": 30, "height": 20}}', (30, 20)),
        ('{"width": 30, "height": 20}', (30, 20)),
        ('{"imageSize": null}', None),
        ('{"imageSize": {"width": 0, "height": 20}}', None),
        ('{"imageSize": {"width": Infinity, "height": 20}}', None),
        ("[30, 20]", None),
        ("null", None),
    ],
)
def test_the_size_of_the_file(tmp_path: Path, config: str, expected: tuple[int, int] | None) -> None:
    labels = opened(tmp_path, '{"config": ' + config + ', "frames": [{"name": "a.jpg", "size": "junk"}]}')
    assert labels.pictures[0].size == expected


def test_frames_lie_below_their_video_where_there_is_such_a_folder(tmp_path: Path) -> None:
    (tmp_path / "images" / "v1").mkdir(parents=True)
    (tmp_path / "images" / "v1" / "1.jpg").touch()
    frames: list[Json] = [
        {"name": "1.jpg", "videoName": "v1", "frameIndex": 0},
        {"name": "1.jpg", "videoName": "v2", "frameIndex": 0},
        {"name": "2.jpg", "videoName": ""},
        {"name": "3.jpg", "videoName": None},
    ]
    labels = opened(tmp_path, json.dumps(frames))
    assert [picture.name for picture in labels.pictures] == ["v1/1.jpg", "1.jpg", "2.jpg", "3.jpg"]
    out = written(labels, tmp_path, {"v1/1.jpg": "_rain", "2.jpg": ""})
    assert form(out) == form([{**frames[0], "name": "1_rain.jpg"}, frames[2]])


@pytest.mark.parametrize("video", ["..", "../x", "/etc", "C:\\x", 5, ["v"], "v/", "\ud800"])
def test_a_video_that_leaves_the_folder_is_refused(tmp_path: Path, video: object) -> None:
    with pytest.raises(UnsafeNameError, match=r"frames\[0\]"):
        opened(tmp_path, json.dumps([{"name": "a.jpg", "videoName": video}]))


@pytest.mark.parametrize("name", ["../a.jpg", "/etc/passwd", "C:\\a.jpg", "\\\\server\\a.jpg", "", "sub/", 7, None])
def test_a_name_that_leaves_the_folder_is_refused(tmp_path: Path, name: object) -> None:
    with pytest.raises(UnsafeNameError, match=r"frames\[0\]"):
        opened(tmp_path, json.dumps([{"name": name}]))


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("[]", "no frames"),
        ('{"frames": []}', "no frames"),
        ('{"frames": null}', "'frames' is null"),
        ('{"frames": {"name": "a.jpg"}}', "'frames' is an object"),
        ("[1, 2, 3]", "the first is a number"),
        ('[{"name": "a.jpg"}, {"labels": []}]', r"frames\[1\] has no 'name'"),
        ('[{"name": "a.jpg"}, null]', r"frames\[1\] has no 'name'"),
    ],
)
def test_what_has_no_named_frames_is_refused(tmp_path: Path, text: str, reason: str) -> None:
    with pytest.raises(LabelError, match=reason):
        opened(tmp_path, text)


def test_a_source_that_changed_during_the_run_is_refused_and_nothing_written(tmp_path: Path) -> None:
    labels = opened(tmp_path, FRAMES)
    (tmp_path / "det_train.json").write_text(FRAMES.replace("10000", "10001"))
    with pytest.raises(LabelError, match="changed during the run"):
        labels.write(tmp_path / "out", all_kept(labels))
    assert not (tmp_path / "out").exists()


def _reorder(record: dict[str, Json]) -> None:
    record["name"] = record.pop("name")


TAMPERINGS: dict[str, Callable[[Json], Json]] = {
    "frame lost": lambda tree: tree["frames"].pop(),
    "frame twice": lambda tree: tree["frames"].append(tree["frames"][-1]),
    "frames swapped": lambda tree: tree["frames"].reverse(),
    "frame renamed": lambda tree: tree["frames"][0].update(name="A.jpg"),
    "label lost": lambda tree: tree["frames"][0]["labels"].pop(),
    "box moved": lambda tree: tree["frames"][0]["labels"][0]["box2d"].update(x1=1),
    "box of another type": lambda tree: tree["frames"][0]["labels"][0]["box2d"].update(x1=0.0),
    "flag of another type": lambda tree: tree["frames"][0]["attributes"].update(a=1),
    "frame key lost": lambda tree: tree["frames"][0].pop("timestamp"),
    "frame key added": lambda tree: tree["frames"][3].update(labels=None),
    "frame keys in another order": lambda tree: _reorder(tree["frames"][0]),
    "config changed": lambda tree: tree["config"]["imageSize"].update(width=30),
    "top-level key lost": lambda tree: tree.pop("groups"),
    "top-level key added": lambda tree: tree.update(new=None),
    "top-level order": lambda tree: tree.update(zzz=tree.pop("zzz")),
}


@pytest.mark.parametrize("name", TAMPERINGS)
@pytest.mark.parametrize("suffix", ["", "_rain"])
def test_the_proof_fails_when_something_else_was_written(
    tmp_path: Path, write_instead: WriteInstead, name: str, suffix: str
) -> None:
    labels = opened(tmp_path, OBJECT)
    write_instead(in_place(TAMPERINGS[name]))
    with pytest.raises(ProofError, match=r"det_train\.json"):
        labels.write(tmp_path / "out", all_kept(labels, suffix))


@pytest.mark.parametrize(("source", "other"), [(FRAMES, OBJECT), (OBJECT, FRAMES)])
def test_the_proof_fails_when_list_and_object_are_exchanged(
    tmp_path: Path, write_instead: WriteInstead, source: str, other: str
) -> None:
    labels = opened(tmp_path, source)
    write_instead(lambda _: json.loads(other))
    with pytest.raises(ProofError):
        labels.write(tmp_path / "out", all_kept(labels))


@pytest.mark.parametrize("kept", [{"a.jpg": ""}, dict.fromkeys(NAMES, "_rain"), {}])
def test_the_proof_fails_when_the_source_was_written_unfiltered(
    tmp_path: Path, write_instead: WriteInstead, kept: dict[str, str]
) -> None:
    labels = opened(tmp_path, FRAMES)
    write_instead(lambda _: json.loads(FRAMES))
    with pytest.raises(ProofError):
        labels.write(tmp_path / "out", kept)


@pytest.mark.parametrize("suffix", ["", "_rain"])
def test_a_real_file_passes_through(shared_data: Path, tmp_path: Path, suffix: str) -> None:
    source = shared_data / "bdd100k_detection" / "bdd_det_train.json"
    labels = open_labels(source, None, None)
    assert labels.format == "scalabel"
    proof = labels.write(tmp_path, all_kept(labels, suffix))
    expected = json.loads(source.read_bytes())
    for frame in expected:
        frame["name"] = frame["name"].removesuffix(".jpg") + suffix + ".jpg"
    assert form(json.loads((tmp_path / source.name).read_bytes())) == form(expected)
    assert (proof.pictures, proof.annotations) == (200, sum(len(frame["labels"]) for frame in expected))
    assert all((labels.image_root / picture.name).is_file() for picture in labels.pictures)
