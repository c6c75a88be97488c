"""The pictures and the single boxes that a page shows; each picture is read once."""

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass, field

from pipeline.augment.finished import FinishedRun
from pipeline.engine.events import Done, Found
from pipeline.engine.tasks import Task
from pipeline.gate.compare import read_pair
from pipeline.report.choose import for_gallery, sample
from pipeline.report.content import ShownCrop, ShownPicture
from pipeline.report.content_tables import Colours
from pipeline.report.gather.boxes import Judged, Measured, boxes_in
from pipeline.report.gather.classes import Classes
from pipeline.report.gather.colour import ColourChange
from pipeline.report.gather.pictures import Pair, shown_crop, shown_picture


@dataclass(kw_only=True)
class Shown:
    """What there is to see of a run."""

    gallery: list[ShownPicture] = field(default_factory=list)
    worst: list[ShownCrop] = field(default_factory=list)
    colours: Colours | None = None


def show(
    run: FinishedRun, measured: Measured, classes: Classes, worst: Sequence[Judged]
) -> Generator[Found | Done, None, Shown]:
    """Read what is shown; a picture that cannot be read any more is left out.

    Args:
        run: The run.
        measured: What is known of its boxes.
        classes: Of the labels.
        worst: The boxes to show alone, in this order.

    Yields:
        How many of the pictures have been read.

    Raises:
        LabelError: The labels have changed since the run.
    """
    candidates = sample([task for task in run.translated if task.name in measured])
    gallery = for_gallery(candidates, {task.name: classes.of(run, task.name) for task in candidates})
    in_gallery = {task.name for task in gallery}
    names = {box.name for box in worst} - in_gallery
    todo = [*gallery, *(task for task in run.translated if task.name in names)]
    yield Found(total=len(todo), what="pictures gathered", can_stop=False)
    shown, colours = Shown(), ColourChange(classes)
    crops: dict[tuple[str, int], ShownCrop] = {}
    for task in todo:
        pair = read_pair(run.plan.labels.image_root, run.folder.path, task, run.options.max_pixels)
        if pair is not None:
            crops |= _crops(run, task, pair, [box for box in worst if box.name == task.name], classes)
            if task.name in in_gallery:
                objects = run.plan.labels.objects(task.name)
                colours.add(*pair, objects)
                shown.gallery.append(_picture(run, task, pair, measured, classes))
        yield Done(name=task.name)
    places = [(box.name, box.place) for box in worst]
    shown.worst = [crops[place] for place in places if place in crops]
    shown.colours = colours.shown(len(run.translated))
    return shown


def _crops(
    run: FinishedRun, task: Task, pair: Pair, boxes: Sequence[Judged], classes: Classes
) -> Mapping[tuple[str, int], ShownCrop]:
    """Cut some boxes of a picture out, those that are inside it."""
    objects = run.plan.labels.objects(task.name) if boxes else ()
    crops = {
        (task.name, box.place): shown_crop(task, pair, objects[box.place], box, classes.index[box.category])
        for box in boxes
    }
    return {place: crop for place, crop in crops.items() if crop is not None}


def _picture(run: FinishedRun, task: Task, pair: Pair, measured: Measured, classes: Classes) -> ShownPicture:
    """Show a whole picture with its boxes."""
    objects = run.plan.labels.objects(task.name)
    judged = {box.place: box for box in boxes_in(run, task, measured[task.name].boxes)}
    return shown_picture(task, pair, objects, judged, classes.of(run, task.name))
