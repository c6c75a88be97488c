"""Training from a folder of clear and a folder of rainy pictures."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.train.job import train as train
    from pipeline.train.options import TrainOptions as TrainOptions

_PLACES = {"TrainOptions": "options", "train": "job"}
"""Modules of what this package is used by; imported when it is asked for, because the job needs torch."""


def __getattr__(name: str) -> object:
    """Import the job or its options."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
