"""One page that shows what a run has made."""

from typing import TYPE_CHECKING

from pipeline.report.options import ReportOptions

if TYPE_CHECKING:
    from pipeline.report.job import report

__all__ = ["ReportOptions", "report"]


def __getattr__(name: str) -> object:
    """Import the job when it is first asked for: it needs torch, the options do not."""
    if name == "report":
        from pipeline.report.job import report

        return report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
