"""``tpsence train`` on real pictures: the unpaired set of BDD100K, which has no label maps."""

import shutil
from pathlib import Path

import pytest

from tests.cli.conftest import Run
from tests.cli.train_runs import TINY, changed, checkpoint_names, figures

HARD = changed("loss.weighting=hard")


@pytest.fixture
def unpaired(shared_data: Path) -> Path:
    """The folder of the whole set."""
    return shared_data / "bdd100k_unpaired"


@pytest.fixture
def handful(unpaired: Path, tmp_path: Path) -> Path:
    """Four pictures of each domain."""
    for name in ("trainA", "trainB", "testA"):
        (tmp_path / "data" / name).mkdir(parents=True)
        for file in sorted((unpaired / name).iterdir())[:4]:
            shutil.copy(file, tmp_path / "data" / name)
    return tmp_path / "data"


def test_real_pictures_without_label_maps_train_and_translate(tpsence: Run, handful: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    ran = tpsence(*TINY, *HARD, "--data", handful, "--out", out, "--workers", 0, *changed("run.grid_every=4"))
    assert ran.code == 0, ran.err
    assert "4 source pictures, 4 target pictures; 4 blocks, ngf 4, weighting hard;" in ran.err
    assert [row["step"] for row in figures(out)] == [1, 2, 3, 4]
    assert checkpoint_names(out) == ["step-00000004.pt"]
    assert (out / "grids/step-00000004.png").is_file()
    pictures = ("augment", "--images", handful / "testA", "--weights", out, "--out", tmp_path / "rainy", "--workers", 0)
    ran = tpsence(*pictures, "--json")
    assert (ran.code, ran.json["translated"]) == (0, 4), ran.err


def test_real_pictures_need_another_weighting_than_the_published_one(
    tpsence: Run, handful: Path, tmp_path: Path
) -> None:
    ran = tpsence(*TINY, "--data", handful, "--out", tmp_path / "out")
    assert ran.code == 2
    error, hint = ran.err.splitlines()
    assert error == f"error: {handful}/trainS: no such folder"
    assert "--set loss.weighting=hard" in hint
    assert not (tmp_path / "out").exists()


def test_every_file_of_the_whole_set_is_good(tpsence: Run, unpaired: Path, tmp_path: Path) -> None:
    whole = ("train", "tiny", *HARD, "--data", unpaired, "--out", tmp_path / "out", "--dry-run")
    ran = tpsence(*whole, "--set", "optim.batch_size=178")
    assert (ran.code, ran.json["loss"]["weighting"]) == (0, "hard"), ran.err
    assert (len(list((unpaired / "trainA").iterdir())), len(list((unpaired / "trainB").iterdir()))) == (178, 50)
    # An epoch has as many samples as the larger domain has pictures: one more is too large a batch.
    ran = tpsence(*whole, "--set", "optim.batch_size=179")
    assert (ran.code, "larger than the data set (178 images)" in ran.err) == (2, True)
    assert not (tmp_path / "out").exists()
