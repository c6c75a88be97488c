"""Make label maps with a progress bar, and say what came of it."""

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cli.bar import download_bar
from cli.console import count, say
from cli.exits import EXIT_FAILED, EXIT_SKIPS
from cli.progress import exit_code, go_through
from cli.stopping import Stop, signals_to
from cli.summary import print_headers, print_skips
from pipeline.engine.outcome import Tally
from pipeline.engine.resources import Resources
from pipeline.engine.tasks import refuse_overlap
from pipeline.segment.dry_run import dry_run
from pipeline.segment.ground_truth.convert import open_ground_truth
from pipeline.segment.ground_truth.enums import TruthFormat
from pipeline.segment.job import (
    SegmentJob,
    check_before_fetching,
    prepare_conversion,
    prepare_estimate,
    refuse_foreign_folders,
)
from pipeline.segment.makers import Estimate
from pipeline.segment.mmseg.choice import Choice, build_choice, choose_network
from pipeline.segment.mmseg.zoo import DEFAULT_MODEL
from pipeline.segment.options import SegmentOptions
from pipeline.segment.parts import Part
from pipeline.weights.packaged import terms_of


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
    chosen: Chosen, *, overwrite: bool, strict: bool, quiet: bool, stop: Stop | None = None
) -> tuple[dict[str, Any], int]:
    """Make the maps, to the end or until Ctrl-C.

    Args:
        chosen: What to do.
        overwrite: Remove an earlier run's files first.
        strict: Stop at the first skip.
        quiet: Print nothing.
        stop: Tells when to stop; made here for a single command.

    Returns:
        The summary and the exit code.

    Raises:
        TpsenceError: As the job does; with ``strict`` also at a skip.
    """
    job = _job(chosen, _origin(chosen), quiet=quiet)
    began = time.monotonic()
    stop = stop or Stop(quiet=quiet)
    tally = Tally()
    with job.opened(overwrite=overwrite), signals_to(stop):
        if not quiet:
            _announce(job, chosen)
        go_through(job.run(stop), tally, job.pictures, strict=strict, quiet=quiet)
        stopped = stop()
        summary = job.finish(seconds=time.monotonic() - began)
    if not quiet:
        _print_summary(summary, tally)
    return summary, exit_code(stop if stopped else None, tally)


def check_segmentation(chosen: Chosen, *, overwrite: bool, strict: bool, quiet: bool) -> tuple[dict[str, Any], int]:
    """Say what ``run_segmentation`` would do; write nothing, and fetch nothing.

    Where the weights are at hand, they are loaded: settings and weights of an earlier run are compared as well.
    """
    origin = _origin(chosen)
    choice = None if isinstance(origin, Path) else origin
    job = _job(chosen, origin, quiet=quiet) if choice is None or choice.place.is_file() else None
    if job:
        job.check(overwrite=overwrite)
    refuse = job.maker.refuse if job else Estimate.refuse
    report, skips = dry_run(chosen.parts, choice, chosen.options.max_pixels, refuse, overwrite=overwrite)
    if not quiet:
        say(f"would make {count(report.to_make, 'map')}, {report.there:,} there already; nothing is written now:")
        if report.weights:
            where = "there" if report.weights_there else f"to be fetched from {report.address}"
            say(f"  weights: {report.weights}, {where}")
        print_headers(report.sizes, report.bytes_needed, report.bytes_free, skips)
    code = (EXIT_FAILED if strict else EXIT_SKIPS) if skips else 0
    return report.as_dict(), code


def _announce(job: SegmentJob, chosen: Chosen) -> None:
    """Say what is about to happen."""
    if isinstance(job.maker, Estimate):
        if chosen.model is None and job.maker.origin["model"] != DEFAULT_MODEL:
            say(f"no weights of {DEFAULT_MODEL} are at hand: {job.maker.origin['model']}, which comes with tpsence")
        if terms := terms_of(job.maker.origin["weights_sha256"]):
            say(terms)
    say(f"{count(job.pictures, 'picture')}; {job.maker.described()}")


def _origin(chosen: Chosen) -> Choice | Path:
    """Return the network, or the folder of ground truth; refuse what needs no weights to be refused."""
    refuse_foreign_folders(chosen.parts)
    if chosen.ground_truth is not None:
        return chosen.ground_truth
    choice = choose_network(chosen.model, chosen.weights)
    check_before_fetching(choice, chosen.options, chosen.resources)
    return choice


def _job(chosen: Chosen, origin: Choice | Path, *, quiet: bool) -> SegmentJob:
    """Open the ground truth, or fetch the weights if need be and build the network."""
    if isinstance(origin, Path):
        return _conversion(chosen, origin)
    with download_bar(origin.place.name, quiet=quiet) as show:
        weights = origin.fetched(show)
    network = build_choice(origin, weights, whole=chosen.options.whole)
    return prepare_estimate(chosen.parts, network, chosen.options, chosen.resources)


def _conversion(chosen: Chosen, root: Path) -> SegmentJob:
    """Open the ground truth."""
    (part,) = chosen.parts
    refuse_overlap([root], part.folder.path)
    names = [task.name for task in part.tasks]
    truth = open_ground_truth(root, names, chosen.truth_format, chosen.options.max_pixels)
    return prepare_conversion(part, truth, chosen.options)


def _print_summary(summary: dict[str, Any], tally: Tally) -> None:
    """Say what a run did."""
    done = [f"{count(tally.made, 'map')} made"]
    if tally.reused:
        done.append(f"{tally.reused:,} there already")
    speed = f"{summary['images_per_s']:.2f} images/s"
    say(f"{', '.join(done)} in {summary['seconds']:.1f} s ({speed})", style="bold")
    for folder in summary["folders"]:
        print_skips(folder["skipped"], f"{folder['out']}/skipped.jsonl")
    if tally.skips:
        say("tpsence train wants a map for every picture: mend or remove these before")
    if not summary["complete"]:
        say("stopped; the same command, run again, continues", style="yellow")
    say("output: " + ", ".join(folder["out"] for folder in summary["folders"]))
