"""From a preview's pictures to all that is shown and told."""

from collections.abc import Sequence
from typing import Any

from pipeline.engine.command_line import command_line, lines_of
from pipeline.files.text import count, some
from pipeline.images.size import Size
from pipeline.images.skips import Skip, count_reasons
from pipeline.labels.interface import LabelledObject
from pipeline.pages.pictures import clipped
from pipeline.pages.words import short
from pipeline.preview.columns import Column, weights_names
from pipeline.preview.content import Content, Heading, Row, ShownBox
from pipeline.preview.setup import Setup

MOST_BOXES = 100
"""Boxes that are drawn in one picture at most."""
_MOST_NAMED = 10
"""Pictures that are named of those left out."""


def content_of(setup: Setup, rows: Sequence[Row], skips: Sequence[Skip]) -> Content:
    """Put together what is shown.

    Args:
        setup: What was made of what.
        rows: The pictures.
        skips: Those that were left out.
    """
    return Content(
        title=short(setup.options.source.resolve().name),
        facts=_facts(setup, rows),
        notes=_notes(skips),
        terms=list(setup.terms()),
        headings=[Heading(caption=one.caption, words=one.words, command=_command(one)) for one in setup.columns],
        rows=rows,
        is_single=setup.source.is_single,
    )


def boxes_of(objects: Sequence[LabelledObject], size: Size) -> list[ShownBox]:
    """Return what is drawn of the labelled objects of a picture: the largest, those first.

    Args:
        objects: Of the picture.
        size: Its (W, H).
    """

    def area(one: ShownBox) -> float:
        x0, y0, x1, y1 = one.box
        return (x1 - x0) * (y1 - y0)

    inside = ((one, clipped(one.in_pixels(size), size)) for one in objects)
    shown = [ShownBox(box=box, category=short(one.category)) for one, box in inside if box is not None]
    return sorted(shown, key=area, reverse=True)[:MOST_BOXES]


def summary_of(setup: Setup, rows: Sequence[Row], skips: Sequence[Skip], *, seconds: float) -> dict[str, Any]:
    """Return the JSON object.

    Args:
        setup: What was made of what.
        rows: The pictures.
        skips: Those that were left out.
        seconds: Duration.
    """
    return {
        "complete": True,
        "page": str(setup.place.page),
        "sheet": str(setup.place.sheet),
        "format": setup.source.labels.format,
        "pictures": [row.name for row in rows],
        "of_pictures": len(setup.source.labels.pictures),
        "columns": [_told(setup, one) for one in setup.columns],
        "skipped": count_reasons(skips),
        "seed": setup.options.seed,
        "device": str(setup.device),
        "precision": setup.precision.value,
        "seconds": round(seconds, 2),
    }


def _told(setup: Setup, column: Column) -> dict[str, Any]:
    """Return what is told of a column."""
    return {
        "caption": column.caption,
        "weights": None if setup.options.water_only else column.options.weights,
        "strength": column.strength,
        "water": column.level.value,
        "command": command_line("tpsence augment", column.options).words,
    }


def _command(column: Column) -> list[str]:
    """Write the command that makes a column of the whole data set."""
    return lines_of(command_line("tpsence augment", column.options).words)


def _facts(setup: Setup, rows: Sequence[Row]) -> list[tuple[str, str]]:
    """Say what was made of what."""
    labels, options = setup.source.labels, setup.options
    total = len(labels.pictures)
    shown = f"{len(rows):,} of {total:,}" if total > 1 else ""
    source = f"{labels.format}, {count(labels.inventory.annotations, 'annotation')}" if labels.format != "none" else ""
    names = weights_names(options.generators)
    facts = [
        ("Pictures", shown),
        ("Labels", source),
        ("Generator", short(", ".join(names)) if names else "none, water alone"),
        ("Seed", str(options.seed)),
        ("Computed on", f"{setup.device} {setup.precision.value}"),
    ]
    return [(key, value) for key, value in facts if value]


def _notes(skips: Sequence[Skip]) -> list[str]:
    """Say what the reader must know."""
    named = [short(f"{one.file} ({one.reason.value}: {one.detail})") for one in skips]
    return [f"Left out: {some(named, _MOST_NAMED)}."] if named else []
