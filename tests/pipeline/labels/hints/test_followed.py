"""Every remedy is followed to the letter, and then all labels are carried."""

import ast
import json
import re
import shutil
import subprocess
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pytest

from pipeline.errors import LabelError
from pipeline.images.skips import Reason, Skip
from pipeline.labels.hints.look_alikes import LookAlikes, explained
from pipeline.labels.json_file import Json
from pipeline.labels.registry import open_labels
from tests.pipeline.labels.label_sets import put
from tpsence.errors import InputError


def coco(*names: str) -> bytes:
    """A COCO file with an annotation for each of some pictures."""
    images = [{"id": index, "file_name": name} for index, name in enumerate(names)]
    annotations = [{"id": index, "image_id": index, "bbox": [1, 1, 2, 2]} for index in range(len(names))]
    return json.dumps({"images": images, "annotations": annotations}, ensure_ascii=False).encode()


def scalabel(*names: str) -> bytes:
    """A Scalabel file with a label for each of some pictures."""
    frames: list[Json] = [{"name": name, "labels": [{"id": "1", "category": "car"}]} for name in names]
    return json.dumps(frames).encode()


def carried(labels: Path, images: Path | None, out: Path) -> tuple[int, int]:
    """Pass the labels of the pictures that are there through; return how many were carried, and how many there are."""
    opened = open_labels(labels, images, None)
    there = {one.name: "" for one in opened.pictures if (opened.image_root / one.name).is_file()}
    proof = opened.write(out, there)
    return proof.annotations, opened.inventory.annotations


def renamed(tree: Json, old: str, new: str) -> Json:
    """Write another name in the place of one, wherever it stands."""
    if isinstance(tree, dict):
        return {key: renamed(value, old, new) for key, value in tree.items()}
    if isinstance(tree, list):
        return [renamed(value, old, new) for value in tree]
    return new if tree == old else tree


def follow(hint: str, labels: Path, images: Path | None) -> Path | None:
    """Do what a hint says to the label file, and return the folder of the pictures that it says to give."""
    text = labels.read_text(encoding="utf-8")
    if taken := re.search(r"take '(.+)' away from the names", hint):
        assert taken[1] in text
        text = text.replace(taken[1], "")
    if mended := re.search(r"For ('.+'), below .+?, ('.+') is there", hint):
        stated, there = map(ast.literal_eval, mended.groups())
        assert json.dumps(stated)[1:-1] in text or json.dumps(stated, ensure_ascii=False)[1:-1] in text
        text = json.dumps(renamed(json.loads(text), stated, there))
    labels.write_text(text, encoding="utf-8")
    given = re.search(r"give (\S.*) with `images`", hint)
    return Path(given[1]) if given else images


NFD = unicodedata.normalize("NFD", "é.jpg")
ELSEWHERE = [
    # what the labels say, where the pictures are
    (["https://host.example/bucket/a.jpg", "https://host.example/bucket/b.jpg"], ["a.jpg", "b.jpg"]),
    (["https://s3.example/x/a.jpg?sig=1#t"], ["pics/a.jpg"]),
    (["s3://bucket/set/a.jpg"], ["images/set/a.jpg"]),
    (["file:///home/someone/set/images/a.jpg"], ["images/a.jpg"]),
    (["gs://b/1.jpg", "gs://b/2.jpg"], ["deep/er/1.jpg", "deep/er/2.jpg"]),
    (["../../label-studio/media/upload/4/a.png"], ["images/a.png"]),
    (["..\\..\\label-studio\\media\\upload\\4\\a.png"], ["images/a.png"]),
    (["C:\\Users\\someone\\pics\\a.jpg", "C:\\Users\\someone\\pics\\b.jpg"], ["pics/a.jpg", "pics/b.jpg"]),
    (["/content/drive/set/images/a.jpg"], ["images/a.jpg"]),
    (["\\\\server\\share\\a.jpg"], ["a.jpg"]),
    (["images/a.jpg"], ["photos/a.jpg"]),
    (["data/train/人/a.jpg"], ["人/a.jpg"]),
    (["a.jpg"], ["photos/2024/a.jpg"]),
    (["Снимок 1.jpg"], ["снимки/Снимок 1.jpg"]),
    (["画像%201.jpg"], ["pics/画像 1.jpg"]),
    (["a%2520b.jpg"], ["a b.jpg"]),
    (["Capture%20d%C3%A9cran%201.png"], ["Capture décran 1.png"]),
    (["a+b.jpg"], ["a b.jpg"]),
    (["a b.jpg"], ["a_b.jpg"]),
    (["a.jpg"], ["a.JPG"]),
    (["a.jpg"], ["images/A.jpeg"]),
    (["IMG.jpeg"], ["IMG.jpg"]),
    (["a"], ["a.jpg"]),
    (["images/cb06a1b2-a.jpg"], ["photos/a.jpg"]),
    (["a &amp; b.jpg"], ["a & b.jpg"]),
    (["/data/local-files/?d=pics/a.jpg"], ["pics/a.jpg"]),
    ([" a.jpg"], ["a.jpg"]),
    (["a.jpg "], ["a.jpg"]),
    (["é.jpg"], [NFD]),
    ([NFD], ["é.jpg"]),
    (["images/Straße #1?.jpg"], ["IMAGES/Straße #1?.jpg"]),
]


