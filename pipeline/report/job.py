"""Write one page that shows what a run has made."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.engine.events import Event, Finished
from pipeline.report.augmented import write_report
from pipeline.report.chain import is_chain, write_chain_report

COMMAND = "report"


def report(out: Path, workers: int | None = None) -> Iterator[Event]:
    """Write the report of a chain or of a single ``tpsence augment``, whichever a folder holds.

    Args:
        out: The folder.
        workers: Processes that decode and measure; 0 for none, None chooses.

    Yields:
        How far the comparison of boxes is; ends with ``Finished``, whose summary names the page.

    Raises:
        InputError: It holds neither, has not finished, or its source is not there any more or has changed.
        RunError: The page cannot be written.
    """
    place = yield from (write_chain_report if is_chain(out) else write_report)(out, workers)
    yield Finished(command=COMMAND, summary={"report": str(place)})
