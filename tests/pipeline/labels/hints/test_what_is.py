"""What is said of files that are no labels."""

import gzip
import io
import json
import tarfile
import zipfile
from pathlib import Path

import pytest

from pipeline.errors import LabelError
from pipeline.labels.hints.what_encoding import told_by_encoding
from pipeline.labels.registry import labels_help, open_labels
from tests.pipeline.labels.label_sets import put

COCO = b'{"images": [{"id": 1, "file_name": "a.jpg"}], "annotations": []}'


def zipped() -> bytes:
    """A ZIP archive."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("labels.json", COCO)
    return buffer.getvalue()


def tarred() -> bytes:
    """A tar archive."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w") as archive:
        archive.addfile(tarfile.TarInfo("labels.json"))
    return buffer.getvalue()


def as_json(value: object) -> bytes:
    """A value as a file."""
    return json.dumps(value).encode()


KINDS: dict[str, tuple[str, bytes, str, str]] = {
    # name of the file, content, what is said of it, what to do
    "empty": ("x.json", b"", "empty", "Export"),
    "white space": ("x.json", b" \n\t", "empty", "Export"),
    "gzip": ("x.json.gz", gzip.compress(COCO), "compressed with gzip", "gunzip"),
    "gzip by another name": ("x.json", gzip.compress(COCO), "compressed with gzip", "gunzip"),
    "zip": ("x.zip", zipped(), "a ZIP archive", "unzip"),
    "tar": ("x.tar", tarred(), "a tar archive", "tar -xf"),
    "picture": ("a.jpg", b"\xff\xd8\xff\xe0\0\x10JFIF", "a picture (JPEG)", "Give"),
    "other picture": ("a.png", b"\x89PNG\r\n\x1a\n", "a picture (PNG)", "Give"),
    "weights": ("rain.pth", b"PK\x03\x04", "the weights of a network", "`weights`"),
    "pickle": ("x.pkl", b"\x80\x04\x95", "a pickle", "Give"),
    "parquet": ("x.parquet", b"PAR1\0\0", "a Parquet file", "COCO or YOLO"),
    "table": ("x.csv", b"ImageID,Source,LabelName,XMin\na,b,c,0.1\n", "a table (CSV)", "COCO or YOLO"),
    "table by another name": ("x.dat", b"a;b\na.jpg,1,2,3,4\nb.jpg,1,2,3,4\n".split(b"\n", 1)[1], "a table", "COCO"),
    "one column": ("x.csv", b"a\nb\n", "a table (CSV)", "COCO or YOLO"),
    "CVAT": (
        "annotations.xml",
        b"<?xml version='1.0'?>\n<annotations>\n<version>1.1</version><image id='0' name='a.jpg'/></annotations>",
        "the XML of CVAT",
        "COCO 1.0",
    ),
    "VOC": ("a.xml", b"<annotation><filename>a.jpg</filename></annotation>", "the VOC labels of one picture", "folder"),
    "other XML": ("x.xml", b"<?xml version='1.0'?><kml/>", "XML that is not VOC", "Give"),
    "a page": ("x.json", b"<!DOCTYPE html><html><body>404</body></html>", "a page of the web", "Download"),
    "JSON lines": ("x.jsonl", b'{"file_name": "a.jpg"}\n{"file_name": "b.jpg"}\n', "JSON lines", "one COCO file"),
    "JSON lines by another name": ("x.json", b'{"a": 1}\r\n{"a": 2}', "JSON lines", "one COCO file"),
    "JSON lines in UTF-16": ("x.json", '{"a": 1}\n{"a": 2}\n'.encode("utf-16"), "JSON lines", "one COCO file"),
    "detections": (
        "x.json",
        as_json([{"image_id": 1, "category_id": 1, "bbox": [1, 1, 2, 2], "score": 0.5}]),
        "a list of detections",
        "'images' and 'annotations'",
    ),
    "masks": (
        "x.json",
        as_json([{"image_id": 1, "category_id": 1, "segmentation": {}, "score": 0.5}]),
        "a list of detections",
        "'images' and 'annotations'",
    ),
    "annotations": ("x.json", as_json([{"image_id": 1, "bbox": []}]), "a list of annotations alone", "'images'"),
    "Label Studio": ("x.json", as_json([{"id": 1, "data": {}, "annotations": []}]), "Label Studio", "COCO or YOLO"),
    "Label Studio predictions": ("x.json", as_json([{"data": {}, "predictions": []}]), "Label Studio", "COCO or YOLO"),
    "Label Studio JSON-MIN": ("x.json", as_json([{"image": "a.jpg", "id": 1}]), "JSON-MIN", "COCO or YOLO"),
    "Create ML": ("x.json", as_json([{"image": "a.jpg", "annotations": []}]), "Create ML", "COCO or YOLO"),
    "MMDetection 2": ("x.json", as_json([{"filename": "a.jpg", "ann": {}}]), "MMDetection 2", "COCO or YOLO"),
    "MMDetection 3": ("x.json", as_json({"metainfo": {}, "data_list": []}), "MMDetection 3", "COCO or YOLO"),
    "Labelbox": ("x.json", as_json([{"ID": 1, "External ID": "a.jpg", "Label": {}}]), "Labelbox", "COCO or YOLO"),
    "LabelMe": ("a.json", as_json({"version": "5", "shapes": [], "imagePath": "a.jpg"}), "LabelMe", "COCO or YOLO"),
    "VIA": ("x.json", as_json({"_via_settings": {}, "_via_img_metadata": {}}), "VGG Image Annotator", "COCO"),
    "VIA export": (
        "x.json",
        as_json({"a.jpg12": {"filename": "a.jpg", "size": 12, "regions": []}}),
        "VGG Image Annotator",
        "COCO",
    ),
    "Supervisely": ("a.json", as_json({"size": {}, "objects": [], "tags": []}), "Supervisely", "COCO or YOLO"),
    "Cityscapes": ("a.json", as_json({"imgHeight": 1, "imgWidth": 1, "objects": []}), "Cityscapes", "COCO or YOLO"),
    "old BDD100K": ("a.json", as_json({"name": "a", "frames": [{"objects": []}]}), "BDD100K", "Scalabel"),
    "GeoJSON": ("x.json", as_json({"type": "FeatureCollection", "features": []}), "GeoJSON", "COCO or YOLO"),
    "COCO without images": ("x.json", as_json({"annotations": [], "categories": []}), "without 'images'", "'images'"),
    "images by name": ("x.json", as_json({"images": {"a.jpg": {}}}), "'images' is an object", "COCO"),
    "a list of texts": ("x.json", as_json(["a.jpg", "b.jpg"]), "the first is a text", "Give"),
    "unknown": ("x.json", as_json({"weather": [], "roads": []}), "its keys are weather, roads", "Give COCO"),
    "unknown list": ("x.json", as_json([{"weather": 1}]), "objects with the keys weather", "Give"),
    "Darknet alone": (
        "obj.data",
        b"classes = 1\ntrain = t.txt\nnames = obj.names\n",
        "the settings of Darknet",
        "folder",
    ),
    "cut off": ("x.json", COCO[:-3], "not valid JSON", "complete?"),
    "cut off in a text": ("x.json", COCO[:35], "not valid JSON", "complete?"),
    "cut off in a letter": ("x.json", '{"a": "é'.encode()[:-1], "not", "complete?"),
    "a comma too many": ("x.json", b'{"images": [],}\n  ', "line 1 column", "Correct it there"),
    "a text": ("README.md", b"\n# DAWN in rain\n\nPhotos.\n", "a text that begins with '# DAWN in rain', no", "Give"),
    "a long line": ("x.json", b"x" * 41, f"a text that begins with '{'x' * 40}...', no label file", "Give"),
    "a text in UTF-16": ("x.json", "hello, 日".encode("utf-16"), "a text that begins with 'hello, 日'", "Give"),
    "no JSON": ("x.json", b"images: none\n", "a text that begins with 'images: none'", "Give"),
    "settings": ("x.toml", b"[build-system]\na = 1\n", "a text that begins with '[build-system]', no label", "Give"),
    "text with a control character": ("x.json", b"images\0: none\n", "not valid JSON", "Correct it there"),
    "a text of YOLO": ("a.txt", b"0 0.5 0.5 0.25 0.25\n", "the YOLO labels of one picture", "Give the folder"),
    "a list": ("train.txt", b"./images/a.jpg\n./images/b.PNG\n", "a list of pictures, no labels", "data.yaml"),
    "Git LFS": (
        "x.json",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        "a pointer of Git LFS",
        "git lfs pull",
    ),
    "a number too large": ("x.json", b'{"a": 1e999, "images": []}', "1e999 is out of range", "Correct it in the file"),
    "an integer too long": ("x.json", b'{"a": ' + b"9" * 5000 + b"}", "not valid JSON", "Correct it in the file"),
}


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("wanted", [None, "coco", "scalabel"])
def test_a_file_that_is_no_labels_is_named_with_what_to_do(tmp_path: Path, kind: str, wanted: str | None) -> None:
    name, content, what, remedy = KINDS[kind]
    put(tmp_path, {name: content})
    with pytest.raises(LabelError) as caught:
        open_labels(tmp_path / name, None, wanted)
    assert caught.value.message.startswith(f"{tmp_path / name}: ")
    assert "\n" not in caught.value.message
    if wanted is None or kind not in {"unknown", "unknown list"}:
        assert what in caught.value.message
        assert remedy in (caught.value.hint or "")


