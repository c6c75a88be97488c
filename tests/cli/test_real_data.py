"""``tpsence augment`` on real data sets: every output opens, has its input's size, and the labels are equal."""

import csv
import json
from pathlib import Path

import pytest
from PIL import Image, ImageOps

from tests.cli.conftest import Ran, Run


@pytest.fixture
def augment(tpsence: Run, tiny_weights: Path, tmp_path: Path) -> Run:
    """Run augment into ``tmp_path/out`` at a small width."""

    def run(*arguments: object) -> Ran:
        command = ("augment", "--weights", tiny_weights, "--out", tmp_path / "out", "--width", 48, "--json")
        return tpsence(*command, *arguments)

    return run


def assert_pictures_correspond(source: Path, out: Path, names: list[str]) -> None:
    for name in names:
        with Image.open(source / name) as before, Image.open(out / name) as after:
            after.load()
            assert after.size == ImageOps.exif_transpose(before).size, name


def below(folder: Path, pattern: str) -> list[str]:
    return sorted(path.relative_to(folder).as_posix() for path in folder.rglob(pattern))


@pytest.mark.parametrize(
    ("file", "annotations"), [("coco_train.json", 3521), ("bdd_det_train.json", 3521)], ids=["coco", "scalabel"]
)
def test_bdd100k_as_json(augment: Run, shared_data: Path, tmp_path: Path, file: str, annotations: int) -> None:
    source = shared_data / "bdd100k_detection"
    ran = augment("--labels", source / file)
    assert (ran.code, ran.json["translated"], ran.json["labels"]["annotations"]) == (0, 200, annotations)
    assert json.loads((tmp_path / "out" / file).read_bytes()) == json.loads((source / file).read_bytes())
    assert_pictures_correspond(source, tmp_path / "out", below(source, "*.jpg"))


@pytest.mark.parametrize(
    ("dataset", "labels", "pattern", "pictures"),
    [
        ("bdd100k_detection", "labels", "*.txt", 200),
        ("dawn_fog_voc", "Annotations", "*.xml", 50),
        ("dawn_fog_voc", "labels", "*.txt", 50),
        ("coco8", ".", "*.txt", 8),
    ],
)
def test_label_files_byte_for_byte(
    augment: Run, shared_data: Path, tmp_path: Path, dataset: str, labels: str, pattern: str, pictures: int
) -> None:
    source = shared_data / dataset
    ran = augment("--labels", source / labels)
    assert (ran.code, ran.json["translated"]) == (0, pictures)
    folder = "labels" if labels == "." else labels
    names = below(source / folder, pattern)
    assert names
    for name in names:
        assert (tmp_path / "out" / folder / name).read_bytes() == (source / folder / name).read_bytes()
    assert_pictures_correspond(source / "images", tmp_path / "out/images", below(source / "images", "*.jpg"))


def test_coco_with_real_annotations(augment: Run, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "coco_mini"
    ran = augment("--labels", source / "instances_4images.json")
    assert (ran.code, ran.json["labels"]["annotations"]) == (0, 34)
    written = json.loads((tmp_path / "out/instances_4images.json").read_bytes())
    assert written == json.loads((source / "instances_4images.json").read_bytes())


def test_coco_with_most_pictures_absent(augment: Run, shared_data: Path, tmp_path: Path) -> None:
    file = shared_data / "coco_mini/instances_val2014_100.json"
    ran = augment("--labels", file)
    assert (ran.code, ran.json["translated"], ran.json["skipped"]) == (3, 4, {"missing": 96})
    before, after = json.loads(file.read_bytes()), json.loads((tmp_path / "out" / file.name).read_bytes())
    ids = {image["id"] for image in after["images"]}
    assert len(ids) == 4
    assert after["images"] == [image for image in before["images"] if image["id"] in ids]
    assert after["annotations"] == [one for one in before["annotations"] if one["image_id"] in ids]
    assert after["categories"] == before["categories"]


def test_every_awkward_picture_is_translated_or_skipped(augment: Run, shared_data: Path, tmp_path: Path) -> None:
    source = shared_data / "awkward_images"
    ran = augment("--images", source)
    assert ran.code == 3
    lines = [json.loads(line) for line in (tmp_path / "out/skipped.jsonl").read_text().splitlines()]
    reasons = {line["file"]: line["reason"] for line in lines}
    assert reasons == {
        "pillow/broken_data_stream.png": "unreadable",
        "pillow/decompression_bomb.gif": "unsupported format",
        "pillow/truncated_end_chunk.png": "truncated",
    }
    with (source / "verified.csv").open() as stream:
        names = [row["file"] for row in csv.DictReader(stream)]
    endless = (
        "pillow/truncated_jpeg.jpg"  # lacks half of its end marker and nothing else; Pillow alone does not read it
    )
    assert (tmp_path / "out" / endless).is_file()
    readable = [name for name in names if name not in reasons and name != endless]
    assert_pictures_correspond(source, tmp_path / "out", readable)
