"""All that a report shows of a finished ``tpsence augment``."""

from collections.abc import Generator, Sequence

from pipeline.augment.finished import FinishedRun
from pipeline.engine.events import Done, Found
from pipeline.gate.measures import Loss
from pipeline.gate.verdict import LOST_BELOW
from pipeline.images.skips import count_reasons
from pipeline.output.layout import BOXES_FILE
from pipeline.output.run_file import damage_explained
from pipeline.pages.words import short
from pipeline.report.content import Changes, Content, ShownSkip, ShownStage
from pipeline.report.gather.boxes import Measured
from pipeline.report.gather.command import command_of
from pipeline.report.gather.counted import Counted
from pipeline.report.gather.evaluation import evaluation_of
from pipeline.report.gather.facts import facts_of, fault_notes, notes_of, sample_note, settings_of
from pipeline.report.gather.shown import show

MOST_SKIPS = 200
"""Skips that are listed at most."""


def gather(
    run: FinishedRun,
    measured: Measured,
    counted: Counted,
    stages: Sequence[ShownStage] = (),
    title: str | None = None,
) -> Generator[Found | Done, None, Content]:
    """Gather what the report shows.

    Args:
        run: The run.
        measured: From ``measure``.
        counted: The boxes, all of them counted.
        stages: Of the chain that the run is a part of.
        title: Of the page; the name of the folder if not given.

    Yields:
        How many of the pictures that are shown have been read.

    Raises:
        LabelError: The labels have changed since the run.
        OutputError: ``run.json`` is damaged.
    """
    with damage_explained(run.folder.path):
        facts, settings, command = facts_of(run), settings_of(run), command_of(run)
        notes = [*notes_of(run), *fault_notes(run, measured)]
    tasks = run.translated
    shown = yield from show(run, measured, counted.classes, counted.worst)
    return Content(
        title=short(title or run.folder.path.absolute().name),
        facts=facts,
        notes=[*notes, *sample_note(len(measured), len(tasks))],
        settings=settings,
        command=command,
        stages=stages,
        skip_reasons=list(count_reasons(run.skips).items()),
        skips=[
            ShownSkip(name=short(one.file), reason=one.reason.value, detail=short(one.detail))
            for one in run.skips[:MOST_SKIPS]
        ],
        categories=counted.categories(),
        changes=_changes(counted, measured, len(tasks)),
        by_size=counted.by_size() if counted.judged else None,
        by_loss=counted.by_loss([loss.value for loss in Loss]) if counted.judged else None,
        colours=shown.colours,
        evaluation=evaluation_of(run.folder.path),
        worst=shown.worst,
        gallery=shown.gallery,
        gallery_of=len(tasks),
        boxes_file=BOXES_FILE,
    )


def _changes(counted: Counted, measured: Measured, pictures: int) -> Changes | None:
    """Return how the boxes have changed, or None where there are none."""
    boxes = sum(len(one.boxes) for one in measured.values())
    if not boxes:
        return None
    return Changes(
        counts=counted.bins,
        threshold=round(1 - LOST_BELOW, 3),
        judged=counted.judged,
        flagged=counted.flagged,
        not_judged=boxes - counted.judged,
        pictures=len(measured),
        of_pictures=pictures,
    )