@pytest.mark.parametrize(("stated", "there"), ELSEWHERE)
@pytest.mark.parametrize("wrong", [False, True], ids=["", "wrong images"])
@pytest.mark.parametrize("form", [coco, scalabel])
def test_the_remedy_for_pictures_that_are_elsewhere_works(
    tmp_path: Path, form: Callable[..., bytes], stated: list[str], there: list[str], wrong: bool
) -> None:
    put(
        tmp_path, {"set/labels.json": form(*stated), **{f"set/{name}": b"x" for name in there}, "set/other/z.jpg": b"x"}
    )
    labels, images = tmp_path / "set" / "labels.json", tmp_path / "set" / "other" if wrong else None
    with pytest.raises(InputError) as caught:
        open_labels(labels, images, None)
    assert "\n" not in caught.value.message
    hint = caught.value.hint or ""
    given = follow(hint, labels, images)
    assert carried(labels, given, tmp_path / "out") == (len(stated), len(stated)), hint


@pytest.mark.parametrize(("stated", "there"), [one for one in ELSEWHERE if len(one[0]) == 1])
def test_a_single_picture_that_is_elsewhere_is_told_in_its_skip(
    tmp_path: Path, stated: list[str], there: list[str]
) -> None:
    put(tmp_path, {there[0]: b"x"})
    skip = explained(Skip(stated[0], Reason.MISSING, "no such file"), LookAlikes(tmp_path))
    assert skip.detail.startswith(f"no such file; {there[0]!r} is there")


def test_absolute_names_that_are_there_say_their_folder(tmp_path: Path) -> None:
    put(tmp_path, {"far/away/x/a.jpg": b"x", "far/away/y/b.jpg": b"x"})
    names = [str(tmp_path / "far/away/x/a.jpg"), str(tmp_path / "far/away/y/b.jpg")]
    put(tmp_path, {"set/coco.json": coco(*names)})
    labels = tmp_path / "set" / "coco.json"
    with pytest.raises(InputError) as caught:
        open_labels(labels, None, None)
    images = follow(caught.value.hint or "", labels, None)
    assert images == tmp_path / "far" / "away"
    assert carried(labels, images, tmp_path / "out") == (2, 2)


@pytest.mark.parametrize("form", [coco, scalabel])
def test_a_folder_that_was_given_too_deep_is_given_further_up(tmp_path: Path, form: Callable[..., bytes]) -> None:
    put(tmp_path, {"set/far/images/train/a.jpg": b"x", "set/labels.json": form("images/train/a.jpg")})
    labels = tmp_path / "set" / "labels.json"
    with pytest.raises(InputError) as caught:
        open_labels(labels, tmp_path / "set" / "far" / "images", None)
    hint, before = caught.value.hint or "", labels.read_bytes()
    images = follow(hint, labels, None)
    assert images == tmp_path / "set" / "far"
    assert labels.read_bytes() == before
    assert carried(labels, images, tmp_path / "out") == (1, 1)


def test_pictures_in_several_folders_are_no_case_for_one_folder(tmp_path: Path) -> None:
    put(tmp_path, {"set/coco.json": coco("a.jpg", "b.jpg"), "set/x/a.jpg": b"x", "set/y/b.jpg": b"x"})
    with pytest.raises(InputError) as caught:
        open_labels(tmp_path / "set" / "coco.json", None, None)
    assert "'x/a.jpg' is there" in (caught.value.hint or "")
    assert "with `images`" in (caught.value.hint or "")


def test_nothing_alike_is_no_reason_to_guess(tmp_path: Path) -> None:
    put(tmp_path, {"set/coco.json": coco("a.jpg"), "set/b.jpg": b"x"})
    with pytest.raises(InputError, match="were not found") as caught:
        open_labels(tmp_path / "set" / "coco.json", None, None)
    assert caught.value.hint == "Give the folder that the file names are relative to with `images`."


ENCODINGS = [
    ("gbk", "汽车.jpg", "轿车和行人"),
    ("shift_jis", "くるま.jpg", "くるまとひと"),
    ("cp1251", "Кадр.jpg", "автомобиль и пешеход"),
    ("cp1252", "été.jpg", "où est la voiture"),
    ("euc_kr", "자동차.jpg", "자동차와 보행자"),
]


