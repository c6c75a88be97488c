"""From settings to the parts of a training job."""

import os
import shutil
from collections.abc import Iterable
from hashlib import sha256

import torch

from pipeline.classes.palettes import Palette
from pipeline.engine.device import choose_device
from pipeline.errors import ConfigError
from pipeline.images.geometry import Size
from pipeline.train.config import LEAST_CROP, TrainConfig
from pipeline.train.crops import frame_size
from pipeline.train.enums import Direction, GeneratorKind, SimilarityMeasure
from pipeline.train.processes import Processes
from pipeline.train.samples import Similarity, UnpairedSamples
from pipeline.train.steps import StepPlan
from pipeline.train.unpaired import UnpairedData
from tpsence.architectures import Architecture, told_apart
from tpsence.errors import InputError
from tpsence.metadata import GeneratorMetadata
from tpsence.similarity import mean_iou, mean_pixel_accuracy
from tpsence.weights import LoadedGenerator


def device_of(processes: Processes, name: str) -> torch.device:
    """Return this process's device: with many processes on one machine, each GPU has one.

    Raises:
        InputError: The device is not known or not there.
    """
    if processes.many and name in {"auto", "cuda"} and torch.cuda.is_available():
        name = f"cuda:{processes.local_rank}"
    device = choose_device(name)
    if device.type != "cuda":
        return device
    device = torch.device("cuda", device.index or 0)  # cuda alone is no device that can be set
    torch.cuda.set_device(device)
    torch.backends.cudnn.deterministic = True
    return device


def refuse_to_compile_without_compiler(device: torch.device) -> None:
    """Refuse to compile for a CPU on a machine without a C++ compiler, before anything else is done.

    Raises:
        InputError: There is none.
    """
    compilers = [os.environ["CXX"]] if os.environ.get("CXX") else ["g++", "clang++", "cl"]
    if device.type == "cpu" and not any(map(shutil.which, compilers)):
        raise InputError(
            f"`compile`: no C++ compiler on this machine (looked for {', '.join(compilers)})",
            "Install g++, or leave `compile` out.",
        )


def step_plan(config: TrainConfig, data: UnpairedData, processes: Processes) -> StepPlan:
    """Return which samples make each step.

    Raises:
        InputError: The batch is larger than the data set, or cannot be divided evenly.
    """
    optim = config.optim
    plan = StepPlan(
        length=data.epoch_length,
        batch_size=optim.batch_size,
        rank=processes.rank,
        world_size=processes.world_size,
    )
    share = optim.batch_size // processes.world_size
    if share % optim.accumulate:
        raise InputError(
            f"optim.accumulate {optim.accumulate}: each process has {share} images of a step",
            "Give a divisor of that number.",
        )
    return plan


def window_of(config: TrainConfig, sizes: Iterable[Size]) -> Size:
    """Return the (W, H) of what is cut from pictures of these sizes (W, H): a square crop, or a whole frame."""
    crop = config.data.crop
    return (crop, crop) if crop else frame_size(sizes, config.data.width, LEAST_CROP)


def samples_of(config: TrainConfig, data: UnpairedData, palette: Palette | None, window: Size) -> UnpairedSamples:
    """Return what makes the batches; a window is (W, H)."""
    measures: dict[SimilarityMeasure, Similarity] = {
        SimilarityMeasure.MPA: mean_pixel_accuracy,
        SimilarityMeasure.MIOU: mean_iou,
    }
    has_maps = data.source[0].label_map is not None
    return UnpairedSamples(
        data,
        palette,
        measures[config.loss.similarity] if has_maps else None,
        width=config.data.width,
        window=window,
        flip=config.data.flip,
        scales=config.data.scales,
        jitter=config.data.jitter,
        seed=config.run.seed,
        max_pixels=config.data.max_pixels,
    )


def fingerprint(data: UnpairedData) -> str:
    """Return a hash of the pictures' names, in order: with others, a step would mean other samples."""
    names = [[picture.name for picture in domain] for domain in (data.source, data.target)]
    if data.target_count:
        names.append([picture.wanted_name for picture in data.source])
    return sha256(repr(names).encode("utf-8", "surrogateescape")).hexdigest()


def describe(config: TrainConfig) -> GeneratorMetadata:
    """Describe the generator."""
    domains = config.domains
    ends = [domains.source, domains.target]
    water = domains.water
    if config.run.direction is Direction.B_TO_A:
        ends.reverse()
        water = None  # what is to be rendered belongs to the pictures of the other direction
    return GeneratorMetadata(
        architecture=config.model.architecture,
        width=config.data.width,
        source_domain=ends[0],
        target_domain=ends[1],
        water=water,
        light_only=domains.light_only,
        day_only=domains.day_only,
        training_data=domains.training_data,
        licence=domains.licence,
    )


def random_state(device: torch.device) -> dict[str, torch.Tensor]:
    """Return the state of random numbers in this process."""
    state = {"cpu": torch.get_rng_state()}
    if device.type == "cuda":
        state["cuda"] = torch.cuda.get_rng_state(device)
    return state


def refuse_other_architecture(weights: LoadedGenerator, wanted: Architecture) -> None:
    """Refuse a generator to begin with that is not the one of the settings.

    Raises:
        ConfigError: It is of another architecture.
    """
    given = weights.generator.architecture
    if given != wanted:
        has, said = told_apart(given, wanted)
        sizes = {} if type(given) is type(wanted) else {"generator": given.name}
        settings = " ".join(f"`set` model.{name}={value}" for name, value in {**sizes, **given.sizes()}.items())
        is_trainable = given.name in [kind.value for kind in GeneratorKind]
        raise ConfigError(
            f"model.init: {weights.path} has {has}, the settings say {said}",
            f"Give {settings}, or other weights." if is_trainable else "Give other weights.",
        )
