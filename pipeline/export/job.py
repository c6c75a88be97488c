"""Write a trained generator for other programs."""

import time
from collections.abc import Iterator
from pathlib import Path

from pipeline.engine.events import Done, Event, Finished, Found, Unit
from pipeline.export.formats import prepare_export
from pipeline.export.options import ExportOptions
from pipeline.files.text import one_line
from pipeline.weights.packaged import generator_path, name_notes, terms_of

COMMAND = "export"


def export(options: ExportOptions) -> Iterator[Event]:
    """Write a generator in the format that the output's name asks for.

    Args:
        options: What to do.

    Yields:
        What is being done, which takes a while for ONNX, and each file that was written; ends with ``Finished``, whose
        summary has their sizes in bytes, the weights that were read with their SHA-256, and the seconds that it took.

    Raises:
        InputError: The weights cannot be used, the output is one of its inputs, is there already or has an unknown
            ending, or ONNX is not installed.
        OSError: The output cannot be written.
    """
    began = time.monotonic()
    notes = name_notes(options.weights)
    yield Found(total=_files(options.out), unit=Unit.FILES, can_stop=False, warnings=notes)
    yield _now(f"{options.weights}: being read")
    weights = generator_path(options.weights)
    prepared = prepare_export(weights, options.out, half=options.half, overwrite=options.overwrite)
    for file in prepared.files:
        yield _now(f"{file.name}: being {'traced and ' if file.suffix.lower() == '.onnx' else ''}written")
        prepared.write(file)
        yield Done(name=str(file), text="written")
    sha256 = prepared.loaded.sha256
    summary = {
        "files": {str(file): file.stat().st_size for file in prepared.files},
        "weights": str(prepared.loaded.path),
        "sha256": sha256,
        "terms": terms_of(sha256),
        "seconds": round(time.monotonic() - began, 3),
    }
    yield Finished(command=COMMAND, summary=summary)


def _files(out: Path) -> int | None:
    """Return how many files there will be, or None where that depends on the weights."""
    return 1 if out.suffix and not out.is_dir() else None


def _now(text: str) -> Done:
    """Say what is being done now."""
    return Done(count=0, text=one_line(text))
