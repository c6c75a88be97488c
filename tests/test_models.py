"""The scripts that train the packaged weights and measure them."""

import json
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import rain
from measure import kept_class
from pipeline.segment.mmseg.network import build_network
from pipeline.segment.mmseg.zoo import find_model
from road_lite import CLASSES, CamVid, Settings, augmentation, class_weights, save, train
from tpsence.architectures import Affine, Resnet
from tpsence.metadata import GeneratorMetadata
from tpsence.networks.affine import exposed
from tpsence.weights import LoadedGenerator, load_generator

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


def loaded(architecture: Resnet) -> LoadedGenerator:
    about = GeneratorMetadata(architecture=architecture, width=384)
    return LoadedGenerator(generator=architecture.build(), metadata=about, path=Path("any"), sha256="0" * 64)


def test_a_resnet_becomes_a_generator_that_changes_nothing_but_the_exposure_yet() -> None:
    given = loaded(Resnet(blocks=1, ngf=4))
    still = rain.with_still_end(given)
    assert still.metadata.architecture == still.generator.architecture == Affine(blocks=1, ngf=4)
    images = torch.rand(1, 3, 16, 16) * 2 - 1
    torch.testing.assert_close(still.generator.eval()(images), exposed(images).clamp(-1, 1), atol=1e-6, rtol=0)
    layers = (0, 4, 8, 12)
    for one, other in zip(
        still.generator.features(images, layers), given.generator.features(images, layers), strict=True
    ):
        assert torch.equal(one, other)


def test_one_that_gives_a_light_goes_on_as_it_is() -> None:
    given = loaded(Affine(blocks=1, ngf=4))
    assert rain.with_still_end(given) is given


def test_the_generator_that_light_rain_trains_is_the_packaged_ones_size() -> None:
    from pipeline.train.presets import load_config
    from pipeline.weights.packaged import RAIN

    known = load_generator(RAIN.path).metadata
    for preset in ("light_rain_start", "light_rain"):
        config = load_config(preset)
        assert config.model.architecture.sizes() == known.architecture.sizes()


class Trainings:
    """Stands for ``tpsence``: keeps the trainings that the script asks for, and leaves a generator of each."""

    def __init__(self) -> None:
        self.commands: list[tuple[str, ...]] = []
        self.complete = True

    def __call__(self, *words: str | Path) -> str:
        command = tuple(map(str, words))
        self.commands.append(command)
        out = Path(command[command.index("--out") + 1])
        out.mkdir(parents=True, exist_ok=True)
        (out / "generator.safetensors").write_text(" ".join(command))
        return json.dumps({"complete": self.complete})


@pytest.fixture
def trainings(monkeypatch: pytest.MonkeyPatch) -> Trainings:
    stand_in = Trainings()
    monkeypatch.setattr(rain, "tpsence", stand_in)
    return stand_in


@pytest.fixture
def begins_with(tmp_path: Path) -> Path:
    """A generator to begin with, which is there already."""
    (tmp_path / "start.safetensors").write_bytes(b"there")
    return tmp_path / "start.safetensors"


def test_real_rain_follows_the_rendered_targets(trainings: Trainings, tmp_path: Path, begins_with: Path) -> None:
    budget = rain.Budget(start_epochs=5, epochs=4)
    assert rain.train(tmp_path, Path("any"), budget) == tmp_path / "rain" / "generator.safetensors"
    first, second = trainings.commands
    assert first[:2] == ("train", "light_rain_start")
    assert {f"model.init={begins_with}", "optim.epochs=3", "optim.decay_epochs=2", "--resume"} <= set(first)
    assert second[:2] == ("train", "light_rain")
    warm = tmp_path / "start" / "generator.safetensors"
    assert {f"model.init={warm}", "optim.epochs=2", "optim.decay_epochs=2"} <= set(second)
    assert "--max-time" not in first


def test_a_part_whose_time_is_over_ends_it_all(trainings: Trainings, tmp_path: Path, begins_with: Path) -> None:
    trainings.complete = False
    with pytest.raises(SystemExit, match="run this again to go on"):
        rain.train(tmp_path, begins_with, rain.Budget(max_time="9m"))
    (only,) = trainings.commands
    assert only[only.index("--max-time") + 1] == "9m"
