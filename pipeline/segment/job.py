"""Label maps for every picture of a folder or of an unpaired data set."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.engine.events import Event, Finished
from pipeline.engine.interface import Stop, never
from pipeline.engine.place import place_of
from pipeline.files.programs import is_program
from pipeline.segment.dry_run import dry_run
from pipeline.segment.estimate import Estimate
from pipeline.segment.options import SegmentOptions
from pipeline.segment.prepare import conversion_job, estimate_job, origin_of, parts_of, prepare, texts_of
from pipeline.segment.prepared import COMMAND


def segment(options: SegmentOptions, stop: Stop = never) -> Iterator[Event]:
    """Make label maps; what has no weights at hand fetches them first.

    Args:
        options: What to do.
        stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.

    Yields:
        What happens; ends with ``Finished``, whose summary is the ``--json`` output.

    Raises:
        TpsenceError: Something cannot be used, fetched or written.
    """
    job = yield from prepare(options)
    yield from job.events(
        overwrite=options.overwrite, strict=options.strict, stop=stop, texts=texts_of(job.maker, options)
    )


def check(options: SegmentOptions) -> Iterator[Event]:
    """Say what ``segment`` would do, as far as headers tell; write nothing, and fetch nothing.

    Where the weights are at hand, they are loaded: settings and weights of an earlier run are compared as well. A
    config of the user's own is a program, and not run.

    Args:
        options: As for ``segment``.

    Yields:
        ``Finished``, whose summary is a ``SegmentDryRun`` and which has the ``skips``.

    Raises:
        InputError: Something cannot be used.
    """
    parts = parts_of(options)
    origin = origin_of(options, parts)
    choice = None if isinstance(origin, Path) else origin
    programs = [options.model] if choice and options.model is not None and is_program(options.model) else []
    job = None
    if isinstance(origin, Path):
        job = conversion_job(parts, origin, options)
    else:
        place = place_of(options.resources(), options.precision)
        if origin.place.is_file() and not programs:
            job = estimate_job(parts, origin, origin.fetched(lambda done, total: None), options, place)
    if job:
        job.check(overwrite=options.overwrite)
    refuse = job.maker.refuse if job else Estimate.refuse
    report, skips = dry_run(parts, choice, options.max_pixels, refuse, overwrite=options.overwrite)
    summary = {**report.as_dict(), "not_run": programs}
    yield Finished(command=COMMAND, summary=summary, skips=len(skips), dry=True, about={"skips": skips})
