"""``tpsence report``: parse, call the job, print."""

from pathlib import Path

from cli.options import JsonOption, QuietOption
from cli.schema import Given, command
from pipeline.report.options import ReportOptions


@command(ReportOptions)
def report(given: Given[ReportOptions], as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Write OUT/report.html: what the run has made, to look at.

    One page that needs no network: summary, settings, skips, pictures before
    and after with their boxes, and how much each box has changed, the worst
    first. Where the gate has not compared all boxes, a sample is compared.

    Exit codes: 0 done, 2 bad usage, 1 failed.

    Examples:
      tpsence report rainy
      tpsence report runs/street --json
    """
    options = given.options()
    workers = default_workers() if options.workers is None else options.workers
    place = write_report(options.out, workers, quiet=quiet)
    if as_json:
        from cli.console import print_json

        print_json({"report": str(place)})


def write_report(out: Path, workers: int, *, quiet: bool) -> Path:
    """Write the report of a finished run, with a progress bar, and say where it is.

    Args:
        out: The folder of the run.
        workers: Processes that decode and measure.
        quiet: Print nothing.

    Raises:
        TpsenceError: As ``report_of``.
    """
    from cli.bar import progress_bar
    from cli.console import say
    from pipeline.engine.processes import worker_deaths_explained
    from pipeline.run.report import report_of

    with worker_deaths_explained(), progress_bar(None, quiet=quiet) as show:
        place = report_of(out, workers, lambda done, total: show(done, f"of {total:,} pictures compared"))
    if not quiet:
        say(f"report: {place}")
    return place


def default_workers() -> int:
    """Return the number of processes that measure beside no network: one for each core, but few."""
    from pipeline.engine.device import available_cores

    return min(8, available_cores())
