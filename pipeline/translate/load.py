"""From the name of weights to a translator."""

import os

import torch

from pipeline.augment.options import AugmentOptions
from pipeline.augment.water_choice import DEFAULT_WEIGHTS
from pipeline.engine.device import choose_device, choose_precision
from pipeline.engine.freed_memory import keep_freed_memory
from pipeline.translate.translator import Translator
from pipeline.weights.packaged import generator_path
from tpsence.weights import load_generator


def load(
    weights: str | os.PathLike[str] | None = DEFAULT_WEIGHTS,
    device: str | torch.device = "auto",
    precision: str = "auto",
    *,
    width: int | None = None,
    detail: str | None = None,
) -> Translator:
    """Load a generator, ready to translate pictures in memory.

    Args:
        weights: ``rain``, which comes with tpsence; or the path of ``latest_net_G.pth``, of the folder that holds it,
            of the folder of a training run, or of a ``.safetensors`` of this project. A path object is always a path.
            None is for rendered water without a generator.
        device: ``auto``, ``cpu``, ``cuda``, ``cuda:1`` or ``mps``; auto takes CUDA, then MPS, then the CPU.
        precision: ``auto``, ``fp32``, ``bf16`` or ``fp16``; auto is bf16 on GPUs that have it, else fp32.
        width: Width in pixels that the generator runs at, 0 for each picture's own; None takes the width that the
            weights were trained at if they tell, else 640.
        detail: How the change comes back to the picture's size: ``residual``, ``light`` or ``model``; None takes light
            for weights that give a light, else residual.

    Raises:
        InputError: The device is not there, or a setting cannot be used.
        WeightsError: The weights are missing, damaged or of an unknown architecture.
    """
    given = {"water_only": weights is None, "device": str(device), "precision": precision}
    told = AugmentOptions.model_validate({**given, "width": width, "detail": detail})
    place = choose_device(told.device)
    keep_freed_memory(place.type, guest=True)
    loaded = None
    if weights is not None:
        loaded = load_generator(generator_path(weights))
    return Translator(loaded, told, place, choose_precision(told.precision, place))
