"""Show what a few pictures become under several settings, side by side."""

from collections.abc import Iterator

from pipeline.engine.device import choose_device, choose_precision
from pipeline.engine.events import Event
from pipeline.engine.interface import Stop, never
from pipeline.preview.columns import columns_of
from pipeline.preview.options import PreviewOptions
from pipeline.preview.place import Place
from pipeline.preview.prepared import PreviewJob
from pipeline.preview.setup import Setup
from pipeline.preview.source import choose, open_source
from pipeline.weights.packaged import generator_path
from tpsence.weights import LoadedGenerator, load_generator


def preview(options: PreviewOptions, stop: Stop = never) -> Iterator[Event]:
    """Write a page and a sheet of a few pictures under several settings.

    Args:
        options: What to do.
        stop: Asked before each picture; when it says yes, nothing is written.

    Yields:
        What happens, a ``Done`` for each picture that was made; ends with ``Finished``, whose summary is the ``--json``
        output.

    Raises:
        InputError: Something cannot be used, or no picture can be read.
        RunError: The page cannot be written.
    """
    yield from open_job(options).events(stop)


def open_job(options: PreviewOptions) -> PreviewJob:
    """Open what is previewed and the weights, and check everything. Nothing is written.

    Args:
        options: What to do.

    Raises:
        InputError: Something cannot be used.
    """
    source = open_source(options)
    place = Place.told(options.out)
    place.check(source)
    device = choose_device(options.device)
    loaded = [load_generator(generator_path(one)) for one in options.generators]
    generators: list[LoadedGenerator | None] = [*loaded] or [None]
    wanted = [one.metadata.water if one else None for one in generators]
    setup = Setup(
        options=options,
        source=source,
        chosen=choose(source, options),
        place=place,
        generators=generators,
        columns=columns_of(options, source, wanted),
        device=device,
        precision=choose_precision(options.precision, device),
    )
    return PreviewJob(setup)