@pytest.mark.skipif(shutil.which("iconv") is None, reason="no iconv here")
@pytest.mark.parametrize(("encoding", "name", "category"), ENCODINGS)
def test_the_remedy_for_other_encodings_works(tmp_path: Path, encoding: str, name: str, category: str) -> None:
    text = json.dumps({**json.loads(coco(name)), "categories": [{"id": 1, "name": category}]}, ensure_ascii=False)
    put(tmp_path, {"a set/x y.json": text.encode(encoding), f"a set/{name}": b"x"})
    with pytest.raises(LabelError, match="not UTF-8") as caught:
        open_labels(tmp_path / "a set" / "x y.json", None, None)
    command = re.search(r"\((iconv .+)\), and give that", caught.value.hint or "")
    assert command is not None
    subprocess.run(["sh", "-c", command[1]], check=True)
    new = tmp_path / "a set" / "x y-utf8.json"
    assert carried(new, None, tmp_path / "out") == (1, 1)
    assert json.loads((tmp_path / "out" / new.name).read_bytes())["categories"][0]["name"] == category


@pytest.mark.skipif(shutil.which("iconv") is None, reason="no iconv here")
@pytest.mark.parametrize("declares", [True, False])
@pytest.mark.parametrize(
    ("encoding", "name", "category"), [one for one in ENCODINGS if not one[0].startswith("cp")] + [("utf8", "é", "où")]
)
def test_the_remedy_for_xml_in_other_encodings_works(
    tmp_path: Path, encoding: str, name: str, category: str, declares: bool
) -> None:
    head = f'<?xml version="1.0" encoding="{encoding}"?>\n' if declares else "<?xml version='1.0'?>"
    xml = f"{head}<annotation><object><name>{category}</name></object></annotation>"
    folder = put(tmp_path, {"a set/Annotations/x y.xml": xml.encode(encoding), "a set/JPEGImages/x y.jpg": b"x"})
    annotations = folder / "a set" / "Annotations"
    opened = open_labels(annotations, None, None)
    if encoding == "utf8" and not declares:
        assert not opened.skips
        return
    assert not opened.pictures
    command = opened.skips[0].detail.partition("; as UTF-8: ")[2]
    done = subprocess.run(["sh", "-c", command], check=True, capture_output=True)
    (annotations / "x y.xml").write_bytes(done.stdout)
    assert carried(annotations, None, tmp_path / "out") == (1, 1)
    assert category.encode() in (tmp_path / "out" / "Annotations" / "x y.xml").read_bytes()


TEXT = b"0 .5 .5 .1 .1\n"
ELSE = {
    "darknet": (
        {
            "obj.data": b"classes = 1\ntrain = data/train.txt\nnames = data/obj.names\n",
            "obj_train_data/a.jpg": b"x",
            "obj_train_data/a.txt": TEXT,
        },
        "obj.data",
    ),
    "darknet of a user": (
        {"my.cfg": b"train=t.txt\r\nvalid=v.txt\r\n", "shots/a.png": b"x", "shots/a.txt": TEXT, "backup/w.txt": b"w"},
        "my.cfg",
    ),
    "one file of VOC": ({"a.xml": b"<annotation><filename>a.jpg</filename></annotation>", "a.jpg": b"x"}, "a.xml"),
}


@pytest.mark.parametrize("name", ELSE)
def test_the_folder_to_give_instead_is_one(tmp_path: Path, name: str) -> None:
    files, labels = ELSE[name]
    put(tmp_path, files)
    with pytest.raises(LabelError) as caught:
        open_labels(tmp_path / labels, None, None)
    folder = re.search(r"(/.+)\.$", caught.value.hint or "")
    assert folder is not None
    opened = open_labels(Path(folder[1]), None, None)
    assert [(opened.image_root / one.name).is_file() for one in opened.pictures] == [True]
    assert opened.format in {"yolo", "voc"}


@pytest.mark.skipif(shutil.which("gunzip") is None, reason="no gunzip here")
def test_a_file_that_is_unpacked_is_read(tmp_path: Path) -> None:
    put(tmp_path, {"labels.json.plain": coco("a.jpg"), "a.jpg": b"x"})
    (tmp_path / "labels.json.plain").rename(tmp_path / "labels.json")
    subprocess.run(["gzip", str(tmp_path / "labels.json")], check=True)
    with pytest.raises(LabelError, match="compressed with gzip") as caught:
        open_labels(tmp_path / "labels.json.gz", None, None)
    assert "gunzip" in (caught.value.hint or "")
    subprocess.run(["gunzip", str(tmp_path / "labels.json.gz")], check=True)
    assert carried(tmp_path / "labels.json", None, tmp_path / "out") == (1, 1)
