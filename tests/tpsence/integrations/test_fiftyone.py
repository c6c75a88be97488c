"""A FiftyOne dataset with copies in rain: against FiftyOne where it and a database are there, else a stand-in."""

import sys
from collections.abc import Iterator
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from tests.conftest import Painter
from tests.tpsence.integrations import fiftyone_stand_in
from tpsence.errors import InputError

ADAPTER = "tpsence.integrations.fiftyone"
TOLD: dict[str, Any] = {"device": "cpu", "width": 24}
KINDS = ["stand-in", *(["fiftyone"] if find_spec("fiftyone") else [])]
FiftyOne = Any
"""What has no types."""


@pytest.fixture(params=KINDS)
def fo(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[FiftyOne]:
    """FiftyOne, or what stands for it; the adapter is imported anew for each."""
    monkeypatch.delitem(sys.modules, ADAPTER, raising=False)
    if request.param == "stand-in":
        monkeypatch.setitem(sys.modules, "fiftyone", fiftyone_stand_in)
    yield import_module("fiftyone")
    sys.modules.pop(ADAPTER, None)


@pytest.fixture
def adapter(fo: FiftyOne) -> ModuleType:
    del fo
    return import_module(ADAPTER)


@pytest.fixture
def dataset(fo: FiftyOne, tmp_path: Path, paint: Painter, request: pytest.FixtureRequest) -> FiftyOne:
    """Two pictures of one name with labels of several kinds, and one without any."""
    names = ["train/a.png", "val/a.png", "val/b.png"]
    paths = [paint(tmp_path / "data" / name, seed=k) for k, name in enumerate(names)]
    ring = [(0.5, 0.25), (0.75, 0.25), (0.75, 0.5)]
    labelled = {
        "boxes": fo.Detections(detections=[fo.Detection(label="car", bounding_box=[0.125, 0.25, 0.5, 0.5])]),
        "lines": fo.Polylines(
            polylines=[
                fo.Polyline(label="curb", points=[ring], closed=False),
                fo.Polyline(label="sign", points=[ring], closed=True),
                fo.Polyline(label="hole", points=[], filled=True),
            ]
        ),
        "one": fo.Detection(bounding_box=[0.0, 0.0, 0.25, 0.25]),
        "scene": fo.Classification(label="city"),
    }
    made = fo.Dataset(f"{request.node.name}-{tmp_path.parent.name}-{tmp_path.name}")
    made.add_samples(
        [
            fo.Sample(filepath=str(paths[0]), tags=["train"], **labelled),
            fo.Sample(filepath=str(paths[1]), boxes=labelled["boxes"]),
            fo.Sample(filepath=str(paths[2])),
        ]
    )
    return made


def test_each_picture_gets_a_copy_with_its_labels(
    dataset: FiftyOne, adapter: ModuleType, tiny_weights: Path, tmp_path: Path
) -> None:
    sources = dataset.values("id")
    added = adapter.add_rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD)
    copies = [dataset[one] for one in added]
    assert len(dataset) == 6
    assert dataset.values("id")[3:] == added
    assert [copy["rain_of"] for copy in copies] == sources
    names = ["train/a.png", "val/a.png", "val/b.png"]
    assert [copy.filepath for copy in copies] == [f"{tmp_path}/rain/{name}" for name in names]
    assert [copy.tags for copy in copies] == [["train", "rain"], ["rain"], ["rain"]]
    assert [dataset[one].tags for one in sources] == [["train"], [], []]
    first, source = copies[0], dataset[sources[0]]
    assert first["boxes"].detections[0].bounding_box == source["boxes"].detections[0].bounding_box
    assert first["lines"].polylines[1].points == source["lines"].polylines[1].points
    assert (first["scene"].label, first["boxes"].detections[0].label) == ("city", "car")
    assert first["boxes"] is not source["boxes"]
    assert Path(first.filepath).read_bytes() != Path(source.filepath).read_bytes()


def test_the_same_call_again_adds_nothing(
    dataset: FiftyOne, adapter: ModuleType, tiny_weights: Path, tmp_path: Path
) -> None:
    adapter.add_rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD)
    assert adapter.add_rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD) == []
    assert len(dataset) == 6


def test_a_call_that_was_killed_while_samples_were_added_is_completed(
    dataset: FiftyOne, adapter: ModuleType, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    copies = adapter._copies
    with monkeypatch.context() as patched:
        patched.setattr(adapter, "_copies", lambda *told: list(copies(*told))[:1])
        patched.setattr(adapter, "len", lambda _: None, raising=False)
        adapter.add_rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD)
    assert len(dataset) == 4
    assert len(adapter.add_rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD)) == 2
    assert sorted(dataset.values("rain_of")[3:]) == sorted(dataset.values("id")[:3])


