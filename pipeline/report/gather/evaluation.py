"""What ``tpsence evaluate`` has found of the pictures, if it was run."""

from pathlib import Path

from pipeline.evaluate.figures import Evaluation, Figure
from pipeline.evaluate.record import read_evaluation
from pipeline.output.layout import CSV_FILE
from pipeline.pages.words import short
from pipeline.report.content_tables import ShownEvaluation, ShownFigure

MOST_FIGURES = 1000
"""Figures that are listed at most."""
MOST_NOTES = 50


def evaluation_of(pictures: Path) -> ShownEvaluation | None:
    """Return what an evaluation has found, or None where there is none of the pictures as they are now.

    Args:
        pictures: Their folder.
    """
    found = read_evaluation(pictures)
    return None if found is None else _shown(found)


def _shown(found: Evaluation) -> ShownEvaluation:
    """Return what a page shows of it."""
    return ShownEvaluation(
        figures=[_figure(one) for one in found.figures[:MOST_FIGURES]],
        left_out=max(0, len(found.figures) - MOST_FIGURES),
        notes=[short(note) for note in found.notes[:MOST_NOTES]],
        pictures=found.pictures,
        of_pictures=found.of_pictures,
        finished=short(found.finished).replace("T", " ").replace("+00:00", " UTC"),
        file=CSV_FILE,
    )


def _figure(figure: Figure) -> ShownFigure:
    """Return what a page shows of a figure."""
    return ShownFigure(
        group=figure.group.value,
        name=short(figure.name),
        category=short(figure.category),
        value=figure.shown(),
        pictures=figure.pictures,
        judgement=short(figure.judgement),
    )
