"""Make label maps with a progress bar, and say what came of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.bar import download_bar
from cli.console import count, reasons, say
from cli.exits import EXIT_FAILED, EXIT_SKIPS
from cli.progress import exit_code, go_through
from cli.stopping import Stop, signals_to
from cli.summary import print_headers
from pipeline.options import Resources
from pipeline.outcome import Tally
from pipeline.plan import refuse_overlap
from pipeline.segment import SegmentJob, prepare_conversion, prepare_estimate, refuse_foreign_folders
from pipeline.segmentation.choice import Choice, build_choice, choose_network
from pipeline.segmentation.dry_run import dry_run
from pipeline.segmentation.enums import TruthFormat
from pipeline.segmentation.ground_truth import open_ground_truth
from pipeline.segmentation.options import SegmentOptions
from pipeline.segmentation.parts import Part


@dataclass(frozen=True, slots=True)
class Chosen:
    """What stands on the command line, read."""

    parts: Sequence[Part]
    options: SegmentOptions
    resources: Resources
    model: str | None
    weights: Path | None
    ground_truth: Path | None
    truth_format: TruthFormat


def run_segmentation(
    chosen: Chosen, *, overwrite: bool, strict: bool, check_only: bool, quiet: bool
) -> tuple[dict[str, Any], int]:
    """Make the maps, or only say what would be done.

    Args:
        chosen: What to do.
        overwrite: Remove an earlier run's files first.
        strict: Stop at the first skip.
        check_only: Write nothing.
        quiet: Print nothing.

    Returns:
        The summary and the exit code.

    Raises:
        TpsenceError: As the job does; with ``strict`` also at a skip.
    """
    refuse_foreign_folders(chosen.parts)  # before weights are fetched for nothing
    if chosen.ground_truth is not None:
        job = _conversion(chosen, chosen.ground_truth)
    else:
        choice = choose_network(chosen.model, chosen.weights)
        if check_only:
            return _check(chosen, choice, overwrite=overwrite, strict=strict, quiet=quiet)
        job = _estimate(chosen, choice, quiet=quiet)
    if check_only:
        job.check(overwrite=overwrite)
        return _check(chosen, None, overwrite=overwrite, strict=strict, quiet=quiet)
    return _run(job, overwrite=overwrite, strict=strict, quiet=quiet)


def _conversion(chosen: Chosen, root: Path) -> SegmentJob:
    """Open the ground truth."""
    (part,) = chosen.parts
    refuse_overlap([root], part.folder.path)
    names = [task.name for task in part.tasks]
    truth = open_ground_truth(root, names, chosen.truth_format, chosen.options.max_pixels)
    return prepare_conversion(part, truth, chosen.options)


def _estimate(chosen: Chosen, choice: Choice, *, quiet: bool) -> SegmentJob:
    """Fetch the weights if need be and build the network."""
    with download_bar(choice.place.name, quiet=quiet) as show:
        weights = choice.fetched(show)
    network = build_choice(choice, weights, whole=chosen.options.whole)
    return prepare_estimate(chosen.parts, network, chosen.options, chosen.resources)


def _run(job: SegmentJob, *, overwrite: bool, strict: bool, quiet: bool) -> tuple[dict[str, Any], int]:
    """Run a job to its end, or until Ctrl-C."""
    began = time.monotonic()
    stop = Stop(quiet=quiet)
    tally = Tally()
    with job.opened(overwrite=overwrite), signals_to(stop):
        if not quiet:
            say(f"{count(job.pictures, 'picture')}; {job.maker.described()}")
        go_through(job.run(stop), tally, job.pictures, strict=strict, quiet=quiet)
        stopped = stop()
        summary = job.finish(seconds=time.monotonic() - began)
    if not quiet:
        _print_summary(summary, tally)
    return summary, exit_code(stop if stopped else None, tally)


def _check(
    chosen: Chosen, choice: Choice | None, *, overwrite: bool, strict: bool, quiet: bool
) -> tuple[dict[str, Any], int]:
    """Say what a run would do."""
    report, skips = dry_run(chosen.parts, choice, chosen.options.max_pixels, overwrite=overwrite)
    if not quiet:
        say(f"would make {count(report.to_make, 'map')}, {report.there:,} there already; nothing is written now:")
        if report.weights:
            where = "there" if report.weights_there else f"to be fetched from {report.address}"
            say(f"  weights: {report.weights}, {where}")
        print_headers(report.sizes, report.bytes_needed, report.bytes_free, skips)
    code = (EXIT_FAILED if strict else EXIT_SKIPS) if skips else 0
    return report.as_dict(), code


def _print_summary(summary: dict[str, Any], tally: Tally) -> None:
    """Say what a run did."""
    done = [f"{count(tally.made, 'map')} made"]
    if tally.reused:
        done.append(f"{tally.reused:,} there already")
    speed = f"{summary['images_per_s']:.2f} images/s"
    say(f"{', '.join(done)} in {summary['seconds']:.1f} s ({speed})", style="bold")
    for folder in summary["folders"]:
        skipped = folder["skipped"]
        if skipped:
            listed = (
                f"{count(sum(skipped.values()), 'skip')}: {reasons(skipped)} (listed in {folder['out']}/skipped.jsonl)"
            )
            say(listed, style="yellow")
    if not summary["complete"]:
        say("stopped; the same command, run again, continues", style="yellow")
    say("output: " + ", ".join(folder["out"] for folder in summary["folders"]))
