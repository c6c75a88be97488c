"""Label maps for pictures."""

from typing import TYPE_CHECKING

from pipeline.segment.options import SegmentOptions

if TYPE_CHECKING:
    from pipeline.segment.job import segment

__all__ = ["SegmentOptions", "segment"]


def __getattr__(name: str) -> object:
    """Import the job when it is first asked for: it needs torch, the options do not."""
    if name == "segment":
        from pipeline.segment.job import segment

        return segment
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
