"""The scripts that train the packaged weights and measure them."""

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import rain
from features import features
from lite0 import imagenet_network, normalise
from measure import kept_class
from pipeline.segment.mmseg.network import build_network
from pipeline.segment.mmseg.zoo import find_model
from road_lite import CLASSES, CamVid, Settings, augmentation, class_weights, save, train
from tpsence.weights import load_generator

# The features of the kernel distance


def test_features_are_mean_and_deviation_of_the_last_map(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    pixels = rng.integers(0, 256, (270, 480, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(tmp_path / "a.png")
    (row,) = features([tmp_path / "a.png"])
    with torch.inference_mode():
        images = normalise(torch.from_numpy(pixels).permute(2, 0, 1)[None].float())
        (last,) = imagenet_network()(images)
    assert last.shape == (1, 1280, 9, 15)
    assert row[:1280] == pytest.approx(last[0].mean((1, 2)).numpy(), abs=1e-5)
    assert row[1280:] == pytest.approx(last[0].flatten(1).std(1).numpy(), abs=1e-5)
    assert 0.01 < row.mean() < 6


def test_the_imagenet_weights_know_a_giraffe(shared_data: Path) -> None:
    """Without the classifier: two photos of giraffes are nearer to each other than to others."""
    folder = shared_data / "coco8" / "images"
    rows = features(sorted(folder.rglob("*.jpg")))
    rows = rows / np.linalg.norm(rows, axis=1, keepdims=True)
    assert rows.shape[0] == 8
    likeness = rows @ rows.T
    assert likeness[~np.eye(8, dtype=bool)].max() < 0.97


# Label maps


def write_map(path: Path, rows: Sequence[Sequence[int]]) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    Image.fromarray(np.array(rows, dtype=np.uint8)).save(path)
    return path


def test_maps_are_compared_with_those_of_their_names(tmp_path: Path) -> None:
    before = [write_map(tmp_path / "a/1.png", [[0, 1], [2, 3]]), write_map(tmp_path / "a/2.png", [[5, 5]])]
    after = [write_map(tmp_path / "b/1.png", [[0, 1], [2, 4]]), write_map(tmp_path / "b/2.png", [[5, 6]])]
    assert kept_class(before, after).value == 4 / 6
    with pytest.raises(ValueError, match=r"1.png is no map of 2.png"):
        kept_class(before, after[::-1])


# road-lite


@pytest.fixture
def camvid(tmp_path: Path) -> Path:
    """Frames of CamVid's size: sky over road, with a strip of void."""
    random = np.random.default_rng(0)
    for split, count in (("train", 2), ("val", 1), ("test", 1)):
        for number in range(count):
            ids = np.full((360, 480), 3, dtype=np.uint8)
            ids[:180], ids[-4:] = 0, 11
            pixels = np.where((ids == 0)[..., None], (180, 210, 240), (90, 90, 90)) + random.integers(
                -9, 9, (360, 480, 3)
            )
            for kind, content in (("images", pixels.astype(np.uint8)), ("labels", ids)):
                folder = tmp_path / kind / split
                folder.mkdir(parents=True, exist_ok=True)
                Image.fromarray(content).save(folder / f"{number}.png")
    return tmp_path


def test_frames_and_maps_change_alike(camvid: Path) -> None:
    torch.manual_seed(0)
    data = CamVid(camvid, ["train", "val"], augmentation())
    assert len(data) == 3
    assert data.frequencies()[[0, 3]].sum() == pytest.approx(1)
    for pixels, ids in (data[index % 3] for index in range(12)):
        assert (pixels.shape, pixels.dtype) == ((3, 256, 352), torch.uint8)
        assert (ids.shape, ids.dtype) == ((256, 352), torch.int64)
        assert set(np.unique(ids.numpy()).tolist()) <= {0, 3, 255}
        light = pixels.float().mean(0)
        if (ids == 0).sum() > 999 and (ids == 3).sum() > 999:
            assert light[ids == 0].mean() > light[ids == 3].mean()


def test_rare_classes_weigh_more() -> None:
    weights = class_weights(torch.tensor([0.64, 0.25, 0.0, 0.11]), 0.5)
    assert weights.tolist() == pytest.approx([0.625, 1.0, 1.0, (0.25 / 0.11) ** 0.5])


def test_a_short_training_writes_weights_that_segment_takes(camvid: Path, tmp_path: Path) -> None:
    settings = Settings(epochs=1, batch_size=3, workers=0, device="cpu")
    save(train(camvid, settings), tmp_path / "w.safetensors")
    model = find_model("road-lite")
    built = build_network(model.config, tmp_path / "w.safetensors", model.overrides, whole=False)
    assert len(built.classes) == CLASSES
    assert (tmp_path / "w.safetensors").stat().st_size < 3_000_000


# rain


@pytest.fixture
def bdd(tmp_path: Path) -> Path:
    root = tmp_path / "bdd"
    for folder, count in (("trainA", 13), ("trainB", 9), ("testA", 2), ("testB", 1)):
        (root / folder).mkdir(parents=True)
        for number in range(count):
            light = 20 if folder == "trainB" and number == 7 else 100 + number
            Image.new("RGB", (8, 8), (light, light, light)).save(root / folder / f"{folder}{number:02d}.png")
    return root


def names(folder: Path) -> set[str]:
    return {file.stem for file in folder.iterdir()}


def test_a_folder_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    with pytest.raises(SystemExit, match="nowhere/trainA: no such folder"):
        rain.split(tmp_path / "nowhere", tmp_path / "work")


def test_frames_that_are_reported_on_are_not_trained_on(bdd: Path, tmp_path: Path) -> None:
    work = tmp_path / "work"
    rain.split(bdd, work)
    clear, rainy = names(work / "held_out/clear"), names(work / "held_out/rainy")
    assert clear == {"trainA00", "trainA06", "trainA12", "testA00", "testA01"}
    assert rainy == {"trainB00", "trainB04", "trainB08", "testB00"}
    assert names(work / "data/trainA") == names(bdd / "trainA") - clear
    assert names(work / "data/trainB") == names(bdd / "trainB") - rainy - {"trainB07"}  # that one is by night
    assert not (work / "data/testA").exists()


def test_every_setting_of_the_variants_is_known() -> None:
    from pipeline.train.presets import load_config

    for changes in (*rain.VARIANTS.values(), rain._RECONSTRUCTION_ALONE, rain._FULL_WIDTH):
        config = load_config("small_rain", changes)
        assert config != load_config("small_rain") or not changes


def test_the_generator_that_small_rain_trains_is_the_packaged_ones_size() -> None:
    from pipeline.train.presets import load_config
    from pipeline.weights.packaged import RAIN

    config, known = load_config("small_rain"), load_generator(RAIN.path).metadata
    assert config.model.architecture == known.architecture


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The trainings that the script asks for; each leaves a generator that holds its command."""
    commands = []

    def run(*words: str | Path) -> None:
        command = tuple(map(str, words))
        commands.append(command)
        out = Path(command[command.index("--out") + 1])
        out.mkdir(parents=True, exist_ok=True)
        (out / "generator.safetensors").write_text(" ".join(command))

    monkeypatch.setattr(rain, "tpsence", run)
    return commands


def judged(scores: Mapping[str, float]) -> Callable[[str, Path], float]:
    return lambda name, file: scores.get(name, 1.0)


def test_all_variants_begin_alike_and_have_the_same_budget(trainings: list[tuple[str, ...]], tmp_path: Path) -> None:
    rain.search(tmp_path, rain.Budget(2, 3, 4, 0), judged({}))
    assert len(trainings) == 5
    assert "optim.epochs=2" in trainings[0]
    init = f"model.init={tmp_path / 'candidates' / 'start.safetensors'}"
    for command, changes in zip(trainings[1:], rain.VARIANTS.values(), strict=True):
        assert {init, "optim.epochs=3", "optim.decay_epochs=0", *changes} <= set(command)
        assert command[:2] == ("train", "small_rain")


def test_the_best_variant_is_trained_on_and_the_best_of_all_is_taken(
    trainings: list[tuple[str, ...]], tmp_path: Path
) -> None:
    scores = {"hard": 0.5, "none": 0.7, "hard, round 1": 0.6, "hard, round 2": 0.3, "hard, round 3": 0.4}
    best = rain.search(tmp_path, rain.Budget(2, 3, 4, 3), judged(scores))
    assert best == tmp_path / "candidates" / "hard_round_2.safetensors"
    rounds = [[word for word in command if "epochs" in word] for command in trainings[5:]]
    assert rounds == [
        ["optim.epochs=4", "optim.decay_epochs=0"],
        ["optim.epochs=8", "optim.decay_epochs=0"],
        ["optim.epochs=8", "optim.decay_epochs=4"],
    ]
    init = f"model.init={tmp_path / 'candidates' / 'hard.safetensors'}"
    assert all({"loss.weighting=hard", "data.width=384", init} <= set(command) for command in trainings[5:])
    assert "optim.epochs=8 --set optim.decay_epochs=0" in best.read_text()


def test_a_generator_that_is_trained_further_goes_on_as_the_best_variant_does(
    trainings: list[tuple[str, ...]], tmp_path: Path
) -> None:
    scores = {"none": 0.5, "trained further": 0.2, "none, round 1": 0.3}
    assert rain.search(tmp_path, rain.Budget(2, 3, 4, 1), judged(scores), Path("rain")) == Path("rain")
    assert len(trainings) == 6
    assert {"model.init=rain", "loss.weighting=none"} <= set(trainings[5])


def test_a_generator_that_is_trained_further_is_tried_before_anything_is_trained(
    trainings: list[tuple[str, ...]], tmp_path: Path
) -> None:
    def refused(name: str, file: Path) -> float:
        raise SystemExit(f"{name}: {file}")

    with pytest.raises(SystemExit, match="trained further: none"):
        rain.search(tmp_path, rain.Budget(2, 3, 4, 1), refused, Path("none"))
    assert trainings == []


def test_what_was_trained_is_not_trained_again(trainings: list[tuple[str, ...]], tmp_path: Path) -> None:
    budget = rain.Budget(2, 3, 4, 1)
    first = rain.search(tmp_path, budget, judged({"none": 0.1}))
    trainings.clear()
    assert rain.search(tmp_path, budget, judged({"none": 0.1})) == first
    assert trainings == []