@pytest.mark.parametrize("content", [b"# Notes\n", b"%PDF-1.7\n"])
def test_a_file_that_is_anything_but_labels_is_told_with_all_that_labels_can_be(tmp_path: Path, content: bytes) -> None:
    put(tmp_path, {"README.md": content})
    with pytest.raises(LabelError, match="no label file") as caught:
        open_labels(tmp_path / "README.md", None, None)
    assert caught.value.hint == f"Give {labels_help()}."


@pytest.mark.parametrize(
    ("text", "place", "key"),
    [
        ('{"a": 1, "a": 2}', "the object at the top", "a"),
        ('{"images": [{"id": 1}, {"id": 1, "x": {"id": 2, "id": 3}}]}', "images[1].x", "id"),
        ('[{"name": "a"}, {"name": "b", "labels": [{"id": 1, "c": 1, "id": 1}]}]', "[1].labels[0]", "id"),
        ('{"a": {"b": 1, "b": 1}, "a": 2}', "an object", "b"),
        ('{"a": 1, "\\u000a": 1, "\\n": 2}', "the object at the top", "\\n"),
    ],
)
def test_a_key_that_stands_twice_is_named_with_its_place(tmp_path: Path, text: str, place: str, key: str) -> None:
    put(tmp_path, {"x.json": text.encode()})
    with pytest.raises(LabelError) as caught:
        open_labels(tmp_path / "x.json", None, "coco")
    assert caught.value.message == f"{tmp_path / 'x.json'}: {place} has the same key twice: '{key}'"


@pytest.mark.parametrize(
    ("text", "encoding", "name"),
    [
        ("汽车", "gbk", "GBK"),
        ("红绿灯 和 行人", "gbk", "GBK"),
        ("くるま", "shift_jis", "CP932"),
        ("автомобиль", "cp1251", "WINDOWS-1251"),
        ("Fußgänger", "cp1252", "WINDOWS-1252"),
        ("자동차와 보행자", "euc_kr", "EUC-KR"),
    ],
)
def test_the_encoding_of_a_text_is_guessed(text: str, encoding: str, name: str) -> None:
    told = told_by_encoding(Path("x.json"), b'{"a":\n"' + text.encode(encoding) + b'"}')
    assert told is not None
    assert told.what == f"not UTF-8 (line 2): it looks like {name}"
    assert f"iconv -f {name} -t UTF-8 x.json > x-utf8.json" in told.hint


def test_bytes_of_no_encoding_get_no_command() -> None:
    told = told_by_encoding(Path("x.json"), b'"\xff\x81\xfe\x98')
    assert told is not None
    assert "iconv" not in told.hint
    assert told_by_encoding(Path("x.json"), "é".encode()) is None
