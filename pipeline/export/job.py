"""Write a trained generator for other programs."""

from collections.abc import Iterator
from pathlib import Path

from pipeline.engine.events import Done, Event, Finished, Found, Unit
from pipeline.export.formats import export_generator
from pipeline.export.options import ExportOptions
from pipeline.files.text import one_line
from pipeline.weights.packaged import generator_path, name_notes

COMMAND = "export"


def export(options: ExportOptions) -> Iterator[Event]:
    """Write a generator in the format that the output's name asks for.

    Args:
        options: What to do.

    Yields:
        What is being written, which takes a while for ONNX, and each file that was; ends with ``Finished``, whose
        summary has their sizes in bytes.

    Raises:
        InputError: The weights cannot be used, the output is one of its inputs, is there already or has an unknown
            ending, or ONNX is not installed.
        OSError: The output cannot be written.
    """
    yield Found(
        total=_files(options.out),
        unit=Unit.FILES,
        what=_what(options.out),
        can_stop=False,
        warnings=name_notes(options.weights),
    )
    weights = generator_path(options.weights)
    files = export_generator(weights, options.out, half=options.half, overwrite=options.overwrite)
    for file in files:
        yield Done(name=str(file))
    yield Finished(command=COMMAND, summary={"files": {str(file): file.stat().st_size for file in files}})


def _files(out: Path) -> int | None:
    """Return how many files there will be, or None where that depends on the weights."""
    return 1 if out.suffix and not out.is_dir() else None


def _what(out: Path) -> str:
    """Say what is being done."""
    how = "traced and written" if out.suffix.lower() == ".onnx" else "written"
    return one_line(f"{out.name}: being {how}")
