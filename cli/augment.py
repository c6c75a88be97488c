"""``tpsence augment``: parse, call the job, print."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cli.exits import EXIT_FAILED, EXIT_SKIPS
from cli.options import DryRunOption, JsonOption, QuietOption
from cli.schema import Given, command
from pipeline.augment.options import AugmentOptions
from pipeline.engine.schema import RUN
from tpsence.errors import InputError

if TYPE_CHECKING:
    from pipeline.augment.job import AugmentJob

ReportOption = Annotated[
    bool, typer.Option("--report/--no-report", help="Write OUT/report.html at the end.", rich_help_panel=RUN)
]


@command(AugmentOptions, after={"report": "collect"})
def augment(
    given: Given[AugmentOptions],
    report: ReportOption = True,
    dry_run: DryRunOption = False,
    as_json: JsonOption = False,
    quiet: QuietOption = False,
) -> None:
    """Write a data set's pictures in rain: same names, same sizes, same labels.

    The labels are passed through, not converted, and read back at the end
    to prove it. Pictures that cannot be read are skipped with a reason, and
    left out of the labels. The same command, run again, continues.

    Exit codes: 0 all done, 3 done with skips, 2 bad usage, 1 failed,
    130 stopped by Ctrl-C.

    Examples:
      tpsence augment --labels coco.json --out rainy
      tpsence augment --labels coco.json --weights latest_net_G.pth --out rainy
      tpsence augment --labels data.yaml --out rainy --suffix _rain
      tpsence augment --labels Annotations --out half --fraction .5
      tpsence augment --images photos --out rainy --strength 0.7
      tpsence augment --labels train.json --out rainy --shard 2/8
      tpsence augment --labels coco.json --out rainy --gate flag --pairs
    """
    options = given.options()
    if options.collect:
        _collect(given, report=report, as_json=as_json, quiet=quiet)
        return
    job = _prepare(options)
    if dry_run:
        _dry_run(job, overwrite=options.overwrite, strict=options.strict, as_json=as_json, quiet=quiet)
    else:
        _run(job, overwrite=options.overwrite, strict=options.strict, report=report, as_json=as_json, quiet=quiet)


def _prepare(options: AugmentOptions) -> "AugmentJob":
    """Open the data set and the weights."""
    from pipeline.labels.registry import LabelFormat, open_labels

    if options.format not in {"auto", *(known.value for known in LabelFormat)}:
        raise InputError(f"`format` {options.format!r}: not known", "Give auto, coco, yolo, voc or scalabel.")
    label_format = None if options.format == "auto" else LabelFormat(options.format)
    data = open_labels(options.labels, options.images, label_format)
    from pipeline.augment.job import prepare
    from pipeline.weights.packaged import generator_path

    return prepare(data, generator_path(options.weights), options.output_folder(), options, options.resources())


def _run(job: "AugmentJob", *, overwrite: bool, strict: bool, report: bool, as_json: bool, quiet: bool) -> None:
    """Run a job, show its progress, write the report and leave with its exit code."""
    from cli.progress import run_job
    from cli.report import write_report

    ended = run_job(job, overwrite=overwrite, strict=strict, quiet=quiet)
    page: Path | None = None
    if report and ended.summary.complete and ended.summary.shard is None:
        page = write_report(job.folder.path, job.workers, quiet=quiet)
    _finish({**ended.summary.as_dict(), "report": page and str(page)}, as_json=as_json, code=ended.exit_code)


def _dry_run(job: "AugmentJob", *, overwrite: bool, strict: bool, as_json: bool, quiet: bool) -> None:
    """Say what a job would do."""
    from cli.summary import print_dry_run
    from pipeline.augment.dry_run import dry_run

    job.folder.check(job.settings, overwrite=overwrite)
    report, skips = dry_run(job, overwrite=overwrite)
    if not quiet:
        print_dry_run(report, skips)
    code = (EXIT_FAILED if strict else EXIT_SKIPS) if skips else 0
    _finish(report.as_dict(), as_json=as_json, code=code)


def _collect(given: Given[AugmentOptions], *, report: bool, as_json: bool, quiet: bool) -> None:
    """Join the shards of a run."""
    if given.names - {"out", "collect", "report", "as_json", "quiet"}:
        raise InputError("--collect goes with --out alone", "The rest is known from the shards' run.json.")
    from cli.report import default_workers, write_report
    from cli.summary import print_summary
    from pipeline.augment.collect import collect

    out = given.options().output_folder()
    joined = collect(out)
    if not quiet:
        print_summary(joined.summary)
    page = write_report(out, default_workers(), quiet=quiet) if report else None
    content = {**joined.summary.as_dict(), "report": page and str(page)}
    _finish(content, as_json=as_json, code=EXIT_SKIPS if joined.skips else 0)


def _finish(content: dict[str, object], *, as_json: bool, code: int) -> None:
    """Print the JSON that was asked for and leave."""
    if as_json:
        from cli.console import print_json

        print_json(content)
    raise typer.Exit(code)
