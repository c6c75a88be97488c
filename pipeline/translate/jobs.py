"""The jobs as a notebook or a script calls them: settings by name, events out."""

from collections.abc import Iterator, Mapping
from typing import Any, TypeVar

from pipeline.augment.choice_options import refuse_thorough_alone
from pipeline.augment.options import AugmentOptions
from pipeline.engine.events import Event
from pipeline.engine.interface import Stop, never
from pipeline.engine.opencv import opencv_explained
from pipeline.engine.schema import Options
from pipeline.preview.options import PreviewOptions
from pipeline.segment.options import SegmentOptions
from tpsence.errors import InputError

Schema = TypeVar("Schema", bound=Options)


@opencv_explained()
def augment(
    options: AugmentOptions | None = None,
    *,
    dry_run: bool = False,
    thorough: bool = False,
    stop: Stop = never,
    **settings: Any,  # noqa: ANN401 (checked by the schema)
) -> Iterator[Event]:
    """Write a data set's pictures in rain, with the same labels: the command ``tpsence augment`` without its page.

    The settings are checked at once; the work is done while the events are taken, so take them all.

    Args:
        options: All settings, or None where they are given by name.
        dry_run: Say what would be done, and write nothing.
        thorough: With ``dry_run``: decode every picture, and yield a ``Skip`` for each that cannot be.
        stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.
        **settings: Those of ``AugmentOptions``, by name: ``labels``, ``images``, ``out``, ``weights``, ``water``...

    Yields:
        ``Found``, then ``Done`` or ``Skip`` for each picture, and ``Finished``, whose summary ``--json`` prints.

    Raises:
        TpsenceError: Something cannot be used or written, or the labels differ from the source.
    """
    told = _told(AugmentOptions, options, settings)
    out = told.output_folder()
    refuse_thorough_alone(thorough=thorough, dry_run=dry_run)
    if told.collect:
        from pipeline.augment.collect import collect

        return collect(out, told.max_flagged)
    from pipeline.augment.job import augment as job
    from pipeline.augment.job import check

    return _explained(check(told, thorough=thorough) if dry_run else job(told, stop))


@opencv_explained()
def preview(
    options: PreviewOptions | None = None,
    *,
    stop: Stop = never,
    **settings: Any,  # noqa: ANN401 (checked by the schema)
) -> Iterator[Event]:
    """Write a page and a sheet of a few pictures under several settings: the command ``tpsence preview``.

    The settings are checked at once; the work is done while the events are taken, so take them all.

    Args:
        options: All settings, or None where they are given by name.
        stop: Asked before each picture; when it says yes, nothing is written.
        **settings: Those of ``PreviewOptions``, by name: ``source``, ``out``, ``strengths``, ``water``...

    Yields:
        ``Found``, then ``Done`` for each picture in each column or ``Skip``, and ``Finished``, whose summary ``--json``
        prints.

    Raises:
        TpsenceError: Something cannot be used, read or written.
    """
    told = _told(PreviewOptions, options, settings)
    from pipeline.preview.job import preview as job

    return _explained(job(told, stop))


@opencv_explained()
def segment(
    options: SegmentOptions | None = None,
    *,
    dry_run: bool = False,
    stop: Stop = never,
    **settings: Any,  # noqa: ANN401 (checked by the schema)
) -> Iterator[Event]:
    """Make a label map for every picture: the command ``tpsence segment``.

    The settings are checked at once; the work is done while the events are taken, so take them all.

    Args:
        options: All settings, or None where they are given by name.
        dry_run: Say what would be done, and write nothing.
        stop: Asked before each picture; when it says yes, what is in flight is finished and no more begins.
        **settings: Those of ``SegmentOptions``, by name: ``dataroot``, or ``images`` and ``out``, ``model``...

    Yields:
        ``Found``, then ``Done`` or ``Skip`` for each picture, and ``Finished``, whose summary ``--json`` prints.

    Raises:
        TpsenceError: Something cannot be used, fetched or written.
    """
    told = _told(SegmentOptions, options, settings)
    from pipeline.segment.job import check
    from pipeline.segment.job import segment as job

    return _explained(check(told) if dry_run else job(told, stop))


def _explained(events: Iterator[Event]) -> Iterator[Event]:
    """Yield the events of a job, some of which imports what it needs while it works.

    Raises:
        TpsenceError: OpenCV cannot be imported.
    """
    with opencv_explained():
        yield from events


def _told(schema: type[Schema], options: Schema | None, settings: Mapping[str, Any]) -> Schema:
    """Return the options that were given, in one of two ways.

    Raises:
        InputError: They were given in both, or a setting cannot be used.
    """
    if options is None:
        return schema(**settings)
    if settings:
        names = ", ".join(f"`{name}`" for name in settings)
        raise InputError(f"{names} beside {schema.__name__}", f"Give {schema.__name__}, or settings by name.")
    return options
