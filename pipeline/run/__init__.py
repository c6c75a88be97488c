"""The whole chain: label maps, training, translation, report."""

from typing import TYPE_CHECKING

from pipeline.run.config import ChainConfig

if TYPE_CHECKING:
    from pipeline.run.job import run

__all__ = ["ChainConfig", "run"]


def __getattr__(name: str) -> object:
    """Import the job when it is first asked for: it needs torch, the options do not."""
    if name == "run":
        from pipeline.run.job import run

        return run
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
