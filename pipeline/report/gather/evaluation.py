"""What ``tpsence evaluate`` has found of the pictures, if it was run."""

from pathlib import Path

from pipeline.evaluate.figures import Evaluation, Figure
from pipeline.evaluate.record import read_evaluation
from pipeline.report.content_tables import ShownEvaluation, ShownFigure
from pipeline.report.gather.texts import short

MOST_FIGURES = 1000
"""Figures that are listed at most."""
MOST_NOTES = 50


def evaluation_of(pictures: Path, folder: str) -> ShownEvaluation | None:
    """Return what an evaluation has found, or None where there is none of the pictures as they are now.

    Args:
        pictures: Their folder.
        folder: The same as a POSIX path below that of the page.
    """
    found = read_evaluation(pictures)
    return None if found is None else _shown(found, folder)


def _shown(found: Evaluation, folder: str) -> ShownEvaluation:
    """Return what a page shows of it."""
    return ShownEvaluation(
        figures=[_figure(one) for one in found.figures[:MOST_FIGURES]],
        left_out=max(0, len(found.figures) - MOST_FIGURES),
        notes=[short(note) for note in found.notes[:MOST_NOTES]],
        pictures=found.pictures,
        of_pictures=found.of_pictures,
        finished=short(found.finished).replace("T", " ").replace("+00:00", " UTC"),
        folder=folder,
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
