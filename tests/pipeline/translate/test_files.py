"""The pictures of a data set that another library holds: which files they become, and what is told of them."""

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from pipeline.engine.events import Done, Finished, Found, How
from pipeline.errors import OutputError, StrictError
from pipeline.labels.interface import LabelledObject
from pipeline.translate.files import boxes_of, translate_files
from pipeline.translate.jobs import augment
from tests.conftest import Painter
from tests.pipeline.augment.wet_set import make_wet_set
from tpsence.errors import InputError

Objects = Mapping[str, Sequence[LabelledObject]]
NAMED: dict[str, Any] = {"strength": 1.0, "water": None, "seed": 0, "device": "cpu", "precision": "fp32"}


@pytest.fixture
def street(tmp_path: Path, paint: Painter) -> Objects:
    """Pictures of one name in two folders."""
    paths = [paint(tmp_path / "data" / name, seed=k) for k, name in enumerate(("train/a.png", "val/a.png"))]
    return {str(path): [] for path in paths}


def run(objects: Objects, out: Path, weights: Path | None, **told: Any) -> dict[str, str]:  # noqa: ANN401 (settings)
    images, on_event = told.pop("images", None), told.pop("on_event", None)
    named = {**NAMED, **{name: told.pop(name) for name in NAMED if name in told}}
    further = {**told, **({"width": 24} if weights else {})}
    return translate_files(
        objects, out, images=images, weights=weights, on_event=on_event, named=named, further=further
    )


def test_names_are_those_below_the_common_folder(street: Objects, tiny_weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "data" / "rain"  # beside the pictures' folders, in the one that they have in common
    paths = run(street, out, tiny_weights)
    assert paths == dict(zip(street, [str(out / "train/a.png"), str(out / "val/a.png")], strict=True))
    made = [Path(path).read_bytes() for path in paths.values()]
    assert made[0] != made[1]
    assert made[0] != Path(next(iter(street))).read_bytes()


def test_names_are_those_below_the_given_folder(street: Objects, tiny_weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "rain"
    some = dict(list(street.items())[:1])
    assert list(run(some, out, tiny_weights, images=tmp_path / "data").values()) == [str(out / "train/a.png")]
    with pytest.raises(InputError, match="not below `images`"):
        run(street, out, tiny_weights, images=tmp_path / "data" / "val")


def test_relative_paths_are_taken(
    street: Objects, tiny_weights: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert run({"data/train/a.png": [], "./data/val/../val/a.png": []}, Path("rain"), tiny_weights) == {
        "data/train/a.png": "rain/train/a.png",
        "./data/val/../val/a.png": "rain/val/a.png",
    }


def test_the_same_call_again_does_nothing(street: Objects, tiny_weights: Path, tmp_path: Path) -> None:
    events: list[Any] = []
    first = run(street, tmp_path / "rain", tiny_weights)
    assert run(dict(reversed(list(street.items()))), tmp_path / "rain", tiny_weights, on_event=events.append) == first
    assert isinstance(events[0], Found)
    assert [event.how for event in events if isinstance(event, Done)] == [How.REUSED] * 2
    assert isinstance(events[-1], Finished)


def test_another_box_is_another_data_set(street: Objects, tiny_weights: Path, tmp_path: Path) -> None:
    run(street, tmp_path / "rain", tiny_weights)
    changed = {path: [LabelledObject("car", (1.0, 1.0, 5.0, 5.0))] for path in street}
    with pytest.raises(OutputError, match="other settings: dataset"):
        run(changed, tmp_path / "rain", tiny_weights)


def test_bad_pictures_are_left_out_and_told(street: Objects, tiny_weights: Path, tmp_path: Path) -> None:
    bad, gone = tmp_path / "data" / "bad.jpg", tmp_path / "data" / "gone.jpg"
    bad.write_bytes(b"no picture")
    everything = {**street, str(bad): [], str(gone): []}
    with pytest.warns(UserWarning, match=rf"2 of 4 pictures left out: {bad} .*, {gone} \(missing"):
        assert set(run(everything, tmp_path / "rain", tiny_weights)) == set(street)
    assert len((tmp_path / "rain" / "skipped.jsonl").read_text().splitlines()) == 2
    with pytest.raises(StrictError, match=r"bad\.jpg"):
        run(everything, tmp_path / "rain", tiny_weights, strict=True)


def test_a_data_set_without_any_picture_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="nor is any of the 2 pictures"):
        run({str(tmp_path / "a.jpg"): [], str(tmp_path / "b.jpg"): []}, tmp_path / "rain", None)
    assert not (tmp_path / "rain").exists()


def test_an_empty_data_set_stays_empty(tmp_path: Path) -> None:
    assert run({}, tmp_path / "rain", None) == {}
    assert not (tmp_path / "rain").exists()


@pytest.mark.parametrize("name", ["labels", "gate", "shard", "suffix", "fraction", "colour"])
def test_settings_that_do_not_go_with_it_are_refused(name: str, street: Objects, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=f"`{name}`: no such setting here"):
        run(street, tmp_path / "rain", None, **{name: "x"})


def test_settings_out_of_range_are_refused_for_an_empty_data_set_too(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="strength"):
        run({}, tmp_path / "rain", None, strength=2)


def test_two_paths_of_one_file_become_one_picture(street: Objects, tiny_weights: Path, tmp_path: Path) -> None:
    first = next(iter(street))
    twice = first.replace("/train/", "/val/../train/")
    paths = run({**street, twice: []}, tmp_path / "rain", tiny_weights)
    assert paths[twice] == paths[first]


def test_it_is_what_augment_writes_of_the_same_labels(tiny_weights: Path, tmp_path: Path) -> None:
    wet = make_wet_set(tmp_path / "set")
    told = {"water": "heavy", "seed": 3, "maps": wet.maps, "drops": 0}
    theirs: dict[str, Any] = {
        "labels": wet.labels,
        "images": wet.images,
        "out": tmp_path / "theirs",
        "weights": str(tiny_weights),
    }
    list(augment(**{**NAMED, **theirs, "width": 24, **told}))

    def bytes_of(boxes: list[tuple[str, Sequence[float]]], out: Path) -> list[bytes]:
        paths = run({str(wet.images / name): boxes_of(boxes) for name in wet.names}, out, tiny_weights, **told)
        return [Path(path).read_bytes() for path in paths.values()]

    boxes: list[tuple[str, Sequence[float]]] = [("car", (30, 20, 50, 44)), ("lane", (0, 32, 96, 64))]
    expected = [(tmp_path / "theirs" / "images" / name).read_bytes() for name in wet.names]
    assert bytes_of(boxes, tmp_path / "ours") == expected
    assert bytes_of([], tmp_path / "without") != expected


def test_boxes_that_are_not_finite_stay_out() -> None:
    boxes = [("car", (0, 1, 2, 3)), ("car", (0, 1, math.nan, 3)), ("", (0, 1, math.inf, 3))]
    assert boxes_of(boxes, relative=True) == [LabelledObject("car", (0.0, 1.0, 2.0, 3.0), relative=True)]
