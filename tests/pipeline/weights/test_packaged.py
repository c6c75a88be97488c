"""The weights in the package: whole, small, described, used by name or without one, and of use."""

from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from measure import kept_class, label_maps, pictures, read_ids, translate
from pipeline.metrics.agreement import confusion_of, intersection_over_union
from pipeline.weights.packaged import RAIN, ROAD_LITE, PackagedWeights, generator_path, name_notes, terms_of
from tests.conftest import ROOT
from tpsence.errors import WeightsError
from tpsence.weights import load_generator

BOTH = pytest.mark.parametrize("weights", [ROAD_LITE, RAIN], ids=lambda weights: weights.name)


@BOTH
def test_files_are_those_of_their_hashes(weights: PackagedWeights) -> None:
    assert weights.checked() == weights.path
    assert weights.path.suffix == ".safetensors"


def test_files_are_small() -> None:
    assert ROAD_LITE.path.stat().st_size <= 4_000_000
    assert ROAD_LITE.path.stat().st_size + RAIN.path.stat().st_size <= 8_000_000


@BOTH
def test_cards_tell_hash_size_and_terms(weights: PackagedWeights) -> None:
    card = (ROOT / "docs" / "models" / f"{weights.name}.md").read_text()
    assert weights.sha256 in card
    assert f"{weights.path.stat().st_size:,} bytes" in card
    assert "non-commercial" in card


def test_damaged_or_missing_files_are_refused() -> None:
    other = PackagedWeights(name="rain", sha256="0" * 64, terms="")
    with pytest.raises(WeightsError, match="is not the rain of this version of tpsence"):
        other.checked()
    with pytest.raises(WeightsError, match="no such file, though it is part of tpsence"):
        PackagedWeights(name="snow", sha256="", terms="").checked()


def test_terms_follow_the_file_by_its_hash() -> None:
    assert terms_of(RAIN.sha256) == f"rain: {RAIN.terms}"
    assert terms_of(ROAD_LITE.sha256) == f"road-lite: {ROAD_LITE.terms}"
    assert terms_of(RAIN.earlier[0]) == terms_of(RAIN.sha256)
    assert terms_of("0" * 64) is None


@pytest.mark.parametrize("kind", ["folder", "file"])
def test_a_name_means_the_package_whatever_lies_here_and_a_note_says_so(
    kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert generator_path("rain") == RAIN.path
    assert generator_path("runs/rain") == Path("runs/rain")
    assert generator_path("road-lite") == Path("road-lite")
    assert name_notes("rain") == name_notes("./rain") == name_notes(None) == ()
    (tmp_path / "rain").mkdir() if kind == "folder" else (tmp_path / "rain").touch()
    assert generator_path("rain") == RAIN.path
    assert generator_path("./rain") == Path("rain")
    said = f"note: rain means the weights that come with tpsence; the {kind} of that name here is ./rain"
    assert name_notes("rain") == (said,)
    assert name_notes("./rain") == ()


def test_the_generator_says_what_it_is() -> None:
    known = load_generator(RAIN.path).metadata
    assert (known.source_domain, known.target_domain) == ("clear", "rain")
    assert known.training_data
    assert "BDD100K" in known.training_data
    assert known.licence
    assert known.width
    assert known.water == "moderate"


def linked(files: list[Path], folder: Path) -> Path:
    """Put files into a new folder."""
    folder.mkdir()
    for file in files:
        (folder / file.name).write_bytes(file.read_bytes())
    return folder


def test_road_lite_finds_the_classes_of_camvid(shared_data: Path, tmp_path: Path) -> None:
    truth = pictures(shared_data / "camvid/labels/test")[::20]
    frames = [next((shared_data / "camvid/images/test").glob(f"{file.stem}.*")) for file in truth]
    found = label_maps(linked(frames, tmp_path / "frames"), tmp_path / "maps")
    iou = intersection_over_union(confusion_of(map(read_ids, truth), map(read_ids, found), 11))
    assert iou.mean() > 0.5
    assert iou[[0, 1, 3]].min() > 0.7  # sky, building, road


def test_rain_changes_frames_and_keeps_what_is_in_them(shared_data: Path, tmp_path: Path) -> None:
    frames = linked(pictures(shared_data / "bdd100k_unpaired/testA")[:4], tmp_path / "frames")
    rainy = translate(frames, tmp_path / "rain", "rain")
    for before, after in zip(pictures(frames), rainy, strict=True):
        one, other = (np.asarray(Image.open(file).convert("RGB")).astype(float) for file in (before, after))
        assert np.abs(one - other).mean() > 8
    kept = kept_class(label_maps(frames, tmp_path / "one"), label_maps(tmp_path / "rain", tmp_path / "other"))
    assert kept.value > 0.6
