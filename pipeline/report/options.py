"""What ``report`` can be told. Importing this module is quick: it needs no torch."""

from pathlib import Path
from typing import Annotated

from pipeline.engine.common_options import Workers
from pipeline.engine.schema import JobOptions, Setting


class ReportOptions(JobOptions):
    """What is shown, and how it is measured."""

    out: Annotated[Path, Setting(positional=True, metavar="OUT")]
    """The --out of tpsence augment or tpsence run."""
    workers: Workers = None
