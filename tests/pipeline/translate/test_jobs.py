"""The jobs, called from Python."""

from pathlib import Path
from typing import Any

import pytest

from pipeline.augment.options import AugmentOptions
from pipeline.engine.events import Done, Finished, Found
from pipeline.translate.jobs import augment, segment
from tests.conftest import Painter
from tpsence.errors import InputError


@pytest.fixture
def images(tmp_path: Path, paint: Painter) -> Path:
    for name in ("a.png", "b.png"):
        paint(tmp_path / "images" / name)
    return tmp_path / "images"


def test_augment_yields_what_happens(images: Path, tiny_weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    events = list(augment(images=images, out=out, weights=str(tiny_weights), device="cpu", width=24))
    assert isinstance(events[0], Found)
    assert [event.name for event in events if isinstance(event, Done)] == ["a.png", "b.png"]
    assert isinstance(events[-1], Finished)
    assert events[-1].summary["translated"] == 2
    assert (out / "a.png").is_file()


def test_a_pair_is_a_range_as_its_text_is(images: Path, tiny_weights: Path, tmp_path: Path) -> None:
    given: dict[str, Any] = {"images": images, "weights": str(tiny_weights), "device": "cpu", "width": 24, "copies": 2}
    *_, first = augment(**given, out=tmp_path / "pair", strength=(0.6, 1.2), water=("none", "light"))
    *_, other = augment(**given, out=tmp_path / "text", strength="0.6..1.2", water="none..light")
    assert isinstance(first, Finished)
    assert isinstance(other, Finished)
    assert first.summary["variants"] == other.summary["variants"]
    names = [f"{stem}_{copy}.png" for stem in ("a", "b") for copy in (1, 2)]
    for name in (*names, "variants.csv"):
        assert (tmp_path / "pair" / name).read_bytes() == (tmp_path / "text" / name).read_bytes()


def test_a_dry_run_writes_nothing(images: Path, tiny_weights: Path, tmp_path: Path) -> None:
    options = AugmentOptions(images=images, out=tmp_path / "out", weights=str(tiny_weights), device="cpu")
    (finished,) = augment(options, dry_run=True)
    assert isinstance(finished, Finished)
    assert finished.dry
    assert not (tmp_path / "out").exists()


def test_it_stops_when_it_is_asked_to(images: Path, tiny_weights: Path, tmp_path: Path) -> None:
    settings: dict[str, Any] = {
        "images": images,
        "out": tmp_path / "out",
        "weights": str(tiny_weights),
        "device": "cpu",
    }
    *_, finished = augment(**settings, stop=lambda: True)
    assert isinstance(finished, Finished)
    assert finished.stopped
    *_, finished = augment(**settings)
    assert isinstance(finished, Finished)
    assert finished.summary["complete"]


def test_shards_are_collected(images: Path, tiny_weights: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    for shard in ("1/2", "2/2"):
        list(augment(images=images, out=out, weights=str(tiny_weights), device="cpu", shard=shard))
    *_, finished = augment(out=out, collect=True)
    assert isinstance(finished, Finished)
    assert finished.summary["pictures"] == 2


def test_mistakes_are_told_at_once(images: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match="not given: `out`"):
        augment(images=images)
    with pytest.raises(InputError, match="`colour`: no such setting"):
        augment(images=images, out=tmp_path / "out", colour="red")
    with pytest.raises(InputError, match="`strength` beside AugmentOptions"):
        augment(AugmentOptions(images=images, out=tmp_path / "out"), strength=0.5)
    with pytest.raises(InputError, match="`phase`: no such setting"):
        segment(dataroot=tmp_path, phase="train")


def test_segment_makes_maps(images: Path, tmp_path: Path) -> None:
    (finished,) = segment(images=images, out=tmp_path / "maps", device="cpu", dry_run=True)
    assert isinstance(finished, Finished)
    assert not (tmp_path / "maps").exists()
    *_, finished = segment(images=images, out=tmp_path / "maps", device="cpu")
    assert isinstance(finished, Finished)
    assert sorted(file.name for file in (tmp_path / "maps").glob("*.png")) == ["a.png", "b.png"]
