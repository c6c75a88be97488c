"""Label maps for pictures."""

from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pipeline.segment.job import segment as segment
    from pipeline.segment.options import SegmentOptions as SegmentOptions

_PLACES = {"SegmentOptions": "options", "segment": "job"}
"""Modules of what this package is used by; imported when it is asked for, because the job needs torch."""


def __getattr__(name: str) -> object:
    """Import the job or its options."""
    if name not in _PLACES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    return getattr(import_module(f"{__name__}.{_PLACES[name]}"), name)
