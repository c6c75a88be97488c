"""Where the networks of a run work: the device, the arithmetic, and whether that is in this process."""

from dataclasses import dataclass

import torch

from pipeline.engine.device import choose_device, choose_precision
from pipeline.engine.resources import EngineName, Precision, Resources


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where networks work."""

    device: torch.device
    """The device, in the process that has the networks."""
    precision: Precision
    """Their arithmetic; never ``auto``."""
    is_here: bool = True
    """Whether they are built in this process; else where the work is sent to, and this machine may lack the device."""


def place_of(resources: Resources, precision: Precision) -> Place:
    """Return where the networks of a run work.

    Args:
        resources: How the work is done.
        precision: Their arithmetic; ``auto`` takes what is best on the device.

    Raises:
        InputError: The device is not known or not there.
    """
    if resources.engine is EngineName.RAY:
        from pipeline.engine.ray.look import ray_place  # only with the extra

        return ray_place(resources, precision)
    device = choose_device(resources.device)
    return Place(device=device, precision=choose_precision(precision, device))
