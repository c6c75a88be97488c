"""``tpsence evaluate``: parse, call the job, print."""

from typing import Annotated

import typer

from cli.options import JsonOption, QuietOption, finish
from cli.report import report_of
from cli.schema import Given, command
from pipeline.engine.schema import RUN
from pipeline.evaluate.options import EvaluateOptions

ReportOption = Annotated[
    bool,
    typer.Option("--report/--no-report", help="Write OUT/report.html anew, with what was found.", rich_help_panel=RUN),
]


@command(EvaluateOptions)
def evaluate(
    given: Given[EvaluateOptions], report: ReportOption = True, as_json: JsonOption = False, quiet: QuietOption = False
) -> None:
    """Measure how good translated pictures are, and whether their labels hold.

    Prints a table of figures with 95 % intervals and a judgement of each, and
    writes evaluation.json and evaluation.csv into OUT: distance to real rain,
    share that a probe takes for rain, classes, hues and structure kept, and
    with --detector what a detector finds. Take real pictures that nothing was
    trained on; at least 10 of each kind are needed, some hundreds tell more.

    Exit codes: 0 all done, 3 done with skips, 2 bad usage, 1 failed,
    130 stopped by Ctrl-C, 143 by SIGTERM (nothing is written).

    Examples:
      tpsence evaluate rainy --real rain
      tpsence evaluate rainy --real rain --clear sun --detector yolox.onnx
      tpsence evaluate theirs --before photos --labels coco.json --real rain
    """
    from cli.figures import print_figures
    from cli.show import show
    from pipeline.evaluate.job import evaluate as job

    options = given.options()
    finished, code = show(lambda stop: job(options, stop), quiet=quiet)
    page = None
    if finished.about:
        page = report_of(options.out, options.workers, quiet=quiet) if report and finished.about["is_run"] else None
        if not as_json and not quiet:
            print_figures(finished.about["evaluation"])
    finish({**finished.summary, "report": page}, as_json=as_json, code=code)
