"""Write one page that shows what a run has made."""

from collections.abc import Iterator

from pipeline.engine.events import Event, Finished
from pipeline.output.chain_folder import is_chain
from pipeline.report.augmented import write_report
from pipeline.report.chain import write_chain_report
from pipeline.report.options import ReportOptions

COMMAND = "report"


def report(options: ReportOptions) -> Iterator[Event]:
    """Write the report of a chain or of a single ``tpsence augment``, whichever a folder holds.

    Args:
        options: What to do.

    Yields:
        How many pictures have been compared, and read to be shown; ends with ``Finished``, whose summary names the
        page.

    Raises:
        InputError: It holds neither, has not finished, or its source is not there any more or has changed.
        RunError: The page cannot be written.
    """
    write = write_chain_report if is_chain(options.out) else write_report
    place = yield from write(options.out, options.workers)
    yield Finished(command=COMMAND, summary={"report": str(place)})
