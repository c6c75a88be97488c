"""What is known of the boxes: what the gate has measured, else the measures of a sample."""

from collections.abc import Generator

from pipeline.augment.finished import FinishedRun
from pipeline.engine.events import Done, Found
from pipeline.gate.colour_classes import words_of
from pipeline.gate.compare import compare, processes_for
from pipeline.gate.journal import JOURNAL, known_measures
from pipeline.report.choose import sample
from pipeline.report.gather.boxes import Measured


def measure(run: FinishedRun, workers: int) -> Generator[Found | Done, None, Measured]:
    """Return what the gate has measured where it has measured all, else the measures of a sample.

    Args:
        run: The run.
        workers: Processes that decode and measure; 0 for none.

    Yields:
        How far the comparison is, where there is one.

    Returns:
        What is left of each object, by the picture's name.

    Raises:
        LabelError: The labels have changed since the run.
    """
    tasks = run.translated
    known = known_measures(run.folder.journals(JOURNAL), run.plan.labels, [task.name for task in tasks])
    if len(known) == len(tasks):
        return known
    todo = sample(tasks)
    yield Found(total=len(todo), what="pictures compared", can_stop=False)
    found = {}
    words = words_of(run.options.colour_classes)
    out = run.folder.path
    engine = processes_for(len(todo), workers, out)
    for measured in compare(run.plan.labels, todo, out, run.options.max_pixels, words, engine):
        found[measured.task.name] = measured.measures
        yield Done(name=measured.task.name)
    return found
