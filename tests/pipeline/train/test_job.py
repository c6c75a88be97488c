"""A training run: it continues exactly, saves what it says, and ends with a remedy when something breaks."""

import itertools
import json
import math
import re
import shutil
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import torch
from PIL import Image
from torch import Tensor

from pipeline.engine.events import Done, Finished, Found
from pipeline.errors import ConfigError, OutputError, RunError
from pipeline.train import job as job_module
from pipeline.train.learner import Learner
from pipeline.train.options import TrainOptions
from pipeline.train.prepared import TrainJob
from pipeline.train.progress import Progress
from pipeline.train.samples import Batch
from pipeline.train.time_limit import TimeLimit
from pipeline.train.unpaired_check import check_unpaired
from tests.conftest import ROOT, FullDisk
from tests.pipeline.train.moved_clock import MovedClock
from tests.pipeline.train.tiny_runs import (
    checkpoint_at,
    checkpoint_names,
    difference,
    hide_tensorboard,
    paint_data,
    paint_targets,
    prepare,
    run,
    stand_in_features,
    tiny,
    train,
)
from tests.tpsence.made_up import Shallow
from tpsence.architectures import ARCHITECTURES, Affine, Resnet
from tpsence.errors import InputError, WeightsError
from tpsence.metadata import GeneratorMetadata
from tpsence.model import LOSS_NAMES
from tpsence.weights import find_weights_file, generator_bytes, load_generator

STREET = ROOT / "examples" / "street"
EMA = {"optim.ema": 0.7}
FEATURES: dict[str, Any] = {
    **EMA,
    "data.crop": 0,
    "data.scales": (1.0, 1.2),
    "model.generator": "affine",
    "model.discriminator": "features",
    "loss.paired": 1.0,
    "loss.perceptual": 1.0,
    "optim.discriminator_lr": 1e-3,
}
"""Whole frames, frozen features and targets."""
Step = Callable[[Learner, Batch, int], Tensor]


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four sources and three targets with label maps; nobody changes them."""
    return paint_data(tmp_path_factory.mktemp("data"))


@pytest.fixture
def own_data(data: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(data, tmp_path / "own"))


@pytest.fixture(autouse=True)
def no_tensorboard(monkeypatch: pytest.MonkeyPatch) -> None:
    hide_tensorboard(monkeypatch)


@pytest.fixture(scope="module")
def pairs(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The same data with targets for two of four sources; nobody changes them."""
    return paint_targets(Path(shutil.copytree(data, tmp_path_factory.mktemp("pairs") / "data")), ["0.png", "2.png"])


def metrics(out: Path) -> list[dict[str, float]]:
    return [json.loads(line) for line in (out / "metrics.jsonl").read_text().splitlines()]


def tree(path: Path) -> dict[str, bytes]:
    return {file.relative_to(path).as_posix(): file.read_bytes() for file in path.rglob("*") if file.is_file()}


def saved(out: Path) -> dict[str, bytes]:
    """The weights and checkpoints."""
    return {name: content for name, content in tree(out).items() if name.endswith((".pt", ".safetensors"))}


def after_step(monkeypatch: pytest.MonkeyPatch, change: Callable[[Learner, int, Tensor], Tensor]) -> None:
    """Let something happen after each step; steps are counted from 1."""
    step = Learner.step

    def changed(self: Learner, batch: Batch, number: int) -> Tensor:
        return change(self, number + 1, step(self, batch, number))

    monkeypatch.setattr(Learner, "step", changed)


# Continuing


