"""What is drawn for the pictures of a run, told: in numbers, and for each picture in ``variants.csv``."""

import csv
import io
from collections.abc import Sequence
from typing import Any

from pipeline.augment.amounts import Spread, values_of
from pipeline.augment.drawing import Drawing
from pipeline.engine.tasks import Task, translated
from pipeline.files.text import table_cell
from pipeline.output.folder import OutputFolder

COLUMNS = ("file", "output", "source", "copy", "weights", "strength", "water")


def variants_summary(drawing: Drawing, tasks: Sequence[Task]) -> dict[str, Any] | None:
    """Return what ``--json`` and ``run.json`` tell of it, or None where all pictures are done alike.

    Args:
        drawing: What is drawn.
        tasks: The pictures, of which those that are translated count.
    """
    if not drawing.differs:
        return None
    strength = str(drawing.strength) if isinstance(drawing.strength, Spread) else drawing.strength
    return {
        "pictures": len({task.source for task in translated(tasks)}),
        "copies": drawing.copies,
        "strength": strength if drawing.weights else None,
        "water": drawing.water_text(),
        "weights": {one.name: one.share for one in drawing.weights},
    }


def notes_on_copies(drawing: Drawing) -> list[str]:
    """Say that copies of a picture will be alike, where too little is drawn for each; a sentence without its end."""
    is_range = isinstance(drawing.strength, Spread) and not drawing.strength.in_turn
    most = len(set(values_of(drawing.strength))) * len(drawing.weights)
    if drawing.is_wet or is_range or drawing.copies <= most:
        return []
    alike = "are all alike" if most == 1 else f"are alike but for {most} at most"
    why = "without water, copies differ in what is drawn alone"
    return [f"the {drawing.copies} copies of a picture {alike}: {why}; give `water`, or `strength` 0.6..1.2"]


def write_variants(folder: OutputFolder, drawing: Drawing, tasks: Sequence[Task]) -> None:
    """Write ``variants.csv``, where anything is drawn.

    Args:
        folder: The output folder.
        drawing: What is drawn.
        tasks: The pictures that were translated.

    Raises:
        RunError: It cannot be written.
    """
    if drawing.differs:
        folder.write_variants(variants_table(drawing, tasks))


def variants_table(drawing: Drawing, tasks: Sequence[Task]) -> str:
    """Return the table: a row for each picture, with the name it goes by elsewhere, and its place in the output.

    Names are of unknown origin: each is one cell, on one line, and none is a formula.
    """
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(COLUMNS)
    for task in tasks:
        one = drawing.of(task)
        weights = drawing.weights[one.generator].name if drawing.weights else ""
        names = [table_cell(name) for name in (task.name, task.output, task.source)]
        level = "" if one.level is None else one.level.value
        strength = one.strength if drawing.weights else ""
        writer.writerow([*names, task.copy, table_cell(weights), strength, level])
    return stream.getvalue()
