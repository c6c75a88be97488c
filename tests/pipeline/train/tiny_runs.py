"""Training runs so small that a test can do many: painted pictures, tiny networks, a handful of steps."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from pipeline.engine.resources import Resources
from pipeline.train.checkpoints import read_checkpoint
from pipeline.train.config import TrainConfig
from pipeline.train.job import prepare_training
from pipeline.train.prepared import TrainJob
from pipeline.train.processes import Processes
from pipeline.train.progress import Progress
from pipeline.train.samples import Batch
from tests.generators import result_of
from tests.tpsence.made_up import SmallFeatures

SIZE = (64, 48)
"""(W, H) of the pictures."""
TINY: dict[str, dict[str, Any]] = {
    "data": {"width": 48, "crop": 32},
    "model": {"blocks": 4, "ngf": 4, "ndf": 4, "projection": 8},
    "loss": {"layers": (0, 4, 8, 12, 14), "patches": 16},
    "optim": {"batch_size": 2, "epochs": 1, "decay_epochs": 2},
    "run": {"precision": "fp32", "log_every": 1, "save_every": 100, "grid_every": 0},
    "domains": {"training_data": "painted", "licence": "CC0"},
}
"""Of four sources these make 2 steps an epoch, 6 in all."""


def hide_tensorboard(patch: pytest.MonkeyPatch) -> None:
    """Let runs do without: its own tests show that it works, elsewhere it costs time."""
    patch.setattr("pipeline.train.metrics_log.importlib.util.find_spec", lambda name: None)


def stand_in_features(patch: pytest.MonkeyPatch) -> None:
    """Let a small network stand in for the frozen one, which takes much longer, and its packages be installed."""

    def small(config: TrainConfig) -> SmallFeatures | None:
        return SmallFeatures() if config.asks_features else None

    patch.setattr("pipeline.train.learner.frozen_features_of", small)
    patch.setattr("pipeline.train.job.refuse_missing_packages", lambda: None)


def paint_domain(root: Path, letter: str, count: int, seed: int, *, maps: bool = True) -> None:
    """Write pictures of noise, and maps of four classes in blocks."""
    map_folder = root / f"train{'S' if letter == 'A' else 'T'}"
    for folder in (root / f"train{letter}", *([map_folder] if maps else [])):
        folder.mkdir(parents=True, exist_ok=True)
    for number in range(count):
        random = np.random.default_rng([seed, number])
        pixels = random.integers(0, 256, (SIZE[1], SIZE[0], 3), dtype=np.uint8)
        Image.fromarray(pixels).save(root / f"train{letter}" / f"{number}.png")
        if maps:
            classes = random.integers(0, 4, (SIZE[1] // 8, SIZE[0] // 8)).astype(np.uint8)
            Image.fromarray(classes.repeat(8, 0).repeat(8, 1)).save(map_folder / f"{number}.png")


def paint_data(root: Path, sources: int = 4, targets: int = 3, *, maps: bool = True) -> Path:
    """Write a data folder."""
    paint_domain(root, "A", sources, 1, maps=maps)
    paint_domain(root, "B", targets, 2, maps=maps)
    return root


def paint_targets(root: Path, names: Sequence[str], folder: str = "trainA") -> Path:
    """Write targets for some pictures: their negatives."""
    (root / "trainP").mkdir(exist_ok=True)
    for name in names:
        with Image.open(root / folder / name) as picture:
            Image.fromarray(255 - np.asarray(picture)).save(root / "trainP" / name)
    return root


def tiny(changes: Mapping[str, Any] | None = None) -> TrainConfig:
    """Tiny settings with changes by ``section.name``."""
    values = {section: dict(settings) for section, settings in TINY.items()}
    for key, value in (changes or {}).items():
        section, name = key.split(".")
        values[section][name] = value
    return TrainConfig.from_dict(values)


def prepare(
    root: Path,
    out: Path,
    changes: Mapping[str, Any] | None = None,
    *,
    workers: int = 0,
    resume: bool = False,
    processes: Processes | None = None,
    seen: list[object] | None = None,
) -> TrainJob:
    """Prepare a run on the CPU."""
    preparing = prepare_training(
        tiny(changes),
        root,
        out,
        Resources(device="cpu", workers=workers),
        processes or Processes(),
        resume=resume,
    )
    return result_of(preparing, seen)


def run(job: TrainJob, stop_at: int | None = None) -> list[Progress]:
    """Train until the end or a step."""
    with job.opened():
        return list(job.run(lambda: job.step == stop_at))


def train(
    root: Path,
    out: Path,
    changes: Mapping[str, Any] | None = None,
    *,
    workers: int = 0,
    resume: bool = False,
    stop_at: int | None = None,
) -> list[Progress]:
    """Prepare a run and train until the end or a step."""
    return run(prepare(root, out, changes, workers=workers, resume=resume), stop_at)


def checkpoint_names(out: Path) -> list[str]:
    """The files in the folder of checkpoints, sorted."""
    folder = out / "checkpoints"
    return sorted(file.name for file in folder.iterdir()) if folder.is_dir() else []


def checkpoint_at(out: Path, step: int) -> dict[str, Any]:
    """Read the checkpoint of a step."""
    return read_checkpoint(out / "checkpoints" / f"step-{step:08d}.pt")


def random_batch(count: int, seed: int = 0, crop: int = 32) -> Batch:
    """Samples of noise."""
    random = torch.Generator().manual_seed(seed)
    source, target = (
        torch.randint(0, 256, (count, crop, crop, 3), generator=random, dtype=torch.uint8) for _ in range(2)
    )
    return Batch(source, target, torch.rand(count, generator=random))


def paired_batch(count: int, seed: int = 0) -> Batch:
    """Samples of noise, of which every second has a target."""
    wanted = torch.randint(0, 256, (count, 32, 32, 3), generator=torch.Generator().manual_seed(1), dtype=torch.uint8)
    return replace(random_batch(count, seed), wanted=wanted, has_target=(torch.arange(count) % 2 == 0).float())


def difference(first: object, second: object, where: str = "") -> str | None:
    """Name the first place where two states of tensors and plain values differ by a bit; None where nowhere."""
    if type(first) is not type(second):
        return f"{where}: {type(first).__name__} and {type(second).__name__}"
    if isinstance(first, torch.Tensor) and isinstance(second, torch.Tensor):
        return None if first.dtype == second.dtype and torch.equal(first, second) else where
    if isinstance(first, Mapping) and isinstance(second, Mapping):
        if list(first) != list(second):
            return f"{where}: keys"
        pairs = ((f"{where}/{key}", first[key], second[key]) for key in first)
    elif isinstance(first, list | tuple) and isinstance(second, list | tuple):
        if len(first) != len(second):
            return f"{where}: length"
        pairs = ((f"{where}/{index}", *pair) for index, pair in enumerate(zip(first, second, strict=True)))
    else:
        return None if first == second else where
    return next((found for name, one, other in pairs if (found := difference(one, other, name))), None)