@pytest.fixture(scope="module")
def straight(data: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Six steps without a stop."""
    out = tmp_path_factory.mktemp("straight") / "out"
    with pytest.MonkeyPatch.context() as patch:
        hide_tensorboard(patch)
        torch.manual_seed(0)
        assert [progress.step for progress in train(data, out, EMA)] == [1, 2, 3, 4, 5, 6]
    return out


@pytest.mark.parametrize(("workers", "at"), [(0, 3), (1, 3), (0, 4)])
def test_a_stopped_run_continues_to_the_bit(workers: int, at: int, straight: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    torch.manual_seed(0)
    first = train(data, out, EMA, workers=workers, stop_at=at)
    assert [progress.step for progress in first] == list(range(1, at + 1))
    assert checkpoint_names(out) == [f"step-0000000{at}.pt"]
    torch.manual_seed(99)
    second = train(data, out, EMA, workers=workers, resume=True)
    assert [progress.step for progress in second] == list(range(at + 1, 7))
    content = checkpoint_at(out, 6)
    assert set(content["learner"]) == {"networks", "optimizers", "schedules", "scaler", "average"}
    assert difference(content, checkpoint_at(straight, 6)) is None
    for name in ("generator.safetensors", "metrics.jsonl"):
        assert (out / name).read_bytes() == (straight / name).read_bytes()


@pytest.mark.parametrize("workers", [0, 1])
def test_a_stopped_run_with_frozen_features_whole_frames_and_targets_continues_to_the_bit(
    workers: int, pairs: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stand_in_features(monkeypatch)
    torch.manual_seed(0)
    train(pairs, tmp_path / "whole", FEATURES)
    torch.manual_seed(0)
    train(pairs, tmp_path / "halves", FEATURES, stop_at=3, workers=workers)
    torch.manual_seed(99)
    train(pairs, tmp_path / "halves", FEATURES, resume=True, workers=workers)
    one, other = (checkpoint_at(tmp_path / name, 6) for name in ("whole", "halves"))
    assert difference(one, other) is None
    for name in ("generator.safetensors", "metrics.jsonl"):
        assert (tmp_path / "whole" / name).read_bytes() == (tmp_path / "halves" / name).read_bytes()
    for name in ("paired", "perceptual"):  # of two pictures none may have a target
        assert sum(line[name] > 0 for line in metrics(tmp_path / "whole")) >= 3
    loaded = load_generator(tmp_path / "whole")
    assert loaded.metadata.architecture == Affine(blocks=4, ngf=4)


def test_a_run_with_targets_says_how_many_there_are(pairs: Path, tmp_path: Path) -> None:
    told = [prepare(pairs, tmp_path / "out", changes).found().texts[0] for changes in ({}, {"loss.paired": 1.0})]
    assert ["2 paired pictures" in text for text in told] == [False, True]


def test_targets_that_are_not_asked_for_are_not_looked_for(data: Path, pairs: Path, tmp_path: Path) -> None:
    for root in (data, pairs):
        assert prepare(root, tmp_path / "out").data.target_count == 0
    assert prepare(pairs, tmp_path / "out", {"loss.paired": 0.1}).data.target_count == 2
    with pytest.raises(InputError, match="trainP: no such folder") as caught:
        prepare(data, tmp_path / "out", {"loss.paired": 0.1})
    assert caught.value.hint is not None
    assert "loss.paired=0" in caught.value.hint


def test_in_the_other_direction_targets_are_of_the_other_domain(own_data: Path, tmp_path: Path) -> None:
    paint_targets(own_data, ["1.png"], "trainB")
    changes = {"run.direction": "BtoA", "loss.paired": 1.0}
    job = prepare(own_data, tmp_path / "out", changes)
    assert [picture.name for picture in job.data.source if picture.wanted] == ["trainB/1.png"]
    run(job)
    paired = [line["paired"] for line in metrics(tmp_path / "out")]
    assert any(paired)


def test_other_targets_are_another_data_set(pairs: Path, tmp_path: Path) -> None:
    own = Path(shutil.copytree(pairs, tmp_path / "own"))
    changes = {"loss.paired": 1.0}
    train(own, tmp_path / "out", changes, stop_at=1)
    assert prepare(own, tmp_path / "out", changes, resume=True).step == 1
    (own / "trainP/2.png").rename(own / "trainP/3.png")
    with pytest.raises(InputError, match="trained on other pictures"):
        prepare(own, tmp_path / "out", changes, resume=True)


def test_whole_frames_have_the_height_of_most_sources(own_data: Path, tmp_path: Path) -> None:
    job = prepare(own_data, tmp_path / "out", {"data.crop": 0})
    shapes: list[tuple[int, ...]] = []
    step = job.learner.step

    def noted(batch: Batch, number: int) -> Tensor:
        shapes.append(tuple(batch.source.shape))
        return step(batch, number)

    job.learner.step = noted  # type: ignore[method-assign]
    run(job, 1)
    assert shapes == [(2, 36, 48, 3)]
    for number in range(2):
        for folder in ("trainA", "trainS"):
            Image.open(own_data / folder / f"{number}.png").crop((0, 0, 64, 64)).save(
                own_data / folder / f"{number}.png"
            )
    run(prepare(own_data, tmp_path / "other", {"data.crop": 0}), 1)
    assert prepare(own_data, tmp_path / "third", {"data.crop": 0}).learner.view(0) is None


def test_the_folder_of_targets_is_no_place_for_a_run(pairs: Path) -> None:
    with pytest.raises(InputError, match="is inside the input"):
        prepare(pairs, pairs / "trainP" / "out")


def test_a_run_is_the_same_from_the_same_seed_and_another_from_another(
    straight: Path, data: Path, tmp_path: Path
) -> None:
    torch.manual_seed(5)
    train(data, tmp_path / "same", EMA)
    train(data, tmp_path / "other", {**EMA, "run.seed": 1})
    weights = [
        (out / "generator.safetensors").read_bytes() for out in (straight, tmp_path / "same", tmp_path / "other")
    ]
    assert weights[0] == weights[1]
    assert weights[0] != weights[2]
    pairs = zip(metrics(straight), metrics(tmp_path / "other"), strict=True)
    assert all(one["generator"] != other["generator"] for one, other in pairs)


def test_a_run_killed_after_its_checkpoint_continues_from_it(straight: Path, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    job = prepare(data, out, {**EMA, "run.save_every": 4})
    with job.opened():
        stream = job.run(lambda: False)
        assert [progress.step for progress in itertools.islice(stream, 5)] == [1, 2, 3, 4, 5]
        stream.close()  # type: ignore[attr-defined]
    assert checkpoint_names(out) == ["step-00000004.pt"]
    assert [line["step"] for line in metrics(out)] == [1, 2, 3, 4, 5]
    again = train(data, out, EMA, resume=True)
    assert [progress.step for progress in again] == [5, 6]
    assert (out / "generator.safetensors").read_bytes() == (straight / "generator.safetensors").read_bytes()
    assert metrics(out) == metrics(straight)


def test_a_damaged_checkpoint_gives_way_to_the_one_before_and_is_told(
    straight: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    train(data, out, {**EMA, "run.save_every": 2}, stop_at=4)
    newest = out / "checkpoints/step-00000004.pt"
    newest.write_bytes(newest.read_bytes()[:1000])
    job = prepare(data, out, EMA, resume=True)
    assert job.notes == [f"{newest}: truncated or damaged"]
    assert job.step == 2
    assert [progress.step for progress in run(job)] == [3, 4, 5, 6]
    assert (out / "generator.safetensors").read_bytes() == (straight / "generator.safetensors").read_bytes()


def test_a_run_begins_with_the_generator_that_is_named(straight: Path, data: Path, tmp_path: Path) -> None:
    changes = {"model.init": str(straight), "run.seed": 5, "optim.ema": 0.7}
    job = prepare(data, tmp_path / "run", changes)
    given = load_generator(straight).generator.state_dict()
    for network in (job.learner.networks.generator, job.learner.generator):
        assert difference(network.state_dict(), given) is None
    other = prepare(data, tmp_path / "other", {**changes, "model.init": None}).learner
    assert difference(other.networks.generator.state_dict(), given) is not None
    assert difference(other.networks.projector.state_dict(), job.learner.networks.projector.state_dict()) is None


def test_a_run_that_continues_does_not_begin_again(straight: Path, data: Path, tmp_path: Path) -> None:
    init = tmp_path / "init.safetensors"
    shutil.copy(find_weights_file(straight), init)
    changes = {"model.init": str(init)}
    train(data, tmp_path / "whole", changes)
    train(data, tmp_path / "halves", changes, stop_at=3)
    init.unlink()
    train(data, tmp_path / "halves", changes, resume=True)
    one, other = (checkpoint_at(tmp_path / name, 6) for name in ("whole", "halves"))
    assert difference(one["learner"], other["learner"]) is None


def test_a_generator_of_another_size_is_no_beginning(straight: Path, data: Path, tmp_path: Path) -> None:
    with pytest.raises(ConfigError) as caught:
        prepare(data, tmp_path / "run", {"model.init": str(straight), "model.ngf": 8})
    file = find_weights_file(straight)
    assert caught.value.message == f"model.init: {file} has 4 blocks and ngf 4, the settings say 4 and 8"
    assert caught.value.hint == "Give `set` model.blocks=4 `set` model.ngf=4, or other weights."


def test_the_kind_of_the_beginning_can_be_taken_as_the_hint_says(data: Path, tmp_path: Path) -> None:
    architecture, file = Affine(blocks=4, ngf=5), tmp_path / "affine.safetensors"
    file.write_bytes(generator_bytes(architecture.build(), GeneratorMetadata(architecture=architecture)))
    with pytest.raises(ConfigError) as caught:
        prepare(data, tmp_path / "run", {"model.init": str(file)})
    wanted = "`set` model.generator=affine `set` model.blocks=4 `set` model.ngf=5"
    assert caught.value.hint == f"Give {wanted}, or other weights."
    settings = {"model.init": str(file), "model.generator": "affine", "model.blocks": 4, "model.ngf": 5}
    assert prepare(data, tmp_path / "run", settings).step == 0


def test_a_generator_of_another_kind_is_no_beginning(
    data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ARCHITECTURES, Shallow.name, Shallow)
    shallow, file = Shallow(channels=5), tmp_path / "other.safetensors"
    file.write_bytes(generator_bytes(shallow.build(), GeneratorMetadata(architecture=shallow)))
    with pytest.raises(ConfigError) as caught:
        prepare(data, tmp_path / "run", {"model.init": str(file)})
    assert caught.value.message == (
        f"model.init: {file} has the architecture shallow (5 channels), "
        "the settings say the architecture resnet (4 blocks, ngf 4)"
    )
    assert caught.value.hint == "Give other weights."


def test_a_beginning_that_is_not_there_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(WeightsError, match=r"none.pth: no such file"):
        prepare(data, tmp_path / "run", {"model.init": str(tmp_path / "none.pth")})


def test_resume_begins_a_run_where_there_is_none(data: Path, tmp_path: Path) -> None:
    job = prepare(data, tmp_path / "out", resume=True)
    assert (job.step, job.notes) == (0, [])
    assert [progress.step for progress in run(job, 1)] == [1]


@pytest.mark.parametrize("workers", [0, 1])
def test_a_finished_run_has_nothing_left_to_do(workers: int, straight: Path, data: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(straight, tmp_path / "out"))
    before = tree(out)
    assert train(data, out, EMA, resume=True, workers=workers) == []
    now = tree(out)
    for files in (before, now):
        del files["run.json"]
    assert now == before


def test_a_run_cannot_be_made_shorter_than_it_is(straight: Path, data: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(straight, tmp_path / "out"))
    with pytest.raises(InputError, match="6 steps are done, and these settings end after") as caught:
        prepare(data, out, {**EMA, "optim.epochs": 1, "optim.decay_epochs": 0}, resume=True)
    assert caught.value.hint == "Give `set` optim.epochs=3, or more."
    assert prepare(data, out, {**EMA, "optim.epochs": 3, "optim.decay_epochs": 0}, resume=True).step == 6


def test_a_checkpoint_without_the_optimizers_means_is_refused(straight: Path, data: Path, tmp_path: Path) -> None:
    content = checkpoint_at(straight, 6)
    del content["learner"]["optimizers"]["generator"]["state"][0]
    refused_as_edited(content, data, tmp_path / "out")


def test_files_of_the_users_beside_the_checkpoints_are_no_hindrance(straight: Path, data: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(straight, tmp_path / "out"))
    (out / "rain.onnx").write_bytes(b"")
    prepare(data, out, EMA, resume=True)
    assert (out / "rain.onnx").exists()


def test_a_finished_run_can_be_made_longer(straight: Path, data: Path, tmp_path: Path) -> None:
    out = Path(shutil.copytree(straight, tmp_path / "out"))
    changes = {
        **EMA,
        "optim.epochs": 2,
        "optim.accumulate": 2,
        "run.precision": "bf16",
        "run.log_every": 2,
        "run.save_every": 1,
        "run.grid_every": 2,
        "domains.licence": "other",
        "data.max_pixels": 10_000,
    }
    assert [progress.step for progress in train(data, out, changes, resume=True)] == [7, 8]
    assert checkpoint_names(out) == ["step-00000007.pt", "step-00000008.pt"]
    assert json.loads((out / "run.json").read_bytes())["from_step"] == 6
    assert checkpoint_at(out, 8)["config"]["optim"]["epochs"] == 2
    assert load_generator(out).metadata.licence == "other"


CHANGED: dict[str, Any] = {
    "data.width": 56,
    "data.crop": 36,
    "data.flip": False,
    "model.generator": "affine",
    "model.blocks": 5,
    "model.ngf": 8,
    "model.discriminator": "features",
    "model.ndf": 8,
    "model.projection": 16,
    "loss.weighting": "easy",
    "loss.tps": 0.5,
    "loss.layers": (0, 4),
    "optim.batch_size": 1,
    "optim.lr": 1e-4,
    "optim.discriminator_lr": 1e-4,
    "optim.ema": 0.0,
    "run.direction": "BtoA",
    "run.seed": 1,
}


@pytest.mark.parametrize("key", CHANGED)
def test_another_setting_that_makes_another_run_is_refused(
    key: str, straight: Path, data: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = tree(straight)
    stand_in_features(monkeypatch)
    with pytest.raises(ConfigError) as caught:
        prepare(data, straight, {**EMA, key: CHANGED[key]}, resume=True)
    assert re.search(rf"other settings: {re.escape(key)}: .* there, .* now$", caught.value.message)
    assert tree(straight) == before


@pytest.mark.parametrize("change", ["renamed", "missing", "added", "target"])
def test_another_data_set_is_refused(change: str, straight: Path, own_data: Path) -> None:
    if change == "renamed":
        (own_data / "trainA/0.png").rename(own_data / "trainA/9.png")
        (own_data / "trainS/0.png").rename(own_data / "trainS/9.png")
    elif change == "missing":
        (own_data / "trainA/3.png").unlink()
        (own_data / "trainS/3.png").unlink()
    else:
        pictures, maps = ("trainA", "trainS") if change == "added" else ("trainB", "trainT")
        shutil.copy(own_data / pictures / "0.png", own_data / pictures / "9.png")
        shutil.copy(own_data / maps / "0.png", own_data / maps / "9.png")
    with pytest.raises(InputError, match="trained on other pictures"):
        prepare(own_data, straight, EMA, resume=True)


def test_the_same_pictures_elsewhere_are_the_same_data_set(straight: Path, own_data: Path) -> None:
    assert prepare(own_data, straight, EMA, resume=True).step == 6


def refused_as_edited(content: Mapping[str, Any], data: Path, out: Path) -> None:
    (out / "checkpoints").mkdir(parents=True)
    torch.save(content, out / "checkpoints/step-00000006.pt")
    with pytest.raises(WeightsError) as caught:
        prepare(data, out, EMA, resume=True)
    assert caught.value.message.startswith(f"{out}/checkpoints/step-00000006.pt: does not fit this run (")
    assert caught.value.message.isprintable()


def at(content: dict[Any, Any], place: str) -> tuple[dict[Any, Any], str]:
    """The dictionary that holds ``a/b/c``, and ``c``."""
    *above, last = place.split("/")
    for key in above:
        content = content[int(key) if key.isdigit() else key]
    return content, last


@pytest.mark.parametrize(
    "place",
    [
        *("step", "config", "data", "learner", "random"),
        *(f"learner/{name}" for name in ("networks", "optimizers", "schedules", "scaler", "average")),
        *("learner/networks/discriminator", "learner/networks/generator/model.1.weight"),
        *("learner/optimizers/projector", "learner/optimizers/generator/param_groups"),
        *("learner/schedules/generator", "learner/average/module.model.1.bias"),
    ],
)
def test_a_checkpoint_that_lacks_something_is_refused(place: str, straight: Path, data: Path, tmp_path: Path) -> None:
    content = checkpoint_at(straight, 6)
    inner, key = at(content, place)
    del inner[key]
    refused_as_edited(content, data, tmp_path / "out")


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("learner", 3),
        ("learner/average", None),
        ("learner/networks/projector/mlp_0.0.weight", torch.zeros(9, 3)),
        ("learner/networks/projector/mlp_5.0.weight", torch.zeros(8, 3)),
        ("learner/optimizers/generator/param_groups", []),
        ("learner/optimizers/generator", None),
        ("learner/optimizers/discriminator/state/0/exp_avg", torch.zeros(2)),
        ("learner/schedules/generator", None),
        ("random", [{}]),
        ("random", [torch.zeros(3)]),
        ("step", "x"),
        ("step", None),
        ("step", -3),
        ("random", [{"cpu": torch.zeros(3, dtype=torch.uint8)}]),
    ],
)
def test_a_checkpoint_that_holds_something_else_is_refused(
    place: str, value: object, straight: Path, data: Path, tmp_path: Path
) -> None:
    content = checkpoint_at(straight, 6)
    inner, key = at(content, place)
    inner[key] = value
    refused_as_edited(content, data, tmp_path / "out")


def test_more_processes_than_before_keep_their_own_random_numbers(straight: Path, data: Path, tmp_path: Path) -> None:
    content = checkpoint_at(straight, 6)
    content["random"] = []
    (tmp_path / "out/checkpoints").mkdir(parents=True)
    torch.save(content, tmp_path / "out/checkpoints/step-00000006.pt")
    assert prepare(data, tmp_path / "out", EMA, resume=True).step == 6


def test_a_run_that_is_not_to_be_continued_is_refused(straight: Path, data: Path) -> None:
    with pytest.raises(OutputError, match=r"holds a run already \(step-00000006\.pt\)"):
        prepare(data, straight, EMA)


# What it leaves


def test_preparing_writes_nothing(data: Path, tmp_path: Path) -> None:
    job = prepare(data, tmp_path / "out")
    assert (job.step, job.last_step) == (0, 6)
    assert list(tmp_path.iterdir()) == []


def test_progress_counts_steps_and_epochs(data: Path, tmp_path: Path) -> None:
    found = train(data, tmp_path / "out", {"run.log_every": 4})
    assert [(one.step, one.last_step, one.epoch) for one in found] == [
        (1, 6, 1),
        (2, 6, 1),
        (3, 6, 2),
        (4, 6, 2),
        (5, 6, 3),
        (6, 6, 3),
    ]
    assert [one.losses for one in found[:3]] == [{}] * 3
    assert set(found[3].losses) == set(LOSS_NAMES)
    assert found[4].losses == found[3].losses
    assert found[5].losses != found[3].losses


def test_a_stop_is_asked_for_after_each_step_and_saves(data: Path, tmp_path: Path) -> None:
    job = prepare(data, tmp_path / "out", {"run.log_every": 100})
    asked: list[int] = []

    def stop() -> bool:
        asked.append(job.step)
        return job.step >= 2

    with job.opened():
        found = list(job.run(stop))
    assert asked == [1, 2]
    assert [progress.step for progress in found] == [1, 2]
    assert checkpoint_names(tmp_path / "out") == ["step-00000002.pt"]
    assert [line["step"] for line in metrics(tmp_path / "out")] == [2]
    assert difference(dict(load_generator(tmp_path / "out").generator.state_dict()), weights_of(job)) is None


def weights_of(job: TrainJob) -> dict[str, Tensor]:
    return dict(job.learner.generator.state_dict())


def traced(job: TrainJob) -> list[tuple[int, list[str], list[float], list[str]]]:
    """After each step: its number, the checkpoints, the steps of the record, the grids."""
    out = job.folder.path
    found = []
    with job.opened():
        for progress in job.run(lambda: False):
            grids = sorted(file.name[5:-4].lstrip("0") for file in (out / "grids").glob("*"))
            kept = [name[5:-3].lstrip("0") for name in checkpoint_names(out)]
            lines = [line["step"] for line in metrics(out)] if (out / "metrics.jsonl").exists() else []
            found.append((progress.step, kept, lines, grids))
    return found


def test_lines_checkpoints_and_grids_come_when_they_should(data: Path, tmp_path: Path) -> None:
    changes = {"optim.batch_size": 4, "optim.decay_epochs": 6, "run.log_every": 3, "run.save_every": 2}
    job = prepare(data, tmp_path / "out", {**changes, "run.grid_every": 4})
    assert traced(job) == [
        (1, [], [], []),
        (2, ["2"], [2], []),
        (3, ["2"], [2, 3], []),
        (4, ["2", "4"], [2, 3, 4], ["4"]),
        (5, ["2", "4"], [2, 3, 4], ["4"]),
        (6, ["4", "6"], [2, 3, 4, 6], ["4"]),
        (7, ["6", "7"], [2, 3, 4, 6, 7], ["4", "7"]),
    ]
    assert not list(tmp_path.rglob("*.tmp"))
    with Image.open(tmp_path / "out/grids/step-00000007.png") as grid:
        assert grid.size == (3 * (48 + 4) + 4, 3 * (36 + 4) + 4)
    names = {file.name for file in (tmp_path / "out").iterdir()}
    assert names == {".tpsence-lock", "checkpoints", "generator.safetensors", "grids", "metrics.jsonl", "run.json"}


def test_no_grids_were_asked_for(straight: Path) -> None:
    assert not (straight / "grids").exists()


def test_grids_do_not_change_the_training(straight: Path, data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "out", {**EMA, "run.grid_every": 1, "run.save_every": 1, "run.log_every": 5})
    assert len(list((tmp_path / "out/grids").iterdir())) == 6
    assert (tmp_path / "out/generator.safetensors").read_bytes() == (straight / "generator.safetensors").read_bytes()


def test_the_record_has_the_means_since_its_last_line(straight: Path, data: Path, tmp_path: Path) -> None:
    every = metrics(straight)
    assert [line["step"] for line in every] == [1, 2, 3, 4, 5, 6]
    assert [set(line) for line in every] == [{"step", "lr", *LOSS_NAMES}] * 6
    found = train(data, tmp_path / "out", {**EMA, "run.log_every": 3, "run.save_every": 4})
    lines = metrics(tmp_path / "out")
    assert [line["step"] for line in lines] == [3, 4, 6]
    for line, group in zip(lines, (every[:3], every[3:4], every[4:]), strict=True):
        for name in LOSS_NAMES:
            assert line[name] == pytest.approx(sum(one[name] for one in group) / len(group), rel=1e-12)
    assert {name: lines[-1][name] for name in LOSS_NAMES} == found[-1].losses


def test_the_record_has_the_rate_of_the_next_step(straight: Path) -> None:
    rates = [line["lr"] / 2e-4 for line in metrics(straight)]
    assert rates == pytest.approx([1, 1, 1, 2 / 3, 2 / 3, 1 / 3])


def test_the_generator_file_is_the_average_and_says_what_it_is(straight: Path, data: Path) -> None:
    assert find_weights_file(straight) == straight / "generator.safetensors"
    loaded = load_generator(straight)
    assert loaded.metadata == GeneratorMetadata(
        architecture=Resnet(blocks=4, ngf=4),
        width=48,
        source_domain="clear",
        target_domain="rain",
        training_data="painted",
        licence="CC0",
    )
    learner = checkpoint_at(straight, 6)["learner"]
    average = {key.removeprefix("module."): value for key, value in learner["average"].items() if "model" in key}
    assert difference(dict(loaded.generator.state_dict()), average) is None
    assert not torch.equal(average["model.1.weight"], learner["networks"]["generator"]["model.1.weight"])
    job = prepare(data, straight, EMA, resume=True)
    assert difference(dict(loaded.generator.state_dict()), weights_of(job)) is None


def test_without_an_average_the_file_is_the_network(data: Path, tmp_path: Path) -> None:
    train(data, tmp_path / "out", stop_at=1)
    network = checkpoint_at(tmp_path / "out", 1)["learner"]["networks"]["generator"]
    assert difference(dict(load_generator(tmp_path / "out").generator.state_dict()), dict(network)) is None


def test_run_json_tells_how_it_began_and_ended(straight: Path, data: Path, tmp_path: Path) -> None:
    content = json.loads((straight / "run.json").read_bytes())
    assert content["settings"] == tiny(EMA).as_dict()
    assert content["pictures"] == {"source": 4, "target": 3}
    assert (content["processes"], content["from_step"]) == (1, 0)
    assert "ended" not in content
    out = Path(shutil.copytree(straight, tmp_path / "out"))
    job = prepare(data, out, EMA, resume=True)
    with job.opened():
        job.finish({"steps": 6})
    ended = json.loads((out / "run.json").read_bytes())
    assert ended["summary"] == {"steps": 6}
    now = {"from_step": 6, "started": ended["started"]}
    assert {key: ended[key] for key in content} == {**content, **now}


# The data


@pytest.mark.parametrize("weighting", ["hard", "easy", "none"])
def test_only_the_semantic_weighting_needs_label_maps(weighting: str, tmp_path: Path) -> None:
    data = paint_data(tmp_path / "data", maps=False)
    with pytest.raises(InputError, match=f"{data}/trainS: no such folder"):
        prepare(data, tmp_path / "out")
    assert len(train(data, tmp_path / "out", {"loss.weighting": weighting}, stop_at=1)) == 1


def test_without_the_contrastive_loss_no_label_maps_are_needed(tmp_path: Path) -> None:
    data = paint_data(tmp_path / "data", maps=False)
    assert len(train(data, tmp_path / "out", {"loss.contrastive": 0.0}, stop_at=1)) == 1


def test_label_maps_reach_the_losses(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    seen: list[list[float]] = []
    step = Learner.step

    def spied(self: Learner, batch: Batch, number: int) -> Tensor:
        seen.append(batch.similarity.tolist())
        return step(self, batch, number)

    monkeypatch.setattr(Learner, "step", spied)
    for changes in ({}, {"loss.similarity": "miou"}, {"loss.weighting": "hard"}):
        train(data, tmp_path / f"out{len(seen)}", changes, stop_at=1)
    assert all(0 < value < 1 for values in seen[:2] for value in values)
    assert all(miou < mpa for mpa, miou in zip(*seen[:2], strict=True))
    assert seen[2] == [0, 0]


def test_the_other_direction_swaps_the_domains_and_what_the_file_says(data: Path, tmp_path: Path) -> None:
    job = prepare(data, tmp_path / "out", {"run.direction": "BtoA", "domains.water": "light"})
    assert [item.name for item in job.data.source] == [f"trainB/{number}.png" for number in range(3)]
    assert {item.label_name for item in job.data.target} == {f"trainS/{number}.png" for number in range(4)}
    run(job, 1)
    metadata = load_generator(tmp_path / "out").metadata
    assert (metadata.source_domain, metadata.target_domain, metadata.water) == ("rain", "clear", None)
    assert json.loads((tmp_path / "out/run.json").read_bytes())["pictures"] == {"source": 3, "target": 4}


def test_a_batch_larger_than_the_data_set_is_refused(data: Path, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"optim\.batch_size 5 is larger than the data set \(4 images\)"):
        prepare(data, tmp_path / "out", {"optim.batch_size": 5})
    assert not (tmp_path / "out").exists()
    assert prepare(data, tmp_path / "out", {"optim.batch_size": 4}).last_step == 3


@pytest.mark.parametrize("folder", ["trainA", "trainB", "trainS", "trainT", "testA", "testB"])
def test_no_run_writes_among_the_pictures(folder: str, own_data: Path) -> None:
    before = tree(own_data)
    for out in (own_data / folder, own_data / folder / "run", own_data / "x" / ".." / folder / "a" / "b"):
        with pytest.raises(InputError, match=f"is inside the input {own_data}/{folder}"):
            prepare(own_data, out, {"loss.weighting": "hard"})
    assert tree(own_data) == before


def test_a_bad_picture_is_found_before_the_run(own_data: Path, tmp_path: Path) -> None:
    (own_data / "trainB/1.png").write_text("no picture")
    with pytest.raises(InputError, match=r"1 of 14 files cannot be used: trainB/1\.png"):
        prepare(own_data, tmp_path / "out")
    assert not (tmp_path / "out").exists()


def test_the_example_trains(tmp_path: Path) -> None:
    found = train(STREET, tmp_path / "out", {"optim.batch_size": 16, "run.grid_every": 1}, stop_at=1)
    assert isinstance(found[0], Progress)
    assert [progress.step for progress in found] == [1]
    assert all(math.isfinite(value) for value in found[0].losses.values())
    with Image.open(tmp_path / "out/grids/step-00000001.png") as grid:
        assert grid.size[0] == 3 * (48 + 4) + 4


# The time that it is given


@dataclass
class Timed:
    """Trainings by a clock that goes on by 10 s a step and 3 s a save."""

    clock: MovedClock
    saves: list[int] = field(default_factory=list)
    """The steps that were saved."""


@pytest.fixture
def timed(monkeypatch: pytest.MonkeyPatch) -> Timed:
    found = Timed(MovedClock())
    save = TrainJob.save

    def stepped(learner: Learner, number: int, losses: Tensor) -> Tensor:
        found.clock.now += 10
        return losses

    def saved(job: TrainJob) -> None:
        save(job)
        found.saves.append(job.step)
        found.clock.now += 3

    after_step(monkeypatch, stepped)
    monkeypatch.setattr(TrainJob, "save", saved)
    return found


def ended(job: TrainJob, stop: Callable[[], bool], limit: TimeLimit) -> Finished:
    *_, last = job.events(stop, limit)
    assert isinstance(last, Finished)
    assert (last.summary["step"], last.summary["complete"]) == (job.step, job.step == job.last_step)
    return last


@pytest.mark.parametrize(
    ("seconds", "saves", "taken"),
    [
        (1, [1], 13),  # one step is done in any case
        (25.9, [1], 13),
        (26, [1, 2], 26),
        (35.9, [1, 2], 26),
        (36, [1, 3], 36),  # two steps and the first save are over after 23 s, and a step and a save take 13
        (46, [1, 4], 46),
    ],
)
def test_a_run_ends_and_has_saved_before_its_time_is_over_and_continues_to_the_bit(
    seconds: float, saves: list[int], taken: float, timed: Timed, straight: Path, data: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    torch.manual_seed(0)
    job, began = prepare(data, out, EMA), timed.clock.now
    last = ended(job, lambda: False, TimeLimit(seconds, timed.clock))
    assert (last.stopped, last.time_over, last.summary["ended"]) == (True, True, "time")
    assert timed.saves == saves
    assert timed.clock.now - began == taken
    assert taken <= seconds or len(saves) == 1
    assert json.loads((out / "run.json").read_bytes())["summary"] == last.summary
    train(data, out, EMA, resume=True)
    assert difference(checkpoint_at(out, 6), checkpoint_at(straight, 6)) is None
    for name in ("generator.safetensors", "metrics.jsonl"):
        assert (out / name).read_bytes() == (straight / name).read_bytes()


def test_the_time_of_a_save_that_is_due_anyway_counts(timed: Timed, data: Path, tmp_path: Path) -> None:
    changes = {"run.save_every": 2}
    ended(prepare(data, tmp_path / "out", changes), lambda: False, TimeLimit(39, timed.clock))
    assert timed.saves == [1, 2, 3]  # 13, 26, 39 s
    timed.saves.clear()
    began = timed.clock.now
    ended(prepare(data, tmp_path / "less", changes), lambda: False, TimeLimit(38.9, timed.clock))
    assert timed.saves == [1, 2]
    assert timed.clock.now - began == 26


def test_a_time_that_suffices_changes_nothing_but_that_the_first_step_is_saved(
    timed: Timed, straight: Path, data: Path, tmp_path: Path
) -> None:
    torch.manual_seed(0)
    last = ended(prepare(data, tmp_path / "out", EMA), lambda: False, TimeLimit(1000, timed.clock))
    assert (last.stopped, last.time_over, last.summary["ended"]) == (False, False, "finished")
    assert timed.saves == [1, 6]
    assert difference(checkpoint_at(tmp_path / "out", 6), checkpoint_at(straight, 6)) is None


@pytest.mark.parametrize(("seconds", "step"), [(1000, 2), (1, 1)])
def test_who_wishes_to_stop_has_stopped_it_whatever_the_time(
    seconds: float, step: int, timed: Timed, data: Path, tmp_path: Path
) -> None:
    job = prepare(data, tmp_path / "out")
    last = ended(job, lambda: job.step == step, TimeLimit(seconds, timed.clock))
    assert (last.stopped, last.time_over, last.summary["ended"]) == (True, False, "stopped")
    assert job.step == step


def test_a_time_that_is_over_at_the_last_step_comes_too_late(timed: Timed, data: Path, tmp_path: Path) -> None:
    out = tmp_path / "out"
    train(data, out, stop_at=5)
    last = ended(prepare(data, out, resume=True), lambda: False, TimeLimit(1, timed.clock))
    assert (last.stopped, last.time_over, last.summary["ended"]) == (False, False, "finished")
    again = ended(prepare(data, out, resume=True), lambda: False, TimeLimit(1, timed.clock))
    assert (again.stopped, again.time_over, again.summary["ended"]) == (False, False, "finished")


def test_the_time_counts_from_the_start_with_the_check_of_the_files(
    timed: Timed, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def slow(*arguments: Any) -> Any:  # noqa: ANN401 (passed on)
        timed.clock.now += 500
        return check_unpaired(*arguments)

    monkeypatch.setattr(job_module, "check_unpaired", slow)
    monkeypatch.setattr(job_module, "TimeLimit", lambda seconds: TimeLimit(seconds, timed.clock))
    monkeypatch.setattr(job_module, "load_config", lambda preset, changes: tiny())
    options = TrainOptions(preset="tiny", data=data, out=tmp_path / "out", max_time="536s", device="cpu", workers=0)  # type: ignore[arg-type]
    *_, last = job_module.train(options)
    assert isinstance(last, Finished)
    assert (last.summary["ended"], timed.saves) == ("time", [1, 3])


# What can break


def failure(job: TrainJob) -> RunError:
    with pytest.raises(RunError) as caught:
        run(job)
    assert caught.value.hint is not None
    assert caught.value.message.isprintable()
    return caught.value


@pytest.mark.parametrize(("log_every", "read_at"), [(1, 4), (100, 6)])
def test_a_loss_that_is_no_number_ends_the_run_and_leaves_the_checkpoints(
    log_every: int, read_at: int, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out = tmp_path / "out"
    changes = {"run.save_every": 3, "run.log_every": log_every}
    train(data, tmp_path / "whole", changes, stop_at=3)
    steps: list[int] = []

    def spoilt(learner: Learner, number: int, losses: Tensor) -> Tensor:
        steps.append(number)
        return losses * torch.tensor([1, 1, math.nan, *[1] * (len(LOSS_NAMES) - 3)]) if number == 4 else losses

    after_step(monkeypatch, spoilt)
    error = failure(prepare(data, out, changes))
    assert error.message == "step 4: the tps loss is not finite"
    assert steps[-1] == read_at
    assert checkpoint_names(out) == ["step-00000003.pt"]
    assert (out / "generator.safetensors").read_bytes() == (tmp_path / "whole/generator.safetensors").read_bytes()
    assert [line["step"] for line in metrics(out)][-1] == 3
    monkeypatch.undo()
    assert prepare(data, out, changes, resume=True).step == 3


@pytest.mark.parametrize("network", ["generator", "discriminator", "projector"])
def test_weights_that_are_no_numbers_are_not_saved(
    network: str, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def spoilt(learner: Learner, number: int, losses: Tensor) -> Tensor:
        if number == 2:
            with torch.no_grad():
                next(getattr(learner.networks, network).parameters())[0] = math.inf
        return losses

    after_step(monkeypatch, spoilt)
    job = prepare(data, tmp_path / "out", {"run.save_every": 1, "run.log_every": 100})
    with job.opened():
        stream = job.run(lambda: False)
        assert next(stream).step == 1
        before = saved(tmp_path / "out")
        with pytest.raises(RunError, match=r"(?m)^step 2: the weights are not finite numbers any more$"):
            next(stream)
    assert saved(tmp_path / "out") == before
    assert sorted(before) == ["checkpoints/step-00000001.pt", "generator.safetensors"]


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("[enforce fail] DefaultCPUAllocator: can't allocate memory: you tried to allocate 9 bytes"),
        RuntimeError("could not create a primitive"),
        MemoryError(),
    ],
)
def test_full_memory_ends_with_a_remedy(
    error: Exception, data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(learner: Learner, number: int, losses: Tensor) -> Tensor:
        if number == 2:
            raise error
        return losses

    after_step(monkeypatch, full)
    found = failure(prepare(data, tmp_path / "out", {"run.save_every": 1}))
    assert found.message == "step 2: out of memory on cpu"
    assert "optim.batch_size (2)" in str(found.hint)
    assert "data.crop (32)" in str(found.hint)
    assert found.__cause__ is error
    assert checkpoint_names(tmp_path / "out") == ["step-00000001.pt"]


def test_any_other_error_is_not_disguised(data: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(learner: Learner, number: int, losses: Tensor) -> Tensor:
        raise RuntimeError("gloo: a mistake in the program")

    after_step(monkeypatch, broken)
    with pytest.raises(RuntimeError, match="a mistake in the program"):
        run(prepare(data, tmp_path / "out"))


@pytest.mark.parametrize("pattern", ["*.pt", "generator.safetensors"])
def test_a_full_disk_ends_with_a_remedy(pattern: str, data: Path, tmp_path: Path, full_disk: FullDisk) -> None:
    out = tmp_path / "out"
    train(data, out, stop_at=2)
    before = saved(out)
    job = prepare(data, out, resume=True)
    with job.opened(), full_disk(pattern), pytest.raises(RunError) as caught:
        list(job.run(lambda: True))
    assert caught.value.message.startswith(f"{out}")
    assert caught.value.message.endswith(": No space left on device")
    assert "`resume`" in str(caught.value.hint)
    now = saved(out)
    assert {name: now[name] for name in before} == before
    resumed = [progress.step for progress in train(data, out, resume=True)]
    assert resumed == ([3, 4, 5, 6] if pattern == "*.pt" else [4, 5, 6])


def test_a_record_that_cannot_be_written_names_its_file(data: Path, tmp_path: Path) -> None:
    job = prepare(data, tmp_path / "out")
    with job.opened():
        (tmp_path / "out/metrics.jsonl").unlink()
        (tmp_path / "out/metrics.jsonl").mkdir()
        with pytest.raises(RunError, match=r"(?m)/metrics\.jsonl: Is a directory$"):
            next(job.run(lambda: False))


@pytest.mark.parametrize("workers", [0, 1])
@pytest.mark.parametrize("name", ["trainA/2.png", "trainS/2.png"])
def test_a_file_that_vanishes_ends_the_run_and_is_named(
    name: str, workers: int, own_data: Path, straight: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    first = train(own_data, out, EMA, stop_at=2)
    assert len(first) == 2
    job = prepare(own_data, out, EMA, resume=True, workers=workers)
    gone = own_data / name
    gone.rename(tmp_path / "away.png")
    error = failure(job)
    assert error.message == f"{gone}: missing: no such file"
    assert checkpoint_names(out) == ["step-00000002.pt"]
    (tmp_path / "away.png").rename(gone)
    train(own_data, out, EMA, resume=True, workers=workers)
    assert (out / "generator.safetensors").read_bytes() == (straight / "generator.safetensors").read_bytes()


def test_two_runs_do_not_share_a_folder(data: Path, tmp_path: Path) -> None:
    job, other = prepare(data, tmp_path / "out"), prepare(data, tmp_path / "out")
    with job.opened():
        stream = job.run(lambda: False)
        next(stream)
        before = tree(tmp_path / "out")
        with pytest.raises(OutputError, match="another run is writing here"):
            run(other)
        assert tree(tmp_path / "out") == before
        assert len(list(stream)) == 5


@pytest.mark.parametrize(("weighting", "count"), [("semantic", 14), ("hard", 7)])
def test_the_check_tells_how_far_it_is(weighting: str, count: int, data: Path, tmp_path: Path) -> None:
    seen: list[object] = []
    job = prepare(data, tmp_path / "out", {"loss.weighting": weighting}, seen=seen)
    found, *told = seen
    assert isinstance(found, Found)
    assert found.total == job.data.file_count == count
    assert sum(event.count for event in told if isinstance(event, Done)) == count
