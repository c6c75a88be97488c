"""A few pictures in rain, side by side, to choose settings by."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.preview.job import preview as preview
    from pipeline.preview.options import PreviewOptions as PreviewOptions

__getattr__ = on_demand(__name__, {"PreviewOptions": "options", "preview": "job"})
