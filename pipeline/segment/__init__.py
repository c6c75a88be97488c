"""Label maps for pictures."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.segment.job import segment as segment
    from pipeline.segment.options import SegmentOptions as SegmentOptions

__getattr__ = on_demand(__name__, {"SegmentOptions": "options", "segment": "job"})
