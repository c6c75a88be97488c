"""Generators for other programs."""

from typing import TYPE_CHECKING

from pipeline.export.options import ExportOptions

if TYPE_CHECKING:
    from pipeline.export.job import export

__all__ = ["ExportOptions", "export"]


def __getattr__(name: str) -> object:
    """Import the job when it is first asked for: it needs torch, the options do not."""
    if name == "export":
        from pipeline.export.job import export

        return export
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
