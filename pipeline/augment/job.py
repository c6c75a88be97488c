"""The main job: write a data set's pictures in rain, with the same labels."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path

from pipeline.augment.dry_run import dry_run
from pipeline.augment.method import make_method
from pipeline.augment.options import AugmentOptions
from pipeline.augment.plan import make_plan
from pipeline.augment.prepared import COMMAND, AugmentJob
from pipeline.augment.weights_choice import ChosenWeights, chosen_weights
from pipeline.engine.choice import refuse_missing_engine
from pipeline.engine.device import choose_workers
from pipeline.engine.events import Event, Finished
from pipeline.engine.interface import Stop, never
from pipeline.engine.place import place_of
from pipeline.engine.resources import Resources
from pipeline.labels.carried import refuse_nothing_to_carry
from pipeline.labels.interface import LabelSet
from pipeline.labels.registry import chosen_format, open_labels
from pipeline.output.folder import OutputFolder
from tpsence import __version__


def augment(options: AugmentOptions, stop: Stop = never) -> Iterator[Event]:
    """Write a data set's pictures in rain, with the same labels.

    Args:
        options: What to do.
        stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.

    Yields:
        What happens; ends with ``Finished``, whose summary is the ``--json`` output.

    Raises:
        TpsenceError: Something cannot be used or written, or the labels differ from the source.
    """
    yield from open_job(options).events(overwrite=options.overwrite, strict=options.strict, stop=stop)


def check(options: AugmentOptions, *, thorough: bool = False) -> Iterator[Event]:
    """Say what ``augment`` would do, as far as headers tell, and write nothing.

    Args:
        options: As for ``augment``.
        thorough: Decode every picture too, and tell which cannot be.

    Yields:
        With ``thorough`` how far it is; at the end ``Finished``, whose summary is a ``DryRun`` and which has the
        ``skips``.

    Raises:
        InputError: Something cannot be used.
    """
    job = open_job(options)
    job.folder.check(job.settings, overwrite=options.overwrite)
    report, skips = yield from dry_run(job, overwrite=options.overwrite, thorough=thorough)
    about = {"skips": skips, "notes": job.notes()}
    yield Finished(command=COMMAND, summary=report.as_dict(), skips=len(skips), dry=True, about=about)


def open_job(options: AugmentOptions) -> AugmentJob:
    """Open the data set and the weights, and check everything. Nothing is written.

    Raises:
        InputError: Something cannot be used.
    """
    refuse_missing_engine(options.resources())
    label_format = chosen_format(options.format)
    labels = open_labels(
        options.labels, options.images, label_format, follow_links=options.follow_links, split=options.split
    )
    weights = [] if options.water_only else chosen_weights(options.weights)
    return prepare(labels, weights, options.output_folder(), options, options.resources())


def prepare(
    labels: LabelSet,
    weights: Sequence[ChosenWeights],
    out: Path,
    options: AugmentOptions,
    resources: Resources,
) -> AugmentJob:
    """Read and check everything that a run needs. Nothing is written.

    Args:
        labels: The data set.
        weights: The generators, none for water alone.
        out: The output folder.
        options: What shapes the output.
        resources: How the work is done.

    Raises:
        InputError: Something cannot be used, or the plan cannot be carried out.
    """
    refuse_nothing_to_carry(labels)
    plan = make_plan(labels, options, out)
    place = place_of(resources, options.precision)
    method, options = make_method(plan, out, weights, options, place, resources.batch_size)
    plan = replace(plan, has_clean_targets=options.has_clean_targets, drawing=method.drawing)
    return AugmentJob(
        plan=plan,
        tasks=plan.of_shard(options.shard),
        options=options,
        method=method,
        folder=OutputFolder(out, options.shard),
        settings={
            "version": __version__,
            "format": labels.format,
            **labels.identity(),
            **method.settings(),
            "width": method.width,
            **options.settings(),
            "precision": method.precision.value,
            "shards": options.shard.count,
        },
        resources=resources,
        workers=choose_workers(resources, method.device),
    )
