"""YOLO labels: text files go out byte for byte, and of ``data.yaml`` only paths change."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest
import yaml

from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.errors import LabelError, ProofError, UnsafeNameError
from pipeline.files import yaml_text
from pipeline.files.yaml_text import Yaml, parse_text
from pipeline.images.skips import Reason
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import open_labels
from pipeline.labels.yolo import said
from pipeline.labels.yolo.labels import YoloLabels
from tests.conftest import WriteOtherwise
from tests.pipeline.labels.label_sets import names, put, tree
from tpsence.errors import InputError

BOX = b"0 0.5 0.5 0.25 0.25\n"
PLAIN = {"images/train/a.jpg": b"x", "images/val/b.jpg": b"x", "labels/train/a.txt": BOX, "labels/val/b.txt": b"7 1\n"}
SPLITS = "train: images/train\nval: images/val\n"


def described(tmp_path: Path, text: str | bytes, files: Mapping[str, bytes] = PLAIN) -> LabelSet:
    content = text.encode() if isinstance(text, str) else text
    put(tmp_path / "set", {**files, "data.yaml": content})
    return open_labels(tmp_path / "set" / "data.yaml", None, None)


def skipped(labels: LabelSet) -> list[tuple[str, Reason]]:
    return [(skip.file, skip.reason) for skip in labels.skips]


def copied(labels: LabelSet, tmp_path: Path, kept: Mapping[str, str] | None = None) -> dict[str, bytes]:
    labels.write(put(tmp_path / "out", {}), dict.fromkeys(names(labels), "") if kept is None else kept)
    return tree(tmp_path / "out")


@pytest.fixture(autouse=True)
def _out(tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()


# --- data.yaml: where the pictures are


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (SPLITS, ["images/train/a.jpg", "images/val/b.jpg"]),
        ("path: .\n" + SPLITS, ["images/train/a.jpg", "images/val/b.jpg"]),
        ("path:\n" + SPLITS, ["images/train/a.jpg", "images/val/b.jpg"]),
        ("path: ''\n" + SPLITS, ["images/train/a.jpg", "images/val/b.jpg"]),
        ("path: @SET@\n" + SPLITS, ["images/train/a.jpg", "images/val/b.jpg"]),
        ("path: images\ntrain: train\nval: val\n", ["images/train/a.jpg", "images/val/b.jpg"]),
        (
            "path: ../elsewhere/set # a relative path of another machine\n" + SPLITS,
            ["images/train/a.jpg", "images/val/b.jpg"],
        ),
        ("path: /content/datasets/x\n" + SPLITS, ["images/train/a.jpg", "images/val/b.jpg"]),
        ("train: images\n", ["images/train/a.jpg", "images/val/b.jpg"]),
        ("train: .\n", ["images/train/a.jpg", "images/val/b.jpg"]),
        ("train: ./images/train/\n", ["images/train/a.jpg"]),
        ("train: @SET@/images/train\n", ["images/train/a.jpg"]),
        ("train: ../images/train\n", ["images/train/a.jpg"]),
        ("train: [images/val, images/train]\n", ["images/val/b.jpg", "images/train/a.jpg"]),
        ("val:\n  - images/val\n  - ../images/train\n", ["images/val/b.jpg", "images/train/a.jpg"]),
        ("train: images/train\nval: images/train\ntest:\n", ["images/train/a.jpg"]),
        ("minival: images/val\n", ["images/val/b.jpg"]),
        ("{train: images/train, nc: 1}", ["images/train/a.jpg"]),
    ],
)
def test_the_pictures_of_a_data_yaml(tmp_path: Path, text: str, expected: list[str]) -> None:
    labels = described(tmp_path, text.replace("@SET@", str(tmp_path / "set")))
    assert labels.format == "yolo"
    assert names(labels) == expected
    assert all((labels.image_root / name).is_file() for name in names(labels))
    assert all(picture.size is None for picture in labels.pictures)
    assert list(labels.skips) == []


def test_the_quirk_of_an_export_finds_labels_beside_images(tmp_path: Path) -> None:
    files = {"train/images/a.jpg": b"x", "train/labels/a.txt": BOX, "valid/images/b.jpg": b"x"}
    text = "train: ../train/images\nval: ../valid/images\n\nnc: 1\nnames: ['car']\n"
    labels = described(tmp_path, text, files)
    out = copied(labels, tmp_path)
    assert names(labels) == ["train/images/a.jpg", "valid/images/b.jpg"]
    assert set(out) == {"train/labels/a.txt", "data.yaml"}
    assert yaml.safe_load(out["data.yaml"]) == {
        "train": "train/images",
        "val": "valid/images",
        "nc": 1,
        "names": ["car"],
    }


@pytest.mark.parametrize(
    "text",
    [
        "train: ../elsewhere\n",
        "train: @TMP@/elsewhere\n",
        "train: images/../../elsewhere\n",
        "train: link\n",
        "train: [images/train, ../elsewhere]\n",
        "path: ../elsewhere\ntrain: more\n",
        "path: @TMP@/elsewhere\ntrain: more\n",
        "path: link\ntrain: more\n",
        "path: ..\ntrain: elsewhere\n",
        "train: ../elsewhere/list.txt\n",
        "train: /etc/passwd\n",
        "train: ..\n",
        "train: ~/pictures\npath: ../..\n",
    ],
)
def test_pictures_outside_the_folder_are_refused_with_the_remedy(tmp_path: Path, text: str) -> None:
    put(tmp_path / "elsewhere", {"a.jpg": b"x", "more/b.jpg": b"x", "list.txt": b"a.jpg\nmore/b.jpg\n"})
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "link").symlink_to(tmp_path / "elsewhere")
    with pytest.raises(UnsafeNameError) as caught:
        described(tmp_path, text.replace("@TMP@", str(tmp_path)))
    assert ("`follow_links`" if "link" in text else "`images`") in str(caught.value.hint)


def test_images_given_by_the_user_are_the_root_whatever_path_says(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", PLAIN)
    put(tmp_path / "set", {"data.yaml": b"path: ../elsewhere # there\n" + SPLITS.encode()})
    labels = open_labels(tmp_path / "set" / "data.yaml", tmp_path / "elsewhere", None)
    out = copied(labels, tmp_path)
    assert names(labels) == ["images/train/a.jpg", "images/val/b.jpg"]
    assert out["data.yaml"] == b'path: "" # there\n' + SPLITS.encode()
    assert set(out) == {"data.yaml", "labels/train/a.txt", "labels/val/b.txt"}


@pytest.mark.parametrize(
    "text", ["train: ../set/images/train\n", "train: ../set/list.txt\n", "val: [../set/images/val]\n"]
)
def test_a_path_out_of_the_folder_and_back_in_does_not_lead_out_of_the_output(tmp_path: Path, text: str) -> None:
    try:
        labels = described(tmp_path, text, {**PLAIN, "list.txt": b"images/train/a.jpg\n"})
        plan = make_plan(labels, AugmentOptions(), tmp_path / "out")
    except InputError:
        return
    outputs = [task.output for task in plan.tasks] + [target for target, _ in labels.output_files(plan.suffixes)]
    assert [output for output in outputs if ".." in output.split("/")] == []


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("names: [car]\n", "none of train, val"),
        ("train:\nval: ''\n", "none of train, val"),
        ("train: no/such/folder\n", "is not in"),
        ("nc: 1\ntrain: {a: b}\n", "line 2: 'train' holds what is no text"),
        ("train: 2024\n", "line 1: 'train' holds what is no text"),
        ("train: [images, ~]\n", "line 1: 'train' holds what is no text"),
        ("train:\n- images\n- [x]\n", "line 3: 'train' holds what is no text"),
        (f"path: [a]\n{SPLITS}", "line 1: 'path' holds what is no text"),
        (f"path: false\n{SPLITS}", "line 1: 'path' holds what is no text"),
        (f"{SPLITS}train: images/val\n", r"not valid YAML \(line 3: the key 'train' stands twice"),
        (f"{SPLITS}<<: {{path: ..}}\n", r"not valid YAML \(line 3: the merge key <<"),
        (f"{SPLITS}nc: 59{':59' * 3000}\n", r"not valid YAML \(line 3: a number of 9,002 characters"),
        (f"{SPLITS}? [a]\n: 1\n", r"not valid YAML \(line 3: a list or a mapping in the place of a key"),
        (f"{SPLITS}names: [\u65e5]\n".encode("gbk"), r"not valid YAML \(line 3: not UTF-8, the byte 0xc8\)"),
        (SPLITS.encode("utf-16"), r"its encoding is UTF-16, not UTF-8"),
        ("- train\n", "no keys"),
        ("", "no keys"),
        ("train: [images\n", "not valid YAML"),
        ("nc: 1\ntrain: [images\n", r"not valid YAML \(line 3: .*expected ',' or '\]'"),
        ("a: !!python/object/apply:os.system ['true']\n", "not valid YAML"),
        (b"train: \xff\xfe\n", "not valid YAML"),
        ("x: " + "[" * 5000, "not valid YAML"),
        ("train: labels\n", "no pictures"),
        ('train: "a\\0b"\n', r"data\.yaml"),
        ('path: "a\\0b"\n' + SPLITS, r"data\.yaml"),
        ('train: "a\\uD800b"\n', r"data\.yaml"),
        (f"train: {'x' * 300}\n", r"data\.yaml"),
    ],
)
def test_a_data_yaml_that_cannot_be_used_is_refused(tmp_path: Path, text: str | bytes, reason: str) -> None:
    with pytest.raises(InputError, match=reason) as caught:
        described(tmp_path, text)
    assert "\n" not in caught.value.message


def test_a_path_longer_than_the_system_takes_is_refused(tmp_path: Path) -> None:
    with pytest.raises(LabelError, match="is no path"):
        described(tmp_path, f"path: {'x' * 300}\n" + SPLITS)


@pytest.mark.parametrize("missing", ["images/test", "./images/test", "test.txt", "../images/test"])
def test_a_split_that_is_not_there_is_a_skip_where_another_is(tmp_path: Path, missing: str) -> None:
    text = SPLITS + f"test: {missing}  # not downloaded\n"
    labels = described(tmp_path, text)
    assert names(labels) == ["images/train/a.jpg", "images/val/b.jpg"]
    assert [skip.reason for skip in labels.skips] == [Reason.MISSING]
    out = copied(labels, tmp_path)
    assert list(yaml.safe_load(out["data.yaml"])) == ["train", "val", "test"]


# --- data.yaml: what goes out

COMMENTED = """# head: "quoted" é日
%YAML_GOES_HERE
path: {path}   # where it is
train: {train} # 118287 pictures
val:   "images/val"  # unchanged: it is relative

