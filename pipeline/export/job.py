"""Write a trained generator for other programs."""

from collections.abc import Iterator

from pipeline.engine.events import Done, Event, Finished, Found, Unit
from pipeline.export.formats import export_generator
from pipeline.export.options import ExportOptions
from pipeline.weights.packaged import generator_path

COMMAND = "export"


def export(options: ExportOptions) -> Iterator[Event]:
    """Write a generator in the format that the output's name asks for.

    Args:
        options: What to do.

    Yields:
        Each file that was written; ends with ``Finished``, whose summary has their sizes in bytes.

    Raises:
        InputError: The weights cannot be used, the output is one of its inputs or has an unknown ending, or ONNX is
            not installed.
        OSError: The output cannot be written.
    """
    yield Found(total=None, unit=Unit.FILES, can_stop=False)
    files = export_generator(generator_path(options.weights), options.out, half=options.half)
    for file in files:
        yield Done(name=str(file))
    yield Finished(command=COMMAND, summary={"files": {str(file): file.stat().st_size for file in files}})
