"""How a change comes back to a picture's own size. Importing this module is quick."""

from enum import Enum

from tpsence.architectures import Architecture


class Detail(str, Enum):
    """How the translation comes back to the picture's own size."""

    RESIDUAL = "residual"
    """The change is scaled up and added to the original, which keeps its sharpness."""
    LIGHT = "light"
    """The change is taken as a light, a gain and an offset around each pixel, which is scaled up: no halo, no paint."""
    MODEL = "model"
    """The translated picture is scaled up."""


def usual_detail(architecture: Architecture | None, *, light_only: bool = False) -> Detail:
    """Return how the change of a generator comes back where nobody said.

    Args:
        architecture: Of the generator; None for none.
        light_only: Whether its weights say that all they are for is the light.
    """
    gives_light = light_only or (architecture is not None and architecture.gives_light)
    return Detail.LIGHT if gives_light else Detail.RESIDUAL
