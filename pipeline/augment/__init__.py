"""The main job: a data set's pictures in rain, with the same labels."""

from typing import TYPE_CHECKING

from pipeline.augment.options import AugmentOptions

if TYPE_CHECKING:
    from pipeline.augment.job import augment

__all__ = ["AugmentOptions", "augment"]


def __getattr__(name: str) -> object:
    """Import the job when it is first asked for: it needs torch, the options do not."""
    if name == "augment":
        from pipeline.augment.job import augment

        return augment
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
