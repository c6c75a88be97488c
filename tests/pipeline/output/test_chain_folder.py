"""The folder of a chain: links to the pictures, and earlier trainings put aside."""

from pathlib import Path

import pytest

from pipeline.errors import OutputError
from pipeline.output.chain_folder import ChainFolder
from pipeline.run.settings_file import load_chain
from tests.conftest import ROOT
from tests.pipeline.labels.label_sets import put


def test_the_links_follow_the_folders(tmp_path: Path) -> None:
    folder = ChainFolder(tmp_path / "out")
    for number in (1, 1, 2):
        put(tmp_path / f"sun{number}", {"a.png": str(number).encode()})
        put(tmp_path / "rain", {"b.png": b"b"})
        with folder.opened():
            folder.write({"stages": {}})
            folder.link_pictures(tmp_path / f"sun{number}", tmp_path / "rain")
        assert (folder.dataset / "trainA" / "a.png").read_bytes() == str(number).encode()
        assert (folder.dataset / "trainB" / "b.png").read_bytes() == b"b"


def test_something_else_in_their_place_stays(tmp_path: Path) -> None:
    folder = ChainFolder(put(tmp_path / "out", {"dataset/trainA/mine.png": b"mine"}))
    with pytest.raises(OutputError, match="no link to the pictures"):
        folder.link_pictures(tmp_path / "sun", tmp_path / "rain")
    assert (folder.dataset / "trainA" / "mine.png").read_bytes() == b"mine"


def test_trainings_are_put_aside_under_numbers(tmp_path: Path) -> None:
    folder = ChainFolder(tmp_path)
    assert folder.put_training_aside() is None
    for number in (1, 2):
        put(tmp_path, {"training/x": str(number).encode()})
        assert folder.put_training_aside() == tmp_path / f"training-{number}"
    assert [(tmp_path / f"training-{number}" / "x").read_bytes() for number in (1, 2)] == [b"1", b"2"]


def test_the_example_can_be_loaded() -> None:
    config = load_chain(ROOT / "examples" / "chain.yaml", {})
    assert all(place is not None and place.exists() for place in (config.clear, config.rainy, config.labels))
    assert config.augment_options().pairs
    assert "optim.epochs=6" in config.training_settings()
