"""The main job: a data set's pictures in rain, with the same labels."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.augment.job import augment as augment
    from pipeline.augment.options import AugmentOptions as AugmentOptions

_PLACES = {"AugmentOptions": "options", "augment": "job"}
"""Modules of what this package is used by; imported when it is asked for, because the job needs torch."""


def __getattr__(name: str) -> object:
    """Import the job or its options."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
