"""Generators for other programs."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.export.job import export as export
    from pipeline.export.options import ExportOptions as ExportOptions

__getattr__ = on_demand(__name__, {"ExportOptions": "options", "export": "job"})