nc: 2
names: # classes
  0: person   # first
  1: 'traffic light'
  80: ~
download: |
  # not a comment
  train: x
kpt_shape: [17, 3]  # (x, y, visible)
flip: 1.0
yes_no: on
"""


@pytest.mark.parametrize("end", ["\n", "\r\n"])
@pytest.mark.parametrize("final", [True, False])
def test_comments_and_all_bytes_but_paths_stay(tmp_path: Path, end: str, final: bool) -> None:
    text = COMMENTED.replace("%YAML_GOES_HERE\n", "").replace("\n", end)
    text = text if final else text.removesuffix(end)
    source = text.format(path=".", train=tmp_path / "set" / "images" / "train")
    out = copied(described(tmp_path, source), tmp_path)
    assert out["data.yaml"] == text.format(path='""', train='"images/train"').encode()


def test_a_data_yaml_with_relative_splits_goes_out_byte_for_byte(tmp_path: Path) -> None:
    text = "# é\r\ntrain:   ./images/train/ # 1\r\nval: [ 'images/val' ]\r\nnames: {0: a}"
    assert copied(described(tmp_path, text), tmp_path)["data.yaml"] == text.encode()


def test_a_byte_order_mark_of_a_data_yaml_stays(tmp_path: Path) -> None:
    content = b"\xef\xbb\xbf" + SPLITS.encode()
    assert copied(described(tmp_path, content), tmp_path)["data.yaml"] == content


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("path: .\n", 'path: ""\n'),
        ("path: './' # x\n", 'path: "" # x\n'),
        ('"path":    "."\n', '"path":    ""\n'),
        ("path: >-\n  .\n", 'path: ""\n'),
        ("path: ''\n", "path: ''\n"),
        ("path: # none\n", "path: # none\n"),
        ("val: [ ../images/val, images/train ] # x\n", 'val: [ "images/val", images/train ] # x\n'),
        ("val:\n- images/val\n- @SET@/images/train\n", 'val:\n- images/val\n- "images/train"\n'),
        ("test: # none yet\n", "test: # none yet\n"),
    ],
)
def test_only_values_that_must_change_are_written_anew(tmp_path: Path, text: str, expected: str) -> None:
    labels = described(tmp_path, "train: images/train\n" + text.replace("@SET@", str(tmp_path / "set")))
    out = copied(labels, tmp_path)["data.yaml"]
    assert out == b"train: images/train\n" + expected.encode()


@pytest.mark.parametrize(
    "text",
    [
        "path:\n" + SPLITS,
        "path: # the folder\n" + SPLITS,
        "path: ~\n" + SPLITS,
        "{path: , train: images/train, val: images/val}\n",
        "path: !!str .\n" + SPLITS,
        "path: |\n  .\n" + SPLITS,
        "path: 'it''s'\n" + SPLITS,
    ],
)
def test_the_written_data_yaml_opens_with_the_same_pictures(tmp_path: Path, text: str) -> None:
    labels = described(tmp_path, text, {**PLAIN, **{f"it's/{name}": content for name, content in PLAIN.items()}})
    out = copied(labels, tmp_path)
    put(tmp_path / "out", dict.fromkeys(names(labels), b"x"))
    again = open_labels(tmp_path / "out" / "data.yaml", None, None)
    assert names(again) == names(labels)
    assert list(yaml.safe_load(out["data.yaml"])) == list(yaml.safe_load(text))


@pytest.mark.parametrize(
    "text",
    [
        "path: &root .\nbase: *root\n" + SPLITS,
        "train: &here ../images/train\nval: *here\n",
        "x: &x {train: ../images/train}\n<<: *x\n",
    ],
)
def test_a_data_yaml_with_aliases_is_refused_at_once_or_written_so_that_it_opens(tmp_path: Path, text: str) -> None:
    try:
        labels = described(tmp_path, text)
    except InputError:
        return
    copied(labels, tmp_path)
    put(tmp_path / "out", dict.fromkeys(names(labels), b"x"))
    assert names(open_labels(tmp_path / "out" / "data.yaml", None, None)) == names(labels)


@pytest.mark.parametrize(
    "value", ["['car', 'bus']", "{0: car, 7: bus}", "{0: 1, 1: 1.0, 2: true, 3: no, 4: 2024-01-01}", "~"]
)
def test_names_may_be_a_list_or_a_mapping(tmp_path: Path, value: str) -> None:
    text = f"path: .\n{SPLITS}names: {value}\n"
    out = copied(described(tmp_path, text), tmp_path)["data.yaml"]
    assert out.endswith(f"names: {value}\n".encode())


@pytest.mark.parametrize(
    ("value", "names_by_id"),
    [
        ("[car, bus]", {0: "car", 1: "bus"}),
        ("{0: car, 7: bus}", {0: "car", 7: "bus"}),
        ("{\"0\": car, '7': bus}", {0: "car", 7: "bus"}),
        ("{0: 1, 1: 1.0, 2: true, 3: no, 4: 2024-01-01, 5: 12:30, 6: ~, 7: 0x10}", None),
        ("{1.0: car, 2024-01-01: no id}", {1: "car"}),
        ("car", {}),
    ],
)
def test_classes_are_called_as_trainers_call_them(
    tmp_path: Path, value: str, names_by_id: Mapping[int, str] | None
) -> None:
    if names_by_id is None:
        names_by_id = {key: str(name) for key, name in yaml.safe_load(value).items()}
    labels = described(tmp_path, f"{SPLITS}names: {value}\n", {**PLAIN, "labels/train/a.txt": b"7 0.5 0.5 0.1 0.1\n"})
    assert names_of(labels) == names_by_id
    (found,) = labels.objects("images/train/a.jpg")
    assert found.category == names_by_id.get(7, "class 7")


@pytest.mark.parametrize("names", [[f"class {i}" for i in range(21_841)], {i: f"class {i}" for i in range(21_841)}])
def test_a_text_is_parsed_twice_at_most_before_the_run(
    tmp_path: Path, names: object, monkeypatch: pytest.MonkeyPatch
) -> None:
    parsed = []

    def counted(text: str) -> Yaml:
        parsed.append(text)
        return parse_text(text)

    monkeypatch.setattr(said, "parse_text", counted)
    monkeypatch.setattr(yaml_text, "parse_text", counted)
    labels = described(tmp_path, f"path: .\n{SPLITS}names: {json.dumps(names)}\n")
    assert len(parsed) == 2
    assert names_of(labels)[21_840] == "class 21840"


def names_of(labels: LabelSet) -> Mapping[int, str]:
    assert isinstance(labels, YoloLabels)
    assert labels._yaml is not None
    return labels._yaml.names


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"names: [a]", b"names: [b]"),
        (b"nc: 1", b"nc: 1.0"),
        (b"nc: 1", b"nc: true"),
        (b"nc: 1\n", b""),
        (b"train: images/train\nval", b"val: images/val\ntrain"),
        (b"train: images/train", b"train: images/val"),
        (b"path: ", b"path: /nowhere # "),
        (b"# comment", b""),
        (b"nc: 1", b"nc: [1"),
        (b"path", b"- path"),
    ],
)
def test_the_proof_fails_when_the_data_yaml_was_written_otherwise(
    tmp_path: Path, write_otherwise: WriteOtherwise, old: bytes, new: bytes
) -> None:
    labels = described(tmp_path, f"path: .\n{SPLITS}nc: 1\nnames: [a]\n# comment\n")

    def edited(path: Path, data: bytes) -> bytes:
        if path.name != "data.yaml":
            return data
        assert old in data
        return data.replace(old, new)

    write_otherwise(edited)
    with pytest.raises(ProofError, match=r"data\.yaml"):
        copied(labels, tmp_path)


# --- lists of pictures

LISTED = {"images/a.jpg": b"x", "images/b.jpg": b"x", "images/c.jpg": b"x", "labels/a.txt": BOX, "labels/c.txt": BOX}


def listed(tmp_path: Path, content: bytes, name: str = "train.txt") -> LabelSet:
    content = content.replace(b"@SET@", os.fsencode(tmp_path / "set"))
    return described(tmp_path, f"train: {name}\n", {**LISTED, name: content})


@pytest.mark.parametrize(
    ("name", "line", "expected"),
    [
        ("train.txt", b"images/a.jpg", "images/a.jpg"),
        ("train.txt", b"./images/a.jpg", "images/a.jpg"),
        ("train.txt", b"images\\a.jpg", "images/a.jpg"),
        ("train.txt", b"@SET@/images/a.jpg", "images/a.jpg"),
        ("train.txt", b"@SET@/../set/images/a.jpg", "images/a.jpg"),
        ("train.txt", b"  images/a.jpg\t", "images/a.jpg"),
        ("train.txt", "images/é 日.jpg".encode(), "images/é 日.jpg"),
        ("train.txt", b"images/\xff.jpg", os.fsdecode(b"images/\xff.jpg")),
        ("lists/train.txt", b"images/a.jpg", "images/a.jpg"),
        ("images/train.txt", b"./a.jpg", "images/a.jpg"),
    ],
)
def test_a_line_of_a_list_names_a_picture(tmp_path: Path, name: str, line: bytes, expected: str) -> None:
    put(tmp_path / "set", {expected: b"x"})
    assert names(listed(tmp_path, line + b"\n", name)) == [expected]


@pytest.mark.parametrize(
    "line",
    [
        b"../images/a.jpg",
        b"/etc/passwd",
        b"@SET@/../elsewhere/a.jpg",
        b"@SET@-other/a.jpg",
        b"@SET@",
        b"@SET@/",
        b"C:\\data\\a.jpg",
        b"\\\\server\\a.jpg",
        b"images/",
        b".",
        b"images/a\0.jpg",
        b"/a\0b.jpg",
        b"https://host/../../a.jpg",
    ],
)
def test_a_line_of_a_list_that_leads_elsewhere_is_refused(tmp_path: Path, line: bytes) -> None:
    with pytest.raises(UnsafeNameError):
        listed(tmp_path, b"images/a.jpg\n" + line + b"\n")


def test_a_line_longer_than_the_system_takes_is_no_crash(tmp_path: Path) -> None:
    try:
        labels = listed(tmp_path, b"images/a.jpg\n" + b"x" * 300 + b".jpg\n")
    except InputError:
        return
    assert "images/a.jpg" in names(labels)


def test_lists_lose_the_pictures_left_out_and_keep_every_other_byte(tmp_path: Path) -> None:
    content = b"images/a.jpg\r\n\r\n  ./images/b.jpg \n@SET@/images/c.jpg\nimages/missing.jpg"
    labels = listed(tmp_path, content)
    assert names(labels) == ["images/a.jpg", "images/b.jpg", "images/c.jpg", "images/missing.jpg"]
    out = copied(labels, tmp_path, {"images/a.jpg": "", "images/b.jpg": "_rain", "images/missing.jpg": ""})
    assert out["train.txt"] == b"images/a.jpg\r\n\r\n  ./images/b_rain.jpg \nimages/missing.jpg"
    assert set(out) == {"train.txt", "data.yaml", "labels/a.txt"}


def test_a_list_with_nothing_left_out_goes_out_byte_for_byte(tmp_path: Path) -> None:
    content = b"images/a.jpg\r\n./images/b.jpg\n\n images/c.jpg\nimages/a.jpg"
    assert copied(listed(tmp_path, content), tmp_path)["train.txt"] == content


@pytest.mark.parametrize("name", ["train.txt", "lists/train.txt", "lists/2017/train.txt"])
@pytest.mark.parametrize("suffix", ["", "_rain"])
@pytest.mark.parametrize("line", [b"images/a.jpg", b"@SET@/images/a.jpg"])
def test_a_written_list_opens_with_the_pictures_that_were_written(
    tmp_path: Path, name: str, suffix: str, line: bytes
) -> None:
    labels = listed(tmp_path, line + b"\n", name)
    copied(labels, tmp_path, {"images/a.jpg": suffix})
    put(tmp_path / "out", {f"images/a{suffix}.jpg": b"x"})
    again = open_labels(tmp_path / "out" / "data.yaml", None, None)
    assert [(again.image_root / name).resolve() for name in names(again)] == [
        tmp_path / "out" / f"images/a{suffix}.jpg"
    ]


def test_lists_and_folders_may_be_mixed(tmp_path: Path) -> None:
    files = {**LISTED, "more/images/d.jpg": b"x", "more/labels/d.txt": BOX, "train.txt": b"images/a.jpg\n"}
    labels = described(tmp_path, "train: [train.txt, more/images]\n", files)
    assert names(labels) == ["images/a.jpg", "more/images/d.jpg"]
    assert set(copied(labels, tmp_path)) == {"data.yaml", "train.txt", "labels/a.txt", "more/labels/d.txt"}


def test_the_proof_fails_when_a_list_was_written_otherwise(tmp_path: Path, write_otherwise: WriteOtherwise) -> None:
    labels = listed(tmp_path, b"images/a.jpg\nimages/b.jpg\n")
    write_otherwise(lambda _, data: data.replace(b"images/b.jpg\n", b""))
    with pytest.raises(ProofError, match=r"train\.txt"):
        copied(labels, tmp_path)


# --- folders of text files


def test_a_folder_of_text_files_beside_their_pictures(tmp_path: Path) -> None:
    put(tmp_path / "set", {"a.jpg": b"x", "a.txt": BOX, "sub/b.PNG": b"x", "sub/b.txt": b"", "classes.txt": b"car"})
    labels = open_labels(tmp_path / "set", None, None)
    plan = make_plan(labels, AugmentOptions(), tmp_path / "out")
    assert [task.output for task in plan.tasks] == ["a.jpg", "sub/b.PNG"]
    assert copied(labels, tmp_path) == {"a.txt": BOX, "sub/b.txt": b"", "classes.txt": b"car"}


@pytest.mark.parametrize("below", ["", "/train", "/train/day"])
def test_a_folder_labels_beside_images(tmp_path: Path, below: str) -> None:
    put(tmp_path / "set", {f"images{below}/a.jpg": b"x", f"labels{below}/a.txt": BOX})
    labels = open_labels(Path(f"{tmp_path}/set/labels{below}"), None, None)
    assert labels.image_root == Path(f"{tmp_path}/set/images{below}")
    plan = make_plan(labels, AugmentOptions(), tmp_path / "out")
    assert [task.output for task in plan.tasks] == [f"images{below}/a.jpg"]
    assert copied(labels, tmp_path) == {f"labels{below}/a.txt": BOX}


def test_pictures_of_another_folder_given_by_the_user(tmp_path: Path) -> None:
    put(tmp_path, {"set/labels/train/a.txt": BOX, "elsewhere/a.jpg": b"x"})
    labels = open_labels(tmp_path / "set" / "labels" / "train", tmp_path / "elsewhere", None)
    plan = make_plan(labels, AugmentOptions(), tmp_path / "out")
    assert [task.output for task in plan.tasks] == ["images/train/a.jpg"]
    assert copied(labels, tmp_path) == {"labels/train/a.txt": BOX}


def test_a_folder_without_pictures_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "set", {"labels/a.txt": BOX, "images/note.md": b"x", "txt/a.txt": BOX})
    with pytest.raises(LabelError, match="no pictures"):
        open_labels(tmp_path / "set" / "labels", None, None)
    (tmp_path / "set" / "images").rename(tmp_path / "gone")
    with pytest.raises(LabelError, match="beside it") as caught:
        open_labels(tmp_path / "set" / "labels", None, None)
    assert "`images`" in str(caught.value.hint)


def test_backgrounds_stay_and_text_without_picture_is_a_skip(tmp_path: Path) -> None:
    files = {"images/a.jpg": b"x", "images/background.jpg": b"x", "labels/a.txt": BOX, "labels/sub/orphan.txt": BOX}
    put(tmp_path / "set", {**files, "labels/classes.txt": b"car\r\n"})
    labels = open_labels(tmp_path / "set" / "labels", None, None)
    assert names(labels) == ["a.jpg", "background.jpg"]
    assert skipped(labels) == [("sub/orphan.txt", Reason.MISSING)]
    proof = labels.write(tmp_path / "out", {"a.jpg": "", "background.jpg": ""})
    assert tree(tmp_path / "out") == {"labels/a.txt": BOX, "labels/classes.txt": b"car\r\n"}
    assert (proof.files, proof.pictures, proof.annotations) == (2, 2, 1)


def test_text_without_picture_of_a_data_yaml_is_a_skip(tmp_path: Path) -> None:
    files = {**PLAIN, "labels/train/orphan.txt": BOX, "labels/train/classes.txt": b"car", "images/val/c.jpg": b"x"}
    labels = described(tmp_path, SPLITS, files)
    assert names(labels) == ["images/train/a.jpg", "images/val/b.jpg", "images/val/c.jpg"]
    assert skipped(labels) == [("labels/train/orphan.txt", Reason.MISSING)]
    assert "labels/train/orphan.txt" not in copied(labels, tmp_path)


@pytest.mark.parametrize("pictures", [["a.jpg", "a.png"], ["a.JPG", "a.jpg"], ["sub/a.jpeg", "sub/a.jpg"]])
@pytest.mark.parametrize("with_yaml", [True, False])
def test_two_pictures_with_one_text_file_both_have_it(tmp_path: Path, pictures: Sequence[str], with_yaml: bool) -> None:
    stem = pictures[0].rpartition(".")[0]
    put(tmp_path / "set", {**{f"images/{name}": b"x" for name in pictures}, f"labels/{stem}.txt": BOX})
    if with_yaml:
        labels = described(tmp_path, "train: images\n", {})
    else:
        labels = open_labels(tmp_path / "set" / "labels", None, None)
    first, second = names(labels)
    assert [name.removeprefix("images/") for name in (first, second)] == pictures
    assert [labels.annotations_of(name) for name in (first, second)] == [1, 1]
    assert labels.inventory.annotations == 2
    both = copied(labels, tmp_path, {first: "", second: ""})
    assert both[f"labels/{stem}.txt"] == BOX
    apart = copied(labels, tmp_path, {first: "_rain", second: ""})
    assert {name for name in apart if name.endswith(".txt")} == {f"labels/{stem}.txt", f"labels/{stem}_rain.txt"}
    with pytest.raises(LabelError, match="belongs to"):
        labels.check_marks()


def test_two_backgrounds_with_one_stem_are_two_pictures(tmp_path: Path) -> None:
    put(tmp_path / "set", {"images/a.jpg": b"x", "images/a.png": b"x", "labels/b.txt": BOX})
    assert names(open_labels(tmp_path / "set" / "labels", None, None)) == ["a.jpg", "a.png"]


@pytest.mark.parametrize("stem", ["train", "val", "test", "classes"])
def test_a_picture_whose_label_is_named_like_a_list_keeps_it(tmp_path: Path, stem: str) -> None:
    put(tmp_path / "set", {f"{stem}.jpg": b"x", f"{stem}.txt": BOX})
    labels = open_labels(tmp_path / "set", None, None)
    plan = make_plan(labels, AugmentOptions(suffix="_rain"), tmp_path / "out")
    assert copied(labels, tmp_path, plan.suffixes) == {f"{stem}_rain.txt": BOX}


@pytest.mark.parametrize(
    "content",
    [
        b"0 0.5 0.5 0.1 0.1\r\n1 .5 .5 1e-3 1.0\r\n",
        b"0 0.5 0.5 0.1 0.1",
        b"\xef\xbb\xbf0 0.5 0.5 0.1 0.1\n\n\n",
        b"",
        b"\xff\xfe\x00 no text at all",
        b"15 0.1 0.2 0.3 0.4 0.5 0.6 0.7\n",
        b"0 nan -1 99 0\r",
    ],
)
@pytest.mark.parametrize("suffix", ["", "_rain"])
def test_text_files_are_copied_byte_for_byte(tmp_path: Path, content: bytes, suffix: str) -> None:
    put(tmp_path / "set", {"images/sub/a.jpg": b"x", "labels/sub/a.txt": content})
    put(tmp_path / "set", {"images/good.jpg": b"x", "labels/good.txt": BOX})
    labels = open_labels(tmp_path / "set" / "labels", None, None)
    assert copied(labels, tmp_path, {"sub/a.jpg": suffix}) == {f"labels/sub/a{suffix}.txt": content}


def test_file_names_that_are_no_text_are_copied(tmp_path: Path) -> None:
    stem = os.fsdecode(b"\xff\xe9")
    put(tmp_path / "set", {f"images/{stem}.jpg": b"x", f"labels/{stem}.txt": BOX})
    assert copied(open_labels(tmp_path / "set" / "labels", None, None), tmp_path) == {f"labels/{stem}.txt": BOX}


def test_a_skipped_picture_takes_its_text_file_and_nothing_else(tmp_path: Path) -> None:
    text = "path: .\n" + SPLITS
    out = copied(described(tmp_path, text), tmp_path, {"images/val/b.jpg": ""})
    assert set(out) == {"labels/val/b.txt", "data.yaml"}


def test_the_files_announced_are_the_files_written(tmp_path: Path) -> None:
    files = {**LISTED, "train.txt": b"images/a.jpg\nimages/b.jpg\n", "more/d.jpg": b"x", "more/d.txt": BOX}
    labels = described(tmp_path, "path: .\ntrain: [train.txt, more]\n", files)
    kept = {"images/a.jpg": "_rain", "images/b.jpg": "", "more/d.jpg": ""}
    announced = [target for target, _ in labels.output_files(kept)]
    proof = labels.write(tmp_path / "out", kept)
    assert sorted(announced) == sorted(tree(tmp_path / "out"))
    assert (proof.files, proof.pictures) == (len(announced), 3)


@pytest.mark.parametrize(
    "link", ["images/b.jpg", "images/linked", "labels/a.txt", "labels/linked", "labels/classes.txt"]
)
@pytest.mark.parametrize("with_yaml", [True, False])
def test_a_link_that_leaves_the_folder_is_never_followed(tmp_path: Path, link: str, with_yaml: bool) -> None:
    put(tmp_path / "elsewhere", {"file": b"secret", "folder/c.jpg": b"secret", "folder/c.txt": b"secret"})
    put(tmp_path / "set", {"images/a.jpg": b"x", "labels/keep.txt": BOX, "data.yaml": b"train: images\n"})
    (tmp_path / "set" / link).symlink_to(tmp_path / "elsewhere" / ("folder" if link.endswith("linked") else "file"))
    try:
        labels = open_labels(tmp_path / "set" / ("data.yaml" if with_yaml else "labels"), None, None)
        plan = make_plan(labels, AugmentOptions(), tmp_path / "out")
    except UnsafeNameError:
        return
    assert all((labels.image_root / task.name).resolve().is_relative_to(tmp_path / "set") for task in plan.tasks)
    assert b"secret" not in copied(labels, tmp_path, plan.suffixes).values()


@pytest.mark.parametrize("link", ["images/b.jpg", "labels/a.txt"])
def test_a_link_that_leaves_the_folder_is_refused(tmp_path: Path, link: str) -> None:
    put(tmp_path / "elsewhere", {"file": b"secret"})
    put(tmp_path / "set", {"images/a.jpg": b"x", "labels/keep.txt": BOX})
    (tmp_path / "set" / link).symlink_to(tmp_path / "elsewhere" / "file")
    with pytest.raises(UnsafeNameError, match="symbolic link"):
        make_plan(open_labels(tmp_path / "set" / "labels", None, None), AugmentOptions(), tmp_path / "out")


def test_a_list_that_a_link_leads_outside_is_refused(tmp_path: Path) -> None:
    put(tmp_path / "elsewhere", {"list.txt": b"images/a.jpg\n"})
    put(tmp_path / "set", {})
    (tmp_path / "set").mkdir()
    (tmp_path / "set" / "train.txt").symlink_to(tmp_path / "elsewhere" / "list.txt")
    with pytest.raises(UnsafeNameError):
        described(tmp_path, "train: train.txt\n", LISTED)


def test_the_proof_fails_when_a_text_file_was_written_otherwise(
    tmp_path: Path, write_otherwise: WriteOtherwise
) -> None:
    labels = described(tmp_path, SPLITS)
    write_otherwise(lambda _, data: data.replace(b"0.25\n", b"0.26\n"))
    with pytest.raises(ProofError, match=r"a\.txt"):
        copied(labels, tmp_path)


# --- real data


@pytest.mark.parametrize(
    ("folder", "target", "pictures"),
    [
        ("bdd100k_detection/labels/train", "labels/train", 200),
        ("dawn_fog_voc/labels", "labels", 50),
        ("coco8", "labels", 8),
    ],
)
@pytest.mark.parametrize("suffix", ["", "_rain"])
def test_real_labels_are_copied_byte_for_byte(
    shared_data: Path, tmp_path: Path, folder: str, target: str, pictures: int, suffix: str
) -> None:
    labels = open_labels(shared_data / folder, None, None)
    assert (labels.format, len(labels.pictures), list(labels.skips)) == ("yolo", pictures, [])
    assert all((labels.image_root / name).is_file() for name in names(labels))
    source = shared_data / folder / ("labels" if folder == "coco8" else "")
    expected = {
        f"{target}/{path.relative_to(source).with_suffix('')}{suffix}.txt": path.read_bytes()
        for path in source.rglob("*.txt")
    }
    assert copied(labels, tmp_path, dict.fromkeys(names(labels), suffix)) == expected


def test_a_data_yaml_for_real_labels(shared_data: Path, tmp_path: Path) -> None:
    text = b"path: coco8 # dataset root dir\ntrain: images/train # 4 images\nval: images/val\nnames:\n  0: person\n"
    (tmp_path / "coco8.yaml").write_bytes(text)
    labels = open_labels(tmp_path / "coco8.yaml", shared_data / "coco8", None)
    out = copied(labels, tmp_path)
    assert out.pop("coco8.yaml") == text.replace(b"path: coco8", b'path: ""')
    source = shared_data / "coco8"
    assert out == {path.relative_to(source).as_posix(): path.read_bytes() for path in source.rglob("labels/*/*.txt")}


def test_a_path_inside_the_folder_is_mirrored_with_the_labels_beside_it(tmp_path: Path) -> None:
    text = "path: images\ntrain: train\nval: ../images/val\n"
    labels = described(tmp_path, text)
    out = tmp_path / "out"
    labels.write(out, dict.fromkeys(names(labels), ""))
    written = yaml.safe_load((out / "data.yaml").read_text())
    assert written == {"path": "", "train": "images/train", "val": "images/val"}
    assert [name for name, _ in labels.output_files({"images/train/a.jpg": ""})] == ["labels/train/a.txt", "data.yaml"]


def test_a_text_file_with_another_extension_in_capitals_is_named(tmp_path: Path) -> None:
    labels = described(tmp_path, SPLITS)
    (labels.image_root / "labels/train/z.TXT").write_text("0 0 0 1 1\n")
    again = open_labels(labels.image_root / "data.yaml", None, None)
    assert [(skip.file, skip.reason) for skip in again.skips] == [("labels/train/z.TXT", Reason.BAD_LABEL)]