def test_another_folder_gets_another_copy_of_the_sources_alone(
    dataset: FiftyOne, adapter: ModuleType, tiny_weights: Path, tmp_path: Path
) -> None:
    adapter.add_rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD)
    view = dataset.match_tags("rain")
    assert adapter.add_rain(view, tmp_path / "again", weights=tiny_weights, **TOLD) == []
    added = adapter.add_rain(dataset, tmp_path / "weak", weights=tiny_weights, strength=0.5, tags=["weak"], **TOLD)
    assert [dataset[one]["rain_of"] for one in added] == dataset.values("id")[:3]
    assert dataset[added[0]].tags == ["train", "weak"]


def test_a_view_adds_to_its_dataset(dataset: FiftyOne, adapter: ModuleType, tiny_weights: Path, tmp_path: Path) -> None:
    added = adapter.add_rain(
        dataset.limit(1), tmp_path / "rain", weights=tiny_weights, images=tmp_path / "data", **TOLD
    )
    assert [dataset[one].filepath for one in added] == [f"{tmp_path}/rain/train/a.png"]
    assert len(dataset) == 4


def told_objects(
    adapter: ModuleType, monkeypatch: pytest.MonkeyPatch, *given: FiftyOne, **fields: FiftyOne
) -> list[Any]:
    """Return class and box of what ``add_rain`` gives for each picture."""
    told: dict[str, Any] = {}
    monkeypatch.setattr(adapter, "translate_files", lambda objects, *_, **__: told.update(objects) or {})
    assert adapter.add_rain(*given, **fields) == []
    assert all(one.relative for objects in told.values() for one in objects)
    return [[(one.category, one.box) for one in objects] for objects in told.values()]


def test_boxes_and_closed_lines_of_all_fields_stay_visible(
    dataset: FiftyOne, adapter: ModuleType, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    car, sign = ("car", (0.125, 0.25, 0.625, 0.75)), ("sign", (0.5, 0.25, 0.75, 0.5))
    found = told_objects(adapter, monkeypatch, dataset, tmp_path / "rain")
    assert [sorted(one) for one in found] == [[("", (0.0, 0.0, 0.25, 0.25)), car, sign], [car], []]
    assert told_objects(adapter, monkeypatch, dataset, tmp_path / "rain", label_fields="lines") == [[sign], [], []]
    fields = ["scene", "boxes"]
    assert told_objects(adapter, monkeypatch, dataset, tmp_path / "rain", label_fields=fields) == [[car], [car], []]


def test_a_bad_picture_gets_no_copy(dataset: FiftyOne, adapter: ModuleType, tiny_weights: Path, tmp_path: Path) -> None:
    bad = Path(dataset.values("filepath")[1])
    bad.write_bytes(b"no picture")
    with pytest.warns(UserWarning, match=f"1 of 3 pictures left out: {bad}") as caught:
        added = adapter.add_rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD)
    assert caught[0].filename == __file__
    assert len(added) == 2


def test_the_metadata_of_the_source_s_file_do_not_come_along(
    dataset: FiftyOne, adapter: ModuleType, tiny_weights: Path, tmp_path: Path
) -> None:
    for sample in dataset.iter_samples():
        sample["metadata"] = None if adapter.fo is not fiftyone_stand_in else {"size_bytes": 3}
    added = adapter.add_rain(dataset, tmp_path / "rain", weights=tiny_weights, **TOLD)
    assert [dataset[one].metadata for one in added] == [None] * 3


def test_a_video_is_passed_over(fo: FiftyOne, adapter: ModuleType, tmp_path: Path) -> None:
    dataset = fo.Dataset(f"video-{tmp_path.parent.name}-{tmp_path.name}")
    dataset.add_samples([fo.Sample(filepath=str(tmp_path / "a.mp4"))])
    assert adapter.add_rain(dataset, tmp_path / "rain") == []
    assert not (tmp_path / "rain").exists()


def test_what_is_no_dataset_of_pictures_is_refused(
    dataset: FiftyOne, adapter: ModuleType, tmp_path: Path, fo: FiftyOne
) -> None:
    with pytest.raises(InputError, match="a list: no samples of pictures"):
        adapter.add_rain([], tmp_path / "rain")
    with pytest.raises(InputError, match="`label_fields` 'nothing'"):
        adapter.add_rain(dataset, tmp_path / "rain", label_fields=["boxes", "nothing"])
    if fo is fiftyone_stand_in:
        with pytest.raises(InputError, match="a PatchesView: no samples of pictures"):
            adapter.add_rain(dataset.to_patches("boxes"), tmp_path / "rain")
        dataset.media_type = "group"
        with pytest.raises(InputError, match="a dataset of groups"):
            adapter.add_rain(dataset, tmp_path / "rain")


def test_a_missing_library_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delitem(sys.modules, ADAPTER, raising=False)
    monkeypatch.setitem(sys.modules, "fiftyone", None)
    with pytest.raises(ImportError, match=r"pip install 'tpsence\[fiftyone\]'"):
        import_module(ADAPTER)
