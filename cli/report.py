"""``tpsence report``: parse, call the job, print."""

from pathlib import Path

from cli.options import JsonOption, QuietOption, finish
from cli.schema import Given, command
from pipeline.report.options import ReportOptions


@command(ReportOptions)
def report(given: Given[ReportOptions], as_json: JsonOption = False, quiet: QuietOption = False) -> None:
    """Write OUT/report.html: what the run has made, to look at.

    One page that needs no network: summary, settings, skips, pictures before
    and after with their boxes, how much each box has changed, the worst first,
    what is kept by class and size, and what tpsence evaluate has found. Beside
    it boxes.csv, a row for each box. Where the gate has not compared all boxes,
    a sample is compared.

    Exit codes: 0 done, 2 bad usage, 1 failed, 130 stopped by Ctrl-C, 143 by
    SIGTERM.

    Examples:
      tpsence report rainy
      tpsence report runs/street --json
    """
    from cli.show import show
    from pipeline.report.job import report as job

    options = given.options()
    finished, code = show(lambda stop: job(options), quiet=quiet)
    finish(finished.summary, as_json=as_json, code=code)


def report_of(out: Path, workers: int | None, *, quiet: bool) -> str:
    """Write the report at the end of another command, and return the place of the page.

    Args:
        out: The folder of the run.
        workers: Processes that decode and measure; None chooses.
        quiet: Show nothing.
    """
    from cli.show import show
    from pipeline.report.job import report as job

    wanted = ReportOptions(out=out, workers=workers)
    return str(show(lambda stop: job(wanted), quiet=quiet)[0].summary["report"])
