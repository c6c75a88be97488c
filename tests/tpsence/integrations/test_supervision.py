"""A data set of supervision in rain: the same classes and detections, other pictures."""

import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from tests.conftest import Painter
from tpsence.errors import InputError

sv = pytest.importorskip("supervision", reason="needs supervision, which an extra brings")
from tpsence.integrations.supervision import rain  # noqa: E402 (needs supervision)

Loaded = Any
"""What a type checker may not know, as supervision may not be installed."""
TOLD: dict[str, Any] = {"device": "cpu", "width": 24}


def full() -> Loaded:
    """Return detections that have everything detections can have."""
    return sv.Detections(
        xyxy=np.array([[1, 2, 10, 12], [3, 3, 20, 15]], dtype=np.float32),
        mask=np.arange(2 * 16 * 24).reshape(2, 16, 24) % 3 == 0,
        confidence=np.array([0.5, 0.25], dtype=np.float32),
        class_id=np.array([1, 0]),
        tracker_id=np.array([7, 9]),
        data={"area": np.array([3.0, 4.0])},
        metadata={"camera": "front"},
    )


@pytest.fixture
def dataset(tmp_path: Path, paint: Painter) -> Loaded:
    """Two pictures of one name, one without detections, one whose detections have no class."""
    names = ["train/a.png", "val/a.png", "val/b.png"]
    paths = [str(paint(tmp_path / "data" / name, seed=k)) for k, name in enumerate(names)]
    unnamed = sv.Detections(xyxy=np.array([[1.0, 2.0, 10.0, 12.0]]))
    found = [full(), sv.Detections.empty(), unnamed]
    return sv.DetectionDataset(["car", "lane"], paths, dict(zip(paths, found, strict=True)))


def test_classes_and_detections_are_the_same_under_other_paths(
    dataset: Loaded,
    tiny_weights: Path,
    tmp_path: Path,
) -> None:
    out = tmp_path / "rain"
    rainy = rain(dataset, out, weights=tiny_weights, **TOLD)
    assert rainy.classes == dataset.classes
    assert rainy.image_paths == [str(out / name) for name in ("train/a.png", "val/a.png", "val/b.png")]
    for (path, clear, before), (other, wet, after) in zip(dataset, rainy, strict=True):
        assert after == before
        assert Path(other).name == Path(path).name
        assert wet.shape == clear.shape
        assert (wet != clear).any()


def test_the_detections_are_copies(dataset: Loaded, tiny_weights: Path, tmp_path: Path) -> None:
    rainy = rain(dataset, tmp_path / "rain", weights=str(tiny_weights), **TOLD)
    first = dataset.image_paths[0]
    rainy.annotations[rainy.image_paths[0]].xyxy[:] = 0
    rainy.annotations[rainy.image_paths[0]].data["area"] *= 0
    rainy.classes.append("van")
    assert dataset.annotations[first].xyxy.tolist() == full().xyxy.tolist()
    assert dataset.annotations[first].data["area"].tolist() == [3.0, 4.0]
    assert dataset.classes == ["car", "lane"]


def test_the_boxes_and_their_classes_are_told(
    dataset: Loaded,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    told: dict[str, Any] = {}
    monkeypatch.setattr(
        "tpsence.integrations.supervision.translate_files", lambda objects, *_, **__: told.update(objects) or {}
    )
    assert len(rain(dataset, tmp_path / "rain")) == 0
    found = [[(one.category, one.box, one.relative) for one in told[path]] for path in dataset.image_paths]
    assert found == [
        [("lane", (1, 2, 10, 12), False), ("car", (3, 3, 20, 15), False)],
        [],
        [("", (1, 2, 10, 12), False)],
    ]


def test_bad_pictures_are_absent_and_the_warning_is_the_caller_s(
    dataset: Loaded,
    tiny_weights: Path,
    tmp_path: Path,
) -> None:
    bad = Path(dataset.image_paths[1])
    bad.write_bytes(b"no picture")
    with pytest.warns(UserWarning, match=f"1 of 3 pictures left out: {bad}") as caught:
        rainy = rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD)
    assert caught[0].filename == __file__
    assert [path.removeprefix(f"{tmp_path}/rain/") for path in rainy.image_paths] == ["train/a.png", "val/b.png"]
    assert len(dataset) == 3


def test_a_part_has_the_names_of_the_whole_below_the_same_folder(
    dataset: Loaded,
    tiny_weights: Path,
    tmp_path: Path,
) -> None:
    part, _ = dataset.split(split_ratio=0.4, shuffle=False)
    assert len(part) == 1
    assert rain(part, tmp_path / "part", weights=tiny_weights, images=tmp_path / "data", **TOLD).image_paths == [
        f"{tmp_path}/part/train/a.png"
    ]


def test_an_empty_data_set_stays_empty(tmp_path: Path) -> None:
    empty = rain(sv.DetectionDataset(["car"], [], {}), tmp_path / "rain")
    assert (empty.classes, len(empty)) == (["car"], 0)


def test_pictures_in_memory_are_refused(tmp_path: Path) -> None:
    pixels = np.zeros((4, 4, 3), np.uint8)
    with pytest.warns(Warning, match="deprecated"):
        dataset = sv.DetectionDataset(["car"], {"a.png": pixels}, {"a.png": sv.Detections.empty()})
    with pytest.raises(InputError, match="in memory"):
        rain(dataset, tmp_path / "rain")


def test_another_thing_is_refused(tmp_path: Path) -> None:
    given: Any = []
    with pytest.raises(InputError, match="a list: no DetectionDataset"):
        rain(given, tmp_path / "rain")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, "tpsence.integrations.supervision")
    monkeypatch.setitem(sys.modules, "supervision", None)
    with pytest.raises(ImportError, match=r"pip install 'tpsence\[supervision\]'"):
        __import__("tpsence.integrations.supervision")
