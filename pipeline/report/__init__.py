"""One page that shows what a run has made."""

from typing import TYPE_CHECKING

from pipeline import on_demand

if TYPE_CHECKING:
    from pipeline.report.job import report as report
    from pipeline.report.options import ReportOptions as ReportOptions

__getattr__ = on_demand(__name__, {"ReportOptions": "options", "report": "job"})
