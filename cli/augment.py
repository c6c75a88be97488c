"""``tpsence augment``: parse, call the job, print."""

from typing import Annotated, NoReturn

import typer

from cli.options import DryRunOption, JsonOption, QuietOption, finish
from cli.report import report_of
from cli.schema import Given, command
from pipeline.augment.choice_options import refuse_thorough_alone
from pipeline.augment.options import AugmentOptions
from pipeline.engine.schema import RUN
from tpsence.errors import InputError

ReportOption = Annotated[
    bool, typer.Option("--report/--no-report", help="Write OUT/report.html at the end.", rich_help_panel=RUN)
]
ThoroughOption = Annotated[
    bool,
    typer.Option(
        "--thorough", help="With --dry-run: decode every picture, and name those that cannot be.", rich_help_panel=RUN
    ),
]


@command(AugmentOptions, after={"report": "collect"})
def augment(
    given: Given[AugmentOptions],
    report: ReportOption = True,
    dry_run: DryRunOption = False,
    thorough: ThoroughOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a data set's pictures in rain: same names, same sizes, same labels.

    The labels are passed through, not converted, and read back at the end
    to prove it. Pictures that cannot be read are skipped with a reason, and
    left out of the labels. The same command, run again, continues.

    Exit codes: 0 all done, 3 done with skips, 4 done with more flagged than
    --max-flagged, 2 bad usage, 1 failed, 130 stopped by Ctrl-C,
    143 by SIGTERM.

    Examples:
      tpsence augment --labels data/coco.json --out rainy
      tpsence augment --labels data/coco.json --weights latest_net_G.pth --out rainy
      tpsence augment --labels data/data.yaml --out rainy --suffix _rain
      tpsence augment --labels Annotations --out half --fraction .5
      tpsence augment --labels data.yaml --out out --split train --keep-originals
      tpsence augment --labels coco.json --out out --limit 500 --balance classes
      tpsence augment --images photos --out rainy --strength 0.7
      tpsence augment --images photo.jpg --out rainy
      tpsence augment --labels data/coco.json --out heavy --water heavy
      tpsence augment --labels data/coco.json --out wet --water-only
      tpsence augment --labels data/coco.json --out varied --copies 3 --strength 0.6..1.2 --water light..heavy
      tpsence augment --labels data/train.json --out rainy --shard 2/8
      tpsence augment --labels data/train.json --out rainy --engine ray
      tpsence augment --labels data/coco.json --out rainy --gate flag --pairs
      tpsence augment --labels data/coco.json --out rainy --gate flag --max-flagged 5%
    """
    from cli.show import exit_code, show

    options = given.options()
    if options.collect:
        _collect(given, report=report, as_json=as_json, quiet=quiet)
    refuse_thorough_alone(thorough=thorough, dry_run=dry_run)
    from pipeline.augment.job import augment as job
    from pipeline.augment.job import check

    if dry_run:
        finished, _ = show(lambda stop: check(options, thorough=thorough), quiet=quiet)
        finish(finished.summary, as_json=as_json, code=exit_code(finished, strict=options.strict))
    finished, code = show(lambda stop: job(options, stop), quiet=quiet)
    is_whole = finished.summary["complete"] and finished.summary["shard"] is None
    workers = options.resources().workers_here
    page = report_of(options.output_folder(), workers, quiet=quiet) if report and is_whole else None
    finish({**finished.summary, "report": page}, as_json=as_json, code=code)


def _collect(given: Given[AugmentOptions], *, report: bool, as_json: bool, quiet: bool) -> NoReturn:
    """Join the shards of a run."""
    if given.names - {"out", "collect", "max_flagged", "report", "as_json", "quiet"}:
        raise InputError(
            "--collect goes with --out alone, and --max-flagged", "The rest is known from the shards' run.json."
        )
    from cli.show import show
    from pipeline.augment.collect import collect

    options = given.options()
    finished, code = show(lambda stop: collect(options.output_folder(), options.max_flagged), quiet=quiet)
    page = report_of(options.output_folder(), options.workers, quiet=quiet) if report else None
    finish({**finished.summary, "report": page}, as_json=as_json, code=code)
