"""How a change comes back to a picture's own size. Importing this module is quick."""

from enum import Enum


class Detail(str, Enum):
    """How the translation comes back to the picture's own size."""

    RESIDUAL = "residual"
    """The change is scaled up and added to the original, which keeps its sharpness."""
    LIGHT = "light"
    """The change is taken as a light, a gain and an offset around each pixel, which is scaled up: no halo, no paint."""
    MODEL = "model"
    """The translated picture is scaled up."""
