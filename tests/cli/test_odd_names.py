"""Names that are legal where the pictures lie, though not everywhere, go through as they are."""

import json
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.cli.conftest import Run

ODD = ["x\\y.png", "a:b.png", "\\abs.png", "c:\\d.png", "deep/\\.png"]
Paint = Callable[..., Path]


def pictures(folder: Path) -> dict[str, bytes]:
    return {file.relative_to(folder).as_posix(): file.read_bytes() for file in folder.rglob("*.png")}


def test_odd_names_are_translated_kept_and_started_anew(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Paint
) -> None:
    for name in ODD:
        paint(tmp_path / "in" / name)
    out = tmp_path / "out"
    command = ["augment", "--images", tmp_path / "in", "--out", out, "--weights", tiny_weights, "--no-report", "--json"]
    first = tpsence(*command, "--strength", "0.5")
    assert (first.code, first.json["translated"]) == (0, len(ODD))
    assert tpsence(*command, "--strength", "0.5").json["reused"] == len(ODD)
    before = pictures(out)
    assert set(before) == set(ODD)
    second = tpsence(*command, "--strength", "1", "--overwrite")
    assert (second.code, second.json["translated"]) == (0, len(ODD))
    after = pictures(out)
    assert all(after[name] != before[name] for name in ODD)
    assert tpsence(*command, "--suffix", "_rain", "--overwrite").code == 0
    assert not set(pictures(out)) & set(ODD)


def test_names_that_differ_by_case_only_are_kept_where_the_disk_tells_them_apart(
    tpsence: Run, tiny_weights: Path, tmp_path: Path, paint: Paint
) -> None:
    names = ["IMG.png", "img.png", "Deep/a.png", "deep/a.png"]
    for number, name in enumerate(names):
        paint(tmp_path / "in" / name, seed=number)
    if len(pictures(tmp_path / "in")) < len(names):
        pytest.skip("this disk takes them for one")
    images = [{"id": number, "file_name": name} for number, name in enumerate(names)]
    annotations = [{"id": number, "image_id": number, "bbox": [1, 1, 9, 9], "category_id": 1} for number in range(4)]
    content = {"images": images, "annotations": annotations, "categories": [{"id": 1, "name": "car"}]}
    (tmp_path / "coco.json").write_text(json.dumps(content))
    source = ["--labels", tmp_path / "coco.json", "--images", tmp_path / "in", "--weights", tiny_weights]
    for _ in range(2):
        assert tpsence("augment", *source, "--out", tmp_path / "out", "--pairs").code == 0
        written = pictures(tmp_path / "out")
        assert {name for name in written if not name.startswith("pairs")} == {f"in/{name}" for name in names}
        assert len(set(written.values())) == 2 * len(names)  # of each pair both differ, and all pairs
        assert json.loads((tmp_path / "out/coco.json").read_text())["images"] == images
