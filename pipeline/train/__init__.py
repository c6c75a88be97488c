"""Training from a folder of clear and a folder of rainy pictures."""

from typing import TYPE_CHECKING

from pipeline.train.options import TrainOptions

if TYPE_CHECKING:
    from pipeline.train.job import train

__all__ = ["TrainOptions", "train"]


def __getattr__(name: str) -> object:
    """Import the job when it is first asked for: it needs torch, the options do not."""
    if name == "train":
        from pipeline.train.job import train

        return train
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
